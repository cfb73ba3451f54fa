//! `offramp stream`: sentences that arrive, wait and run, and what happens between them.

use std::io::Write;
use std::path::PathBuf;

use models::record::Error;
use serde_json::{Value, json};

use super::Failure;
use super::plot::{format, write_figure};
use super::policy::{TargetArgs, seconds};
use super::setup::{self, InferenceArgs, MachineArgs};
use crate::energy::{Prices, total};
use crate::figure::{Axis, Figure, Size, histogram};
use crate::machine::Mode;
use crate::report::Resolved;
use crate::report::json::write;
use crate::report::table::engineering;
use crate::sentence::{Outcome, Outcomes, simulate};
use crate::stream::{Arrivals, Idle, Order, Service, Stream, Streamed, percentile};
use crate::supply::{Supply, own_mv, vdd_v};

pub(super) const EXAMPLES: &str = "\
Examples:
  offramp stream --network albert-base --task sst2 --arrivals poisson=10/s --deadline 100ms
  offramp stream --network albert-base --task sst2 --policy predicted --target 70ms --arrivals periodic=100ms
  offramp stream --network albert-base --task sst2 --arrivals periodic=10s --rest off --battery 1Wh
  offramp stream --network albert-base --task sst2 --arrivals periodic=10s --rest off --nvm sram-lstp --set nvm.cell=slc    SRAM, loaded at each wake-up
  offramp stream --network albert-base --task sst2 --arrivals back-to-back --sentences 1000000 --json

Sentences are those of --exit-trace or --logits in their order, again and again, else drawn with the task's shares. One runs at a time, first come
first served; its response is from its arrival to its end. Between sentences the machine rests:
  on      its clock stands, its supply at the lowest code
  gated   its core is cut off by power switches; the memory on the chip stays on
  off     the memory on the chip is off as well: what keeps its contents wakes by itself, SRAM is loaded again
The external memory is in standby whenever it is not read; it is part of the bill.

Keys of --json: sentences, seconds, busy_s, utilisation, responses_s and energies_j (mean, p50, p90, p95, p99, p99.9, max), deadline_s, missed, energy_j
(sentences, ready, awake, rest), total_j, power_w, load (work that arrives over what can be done; none back to back), wakes, battery_s.";

/// Percentiles that are told.
const PERCENTILES: [(&str, f64); 6] =
    [("p50", 50.0), ("p90", 90.0), ("p95", 95.0), ("p99", 99.0), ("p99.9", 99.9), ("max", 100.0)];
/// Least and greatest time from one arrival to the next, seconds.
const INTERVAL: (f64, f64) = (1e-9, 1e9);
/// Bins of a figure.
const BINS: usize = 48;

/// How the machine rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Rest {
    /// Its clock stands
    On,
    /// Its core is cut off
    Gated,
    /// The memory on the chip is off as well
    Off,
}

/// A stream of sentences.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    inference: InferenceArgs,
    #[command(flatten)]
    machine: MachineArgs,
    #[command(flatten)]
    target: TargetArgs,
    /// back-to-back, periodic=TIME or poisson=NUMBER/s
    #[arg(long, default_value = "back-to-back", value_name = "HOW", value_parser = arrivals)]
    arrivals: Arrivals,
    /// How many arrive
    #[arg(long, default_value_t = 100_000, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..=50_000_000))]
    sentences: u64,
    /// Longest response; the latency target if not given
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    deadline: Option<f64>,
    /// What happens between sentences
    #[arg(long, value_enum, default_value = "gated", value_name = "HOW")]
    rest: Rest,
    /// A battery, e.g. 1.5Wh: how long it lasts
    #[arg(long, value_name = "CAPACITY", value_parser = capacity)]
    battery: Option<f64>,
    /// Where random numbers begin
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    seed: u64,
    /// File for a histogram of responses: .svg or .png
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// When sentences arrive, as people write it.
fn arrivals(text: &str) -> Result<Arrivals, String> {
    match text.split_once('=') {
        None if text == "back-to-back" => Ok(Arrivals::BackToBack),
        Some(("periodic", period)) => bounded(seconds(period)?).map(Arrivals::Periodic),
        Some(("poisson", rate)) => {
            let number = rate.strip_suffix("/s").ok_or("write a rate with its unit: poisson=10/s")?;
            let rate: f64 = number.trim().parse().map_err(|_| format!("`{number}` is no number"))?;
            bounded(1.0 / rate).map(|_| Arrivals::Poisson(rate))
        }
        _ => Err("write back-to-back, periodic=100ms or poisson=10/s".to_owned()),
    }
}

