//! The command line: one file per subcommand, which turns arguments into calls and results into text.
//!
//! [`run`] takes the arguments and where to write, and returns an [`Exit`]; it never prints or ends the process itself,
//! so that a test can call it. A subcommand is a variant of `Command` and a file with its `Args` and a function
//! `run(&Args, &mut dyn Write) -> Result<(), Failure>`.

mod check;
mod completions;
mod compress;
pub mod cosim;
mod dvfs;
mod emit;
mod exit;
mod export;
mod faults;
mod fidelity;
mod field;
mod file;
mod image;
mod import;
mod infer;
mod init;
mod ladder;
mod logits;
mod man;
mod merge;
mod op;
mod parallel;
mod placements;
mod plot;
mod policy;
mod predictor;
mod program;
mod records;
mod report;
mod run;
mod schema;
mod sentences;
mod setup;
mod stop;
mod stream;
mod sweep;
mod synth;
mod threshold;
mod trace;
mod train;
mod zoo;

pub use exit::{Exit, Failure};

use std::ffi::OsString;
use std::io::{self, Write};

use clap::{Parser, Subcommand};
use models::design::Design;
use models::fault::FaultModel;
use models::memory::Memory;
use models::network::Network;
use models::technology::Technology;
use models::train::Recipe;
use models::workload::Workload;
use models::zoo::Entry;

/// What `offramp --help` ends with.
const EXAMPLES: &str = "\
Examples:
  offramp run --network albert-base --task sst2   latency, energy, utilisation
  offramp op matmul --shape 64x64x768             one operation
  offramp program --network tinybert-4 --seq 16   what the sequencer is given
  offramp trace --network albert-base -o t.json   what ran when, for ui.perfetto.dev
  offramp designs list                            what can be simulated as it is
  offramp designs show offramp --set pu.n=32      a design with one key changed, as a file
  offramp designs show offramp > mine.toml        a copy to edit
  offramp check mine.toml                         is it a design, and can it be built?
  offramp technologies show edgebert-12nm         every constant with its source
  offramp workloads show sst2                     spans and exit histograms of a task
  offramp zoo bert-base tinybert-4 movement-3     published networks beside what their papers claim
  offramp emit --set pu.n=4 -o build/n4           the machine as Verilog
  offramp cosim --quick                           does that Verilog do what the simulator says?
  offramp synth --unit vector_mac                 what does a unit cost in gates?
  offramp sweep space.toml -o results             thousands of designs, each point kept

A NAME is a preset, or a file if it has a `/` or ends in .toml. --set KEY=VALUE changes one key of
it and can be repeated.

Exit codes: 0 done, 1 internal error, 2 wrong arguments, 3 wrong input file, 4 the workload does
not fit the design or no hardware does, 5 a file cannot be read or written, or a tool does not run,
6 interrupted: what was finished is kept.";

