//! `offramp emit`: the machine, or one unit of it, as Verilog with all that goes with it.

mod program;

use std::io::Write;
use std::path::{Path, PathBuf};

use models::design::Design;
use models::record::{self, Error, Kind, Problem, nearest};
use rtl::emit::{File, Package, Purpose, WriteError, emit, machine_bench, package, unit_bench, write};
use rtl::hdl::Problem as Fault;
use rtl::machine::{Refused, refusal};
use rtl::reference::REFERENCES;
use rtl::unit::catalogue::{self, UNITS};
use rtl::verify::{self, Model, Plan};
use serde_json::json;

use super::Failure;
use super::setup::MachineArgs;
use crate::report::json::write as write_json;
use crate::sentence::frequency_hz;

pub(super) const EXAMPLES: &str = "\
Examples:
  offramp emit -o build/offramp                        the default design
  offramp emit --design offramp-n4 -o build/n4         another one
  offramp emit --set pu.n=32 --set axi.width_bits=256 -o build/n32
  offramp emit --unit vector_mac -o build/vector_mac   one unit, at the sizes of the design
  offramp emit --design offramp-n4 --program 0 -o build/p0   and a program with its memories, for any bench
  iverilog -g2012 -o tb build/n4/*.v build/n4/*_tb.sv && vvp tb

Written are one Verilog file a module, the file list TOP.f, a FuseSoC core file, constraints (SDC and XDC) at
the clock that the technology allows at operating.vdd_v, a self-checking bench TOP_tb.sv, the design, and for the
machine the register map (Markdown and C header); with --program also the memories that a tiny program needs
($readmemh) and what must be in memory and registers after it. The folder is new, empty, or an earlier emission, which is
replaced as a whole. The same design gives the same bytes.";

/// Cycles of a unit's bench.
const CYCLES: usize = 1000;

/// What to emit, and where.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    machine: MachineArgs,
    /// One unit in place of the machine
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
    /// Also this program of the co-simulation, with its memories before and after
    #[arg(long, value_name = "INDEX", conflicts_with = "unit")]
    program: Option<usize>,
    /// Where the random numbers of the program begin
    #[arg(long, default_value_t = 1, value_name = "NUMBER", requires = "program")]
    seed: u64,
    /// Folder for the files
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Print JSON for machines
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    let (design, technology, inputs) = args.machine.resolve()?;
    let frequency_hz = frequency_hz(&design, &technology)?;
    refuse(&design)?;
    let (_, origin) = record::resolve::<Design>(&args.machine.design, &args.machine.sets)?;
    let purpose = Purpose {
        name: args.unit.clone().unwrap_or_else(|| design.name.clone()),
        summary: format!(
            "design {} (n = {}), {:.1} MHz at {:.2} V in {}",
            design.name,
            design.pu.n,
            frequency_hz / 1e6,
            design.operating.vdd_v,
            technology.name
        ),
        design: origin.text,
        frequency_hz,
    };
    let mut package = match &args.unit {
        Some(name) => unit(name, &design, &purpose, err)?,
        None => machine(&design, &purpose)?,
    };
    if let Some(index) = args.program {
        package.files.extend(program::files(index, args.seed, &design, &technology)?);
    }
    let rows: Vec<(String, usize, &str)> = package
        .files
        .iter()
        .map(|(file, what)| (file.name.clone(), file.text.lines().count(), *what))
        .collect();
    let (top, modules) = (package.top.clone(), package.modules);
    write(&package.into_files(), &args.output).map_err(|error| unwritten(&error))?;
    if args.json {
        let files: Vec<_> = rows
            .iter()
            .map(|(name, lines, what)| json!({"name": name, "lines": lines, "what": what}))
            .collect();
        let directory = args.output.to_string_lossy();
        let value = json!({
            "top": top, "design": design.name, "directory": directory, "frequency_hz": frequency_hz,
            "modules": modules, "files": files, "inputs": inputs,
        });
        return Ok(write_json(&value, out)?);
    }
    table(&args.output, &top, &purpose, &rows, out)
}

/// What was written, for people.
fn table(
    directory: &Path,
    top: &str,
    purpose: &Purpose,
    rows: &[(String, usize, &str)],
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let lines =
        |of: &dyn Fn(&str) -> bool| rows.iter().filter(|row| of(row.2)).map(|row| row.1).sum::<usize>();
    let modules = rows.iter().filter(|row| row.2 == VERILOG).count();
    writeln!(out, "{top}: {}", purpose.summary)?;
    let verilog = lines(&|what| what == VERILOG);
    writeln!(
        out,
        "{}: {modules} modules, {verilog} lines of Verilog, {} files",
        directory.display(),
        rows.len()
    )?;
    let width = rows.iter().map(|row| row.0.len()).max().unwrap_or(0);
    for (name, lines, what) in rows {
        writeln!(out, "  {name:width$} {lines:>7} lines  {what}")?;
    }
    Ok(())
}

/// What a package says of its modules.
const VERILOG: &str = "Verilog";

/// Every reason for which the hardware cannot be that of the design.
pub(super) fn refuse(design: &Design) -> Result<(), Error> {
    let problem =
        |refused: Refused| Problem { message: refused.reason, remedy: Some(refused.remedy), place: None };
    let problems: Vec<Problem> = refusal(design).into_iter().map(problem).collect();
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error { kind: Kind::Fit, subject: format!("design {}", design.name), problems })
}

fn machine(design: &Design, purpose: &Purpose) -> Result<Package, Failure> {
    let module = rtl::machine::machine(design).map_err(|error| undescribed(&error))?;
    let emitted = emit(&module).map_err(|error| undescribed(&error))?;
    Ok(package(&emitted, purpose, machine_bench(&emitted)))
}

fn unit(name: &str, design: &Design, purpose: &Purpose, err: &mut dyn Write) -> Result<Package, Failure> {
    let entry = catalogue::unit(name).ok_or_else(|| unknown_unit(name))?;
    let module = (entry.module)(design).map_err(|error| undescribed(&error))?;
    let emitted = emit(&module).map_err(|error| undescribed(&error))?;
    let bench = bench(name, design).unwrap_or_else(|why| {
        // Who closed the error stream does not want to know.
        let _ = writeln!(err, "no bench: {why}");
        vec![]
    });
    Ok(package(&emitted, purpose, bench))
}

/// The first cycles of the unit's check; where that reacts to the unit, Verilator has to run it.
fn bench(name: &str, design: &Design) -> Result<Vec<File>, String> {
    let check = verify::check(name).filter(|check| check.unit == name);
    let check =
        check.ok_or_else(|| format!("{name} is tested as a part of larger units, or by whole programs"))?;
    let plan = |model| Plan {
        vectors: CYCLES as u64,
        sample: CYCLES,
        design: Some(design.clone()),
        model,
        icarus: false,
        netlist: false,
        ..Plan::default()
    };
    let tally = match check.run(&plan(Model::None)) {
        Err(failed) if failed.failure.needs_model() => check.run(&plan(Model::Verilator)),
        tally => tally,
    };
    let recording = tally.map_err(|failed| failed.to_string())?.recording;
    let same = recording.filter(|recording| recording.top() == name);
    Ok(unit_bench(&same.ok_or_else(|| format!("{name} is tested within a larger unit"))?))
}

/// An unknown unit, with those that there are.
pub(super) fn unknown_unit(name: &str) -> Error {
    let names: Vec<&str> = UNITS.iter().chain(REFERENCES).map(|entry| entry.name).collect();
    let remedy = match nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean {near}? Units: {}", names.join(", ")),
        None => format!("units: {}", names.join(", ")),
    };
    Error::new(Kind::Usage, "arguments", format!("--unit {name}: there is no such unit"), remedy)
}

/// A size that makes no hardware is the design's fault, any other one ours.
pub(super) fn undescribed(error: &rtl::hdl::Error) -> Failure {
    match &error.problem {
        Fault::Size(must) => Error::new(
            Kind::Fit,
            "design",
            format!("{} of {} must be {must}", error.signal, error.module),
            "change the design",
        )
        .into(),
        _ => Failure::Hardware(vec![error.to_string()]),
    }
}

fn unwritten(error: &WriteError) -> Error {
    let remedy = match error {
        WriteError::Occupied(_) => "name another folder with -o",
        WriteError::Io(..) => "name a folder that can be written with -o",
    };
    Error::new(Kind::Io, "arguments", error.to_string(), remedy)
}