/// Between two arrivals on average, seconds.
fn bounded(interval: f64) -> Result<f64, String> {
    let good = (INTERVAL.0..=INTERVAL.1).contains(&interval);
    if good {
        Ok(interval)
    } else {
        Err("from one arrival to the next it takes from 1 ns to 30 years".to_owned())
    }
}

/// A capacity as people write it, in joules.
fn capacity(text: &str) -> Result<f64, String> {
    let units = [("mWh", 3.6), ("Wh", 3600.0), ("J", 1.0)];
    let found = units.iter().find_map(|(unit, scale)| Some((text.strip_suffix(unit)?, scale)));
    let (number, scale) = found.ok_or("write a capacity with its unit: 1.5Wh, 200mWh, 5000J")?;
    let value: f64 = number.trim().parse().map_err(|_| format!("`{number}` is no number"))?;
    if value.is_finite() && value > 0.0 { Ok(value * scale) } else { Err("a capacity is above 0".to_owned()) }
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    args.output.as_deref().map(format).transpose()?;
    let mut resolved = setup::resolve(&args.machine, &args.inference, Mode::Fast)?;
    resolved.setup.target = args.target.target();
    let outcomes = simulate(&resolved.setup, |_, _| ())?;
    let bench = Bench::new(args, &resolved, &outcomes)?;
    let shares: Vec<f64> = outcomes.outcomes.iter().map(|outcome| outcome.share).collect();
    let each = &resolved.exits.each;
    let order = if each.is_empty() { Order::Drawn(&shares) } else { Order::Given(each) };
    let stream = Stream {
        services: &bench.services,
        order,
        arrivals: args.arrivals,
        idle: bench.idle,
        sentences: args.sentences,
        seed: args.seed,
    };
    let streamed = stream.run();
    if let Some(path) = &args.output {
        write_figure(path, &figure(&streamed), Size::Slide)?;
    }
    let deadline = args.deadline.or(args.target.target);
    let report = Report { args, streamed: &streamed, deadline, load: stream.load() };
    if args.json { Ok(write(&report.json(), out)?) } else { Ok(report.table(&resolved, out)?) }
}

/// What sentences take, and what lies between them.
struct Bench {
    services: Vec<Service>,
    idle: Idle,
}

impl Bench {
    fn new(args: &Args, resolved: &Resolved, outcomes: &Outcomes) -> Result<Self, Failure> {
        // Where one supply was chosen for all, that is where sentences start.
        let mut design = resolved.setup.design.clone();
        design.operating.vdd_v = outcomes.vdd_v;
        let technology = &resolved.setup.technology;
        let supply = Supply::new(&design, technology);
        let own = own_mv(&design);
        let ready = |from_mv: u32| -> Result<(f64, f64), Error> {
            let (seconds, bill) = supply.change(from_mv, own)?;
            Ok((seconds, total(&bill)))
        };
        let service = |outcome: &Outcome| {
            let end_mv = outcome.run.segments.last().map_or(own, |segment| segment.vdd_mv);
            Ok(Service {
                latency_s: outcome.latency_s,
                energy_j: total(&outcome.energy),
                ready: ready(end_mv)?,
            })
        };
        let services = outcomes.outcomes.iter().map(service).collect::<Result<_, Error>>()?;
        let lowest = technology.codes().first().map_or(own, |code| code.vdd_mv);
        let prices = Prices::new(&design, technology, vdd_v(&design, lowest))?;
        let gates = &technology.idle;
        let [awake_w, share_w] = [1.0, gates.gated_share.value].map(|share| prices.idle_w(share));
        let [on, nvm, external] = awake_w;
        let from_lowest = ready(lowest)?;
        let switch_s = gates.switch_ns.value * 1e-9;
        let powered = (switch_s + from_lowest.0, gates.wake_nj.value * 1e-9 + from_lowest.1);
        let wakes = outcomes.resume.map_or((0.0, 0.0), |wake| (wake.seconds, wake.energy_j));
        let (enter_s, rest_w, wake) = match args.rest {
            Rest::On => (0.0, on + nvm + external, from_lowest),
            Rest::Gated => (switch_s, share_w[0] + nvm + external, powered),
            // Core and memory wake side by side.
            Rest::Off => (switch_s, share_w[0] + external, (powered.0.max(wakes.0), powered.1 + wakes.1)),
        };
        Ok(Bench { services, idle: Idle { enter_s, awake_w: on + nvm + external, rest_w, wake } })
    }
}