/// Simulate an EdgeBERT-style transformer accelerator, cycle by cycle.
#[derive(Debug, Parser)]
#[command(name = "offramp", version, arg_required_else_help = true, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
enum Command {
    /// Latency, energy and utilisation of a network on a design
    #[command(after_help = run::EXAMPLES)]
    Run(run::Args),
    /// One operation alone on a design
    #[command(after_help = op::EXAMPLES)]
    Op(op::Args),
    /// The program that a run executes, command by command
    #[command(after_help = program::EXAMPLES)]
    Program(program::Args),
    /// When everything happened in one sentence, as a trace for ui.perfetto.dev
    #[command(after_help = trace::EXAMPLES)]
    Trace(trace::Args),
    /// What to build: sizes of the machine
    #[command(after_help = records::EXAMPLES)]
    Designs(records::Args),
    /// What it is made of: energy, area, voltage and frequency, memories
    #[command(after_help = records::EXAMPLES)]
    Technologies(records::Args),
    /// What it keeps weights in: NVM, SRAM, DRAM
    #[command(after_help = records::EXAMPLES)]
    Memories(records::Args),
    /// How often cells of memories are misread
    #[command(after_help = records::EXAMPLES)]
    FaultModels(records::Args),
    /// What it computes: shapes of encoders
    #[command(after_help = records::EXAMPLES)]
    Networks(records::Args),
    /// What it is asked: a task's densities, attention spans and exits
    #[command(after_help = records::EXAMPLES)]
    Workloads(records::Args),
    /// What was published: shapes of pruned, small and other networks, with counts and claims
    #[command(after_help = records::EXAMPLES)]
    ZooEntries(records::Args),
    /// A design space: every point simulated and kept
    #[command(after_help = sweep::EXAMPLES)]
    Sweep(sweep::Args),
    /// The results of a sweep as CSV, JSON Lines or Parquet
    #[command(after_help = export::EXAMPLES)]
    Export(export::Args),
    /// Join the shards of a sweep
    #[command(after_help = merge::EXAMPLES)]
    Merge(merge::Args),
    /// The results of a sweep as a figure, SVG or PNG
    #[command(after_help = plot::EXAMPLES)]
    Plot(plot::Args),
    /// The results of a sweep as one page for a design review
    #[command(after_help = report::EXAMPLES)]
    Report(report::Args),
    /// A commented file to start from
    #[command(after_help = init::EXAMPLES)]
    Init(init::Args),
    /// The JSON Schema of a kind of file, for editors
    #[command(after_help = schema::EXAMPLES)]
    Schema(schema::Args),
    /// Check files: designs, technologies, networks, workloads, exit traces
    #[command(after_help = check::EXAMPLES)]
    Check(check::Args),
    /// A table that predicts exits from an early entropy: fitted to a trace, or tried on one
    #[command(after_help = predictor::EXAMPLES)]
    Predictor(predictor::Args),
    /// Voltages and frequencies: what they cost, and which a sentence gets to meet its latency target
    #[command(after_help = dvfs::EXAMPLES)]
    Dvfs(dvfs::Args),
    /// Sentences that arrive, wait and run: percentiles, missed deadlines, power, battery life
    #[command(after_help = stream::EXAMPLES)]
    Stream(stream::Args),
    /// What each optimisation is worth, one after the other and alone, beside what was published
    #[command(after_help = ladder::EXAMPLES)]
    Ladder(ladder::Args),
    /// Published networks on one design: latency, energy, memory, beside what their papers claim
    #[command(after_help = zoo::EXAMPLES)]
    Zoo(zoo::Args),
    /// The entropy threshold for an accuracy, from logits with labels
    #[command(after_help = threshold::EXAMPLES)]
    Threshold(threshold::Args),
    /// Recipes of training runs: presets to train by or to copy
    Recipes(records::Args),
    /// Train a small network as EdgeBERT prepares its own: exits, spans, zeros, rounded weights
    #[command(after_help = train::EXAMPLES)]
    Train(train::Args),
    /// The shape and the statistics of a checkpoint as records for other commands
    #[command(after_help = import::EXAMPLES)]
    Import(import::Args),
    /// What a checkpoint says of sentences, where each leaves, and what it costs
    #[command(after_help = infer::EXAMPLES)]
    Infer(infer::Args),
    /// Prune, round or shrink a checkpoint, operator by operator
    #[command(after_help = compress::EXAMPLES)]
    Compress(compress::Args),
    /// How far compressed checkpoints are from what they were, on sentences
    #[command(after_help = fidelity::EXAMPLES)]
    Fidelity(fidelity::Args),
    /// Logits at every off-ramp by the golden kernels, with random weights: for trying policies
    #[command(after_help = logits::EXAMPLES)]
    Logits(logits::Args),
    /// What wrong cells of a memory do to a tensor, by encoding
    #[command(after_help = faults::EXAMPLES)]
    Faults(faults::Args),
    /// A tensor or a program's NVM as the bytes of a memory, and back
    #[command(after_help = image::EXAMPLES)]
    Image(image::Args),
    /// Which cells should hold an embedding: area, energy, wake-up and damage of each placement
    #[command(after_help = placements::EXAMPLES)]
    Placements(placements::Args),
    /// The machine, or one unit of it, as Verilog
    #[command(after_help = emit::EXAMPLES)]
    Emit(emit::Args),
    /// The emitted Verilog against the simulator's values and cycles
    #[command(after_help = cosim::EXAMPLES)]
    Cosim(cosim::Args),
    /// What the emitted Verilog costs: cells or look-up tables, memories, longest paths
    #[command(after_help = synth::EXAMPLES)]
    Synth(synth::Args),
    /// Print a completion script for a shell
    #[command(after_help = completions::EXAMPLES)]
    Completions(completions::Args),
    /// Print a manual page in roff
    #[command(after_help = man::EXAMPLES)]
    Man(man::Args),
}

