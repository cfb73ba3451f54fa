//! `offramp ladder`: what each optimisation is worth, one after the other and alone, beside what was published.

use std::io::Write;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use models::network::Network;
use models::record::{self, Error, Kind, Record};
use models::workload::Workload;
use serde_json::json;

use super::Failure;
use super::plot::{format, write_figure};
use super::policy::seconds;
use super::setup::MachineArgs;
use crate::dvfs::Rule;
use crate::energy::Count;
use crate::figure::{Axis, Figure, Size, waterfall};
use crate::ladder::presets::LADDERS;
use crate::ladder::{Base, Ladder, Limit, Measure, Published, Rung, Step};
use crate::report::json::write;
use crate::report::table::engineering;

pub(super) const EXAMPLES: &str = "\
Examples:
  offramp ladder                                      the paper's optimisations on SST-2, beside the published factors
  offramp ladder isscc23 -o chip.svg                  the follow-up chip's, as a figure
  offramp ladder --task qqp                           another task
  offramp ladder --count system                       with the external memory
  offramp ladder --regulator ideal                    what the regulator costs
  offramp ladder isscc23 --threshold 0.4 --predicted-threshold 0.28
  offramp ladder --design released --baseline-bits 8 --target 200ms --json

A rung is the mean sentence and the wake-up before it. Published factors are of other machines, often of the best task (`up to`); off says by how
much ours differ, and docs/ladders.md why.

Keys of --json: ladder, task, count, rungs and alone (of each: on, latency_s, energy_j, memory_bytes, missed), published (of each: measure, from, to,
factor, ours, off, what, source).";

/// Bits of an element where it is not quantised, unless something else is said.
const BASELINE_BITS: &str = "16";

/// What the regulator loses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Regulator {
    /// A linear one draws its input voltage times its output current
    Linear,
    /// Nothing
    Ideal,
}

/// Whose ladder.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The ladder
    #[arg(default_value = "edgebert", value_parser = PossibleValuesParser::new(LADDERS.map(|ladder| ladder.name)))]
    ladder: String,
    /// Network: a preset or a file
    #[arg(long, default_value = "albert-base", value_name = "NAME")]
    network: String,
    /// Task: a workload preset or file
    #[arg(long, default_value = "sst2", value_name = "NAME")]
    task: String,
    /// Design, a preset or a file, in place of the ladder's
    #[arg(long, value_name = "NAME")]
    design: Option<String>,
    /// Technology, a preset or a file, in place of the ladder's
    #[arg(long, value_name = "NAME")]
    technology: Option<String>,
    /// Change one key of the design, e.g. pu.sparsity=gate; can be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    sets: Vec<String>,
    /// Threshold of early exit, nats; the task's own if not given
    #[arg(long, value_name = "NATS")]
    threshold: Option<f64>,
    /// Threshold where exits are predicted, nats; the middle one of the task's if not given
    #[arg(long, value_name = "NATS")]
    predicted_threshold: Option<f64>,
    /// What V/f scaling is held to, in place of the ladder's
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    target: Option<f64>,
    /// How V/f scaling chooses
    #[arg(long, value_enum, default_value = "thrifty", value_name = "RULE")]
    supply: Rule,
    /// What is counted, in place of the ladder's
    #[arg(long, value_enum, value_name = "WHAT")]
    count: Option<Count>,
    /// What the regulator loses
    #[arg(long, value_enum, default_value = "linear", value_name = "KIND")]
    regulator: Regulator,
    /// Count no standby of the NVM, as if its periphery were off once the embeddings are read
    #[arg(long)]
    gate_nvm: bool,
    /// Bits of an element where it is not quantised: the machine has 16 there, a checkpoint 32; with 8 quantisation is on from the start
    #[arg(long, default_value = BASELINE_BITS, value_name = "BITS", value_parser = PossibleValuesParser::new(["8", "16", "32"]))]
    baseline_bits: String,
    /// Leave the masks of pruned weights out of their memory
    #[arg(long)]
    free_masks: bool,
    /// What the figure is of
    #[arg(long, value_enum, default_value = "energy", value_name = "MEASURE")]
    figure: MeasureOfFigure,
    /// File for a figure: .svg or .png
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum MeasureOfFigure {
    /// Energy of a sentence
    Energy,
    /// Latency of a sentence
    Latency,
}

