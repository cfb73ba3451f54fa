//! `offramp dvfs targets`: energy of a sentence over its latency target, task by task.
//!
//! A task whose predicted exits are known plans by them; one whose exits alone are known plans for every layer and saves where a sentence
//! leaves early; one of which neither is known runs every layer.

use std::io::Write;
use std::path::PathBuf;

use models::record::{self, Error, Kind};
use models::workload::Workload;
use serde_json::json;

use crate::cli::Failure;
use crate::cli::plot::{format, write_figure};
use crate::cli::policy::{PolicyArgs, When, seconds};
use crate::cli::setup::{self, InferenceArgs, MachineArgs};
use crate::dvfs::{Rule, Surface, Target};
use crate::energy::{Count, counted};
use crate::figure::{Axis, Figure, Size, lines};
use crate::machine::Mode;
use crate::report::json::write;

/// Tasks where none is named.
const TASKS: [&str; 4] = ["sst2", "mnli", "qqp", "qnli"];

/// Which targets.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    machine: MachineArgs,
    /// Network: a preset or a file
    #[arg(long, default_value = "albert-base", value_name = "NAME")]
    network: String,
    /// Task, a preset or a file; can be repeated; sst2, mnli, qqp, qnli if not given
    #[arg(long = "task", value_name = "NAME")]
    tasks: Vec<String>,
    /// Tightest target
    #[arg(long, default_value = "20ms", value_name = "TIME", value_parser = seconds)]
    from: f64,
    /// Loosest target
    #[arg(long, default_value = "200ms", value_name = "TIME", value_parser = seconds)]
    to: f64,
    /// Targets, evenly spread
    #[arg(long, default_value_t = 37, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(2..=100_000))]
    points: u32,
    /// How the supply is chosen
    #[arg(long, value_enum, default_value = "thrifty", value_name = "RULE")]
    supply: Rule,
    /// What is counted
    #[arg(long, value_enum, default_value = "system", value_name = "WHAT")]
    count: Count,
    /// File for a figure: .svg or .png
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// As JSON. Keys, for each task: task, policy, targets (target_s, latency_s, energy_j, missed)
    #[arg(long)]
    json: bool,
}

/// What sentences of a task come to at one target.
#[derive(serde::Serialize)]
struct At {
    target_s: f64,
    latency_s: f64,
    energy_j: f64,
    missed: f64,
}

/// A task at every target.
struct Curve {
    task: String,
    policy: &'static str,
    targets: Vec<At>,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    args.output.as_deref().map(format).transpose()?;
    if args.from >= args.to {
        let message = format!("--from {} s must be below --to {} s", args.from, args.to);
        return Err(Error::new(Kind::Usage, "arguments", message, "e.g. --from 20ms --to 200ms").into());
    }
    let named = args.tasks.iter().map(String::as_str);
    let tasks: Vec<&str> = if args.tasks.is_empty() { TASKS.to_vec() } else { named.collect() };
    let curves = tasks.iter().map(|task| curve(args, task)).collect::<Result<Vec<_>, Failure>>()?;
    if let Some(path) = &args.output {
        write_figure(path, &figure(&curves), Size::Slide)?;
    }
    if args.json {
        let value =
            curves.iter().map(|c| json!({ "task": c.task, "policy": c.policy, "targets": c.targets }));
        return Ok(write(&value.collect::<Vec<_>>().into(), out)?);
    }
    table(&curves, out)
}

fn curve(args: &Args, task: &str) -> Result<Curve, Failure> {
    let none: [&str; 0] = [];
    let (workload, _) = record::resolve::<Workload>(task, &none)?;
    let known = workload.exits.as_ref().is_some_and(|exits| exits.predicted.is_some());
    let policy = PolicyArgs { policy: known.then_some(When::Predicted), ..PolicyArgs::default() };
    let inference = InferenceArgs { network: args.network.clone(), task: task.to_owned(), seq: None, policy };
    let resolved = setup::resolve(&args.machine, &inference, Mode::Fast)?;
    let surface = Surface::new(&resolved.setup, args.supply, |_, _| ())?;
    let mut targets = Vec::new();
    for step in 0..args.points {
        let share = f64::from(step) / f64::from(args.points - 1);
        let seconds = args.from + (args.to - args.from) * share;
        let target = Target { seconds, rule: args.supply, count: args.count };
        let outcomes = surface.outcomes(target, &resolved.setup.exits)?;
        let mut at = At { target_s: target.seconds, latency_s: 0.0, energy_j: 0.0, missed: 0.0 };
        for outcome in &outcomes {
            at.latency_s += outcome.share * outcome.latency_s;
            at.energy_j += outcome.share * counted(&outcome.energy, args.count);
            at.missed += if outcome.latency_s > target.seconds { outcome.share } else { 0.0 };
        }
        targets.push(at);
    }
    Ok(Curve { task: resolved.task, policy: resolved.policy, targets })
}

fn figure(curves: &[Curve]) -> Figure {
    let point = |at: &At| lines::Point { x: at.target_s * 1e3, y: at.energy_j * 1e3, error: None };
    let series = curves.iter().map(|curve| lines::Series {
        name: format!("{}, {}", curve.task, exits(curve.policy)),
        points: curve.targets.iter().map(point).collect(),
    });
    Figure::Lines(lines::Data {
        x: Axis::linear("latency target", "ms"),
        y: Axis::linear("energy of a sentence", "mJ"),
        from_zero: true,
        series: series.collect(),
    })
}

/// What is known of exits, in words.
fn exits(policy: &str) -> &'static str {
    match policy {
        "predicted" => "predicted exits",
        "conventional" => "exits not predicted",
        _ => "no exits",
    }
}

fn table(curves: &[Curve], out: &mut dyn Write) -> Result<(), Failure> {
    for curve in curves {
        writeln!(
            out,
            "{}, {}\n    target        latency         energy     missed",
            curve.task,
            exits(curve.policy)
        )?;
        for at in &curve.targets {
            let (target, latency, energy) = (at.target_s * 1e3, at.latency_s * 1e3, at.energy_j * 1e3);
            writeln!(
                out,
                "{target:>7.1} ms {latency:>11.3} ms {energy:>11.4} mJ {:>8.2} %",
                100.0 * at.missed
            )?;
        }
        writeln!(out)?;
    }
    Ok(())
}
