//! `offramp predictor cost`: what predictions cost on a machine, against an oracle that makes none wrong.
//!
//! A sentence that is predicted too early leaves unsure; were it let run on at its supply until it is sure, it could miss its target. One that is
//! predicted too late runs at a higher supply than it needs: the energy above that of an oracle's plan is wasted.

use std::io::Write;

use models::record::{Error, Kind};
use serde_json::json;

use crate::cli::Failure;
use crate::cli::policy::{PolicyArgs, TargetArgs, When};
use crate::cli::setup::{self, InferenceArgs, MachineArgs};
use crate::dvfs::{Surface, Target};
use crate::energy::total;
use crate::machine::Mode;
use crate::policy::Leaving;
use crate::report::Resolved;
use crate::report::json::write;
use crate::report::table::engineering;

/// Whose predictions.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    inference: InferenceArgs,
    #[command(flatten)]
    machine: MachineArgs,
    #[command(flatten)]
    target: TargetArgs,
    /// As JSON. Keys: sentences, target_s, energy_j, oracle_j, missed, early (share, layers, late_if_run_on), late (share, layers, wasted_j)
    #[arg(long)]
    json: bool,
}

/// Sums over sentences.
#[derive(Default)]
struct Sums {
    sentences: f64,
    energy_j: f64,
    oracle_j: f64,
    missed: f64,
    /// Sentences, layers by which, and how many would miss their target if they ran on.
    early: [f64; 3],
    /// Sentences, layers by which, joules above the oracle's.
    late: [f64; 3],
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let policy = &args.inference.policy;
    let needed = "give --policy predicted, --exit-trace or --logits, --predictor, --threshold and --target";
    let refuse = |message: &str| Error::new(Kind::Usage, "arguments", message, needed);
    let target = args.target.target().ok_or_else(|| refuse("without a target a prediction costs nothing"))?;
    let resolved = setup::resolve(&args.machine, &args.inference, Mode::Fast)?;
    if resolved.rows.is_empty() {
        return Err(refuse("no table predicts exits").into());
    }
    let oracle = PolicyArgs {
        policy: Some(When::Oracle),
        predictor: None,
        exit_trace: policy.exit_trace.clone(),
        logits: policy.logits.clone(),
        threshold: resolved.exits.threshold,
        predict_after: policy.predict_after,
        ..PolicyArgs::default()
    };
    let InferenceArgs { network, task, seq, .. } = &args.inference;
    let oracle = InferenceArgs { network: network.clone(), task: task.clone(), seq: *seq, policy: oracle };
    let oracle = setup::resolve(&args.machine, &oracle, Mode::Fast)?;
    let surface = Surface::new(&resolved.setup, target.rule, |_, _| ())?;
    let sums = sums(&surface, target, &resolved, &oracle).ok_or_else(|| refuse("no run of such an exit"))?;
    if args.json { Ok(write(&sums.json(target), out)?) } else { Ok(sums.table(target, out)?) }
}

/// The cost of every sentence as predicted, and as an oracle has it.
fn sums(surface: &Surface, target: Target, predicted: &Resolved, oracle: &Resolved) -> Option<Sums> {
    let mut sums = Sums::default();
    let pairs = predicted.exits.each.iter().zip(&oracle.exits.each);
    for (mine, its) in pairs {
        let [mine, its] =
            [predicted.exits.leaving.get(*mine as usize)?, oracle.exits.leaving.get(*its as usize)?];
        let sure = its.layer;
        let actual = surface.outcome(target, mine)?;
        let best = surface.outcome(target, its)?;
        sums.sentences += 1.0;
        sums.energy_j += total(&actual.energy);
        sums.oracle_j += total(&best.energy);
        sums.missed += f64::from(u8::from(actual.latency_s > target.seconds));
        let Some(planned) = mine.planned else { continue };
        let run_on = surface.outcome(target, &Leaving { layer: sure, ..*mine })?;
        if planned < sure {
            let late = f64::from(u8::from(run_on.latency_s > target.seconds));
            add(&mut sums.early, [1.0, f64::from(sure - planned), late]);
        } else if planned > sure {
            let wasted = total(&run_on.energy) - total(&best.energy);
            add(&mut sums.late, [1.0, f64::from(planned - sure), wasted]);
        }
    }
    Some(sums)
}

fn add(sum: &mut [f64; 3], values: [f64; 3]) {
    sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
}

impl Sums {
    fn json(&self, target: Target) -> serde_json::Value {
        let n = self.sentences;
        let mean = |sum: [f64; 3]| (sum[0] / n, sum[1] / sum[0].max(1.0), sum[2] / n);
        let (early, late) = (mean(self.early), mean(self.late));
        json!({
            "sentences": n, "target_s": target.seconds, "energy_j": self.energy_j / n, "oracle_j": self.oracle_j / n,
            "missed": self.missed / n,
            "early": { "share": early.0, "layers": early.1, "late_if_run_on": early.2 },
            "late": { "share": late.0, "layers": late.1, "wasted_j": late.2 },
        })
    }

    fn table(&self, target: Target, out: &mut dyn Write) -> std::io::Result<()> {
        let n = self.sentences;
        let (energy, oracle) = (self.energy_j / n, self.oracle_j / n);
        let limit = engineering(target.seconds, "s");
        writeln!(out, "{n} sentences held to {limit} ({})\n", target.rule)?;
        writeln!(out, "energy            {} a sentence", engineering(energy, "J"))?;
        writeln!(
            out,
            "with an oracle    {}: {:+.2} %; it lets none leave unsure",
            engineering(oracle, "J"),
            100.0 * (oracle / energy - 1.0)
        )?;
        writeln!(out, "target missed     {:.2} %", 100.0 * self.missed / n)?;
        let [count, layers, late] = self.early;
        writeln!(
            out,
            "predicted early   {:.1} % by {:.2} layers: they leave unsure; {:.1} % would miss the target if they ran on until they are sure",
            100.0 * count / n,
            layers / count.max(1.0),
            100.0 * late / n
        )?;
        let [count, layers, wasted] = self.late;
        writeln!(
            out,
            "predicted late    {:.1} % by {:.2} layers: {} a sentence of all are wasted ({:.2} % of the energy)",
            100.0 * count / n,
            layers / count.max(1.0),
            engineering(wasted / n, "J"),
            100.0 * wasted / self.energy_j
        )
    }
}