pub(super) fn run(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    args.output.as_deref().map(format).transpose()?;
    let ladder = LADDERS.iter().find(|ladder| ladder.name == args.ladder).unwrap_or(&LADDERS[0]);
    let base = base(args, ladder)?;
    let (rungs, alone) = base.climb(ladder, |done, all| {
        // Who closed the error stream does not want to know.
        let _ = writeln!(err, "[{done}/{all}] {}", ladder.name);
    })?;
    let climbed = Climbed { ladder, base: &base, rungs, alone };
    if let Some(path) = &args.output {
        write_figure(path, &climbed.figure(args.figure), Size::Slide)?;
    }
    if args.json { Ok(climbed.json(out)?) } else { Ok(climbed.table(out)?) }
}

fn base(args: &Args, ladder: &Ladder) -> Result<Base, Error> {
    let own = |given: &Option<String>, preset: &str| given.clone().unwrap_or_else(|| preset.to_owned());
    // The ladder's changes belong to its own design.
    let mut sets: Vec<String> = Vec::new();
    if args.design.is_none() {
        sets.extend(ladder.sets.iter().map(|set| (*set).to_owned()));
    }
    sets.extend(args.sets.iter().cloned());
    let design = own(&args.design, ladder.design);
    let machine =
        MachineArgs { design, technology: own(&args.technology, ladder.technology), nvm: None, sets };
    let (design, technology, _) = machine.resolve()?;
    let none: [&str; 0] = [];
    let (network, _) = record::resolve::<Network>(&args.network, &none)?;
    let (workload, _) = record::resolve::<Workload>(&args.task, &none)?;
    checked(args, ladder, &workload)?;
    Ok(Base {
        design,
        technology,
        network,
        workload,
        threshold: args.threshold,
        predicted_threshold: args.predicted_threshold,
        target: args.target.map_or(ladder.target, Limit::Seconds),
        rule: args.supply,
        count: args.count.unwrap_or(ladder.count),
        ideal_regulator: args.regulator == Regulator::Ideal,
        gated_nvm: args.gate_nvm,
        four_bits: ladder.four_bits,
        // The parser lets numbers through alone.
        baseline_bits: args.baseline_bits.parse().unwrap_or(16.0),
        count_masks: !args.free_masks,
    })
}

/// What would have no effect, and thresholds that the task does not know.
fn checked(args: &Args, ladder: &Ladder, workload: &Workload) -> Result<(), Error> {
    let refuse = |message: String, remedy: String| Err(Error::new(Kind::Usage, "arguments", message, remedy));
    let exits = workload.exits.as_ref();
    let known: Vec<f64> = exits.iter().flat_map(|exits| &exits.histograms).map(|row| row.threshold).collect();
    let predicted = exits.and_then(|exits| exits.predicted.as_ref());
    let foretold: Vec<f64> = predicted.iter().flat_map(|p| &p.thresholds).map(|row| row.threshold).collect();
    for (option, asked, known) in [
        ("--threshold", args.threshold, known),
        ("--predicted-threshold", args.predicted_threshold, foretold),
    ] {
        let Some(nats) = asked else { continue };
        if known.is_empty() {
            let message = format!("{option} has no effect: task `{}` knows no such exits", workload.name());
            return refuse(message, "leave it out, or take sst2".to_owned());
        }
        if !known.iter().any(|threshold| (threshold - nats).abs() < 1e-9) {
            let list: Vec<String> = known.iter().map(f64::to_string).collect();
            let message = format!("{option} {nats}: task `{}` has no counts there", workload.name());
            return refuse(message, format!("take one of {}", list.join(", ")));
        }
    }
    for (option, given, step) in [
        ("--baseline-bits", args.baseline_bits != BASELINE_BITS, Step::Quantisation),
        ("--free-masks", args.free_masks, Step::Pruning),
        ("--gate-nvm", args.gate_nvm, Step::Nvm),
    ] {
        if given && !ladder.steps.contains(&step) {
            let message =
                format!("{option} has no effect: ladder {} has no step of {}", ladder.name, step.name());
            return refuse(message, "leave it out".to_owned());
        }
    }
    Ok(())
}

struct Climbed<'a> {
    ladder: &'a Ladder,
    base: &'a Base,
    rungs: Vec<Rung>,
    alone: Vec<Rung>,
}

