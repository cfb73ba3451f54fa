//! `offramp synth`: what the emitted Verilog costs in cells or look-up tables, and how long its paths are.

mod report;

use std::io::Write;

use clap::builder::PossibleValuesParser;
use models::design::Design;
use models::record::resolve;
use rtl::emit::{Emitted, emit};
use rtl::synth::{Failed, Mapped, Path, TARGETS, Target, longest_path, map, missing, target};
use rtl::unit::catalogue;

use super::Failure;
use super::emit::{refuse, undescribed, unknown_unit};
use super::parallel::parallel;
use report::Report;

pub(super) const EXAMPLES: &str = "\
Examples:
  offramp synth                                    every module of the machine, standard cells
  offramp synth --design offramp-n4 --target ecp5  on an FPGA
  offramp synth --unit distance --unit softmax     some units, at the sizes of the design
  offramp synth --unit adaptivfloat_mac --unit int8_mac --unit fp8_mac   next to other arithmetic
  offramp synth --set pu.n=8 --json | jq '.designs[0].modules[-1]'

Targets: osu018 and osu035 are the OSU standard cells of Debian's qflow-tech packages, ice40, ecp5 and xilinx FPGA families.
Yosys synthesises each distinct module once, what it uses being black boxes: the hierarchy stays. A row counts
a module with all below it; the instances are those within the row's design. Memories are counted in bits: for standard cells, a
macro takes their place, without area. The longest path is OpenSTA's, on FPGAs that of Yosys's cell delays, without wires either way.
A module that takes a tool longer than --limit is given up, and said to be.

Keys of --json: target, what, designs (of each: design, top, modules); of each module: module, instances, cells,
flip_flops, memory_bits, area_um2, gate_equivalents (standard cells), luts, dsps, block_memories (FPGA), path (ns, from,
to; null without one), given_up (why there are no figures, or null).";

/// What to synthesise, and for what.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Design: a preset or a file
    #[arg(long, default_value = "offramp", value_name = "NAME")]
    design: String,
    /// Change one key of the design, e.g. pu.n=8; can be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    sets: Vec<String>,
    /// One unit in place of the machine; can be repeated
    #[arg(long = "unit", value_name = "UNIT")]
    units: Vec<String>,
    /// What to synthesise for
    #[arg(long, default_value = TARGETS[0].name, value_name = "TARGET",
          value_parser = PossibleValuesParser::new(TARGETS.iter().map(|target| target.name)))]
    target: String,
    /// Seconds that a tool may take for a module
    #[arg(long, default_value_t = 900, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    limit: u64,
    /// Print JSON for machines
    #[arg(long)]
    json: bool,
}

/// A module of one of the emissions, by number.
#[derive(Clone, Copy)]
struct Place {
    emission: usize,
    module: usize,
}

/// What came of the modules of an emission, in its order.
struct Synthesised {
    top: String,
    mapped: Vec<Result<Mapped, Failed>>,
    paths: Vec<Result<Option<Path>, Failed>>,
}

pub(super) fn run(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    let (design, _) = resolve::<Design>(&args.design, &args.sets)?;
    refuse(&design)?;
    let emissions = emissions(&design, &args.units)?;
    let target = target(&args.target).unwrap_or(&TARGETS[0]);
    if let Some(what) = missing(target) {
        return Err(Failure::Tool(what));
    }
    let all = synthesise(target, &emissions, args.limit, err);
    let report = Report::new(target, &design.name, &all)?;
    if args.json { report.json(out) } else { report.table(out) }
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

/// Cells of all modules, then their longest paths.
fn synthesise(target: &Target, emissions: &[Emitted], limit: u64, err: &mut dyn Write) -> Vec<Synthesised> {
    let places: Vec<Place> = (0..emissions.len())
        .flat_map(|emission| {
            (0..emissions[emission].files.len()).map(move |module| Place { emission, module })
        })
        .collect();
    let name = |place: &Place| emissions[place.emission].files[place.module].name.clone();
    let tell = |err: &mut dyn Write, said: &str, done: usize| {
        // Who closed the error stream does not want to know.
        let _ = writeln!(err, "[{done}/{}] {said}", places.len());
    };
    let said =
        |what: &str, failed: Option<&Failed>| failed.map_or_else(|| what.to_owned(), ToString::to_string);
    let work = |place: &Place| (name(place), map(target, &emissions[place.emission], place.module, limit));
    let mapped = parallel(&places, work, |(name, result), done| {
        tell(err, &said(&format!("{name}: cells"), result.as_ref().err()), done);
    });
    let mapped: Vec<Result<Mapped, Failed>> = mapped.into_iter().map(|(_, result)| result).collect();
    let work = |at: &usize| {
        let below = below(&places, &mapped, *at);
        (name(&places[*at]), below.and_then(|modules| longest_path(target, &modules, limit)))
    };
    let paths = parallel(&(0..places.len()).collect::<Vec<_>>(), work, |(name, result), done| {
        tell(err, &said(&format!("{name}: path"), result.as_ref().err()), done);
    });
    let (mut mapped, mut paths) = (mapped.into_iter(), paths.into_iter().map(|(_, result)| result));
    emissions
        .iter()
        .map(|emitted| Synthesised {
            top: emitted.top.clone(),
            mapped: mapped.by_ref().take(emitted.files.len()).collect(),
            paths: paths.by_ref().take(emitted.files.len()).collect(),
        })
        .collect()
}

/// A module and all below it, each after those that it uses.
///
/// # Errors
/// One of them has no cells.
fn below<'a>(
    places: &[Place],
    mapped: &'a [Result<Mapped, Failed>],
    at: usize,
) -> Result<Vec<&'a Mapped>, Failed> {
    let mut needed = vec![mapped[at].as_ref().map_err(Clone::clone)?];
    let before = (0..at).rev().take_while(|before| places[*before].emission == places[at].emission);
    for before in before {
        let uses = |name: &str| needed.iter().any(|module| module.instances.contains_key(name));
        match &mapped[before] {
            Ok(module) if uses(&module.module) => needed.push(module),
            Err(failed)
                if needed.iter().any(|module| {
                    failed.module().is_some_and(|name| module.instances.contains_key(name))
                }) =>
            {
                return Err(failed.clone());
            }
            _ => {}
        }
    }
    needed.reverse();
    Ok(needed)
}
