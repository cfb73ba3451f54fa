//! `offramp logits`: logits at every off-ramp by the golden kernels, for trying policies.

use std::io::Write;
use std::path::PathBuf;

use models::record::{Error, Kind};

use super::Failure;
use super::export::whole;
use super::setup::{self, InferenceArgs, MachineArgs};
use crate::golden::ramps::logits;
use crate::machine::Mode;

pub(super) const EXAMPLES: &str = "\
Examples:
  offramp logits --network tinybert-4 --seq 16 --sentences 100 -o logits.csv
  offramp threshold logits.csv --accuracy 0.9
  offramp run --network tinybert-4 --seq 16 --logits logits.csv --policy patience --patience 2

The network has random weights and reads random sentences: what comes out is for trying policies, not for judging a model. A label is what
the same network answers unquantised after its last layer.";

/// Whose logits.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    inference: InferenceArgs,
    #[command(flatten)]
    machine: MachineArgs,
    /// Random sentences
    #[arg(long, default_value_t = 100, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    sentences: u32,
    /// Where random numbers begin
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    seed: u64,
    /// File to write, in place of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    let resolved = setup::resolve(&args.machine, &args.inference, Mode::Fast)?;
    let (design, job) = (&resolved.setup.design, &resolved.setup.job);
    let step = (args.sentences / 10).max(1);
    let made = logits(design, job, args.seed, args.sentences as usize, |done| {
        if done % step as usize == 0 && args.output.is_some() {
            // Who closed the error stream does not want to know.
            let _ = writeln!(err, "{done} of {} sentences", args.sentences);
        }
    });
    let refuse =
        |message| Error::new(Kind::Fit, "design", message, "take a smaller network, or a larger design");
    let text = made.map_err(refuse)?.text();
    match &args.output {
        None => Ok(out.write_all(text.as_bytes())?),
        Some(path) => whole(path, |mut file| file.write_all(text.as_bytes()).and_then(|()| file.flush())),
    }
}