impl Climbed<'_> {
    fn ours(&self, published: &Published) -> f64 {
        let at = |rung: usize| self.rungs.get(rung).map_or(f64::NAN, |rung| rung.measured(published.measure));
        at(published.from) / at(published.to)
    }

    fn name(&self, rung: usize) -> &'static str {
        rung.checked_sub(1)
            .and_then(|at| self.ladder.steps.get(at))
            .map_or("conventional", |step| Step::name(*step))
    }

    fn figure(&self, measure: MeasureOfFigure) -> Figure {
        let (title, unit, value): (_, _, fn(&Rung) -> f64) = match measure {
            MeasureOfFigure::Energy => ("energy of a sentence", "mJ", |rung| rung.energy_j * 1e3),
            MeasureOfFigure::Latency => ("latency of a sentence", "ms", |rung| rung.latency_s * 1e3),
        };
        let step = |(at, rung): (usize, &Rung)| waterfall::Step {
            name: self.name(at).to_owned(),
            value: value(rung),
        };
        Figure::Waterfall(waterfall::Data {
            steps_title: "one optimisation after the other".into(),
            value: Axis::linear(title, unit),
            change: waterfall::Change::Factor,
            steps: self.rungs.iter().enumerate().map(step).collect(),
            total: Some("all".into()),
        })
    }

    fn json(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let published = self.ladder.published.iter().map(|p| {
            let ours = self.ours(p);
            json!({
                "measure": p.measure, "from": self.name(p.from), "to": self.name(p.to), "factor": p.factor, "ours": ours,
                "off": ours / p.factor - 1.0, "what": p.what, "source": p.source,
            })
        });
        let value = json!({
            "ladder": self.ladder.name, "network": self.base.network.name(), "task": self.base.workload.name(),
            "design": self.base.design.name(), "technology": self.base.technology.name(), "count": self.base.count,
            "rungs": self.rungs, "alone": self.alone, "published": published.collect::<Vec<_>>(),
        });
        write(&value, out)
    }

    fn table(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let base = self.base;
        let counted = if base.count == Count::Chip { "the chip" } else { "chip and external memory" };
        writeln!(
            out,
            "{}: {}\n{} on task {}, design {} in {}; {counted} counted{}\n",
            self.ladder.name,
            self.ladder.summary,
            base.network.name(),
            base.workload.name(),
            base.design.name(),
            base.technology.name(),
            if base.ideal_regulator { ", an ideal regulator" } else { "" }
        )?;
        writeln!(
            out,
            "one after the other         latency            energy      weights      x latency  x energy   missed"
        )?;
        for (at, rung) in self.rungs.iter().enumerate() {
            self.line(self.name(at), rung, &self.rungs[at.saturating_sub(1)], out)?;
        }
        self.line("all, over conventional", &self.rungs[self.rungs.len() - 1], &self.rungs[0], out)?;
        writeln!(out, "\neach alone, over conventional")?;
        for (step, rung) in self.ladder.steps.iter().zip(&self.alone) {
            self.line(step.name(), rung, &self.rungs[0], out)?;
        }
        writeln!(
            out,
            "\npublished                                                               factor      ours       off"
        )?;
        for p in self.ladder.published {
            let ours = self.ours(p);
            let what = format!("{}, {}", measure(p.measure), p.what);
            writeln!(
                out,
                "{what:<70} {:>7.2} {ours:>9.2} {:>+8.1} %   {}",
                p.factor,
                100.0 * (ours / p.factor - 1.0),
                p.source
            )?;
        }
        Ok(())
    }

    fn line(&self, name: &str, rung: &Rung, before: &Rung, out: &mut dyn Write) -> std::io::Result<()> {
        let missed = rung.missed.map_or(String::new(), |missed| format!("{:>6.2} %", 100.0 * missed));
        writeln!(
            out,
            "{name:<22} {:>13} {:>17} {:>9.2} MB {:>11.2} {:>10.2} {missed:>10}",
            engineering(rung.latency_s, "s"),
            engineering(rung.energy_j, "J"),
            rung.memory_bytes / 1e6,
            before.latency_s / rung.latency_s,
            before.energy_j / rung.energy_j
        )
    }
}

fn measure(measure: Measure) -> &'static str {
    match measure {
        Measure::Latency => "latency",
        Measure::Energy => "energy",
        Measure::Memory => "memory",
    }
}
