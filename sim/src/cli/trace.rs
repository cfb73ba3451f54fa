//! `offramp trace`: when everything happened in one sentence, as a trace that a viewer opens.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use models::record::{Error, Kind};
use serde_json::{Value, json};

use super::policy::TargetArgs;
use super::setup::{self, InferenceArgs, MachineArgs};
use super::{Failure, file};
use crate::machine::Mode;
use crate::report::Resolved;
use crate::sentence::{Plan, Setup, simulate};
use crate::timeline::{Recording, record, write};

pub(super) const EXAMPLES: &str = "\
Examples:
  offramp trace --network albert-base --task sst2 -o sst2.json      then open it in https://ui.perfetto.dev
  offramp trace --network albert-base --task sst2 --exit-layer 1 -o first.json
  offramp trace --network albert-base --task sst2 --policy predicted --target 50ms -o scaled.json    the supply changes once
  offramp trace --network tinybert-4 --seq 16 | jq '.traceEvents[] | select(.ph == \"X\") | .name'

The file is in the Trace Event Format. Tracks: layers with their off-ramps, the sequencer, load, store, pu and sfu, each with
what it waited for below it. Counters: pages in use of each operand buffer, commands in each queue, supply, clock.
A page is in use from the start of the command that writes to it to the end of the last that reads that, before it is
written anew. Times are microseconds at the design's clock; args hold exact cycles.";

/// Whose trace, and where to.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    inference: InferenceArgs,
    #[command(flatten)]
    machine: MachineArgs,
    #[command(flatten)]
    target: TargetArgs,
    /// Layer after which the sentence leaves; the last that any sentence reaches if not given
    #[arg(long, value_name = "LAYER")]
    exit_layer: Option<u32>,
    /// File for the trace; `-` or none is standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let mut resolved = setup::resolve(&args.machine, &args.inference, Mode::Fast)?;
    resolved.setup.target = args.target.target();
    let exit_layer = exit_layer(args, &resolved)?;
    let plan = planned(&mut resolved.setup, exit_layer)?;
    let recording = record(&resolved.setup, exit_layer, plan)?;
    let about = about(args, &resolved, &recording);
    match args.output.as_deref().filter(|path| *path != Path::new("-")) {
        None => {
            write(&recording, &about, out)?;
        }
        Some(path) => {
            let mut trace = BufWriter::new(file::create(path, file::Old::Replace)?);
            let written =
                write(&recording, &about, &mut trace).and_then(|events| trace.flush().map(|()| events));
            let events = written.map_err(|error| file::unwritten(path, &error))?;
            let (path, cycles) = (path.display(), recording.run.cycles);
            writeln!(out, "{path}: {cycles} cycles, {events} events; open it in https://ui.perfetto.dev")?;
        }
    }
    Ok(())
}

/// What most sentences that leave after `exit_layer` are planned for, where their target says so; a supply that is chosen for all becomes
/// the design's.
fn planned(setup: &mut Setup, exit_layer: u32) -> Result<Option<Plan>, Failure> {
    if setup.target.is_none() {
        return Ok(None);
    }
    let outcomes = simulate(setup, |_, _| ())?;
    setup.design.operating.vdd_v = outcomes.vdd_v;
    let alike = outcomes.outcomes.iter().filter(|outcome| outcome.layer == exit_layer);
    let most = alike.max_by(|a, b| a.share.total_cmp(&b.share)).ok_or_else(|| {
        let mut layers: Vec<u32> = outcomes.outcomes.iter().map(|outcome| outcome.layer).collect();
        layers.sort_unstable();
        layers.dedup();
        let list: Vec<String> = layers.iter().map(u32::to_string).collect();
        let message = format!("no sentence leaves after layer {exit_layer}, so none is planned for");
        Error::new(Kind::Usage, "arguments", message, format!("take --exit-layer from {}", list.join(", ")))
    })?;
    Ok(most.plan)
}

/// Layer after which the sentence leaves.
fn exit_layer(args: &Args, resolved: &Resolved) -> Result<u32, Error> {
    let job = &resolved.setup.job;
    let layers = job.network.layers;
    let refuse = |message: String, remedy: &str| Error::new(Kind::Usage, "arguments", message, remedy);
    match args.exit_layer {
        None => Ok(resolved.setup.exits.iter().map(|leaving| leaving.layer).max().unwrap_or(layers)),
        Some(layer) if layer == 0 || layer > layers => Err(refuse(
            format!("--exit-layer {layer} must be from 1 to the network's {layers} layers"),
            "choose a layer in this range",
        )),
        Some(layer) if layer < layers && !job.exits => Err(refuse(
            format!(
                "--exit-layer {layer} must be {layers}: task `{}` has no exit statistics, so its program has no off-ramps",
                resolved.task
            ),
            "add --exit-trace FILE and --threshold, or take a task with exits, e.g. --task sst2",
        )),
        Some(layer) => Ok(layer),
    }
}

/// What the trace says of itself.
fn about(args: &Args, resolved: &Resolved, recording: &Recording) -> Value {
    let setup = &resolved.setup;
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "command": command(args),
        "design": setup.design.name,
        "technology": setup.technology.name,
        "network": setup.job.network.name,
        "task": resolved.task,
        "tokens": setup.job.sequence,
        "vdd_v": setup.design.operating.vdd_v,
        "clock_mhz": recording.clock.megahertz().next().map(|(_, mhz)| mhz),
        "plan": recording.plan,
        "layers": recording.run.layers,
        "cycles": recording.run.cycles,
        "inputs": resolved.inputs,
    })
}

/// The command that makes the same trace, but for the file.
fn command(args: &Args) -> String {
    let (inference, machine) = (&args.inference, &args.machine);
    let mut words: Vec<(&str, String)> = vec![
        ("--network", inference.network.clone()),
        ("--task", inference.task.clone()),
        ("--design", machine.design.clone()),
        ("--technology", machine.technology.clone()),
    ];
    words.extend(machine.nvm.iter().map(|memory| ("--nvm", memory.clone())));
    words.extend(machine.sets.iter().map(|set| ("--set", set.clone())));
    words.extend(inference.seq.map(|tokens| ("--seq", tokens.to_string())));
    let policy = &inference.policy;
    words.extend(policy.policy.map(|when| ("--policy", when.name().to_owned())));
    words.extend(policy.exit_trace.iter().map(|file| ("--exit-trace", file.clone())));
    words.extend(policy.logits.iter().map(|file| ("--logits", file.clone())));
    words.extend(policy.predictor.iter().map(|file| ("--predictor", file.clone())));
    words.extend(policy.threshold.map(|nats| ("--threshold", nats.to_string())));
    words.extend(policy.predict_after.map(|layer| ("--predict-after", layer.to_string())));
    words.extend(policy.patience.map(|patience| ("--patience", patience.to_string())));
    words.extend(args.target.target.map(|seconds| ("--target", format!("{seconds}s"))));
    words.extend(args.target.supply.map(|rule| ("--supply", rule.to_string())));
    words.extend(args.exit_layer.map(|layer| ("--exit-layer", layer.to_string())));
    let words = words.into_iter().map(|(option, value)| format!(" {option} {}", quoted(&value)));
    format!("offramp trace{}", words.collect::<String>())
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}
