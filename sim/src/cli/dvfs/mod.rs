//! `offramp dvfs`: voltages and frequencies, what they cost, and which a sentence gets.

mod codes;
mod points;
mod table;
mod targets;

use std::io::Write;

use clap::Subcommand;

use super::Failure;

pub(super) const EXAMPLES: &str = "\
Examples:
  offramp dvfs points                                             measured points against the component model, and the law that fits them
  offramp dvfs points --above 0.65 --technology ./mine.toml
  offramp dvfs codes --network albert-base --task sst2            what every layer costs at every code
  offramp dvfs targets -o energy.svg                              energy of a sentence over its latency target, four tasks
  offramp dvfs targets --task sst2 --design offramp-n32 --from 5ms --to 50ms
  offramp dvfs table --network albert-base --task sst2 --policy predicted --exit-trace dev.csv --predictor table.csv --target 100ms -o predictions.hex";

/// What to do with supplies.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Measured V/f points against the component model and an alpha-power law
    Points(points::Args),
    /// What a sentence that runs every layer takes at each code
    Codes(codes::Args),
    /// The controller's table: for each entropy the predicted layer and its supply
    Table(table::Args),
    /// Energy over the latency target, task by task
    Targets(targets::Args),
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    match &args.action {
        Action::Points(args) => points::run(args, out),
        Action::Codes(args) => codes::run(args, out),
        Action::Table(args) => table::run(args, out),
        Action::Targets(args) => targets::run(args, out),
    }
}
