//! `offramp synth`: what the emitted Verilog costs in cells or look-up tables, and how long its paths are.

mod parts;
mod report;
mod rows;
mod work;

use std::io::Write;

use clap::builder::PossibleValuesParser;
use models::design::Design;
use rtl::emit::{Emitted, emit};
use rtl::synth::{Failed, Flow, Kind, TARGETS, missing, target};
use rtl::unit::catalogue;

use super::Failure;
use super::emit::{refuse, undescribed, unknown_unit};
use super::setup::MachineArgs;
use report::{Report, Subject};
use work::{Synthesised, synthesise};

pub(super) const EXAMPLES: &str = "\
Examples:
  offramp synth                                    every module of the machine, standard cells
  offramp synth --design offramp-n4 --target ecp5  on an FPGA
  offramp synth --unit distance --unit softmax     some units, at the sizes of the design
  offramp synth --flatten --unit vector_mac        optimised across the borders of its modules
  offramp synth --unit adaptivfloat_mac --unit int8_mac --unit fp8_mac   next to other arithmetic
  offramp synth --set pu.n=8 --json | jq '.tops[0].modules[-1]'

Targets: osu018 and osu035 are the OSU standard cells of Debian's qflow-tech packages, ice40, ecp5 and xilinx FPGA families.
Yosys synthesises each distinct module once, what it uses being black boxes: the hierarchy stays, unless --flatten. A
row counts a module with all below it; the instances are those within the row's design. Memories are counted in bits:
for standard cells a macro takes their place, without area. A kGE is a thousand areas of a NAND gate with two inputs. The longest
path is OpenSTA's, on FPGAs that of Yosys's cell delays, without wires either way. A module that takes a tool longer
than --limit is given up, and said to be. Of the machine in standard cells, its hierarchy kept, a second table puts its parts next to
the area model of --technology.

Keys of --json: target, what, design, n, technology, tops (of each: top, modules, parts); of each module: module,
instances, cells, flip_flops, memory_bits, area_um2, gate_equivalents (standard cells), luts, dsps, block_memories (FPGA),
path (ns, from, to; null without one), given_up (why there are no figures, or null); of each part (null but for the machine in
standard cells): part, gate_equivalents, flip_flops, memory_bits, model_mm2 (null where the model has no such part).";

/// What to synthesise, and for what.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    machine: MachineArgs,
    /// One unit in place of the machine; can be repeated
    #[arg(long = "unit", value_name = "UNIT")]
    units: Vec<String>,
    /// What to synthesise for
    #[arg(long, default_value = TARGETS[0].name, value_name = "TARGET",
          value_parser = PossibleValuesParser::new(TARGETS.iter().map(|target| target.name)))]
    target: String,
    /// Take what a unit uses into it, memories apart, before it is optimised
    #[arg(long)]
    flatten: bool,
    /// Seconds that a tool may take for a module
    #[arg(long, default_value_t = 900, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    limit: u64,
    /// Print JSON for machines
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    let (design, technology, _) = args.machine.resolve()?;
    refuse(&design)?;
    let emissions = emissions(&design, &args.units)?;
    let target = target(&args.target).unwrap_or(&TARGETS[0]);
    if let Some(what) = missing(target) {
        return Err(Failure::Tool(what));
    }
    let tool = |failed: Failed| Failure::Tool(failed.to_string());
    let gate_um2 = match target.kind {
        Kind::Library(library) => Some(library.gate_um2().map_err(tool)?),
        Kind::Fpga(_) => None,
    };
    let all = synthesise(target, &emissions, Flow { flatten: args.flatten, seconds: args.limit }, err);
    if let Some(said) = all.iter().find_map(broken) {
        return Err(Failure::Tool(said.to_owned()));
    }
    let subject = Subject { target, design: &design, technology: &technology, gate_um2 };
    let report = Report::new(subject, &all, args.units.is_empty() && !args.flatten);
    if args.json { report.json(out) } else { report.table(out) }
}

/// What a tool said that failed; one that took too long did not.
fn broken(one: &Synthesised) -> Option<&str> {
    let cells = one.mapped.iter().filter_map(|mapped| mapped.as_ref().err());
    let paths = one.paths.iter().filter_map(|path| path.as_ref().err());
    cells.chain(paths).find_map(|failed| match failed {
        Failed::Tool(said) => Some(said.as_str()),
        Failed::TooLong { .. } => None,
    })
}

/// The machine, or the units that are asked for.
fn emissions(design: &Design, units: &[String]) -> Result<Vec<Emitted>, Failure> {
    let emitted = |module| emit(&module).map_err(|error| undescribed(&error));
    if units.is_empty() {
        let machine = rtl::machine::machine(design).map_err(|error| undescribed(&error))?;
        return Ok(vec![emitted(machine)?]);
    }
    let unit = |name: &String| {
        let entry = catalogue::unit(name).ok_or_else(|| unknown_unit(name))?;
        emitted((entry.module)(design).map_err(|error| undescribed(&error))?)
    };
    units.iter().map(unit).collect()
}
