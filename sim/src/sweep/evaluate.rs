//! The figures of a point. What the point before had in common with it is not done again: the program, and the run of every
//! exit at one timing of the memories.
//!
//! All figures equal those of `offramp run` with the same records: the same functions make them.

use models::compiler::compile;
use models::design::Design;
use models::program::Program;
use std::sync::Arc;

use super::metric::Metric;
use super::point::{Hashed, Point, Subject};
use crate::area::area;
use crate::energy::{self, Item, Prices, Usage};
use crate::machine::{Asked, Costs, Events, MemoryTiming, Mode, Nests, Prepared, exits};
use crate::policy::Leaving;
use crate::sentence::{SetupError, frequency_hz, ideal_cycles};

/// A program and the timings that it ran with.
struct Compiled {
    design: Design,
    subject: Arc<Hashed<Subject>>,
    program: Result<(Program, Costs), String>,
    timed: Vec<(MemoryTiming, Arc<Vec<Counts>>)>,
}

/// What a sentence counts that leaves after one layer.
struct Counts {
    layer: u32,
    cycles: u64,
    ideal_cycles: u64,
    events: Events,
}

/// Evaluates points one after the other.
#[derive(Default)]
pub struct Evaluator {
    last: Option<Compiled>,
    nests: Nests,
    /// Programs compiled so far.
    pub compiled: u64,
    /// Programs run so far.
    pub timed: u64,
}

/// The design as the compiler sees it: without what only changes timing and price.
fn structure(design: &Design) -> Design {
    let mut same = design.clone();
    same.operating.vdd_v = 0.0;
    same.external.memory.clear();
    same.nvm.cell = models::design::Cell::Slc;
    same
}

impl Evaluator {
    /// The columns' values: metrics, energy by item, area by part, share of energy by standing.
    ///
    /// # Errors
    /// The network does not fit, or technology and design do not go together: why.
    pub fn evaluate(&mut self, point: &Point) -> Result<Vec<f64>, String> {
        let technology = &point.technology.value;
        let frequency = frequency_hz(&point.design, technology).map_err(|error| error.to_string())?;
        let timing = MemoryTiming::new(&point.design, technology, frequency).map_err(|e| e.to_string())?;
        let counts = self.counts(point, timing)?;
        let prices = Prices::new(&point.design, technology, point.design.operating.vdd_v);
        let prices = prices.map_err(|error| error.to_string())?;
        let mut mean = Mean::default();
        for &Leaving { layer, share, .. } in &point.subject.value.exits {
            let found = counts.iter().find(|counts| counts.layer == layer);
            let counts = found.ok_or_else(|| format!("no run leaves after layer {layer}"))?;
            mean.add(&prices, counts, share, frequency);
        }
        Ok(mean.columns(point, frequency))
    }

    /// The counts of every exit.
    fn counts(&mut self, point: &Point, timing: MemoryTiming) -> Result<Arc<Vec<Counts>>, String> {
        let design = structure(&point.design);
        let same =
            |last: &Compiled| last.design == design && last.subject.value.job == point.subject.value.job;
        if !self.last.as_ref().is_some_and(same) {
            self.compiled += 1;
            let program = compile(&point.design, &point.subject.value.job);
            let program = program.map_err(|error| models::record::Error::from(error).to_string());
            let program = program.map(|program| {
                let costs = Costs::new(&point.design, &program, &mut self.nests);
                (program, costs)
            });
            let subject = Arc::clone(&point.subject);
            self.last = Some(Compiled { design, subject, program, timed: Vec::new() });
        }
        let Some(compiled) = &mut self.last else { return Err("no program".to_owned()) };
        if let Some((_, counts)) = compiled.timed.iter().find(|(known, _)| *known == timing) {
            return Ok(Arc::clone(counts));
        }
        let (program, costs) = compiled.program.as_ref().map_err(Clone::clone)?;
        let counts = Arc::new(run(Prepared { design: &point.design, program, costs }, timing)?);
        self.timed += 1;
        compiled.timed.push((timing, Arc::clone(&counts)));
        Ok(counts)
    }
}

fn run(prepared: Prepared<'_>, timing: MemoryTiming) -> Result<Vec<Counts>, String> {
    let Prepared { design, program, .. } = prepared;
    let first = if program.exits { 1 } else { program.layers };
    let layers: Vec<u32> = (first..=program.layers).collect();
    let asked = Asked { layers: &layers, predicted_mv: None, mode: Mode::Fast };
    let runs =
        exits(prepared, |_| timing, asked, |_| ()).map_err(|error| SetupError::from(error).to_string())?;
    let counts = |(layer, run): (u32, crate::machine::Run)| Counts {
        layer,
        cycles: run.cycles,
        ideal_cycles: ideal_cycles(design, program, layer, &run.events),
        events: run.events,
    };
    Ok(layers.into_iter().zip(runs).map(counts).collect())
}

/// The mean over sentences under construction.
#[derive(Default)]
struct Mean {
    cycles: f64,
    ideal_cycles: f64,
    latency_s: f64,
    worst_s: f64,
    exit_layer: f64,
    energy: Vec<Item>,
}

impl Mean {
    fn add(&mut self, prices: &Prices, counts: &Counts, share: f64, frequency: f64) {
        let latency_s = counts.cycles as f64 / frequency;
        let bill = prices.bill(&Usage { events: &counts.events, seconds: latency_s });
        self.cycles += share * counts.cycles as f64;
        self.ideal_cycles += share * counts.ideal_cycles as f64;
        self.latency_s += share * latency_s;
        self.worst_s = self.worst_s.max(latency_s);
        self.exit_layer += share * f64::from(counts.layer);
        if self.energy.is_empty() {
            self.energy = bill.iter().map(|item| Item { energy_j: 0.0, ..item.clone() }).collect();
        }
        for (sum, item) in self.energy.iter_mut().zip(&bill) {
            sum.energy_j += share * item.energy_j;
        }
    }

    fn columns(&self, point: &Point, frequency: f64) -> Vec<f64> {
        let parts = area(&point.design, &point.technology.value);
        let energy_j = energy::total(&self.energy);
        let metric = |metric: Metric| match metric {
            Metric::Latency => self.latency_s,
            Metric::LatencyWorst => self.worst_s,
            Metric::Energy => energy_j,
            Metric::EnergyDelay => energy_j * self.latency_s,
            Metric::Power => energy_j / self.latency_s,
            Metric::Area => parts.iter().map(|part| part.area_mm2).sum(),
            Metric::Utilisation => self.ideal_cycles / self.cycles,
            Metric::Cycles => self.cycles,
            Metric::ExitLayer => self.exit_layer,
            Metric::Frequency => frequency,
        };
        let metrics = Metric::all().map(metric);
        let bill = self.energy.iter().map(|item| item.energy_j);
        let standings = energy::shares(&self.energy).map(|(_, share)| share);
        metrics.chain(bill).chain(parts.iter().map(|part| part.area_mm2)).chain(standings).collect()
    }
}