/// How text is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Columns at which errors wrap.
    pub width: usize,
    /// Whether errors and help have colours.
    pub color: bool,
    /// Whether the error stream is a terminal, on which a bar may move.
    pub terminal: bool,
}

/// Runs the command line `arguments`, the program's name first: results go to `out`, errors to `err`.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    out: &mut dyn Write,
    err: &mut dyn Write,
    style: Style,
) -> Exit {
    let done = match Cli::try_parse_from(arguments) {
        Ok(cli) => dispatch(&cli.command, out, err, style).and_then(|()| Ok(out.flush()?)),
        Err(error) => Err(Failure::Arguments(error)),
    };
    let Err(failure) = done else { return Exit::Done };
    let text = failure.render(style);
    let said = if failure.is_answer() { say(out, &text) } else { out.flush().and_then(|()| say(err, &text)) };
    // What cannot be written cannot be reported either; the exit code still tells.
    said.map_or_else(|error| Failure::Output(error).exit().max(failure.exit()), |()| failure.exit())
}

fn say(stream: &mut dyn Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes())?;
    stream.flush()
}

fn dispatch(
    command: &Command,
    out: &mut dyn Write,
    err: &mut dyn Write,
    style: Style,
) -> Result<(), Failure> {
    match command {
        Command::Run(args) => run::run(args, out, err),
        Command::Op(args) => op::run(args, out),
        Command::Program(args) => program::run(args, out),
        Command::Trace(args) => trace::run(args, out),
        Command::Designs(args) => records::run::<Design>(args, out),
        Command::Technologies(args) => records::run::<Technology>(args, out),
        Command::Memories(args) => records::run::<Memory>(args, out),
        Command::FaultModels(args) => records::run::<FaultModel>(args, out),
        Command::Networks(args) => records::run::<Network>(args, out),
        Command::Workloads(args) => records::run::<Workload>(args, out),
        Command::ZooEntries(args) => records::run::<Entry>(args, out),
        Command::Sweep(args) => sweep::run(args, out, err, style),
        Command::Export(args) => export::run(args, out, err),
        Command::Merge(args) => merge::run(args, out),
        Command::Plot(args) => plot::run(args, out, err),
        Command::Report(args) => report::run(args, out, err),
        Command::Init(args) => init::run(args, out),
        Command::Schema(args) => schema::run(args, out),
        Command::Check(args) => check::run(args, out),
        Command::Predictor(args) => predictor::run(args, out),
        Command::Dvfs(args) => dvfs::run(args, out),
        Command::Stream(args) => stream::run(args, out),
        Command::Ladder(args) => ladder::run(args, out, err),
        Command::Zoo(args) => zoo::run(args, out, err),
        Command::Threshold(args) => threshold::run(args, out),
        Command::Recipes(args) => records::run::<Recipe>(args, out),
        Command::Train(args) => train::run(args, out, err),
        Command::Import(args) => import::run(args, out),
        Command::Infer(args) => infer::run(args, out, err),
        Command::Compress(args) => compress::run(args, out),
        Command::Fidelity(args) => fidelity::run(args, out, err),
        Command::Logits(args) => logits::run(args, out, err),
        Command::Faults(args) => faults::run(args, out, err, style),
        Command::Image(args) => image::run(args, out),
        Command::Placements(args) => placements::run(args, out, err),
        Command::Emit(args) => emit::run(args, out, err),
        Command::Cosim(args) => cosim::run(args, out, err),
        Command::Synth(args) => synth::run(args, out, err),
        Command::Completions(args) => completions::run(args, out),
        Command::Man(args) => man::run(args, out),
    }
}