fn figure(streamed: &Streamed) -> Figure {
    Figure::Histogram(histogram::Data {
        x: Axis::linear("response", "ms"),
        weighted: "sentences".into(),
        samples: streamed.responses.iter().map(|response| (response * 1e3, 1.0)).collect(),
        bins: Some(BINS),
        percentiles: vec![50.0, 95.0, 99.0],
    })
}

struct Report<'a> {
    args: &'a Args,
    streamed: &'a Streamed,
    deadline: Option<f64>,
    /// Work that arrives over what the machine does, where arrivals do not wait for it.
    load: Option<f64>,
}

impl Report<'_> {
    fn power_w(&self) -> f64 {
        self.streamed.total_j() / self.streamed.seconds
    }

    fn means(&self) -> (f64, f64) {
        let count = self.streamed.responses.len() as f64;
        (self.streamed.response_sum / count, self.streamed.energies.iter().sum::<f64>() / count)
    }

    fn json(&self) -> Value {
        let s = self.streamed;
        let (response_s, energy_j) = self.means();
        let spread = |mean: f64, values: &[f64]| {
            let percentiles =
                PERCENTILES.map(|(name, percent)| (name.to_owned(), json!(percentile(values, percent))));
            let mut map: serde_json::Map<String, Value> = percentiles.into_iter().collect();
            map.insert("mean".to_owned(), json!(mean));
            Value::Object(map)
        };
        let [sentences, ready, awake, rest] = s.energy_j;
        json!({
            "sentences": s.responses.len(), "arrivals": self.args.arrivals, "seed": self.args.seed, "seconds": s.seconds,
            "busy_s": s.busy_s, "utilisation": s.busy_s / s.seconds, "responses_s": spread(response_s, &s.responses),
            "energies_j": spread(energy_j, &s.energies), "deadline_s": self.deadline,
            "missed": self.deadline.map(|deadline| s.missed(deadline)),
            "energy_j": { "sentences": sentences, "ready": ready, "awake": awake, "rest": rest }, "total_j": s.total_j(),
            "power_w": self.power_w(), "load": self.load, "wakes": s.wakes, "battery_s": self.args.battery.map(|joules| joules / self.power_w()),
        })
    }

    fn table(&self, resolved: &Resolved, out: &mut dyn Write) -> std::io::Result<()> {
        let s = self.streamed;
        let setup = &resolved.setup;
        writeln!(
            out,
            "{} sentences of {} on task {}, policy {}; design {} in {}, seed {}\n",
            s.responses.len(),
            setup.job.network.name,
            resolved.task,
            resolved.policy,
            setup.design.name,
            setup.technology.name,
            self.args.seed
        )?;
        let (response_s, energy_j) = self.means();
        writeln!(out, "                response         energy of a sentence")?;
        writeln!(out, "mean     {:>15} {:>18}", engineering(response_s, "s"), engineering(energy_j, "J"))?;
        for (name, percent) in PERCENTILES {
            let [response, energy] = [&s.responses, &s.energies].map(|values| percentile(values, percent));
            writeln!(out, "{name:<8} {:>15} {:>18}", engineering(response, "s"), engineering(energy, "J"))?;
        }
        if let Some(deadline) = self.deadline {
            let (missed, all) = (s.missed(deadline), s.responses.len());
            let share = 100.0 * missed as f64 / all as f64;
            writeln!(
                out,
                "\ndeadline     {}: missed by {missed} of {all} ({share:.4} %)",
                engineering(deadline, "s")
            )?;
        }
        self.totals(out)
    }

    fn totals(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let s = self.streamed;
        if let Some(load) = self.load.filter(|load| *load >= 1.0) {
            let more = "more arrives than the machine can do: responses grow with --sentences";
            writeln!(out, "\nload         {load:.3}; {more}")?;
        }
        let busy = 100.0 * s.busy_s / s.seconds;
        writeln!(out, "\ntime         {}, {busy:.3} % of it running", engineering(s.seconds, "s"))?;
        writeln!(out, "energy       {}", engineering(s.total_j(), "J"))?;
        let names = ["sentences", "waking and changing the supply", "awake without work", "at rest"];
        for (name, joules) in names.iter().zip(s.energy_j) {
            let share = 100.0 * joules / s.total_j();
            writeln!(out, "  {name:<32} {:>14}   {share:>6.2} %", engineering(joules, "J"))?;
        }
        writeln!(out, "power        {}; woke {} times", engineering(self.power_w(), "W"), s.wakes)?;
        if let Some(joules) = self.args.battery {
            let life = joules / self.power_w();
            writeln!(out, "battery      {:.2} h ({:.2} days)", life / 3600.0, life / 86400.0)?;
        }
        Ok(())
    }
}
