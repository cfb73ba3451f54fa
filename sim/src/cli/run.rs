//! `offramp run`: latency, energy and utilisation of a network on a design.

use std::io::Write;
use std::time::Instant;

use super::Failure;
use super::policy::TargetArgs;
use super::setup::{self, InferenceArgs, MachineArgs};
use crate::machine::Mode;
use crate::report;
use crate::sentence;

pub(super) const EXAMPLES: &str = "\
Examples:
  offramp run --network albert-base --task sst2
  offramp run --network albert-base --seq 128                   every layer, no zeros
  offramp run --network bert-base --set pu.n=32 --set axi.width_bits=256
  offramp run --network albert-base --task sst2 --exit-trace entropy.csv --threshold 0.28
  offramp run --network albert-base --task sst2 --policy predicted --target 50ms     exits predicted, the supply scaled to meet 50 ms
  offramp run --network albert-base --task sst2 --json | jq .energy_j

Keys of --json: cycles, ideal_cycles, utilisation, latency_s, energy_j, average_exit_layer, area_mm2,
frequency_hz, vdd_v, policy, exits, stages, units, events, energy, standing, area, memory, inputs. What can differ from
sentence to sentence is a mean over them. With a target also target and missed, with predicted exits planned_exit_layer, with
labelled logits accuracy; each of exits has the plan (layer, vdd_mv) that was made for it. Keys that begin with host describe the machine that simulates.";

/// What to run.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    inference: InferenceArgs,
    #[command(flatten)]
    machine: MachineArgs,
    #[command(flatten)]
    target: TargetArgs,
    /// Tick every cycle instead of jumping from event to event; the result is the same
    #[arg(long)]
    step: bool,
    /// Print JSON for machines
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    let mode = if args.step { Mode::Step } else { Mode::Fast };
    let mut resolved = setup::resolve(&args.machine, &args.inference, mode)?;
    resolved.setup.target = args.target.target();
    let start = Instant::now();
    let outcomes = sentence::simulate(&resolved.setup, |done, all| {
        if args.step {
            // Who closed the error stream does not want to know.
            let _ = writeln!(err, "stepping every cycle: {done} of {all} exit layers done");
        }
    })?;
    let seconds = start.elapsed().as_secs_f64();
    if args.json {
        let mut value = report::json::report(&resolved, &outcomes);
        report::json::host(&mut value, &outcomes, seconds);
        return Ok(report::json::write(&value, out)?);
    }
    Ok(out.write_all(report::table::report(&resolved, &outcomes).as_bytes())?)
}
