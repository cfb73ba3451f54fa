//! `offramp program`: a readable listing of the program that a run executes.

use std::io::Write;

use models::compiler::compile;
use models::program::{Command, Operation, Program, Region, Space, Unit};

use super::Failure;
use super::setup::{self, InferenceArgs, MachineArgs};
use crate::machine::{MemoryTiming, Mode, Options, Span, expected_cycles, run as simulate};
use crate::sentence::{SetupError, frequency_hz};

pub(super) const EXAMPLES: &str = "\
Examples:
  offramp program --network albert-base --task sst2
  offramp program --network tinybert-4 --seq 16 --set pu.n=4 | less
  offramp program --network albert-base --timed     when each command ran, and its stalls

Columns: program counter, unit, operation, what it belongs to, bytes moved, multiply-accumulates, cycles that it takes
when nothing else uses its ports, addresses (buffer:vector), and how many commands of which unit it waits for.";

/// Whose program.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    inference: InferenceArgs,
    #[command(flatten)]
    machine: MachineArgs,
    /// Run it through every layer and list when each command ran and what it waited for
    #[arg(long)]
    timed: bool,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let resolved = setup::resolve(&args.machine, &args.inference, Mode::Fast)?;
    let setup = &resolved.setup;
    let program = compile(&setup.design, &setup.job).map_err(SetupError::from)?;
    let frequency_hz = frequency_hz(&setup.design, &setup.technology)?;
    let timing = MemoryTiming::new(&setup.design, &setup.technology, frequency_hz)?;
    if args.timed {
        let options =
            Options { exit_layer: program.layers, predicted_mv: None, mode: Mode::Fast, spans: true };
        let run = simulate(&setup.design, &program, |_| timing, options).map_err(SetupError::Deadlock)?;
        return timeline(&program, &run.spans, out);
    }
    head(&program, out)?;
    writeln!(
        out,
        "   pc  unit   operation   stage           head  part      bytes         MACs   cycles  addresses -> waits"
    )?;
    for (pc, command) in program.commands.iter().enumerate() {
        let cycles = expected_cycles(&setup.design, &timing, &command.operation);
        line(pc, command, cycles, out)?;
    }
    Ok(())
}

/// Every command that ran, in the order in which they started, in cycles.
fn timeline(program: &Program, spans: &[Span], out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(
        out,
        "layer    pc  unit   stage           head  part      start        end     busy  stalled on (cycles)"
    )?;
    let mut spans = spans.to_vec();
    spans.sort_by_key(|s| (s.start, s.command));
    for span in &spans {
        let Command { operation, tag, .. } = &program.commands[span.command as usize];
        let unit = operation.unit().map_or("seq", Unit::name);
        let head = tag.head.map_or(String::new(), |h| h.to_string());
        let part = format!("{}.{}", tag.part.0, tag.part.1);
        let stage = tag.stage.name();
        let stalls = Unit::ALL.iter().zip(span.stalled_on).filter(|(_, cycles)| *cycles > 0);
        let stalls: Vec<String> = stalls.map(|(u, cycles)| format!("{} {cycles}", u.name())).collect();
        let (layer, pc, start, end) = (span.layer, span.command, span.start, span.end);
        writeln!(
            out,
            "{layer:>5} {pc:>5}  {unit:<5}  {stage:<14} {head:>5} {part:>5} {start:>10} {end:>10} {:>8}  {}",
            end - start,
            stalls.join(", ")
        )?;
    }
    Ok(())
}

fn head(program: &Program, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "{} commands, {} layer(s)", program.commands.len(), program.layers)?;
    for choice in &program.choices {
        writeln!(out, "- {choice}")?;
    }
    for (memory, sections) in [("external", &program.memory.external), ("NVM", &program.memory.nvm)] {
        for s in sections {
            writeln!(out, "{memory:<9} {:#012x} {:>12} B  {}", s.start, s.bytes, s.name)?;
        }
    }
    writeln!(out)
}

fn line(pc: usize, command: &Command, cycles: u64, out: &mut dyn Write) -> std::io::Result<()> {
    let unit = command.operation.unit().map_or("seq", Unit::name);
    let (name, bytes, macs, addresses) = describe(&command.operation);
    let head = command.tag.head.map_or(String::new(), |h| h.to_string());
    let part = format!("{}.{}", command.tag.part.0, command.tag.part.1);
    let stage = command.tag.stage.name();
    let waits = Unit::ALL.iter().zip(command.waits).filter(|(_, count)| *count > 0);
    let waits: Vec<String> = waits.map(|(u, count)| format!("{} {count}", u.name())).collect();
    let waits = if waits.is_empty() { String::new() } else { format!(" -> {}", waits.join(", ")) };
    writeln!(
        out,
        "{pc:>5}  {unit:<5}  {name:<10}  {stage:<14} {head:>5} {part:>5} {bytes:>10} {macs:>12} {cycles:>8}  {addresses}{waits}"
    )
}

fn at(region: &Region) -> String {
    format!("{}:{}", region.buffer, region.base)
}

/// Name, bytes moved, multiply-accumulates and addresses of an operation.
pub(super) fn describe(operation: &Operation) -> (&'static str, u64, u64, String) {
    (operation.name(), operation.bytes(), operation.useful_macs(), addresses(operation))
}

fn addresses(operation: &Operation) -> String {
    match operation {
        Operation::Load(t) | Operation::Store(t) => {
            let region = t.region.map_or("aux".to_owned(), |r| at(&r));
            format!("{:?}+{:#x} {region}", t.base, t.offset)
        }
        Operation::Gather(g) => {
            let space = if g.space == Space::Nvm { "nvm" } else { "external" };
            format!("{space}+{:#x} x{} {}", g.offset, g.rows, at(&g.region))
        }
        Operation::Matmul(m) => {
            format!("{} * {} = {}", at(&m.rows.region), at(&m.columns.region), at(&m.out))
        }
        Operation::Softmax(s) => format!("{} = {}", at(&s.input), at(&s.out)),
        Operation::LayerNorm(l) => format!("{} + {} = {}", at(&l.a), at(&l.b), at(&l.out)),
        Operation::Entropy(e) => at(&e.input),
        Operation::SetPoint { vdd_mv } => format!("{vdd_mv} mV"),
        Operation::Predict { layer } => format!("after layer {layer}: exit and supply by entropy"),
        Operation::Barrier => String::new(),
        Operation::Exit => "if entropy < threshold, or as predicted".into(),
        Operation::Repeat { to, layer_stride, ramp_stride } => {
            format!("to {to}, layer += {layer_stride} B, ramp += {ramp_stride} B")
        }
        Operation::End => String::new(),
    }
}
