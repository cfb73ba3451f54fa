//! `offramp op`: one operation alone on a design.

use std::io::Write;

use clap::Subcommand;
use models::compiler::{Single, compile_single};
use models::record::{Error, Kind};
use serde_json::json;

use super::Failure;
use super::setup::MachineArgs;
use crate::energy::{self, Prices, Usage};
use crate::machine::{MemoryTiming, Mode, Options, run as simulate};
use crate::report::{json::write, table::engineering};
use crate::sentence::{SetupError, frequency_hz};

pub(super) const EXAMPLES: &str = "\
Examples:
  offramp op matmul --shape 64x64x768                    rows x columns x reduction length
  offramp op matmul --shape 64x64x768 --design released  as the authors' SystemC
  offramp op softmax --shape 128x128                     rows x columns
  offramp op layernorm --shape 128x768 --json
  offramp op entropy --shape 2                           classes

Operands lie in the buffers; a matrix product that does not fit streams its columns from external memory.
Shapes are padded to multiples of n.";

/// Which operation, on which machine.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    operation: Kinds,
}

#[derive(Debug, Subcommand)]
enum Kinds {
    /// Matrix product: --shape ROWSxCOLUMNSxLENGTH
    Matmul(One),
    /// Softmax of each row: --shape ROWSxCOLUMNS
    Softmax(One),
    /// Layer norm of each row of the sum of two operands: --shape ROWSxCOLUMNS
    Layernorm(One),
    /// Entropy of logits: --shape CLASSES
    Entropy(One),
}

#[derive(Debug, clap::Args)]
struct One {
    /// Sizes, separated by x
    #[arg(long, value_name = "SIZES")]
    shape: String,
    #[command(flatten)]
    machine: MachineArgs,
    /// Tick every cycle
    #[arg(long)]
    step: bool,
    /// Print JSON for machines
    #[arg(long)]
    json: bool,
}

/// Largest size that is taken: the matrix configuration of the sequencer has 20-bit fields.
const LARGEST: u32 = 1 << 20;

impl One {
    /// The shape's `N` sizes.
    fn sizes<const N: usize>(&self, form: &str) -> Result<[u32; N], Error> {
        let wrong = |what: String| {
            let remedy = format!("write {form}, e.g. --shape {}", ["64", "128x128", "64x64x768"][N - 1]);
            Error::new(Kind::Usage, "arguments", format!("--shape {}: {what}", self.shape), remedy)
        };
        let parts: Vec<&str> = self.shape.split('x').collect();
        if parts.len() != N {
            return Err(wrong(format!("{} size(s), {N} expected", parts.len())));
        }
        let mut sizes = [0; N];
        for (size, part) in sizes.iter_mut().zip(parts) {
            *size = part
                .parse()
                .ok()
                .filter(|s| (1..=LARGEST).contains(s))
                .ok_or_else(|| wrong(format!("`{part}` must be a whole number from 1 to {LARGEST}")))?;
        }
        Ok(sizes)
    }
}

impl Kinds {
    fn parse(&self) -> Result<(Single, &One), Error> {
        let pair = |one: &One| one.sizes::<2>("ROWSxCOLUMNS");
        Ok(match self {
            Kinds::Matmul(one) => {
                let [rows, columns, length] = one.sizes("ROWSxCOLUMNSxLENGTH")?;
                (Single::Matmul(rows, columns, length), one)
            }
            Kinds::Softmax(one) => pair(one).map(|[r, c]| (Single::Softmax(r, c), one))?,
            Kinds::Layernorm(one) => pair(one).map(|[r, c]| (Single::LayerNorm(r, c), one))?,
            Kinds::Entropy(one) => {
                let [classes] = one.sizes("CLASSES")?;
                (Single::Entropy(classes), one)
            }
        })
    }
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let (single, one) = args.operation.parse()?;
    let (design, technology, inputs) = one.machine.resolve()?;
    let program = compile_single(&design, single).map_err(SetupError::from)?;
    let vdd_v = design.operating.vdd_v;
    let frequency_hz = frequency_hz(&design, &technology)?;
    let timing = MemoryTiming::new(&design, &technology, frequency_hz)?;
    let mode = if one.step { Mode::Step } else { Mode::Fast };
    let options = Options { exit_layer: 1, predicted_mv: None, mode, spans: true };
    let result = simulate(&design, &program, |_| timing, options).map_err(SetupError::Deadlock)?;
    // From the start of the first command to the end of the last: the sequencer's fetch is not the operation's.
    let start = result.spans.iter().map(|s| s.start).min().unwrap_or(0);
    let cycles = result.spans.iter().map(|s| s.end).max().unwrap_or(0) - start;
    let macs = program.useful_macs(1);
    let ideal_cycles = macs.div_ceil(design.macs_per_cycle());
    let seconds = cycles as f64 / frequency_hz;
    let prices = Prices::new(&design, &technology, vdd_v)?;
    let energy_j = energy::total(&prices.bill(&Usage { events: &result.events, seconds }));
    if one.json {
        let value = json!({
            "operation": single.name(),
            "shape": one.shape,
            "design": design.name,
            "cycles": cycles,
            "macs": macs,
            "ideal_cycles": ideal_cycles,
            "utilisation": (macs > 0).then(|| ideal_cycles as f64 / cycles as f64),
            "latency_s": seconds,
            "energy_j": energy_j,
            "units": result.units,
            "events": result.events,
            "inputs": inputs,
        });
        return Ok(write(&value, out)?);
    }
    writeln!(
        out,
        "{} {} on {} (n = {}) at {vdd_v:.2} V, {:.1} MHz",
        single.name(),
        one.shape,
        design.name,
        design.pu.n,
        frequency_hz / 1e6
    )?;
    writeln!(out, "cycles       {cycles}")?;
    if macs > 0 {
        let utilisation = 100.0 * ideal_cycles as f64 / cycles as f64;
        writeln!(
            out,
            "MACs         {macs}, MAC-bound ideal {ideal_cycles} cycles, utilisation {utilisation:.2} %"
        )?;
    }
    writeln!(out, "latency      {}", engineering(seconds, "s"))?;
    writeln!(out, "energy       {}", engineering(energy_j, "J"))?;
    for choice in &program.choices {
        writeln!(out, "{choice}")?;
    }
    Ok(())
}
