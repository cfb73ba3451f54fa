//! `offramp cosim`: the emitted Verilog against kernels, timing contracts and simulator.

pub mod case;
mod coverage;
pub mod locate;
mod mutants;
pub mod programs;
mod report;
mod source;
mod units;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use models::design::Design;
use models::record::{Error, Kind, preset, resolve};
use rtl::cosim::tools::{missing, required};
use rtl::verify::{CHECKS, Check, Plan, check};

use super::Failure;
use super::emit::{refuse, unknown_unit};
use programs::{Programs, designs};
use report::Report;
use source::Source;

pub(super) const EXAMPLES: &str = "\
Examples:
  offramp cosim --quick                        every unit, some thousand vectors each
  offramp cosim                                every unit, each at several sizes
  offramp cosim --design offramp --set pu.n=8  every unit at the sizes of a design
  offramp cosim --unit vector_mac --vectors 1000000 --seed 7
  offramp cosim --unit burst --wave waves      and what the signals did, for GTKWave
  offramp cosim --unit machine --programs 40   whole programs alone, on five designs
  offramp cosim --unit machine --model mini --text mini/test.tsv --programs 3     sentences of a trained model
  offramp cosim --quick --coverage cov         what of the Verilog runs; what never does, in cov/uncovered.txt
  offramp cosim --mutants 600                  how many wrong changes of the units the checks notice
  offramp cosim --unit pu --mutants 12 --only 7
  offramp cosim --quick --json | jq .units.control

Verilator runs the Verilog, cycle by cycle, against what kernels and timing contracts say; Icarus repeats a
sample of it, on the Verilog and on the gates that Yosys makes of it. The first difference of a unit ends its
check: it is told with the command that repeats it, cycle, port and values, and leaves a wave. The first program
that differs runs again for a wave, which says the command and the cycle where it begins to. A tool that is missing
is skipped aloud, or is a failure where OFFRAMP_REQUIRE_TOOLS=1.

Keys of --json: vectors (values compared), programs, differences, units (of each: vectors, cycles, differences,
icarus, netlist), coverage (of each unit, where asked for: hit and points), skipped, design, seed. Exit code 1
where something differs.";

/// Vectors of each unit where little time is to be spent.
const QUICK: u64 = 3000;
/// Cycles that are replayed then.
const QUICK_SAMPLE: usize = 100;
/// Programs of each design, then and otherwise.
const QUICK_PROGRAMS: u64 = 6;
const PROGRAMS: u64 = 12;
/// What stands for whole programs where a unit is named.
const MACHINE: &str = "machine";
/// The design of a quick run: the smallest preset, for short builds.
const QUICK_DESIGN: &str = "offramp-n4";
/// Largest threshold, nats: the 16 bits ahead of the point that the register has.
const MOST_NATS: f64 = 65_535.0;
/// What is changed of it for mutants: memories as small as they go, so that little of them stays unused in a short run.
const SMALL: [&str; 5] =
    ["buffer.bytes=1024", "buffer.pages=4", "aux.bytes=1024", "sequencer.commands=512", "sequencer.queue=4"];

/// What to compare.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Little of everything, at the sizes of offramp-n4 if no design is named
    #[arg(long)]
    quick: bool,
    /// One unit, or `machine` for whole programs alone; without it, all units and whole programs
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
    /// Folder of a model whose sentences are the programs, in place of tiny networks with random weights
    #[arg(long, requires = "text", value_name = "DIR")]
    model: Option<String>,
    /// Its sentences: plain text, .tsv, .csv, .jsonl or .parquet; the first --programs of them run
    #[arg(long, requires = "model", value_name = "FILE")]
    text: Option<String>,
    /// Entropy below which a sentence of the model leaves, nats
    #[arg(long, requires = "model", default_value_t = 0.3, value_name = "NATS")]
    threshold: f64,
    /// Whole programs on the machine of each design [default: 12, or 6 with --quick]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    programs: Option<u64>,
    /// Vectors, transactions or commands for each unit, about [default: 10000, or 3000 with --quick]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    vectors: Option<u64>,
    /// Mutants over all units, instead of comparing: changes the Verilog and counts what the checks notice
    #[arg(long, value_name = "NUMBER", conflicts_with = "wave", value_parser = clap::value_parser!(u64).range(1..=65_535))]
    mutants: Option<u64>,
    /// Of the mutants of each unit, only those of these numbers
    #[arg(long, requires = "mutants", value_name = "NUMBER", value_delimiter = ',')]
    only: Vec<u64>,
    /// Where random numbers begin
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    seed: u64,
    /// Percent of the cycles in which a side of a handshake waits
    #[arg(long, default_value_t = 50, value_name = "PERCENT", value_parser = clap::value_parser!(u64).range(0..=95))]
    stalls: u64,
    /// Design whose sizes the units have; without one, each is tried at several sizes
    #[arg(long, value_name = "NAME")]
    design: Option<String>,
    /// Change one key of the design, e.g. pu.n=8; can be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    sets: Vec<String>,
    /// Folder for waves (VCD), of checks without a difference too
    #[arg(long, value_name = "DIR")]
    wave: Option<PathBuf>,
    /// Count which lines and bits of the Verilog run; what never does goes into the folder, if one is named
    #[arg(long, value_name = "DIR", num_args = 0..=1, conflicts_with_all = ["wave", "mutants"])]
    coverage: Option<Option<PathBuf>>,
    /// Print JSON for machines
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    let checks: Vec<&Check> = match &args.unit {
        Some(name) if name == MACHINE => vec![],
        Some(name) => vec![check(name).ok_or_else(|| unknown_unit(name))?],
        None => CHECKS.iter().collect(),
    };
    let mut plan = args.plan()?;
    let covered = args.coverage.iter().flatten().map(|folder| (folder, "--coverage"));
    for (folder, option) in covered.chain(args.wave.iter().map(|folder| (folder, "--wave"))) {
        made(folder, option)?;
    }
    let mut report = Report { seed: args.seed, ..Report::default() };
    report.design = plan.design.as_ref().map(|design| design.name.clone());
    report.skipped = available(&mut plan, err)?;
    if let Some(count) = args.mutants {
        return mutants::run(&checks, &plan, (count, &args.only), args.json, (out, err));
    }
    if missing(&["verilator"]).is_none() {
        report.units = units::run(&checks, &plan, err);
        if args.unit.as_ref().is_none_or(|unit| unit == MACHINE) {
            let count = args.programs.unwrap_or(if args.quick { QUICK_PROGRAMS } else { PROGRAMS });
            report.programs = Programs::run(&args.designs(&plan)?, &args.source(count)?, &plan, err)?;
        }
    }
    report.covers = plan.coverage;
    if let Some(Some(folder)) = &args.coverage {
        coverage::write(&report.covered(), &report.programs.coverage, folder)?;
    }
    if args.json {
        report.json(out)?
    } else {
        report.table(out)?
    }
    report.verdict()
}

impl Args {
    /// What programs are compared on.
    fn source(&self, count: u64) -> Result<Source, Failure> {
        let Some((model, text)) = self.model.as_ref().zip(self.text.as_ref()) else {
            return Ok(Source::Tiny(count));
        };
        if !(0.0..=MOST_NATS).contains(&self.threshold) {
            let message = format!("--threshold {} must be from 0 to {MOST_NATS} nat", self.threshold);
            return Err(Error::new(Kind::Usage, "arguments", message, "choose one in this range").into());
        }
        Ok(Source::model(model, text, count, self.threshold)?)
    }

    /// The designs whose machines run programs; a model runs on the default one unless another is named.
    fn designs(&self, plan: &Plan) -> Result<Vec<Design>, Failure> {
        match (&self.model, &plan.design) {
            (Some(_), None) => Ok(vec![preset("offramp")?]),
            _ => Ok(designs(plan)),
        }
    }

    fn plan(&self) -> Result<Plan, Failure> {
        let default = if self.quick || self.mutants.is_some() || !self.sets.is_empty() {
            Some(QUICK_DESIGN)
        } else {
            None
        };
        let name = self.design.as_deref().or(default);
        let mut sets = self.sets.clone();
        if self.mutants.is_some() && self.design.is_none() && sets.is_empty() {
            sets = SMALL.map(str::to_owned).to_vec();
        }
        let mut plan = Plan { seed: self.seed, stalls: self.stalls, ..Plan::default() };
        if let Some(name) = name {
            let (design, _) = resolve::<Design>(name, &sets)?;
            refuse(&design)?;
            plan.design = Some(design);
            plan.arguments = format!(" --design {name}");
            plan.arguments.extend(sets.iter().map(|set| format!(" --set '{set}'")));
        }
        if let Some((model, text)) = self.model.as_ref().zip(self.text.as_ref()) {
            let own = format!(" --model {model} --text {text} --threshold {}", self.threshold);
            plan.arguments.push_str(&own);
        }
        if self.quick {
            (plan.vectors, plan.sample) = (QUICK, QUICK_SAMPLE);
        }
        plan.vectors = self.vectors.unwrap_or(plan.vectors);
        plan.wave_always = self.wave.is_some();
        plan.waves.clone_from(&self.wave);
        plan.coverage = self.coverage.is_some();
        Ok(plan)
    }
}

/// Makes the folder of an option, before anything runs for what shall lie in it.
fn made(folder: &Path, option: &str) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(|error| {
        let message = format!("{option} {}: the folder cannot be made: {error}", folder.display());
        Error::new(Kind::Io, "arguments", message, format!("name a folder that can be written with {option}"))
    })
}

/// Leaves out what has no tool; what that is, line by line.
fn available(plan: &mut Plan, err: &mut dyn Write) -> Result<Vec<String>, Failure> {
    let mut skipped = vec![];
    for (tool, what) in [
        ("verilator", "nothing was compared"),
        ("iverilog", "no sample was repeated"),
        ("yosys", "no sample was repeated on gates"),
    ] {
        if missing(&[tool]).is_some() {
            skipped.push(format!("{tool} is missing: {what}"));
        }
    }
    plan.icarus = missing(&["iverilog"]).is_none();
    plan.netlist = plan.icarus && missing(&["yosys"]).is_none();
    if !skipped.is_empty() && required() {
        return Err(Failure::Tool(format!("{}; OFFRAMP_REQUIRE_TOOLS=1", skipped.join(", "))));
    }
    for line in &skipped {
        // Who closed the error stream does not want to know.
        let _ = writeln!(err, "{line}");
    }
    Ok(skipped)
}
