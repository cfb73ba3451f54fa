//! Sentences: a program run for every layer at which sentences leave, weighed by how many do.

use crate::energy::{Item, Prices, Usage};
use crate::machine::{Costs, Deadlock, Events, MemoryTiming, Mode, Nests, Prepared, Run, exits};
use crate::wake::{Wake, wake};
use models::compiler::{CompileError, Inference, compile};
use models::design::Design;
use models::program::Program;
use models::record::{Error, Kind};
use models::technology::Technology;

/// What is simulated.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The machine.
    pub design: Design,
    /// What it is made of.
    pub technology: Technology,
    /// What it infers.
    pub job: Inference,
    /// Share of sentences that leave after each layer, first layer first.
    pub exits: Vec<f64>,
    /// How time passes.
    pub mode: Mode,
}

/// Why a setup has no result.
#[derive(Debug)]
pub enum SetupError {
    /// Network, design and technology do not go together.
    Mismatch(Error),
    /// The program cannot go on (a defect of the compiler).
    Deadlock(Deadlock),
}

impl std::fmt::Display for SetupError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SetupError::Mismatch(error) => write!(f, "{error}"),
            SetupError::Deadlock(error) => {
                write!(f, "{error}; this is a defect of the compiler, please report it")
            }
        }
    }
}

impl std::error::Error for SetupError {}

impl From<Error> for SetupError {
    fn from(error: Error) -> Self {
        Self::Mismatch(error)
    }
}

impl From<CompileError> for SetupError {
    fn from(error: CompileError) -> Self {
        Self::Mismatch(error.into())
    }
}

impl From<Deadlock> for SetupError {
    fn from(error: Deadlock) -> Self {
        Self::Deadlock(error)
    }
}

/// Clock of the technology at the design's supply voltage, Hz.
///
/// # Errors
/// The voltage is outside the technology's V/f table.
pub fn frequency_hz(design: &Design, technology: &Technology) -> Result<f64, Error> {
    technology.frequency_hz(design.operating.vdd_v).map_err(|range| {
        let remedy = format!(
            "--set operating.vdd_v to a voltage from {} to {}, or take another technology",
            range.least_v, range.greatest_v
        );
        Error::new(Kind::Fit, "design", format!("operating.vdd_v: {range}"), remedy)
    })
}

/// The sentences that leave after one layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Layer after which they leave, 1-based.
    pub layer: u32,
    /// Their share of all sentences.
    pub share: f64,
    /// The run of one of them.
    pub run: Run,
    /// MAC-bound cycles: multiply-accumulates that the mathematics asks for and that are not skipped, over those of a full
    /// cycle.
    pub ideal_cycles: u64,
    /// Seconds.
    pub latency_s: f64,
    /// Its bill.
    pub energy: Vec<Item>,
}

/// What a setup comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcomes {
    /// The program that all sentences run.
    pub program: Program,
    /// Clock, Hz.
    pub frequency_hz: f64,
    /// By exit layer, ascending; shares add up to 1.
    pub outcomes: Vec<Outcome>,
    /// From power-on to the first read of what the memory on the chip holds for the program; none if that is nothing.
    pub wake: Option<Wake>,
}

/// Compiles and simulates.
///
/// `progress` is told before each run how many of how many are done.
///
/// # Errors
/// The network does not fit, or technology and design do not go together.
pub fn simulate(setup: &Setup, mut progress: impl FnMut(usize, usize)) -> Result<Outcomes, SetupError> {
    let Setup { design, technology, .. } = setup;
    let program = compile(design, &setup.job)?;
    let frequency_hz = frequency_hz(design, technology)?;
    let timing = MemoryTiming::new(design, technology, frequency_hz)?;
    let (layers, shares): (Vec<u32>, Vec<f64>) = leaving(&setup.exits).unzip();
    let costs = Costs::new(design, &program, &mut Nests::default());
    let prepared = Prepared { design, program: &program, costs: &costs };
    let runs = exits(prepared, timing, (&layers, setup.mode), |done| progress(done, shares.len()))?;
    let prices = Prices::new(design, technology, design.operating.vdd_v)?;
    let outcome = |((layer, share), run): ((u32, f64), Run)| {
        let latency_s = run.cycles as f64 / frequency_hz;
        let energy = prices.bill(&Usage { events: &run.events, seconds: latency_s });
        let ideal_cycles = ideal_cycles(design, &program, layer, &run.events);
        Outcome { layer, share, run, ideal_cycles, latency_s, energy }
    };
    let outcomes = layers.into_iter().zip(shares).zip(runs).map(outcome).collect();
    let wake = wake_of(setup, &program, frequency_hz)?;
    Ok(Outcomes { program, frequency_hz, outcomes, wake })
}

/// The wake-up of the memory on the chip, as far as the program uses it.
fn wake_of(setup: &Setup, program: &Program, frequency_hz: f64) -> Result<Option<Wake>, Error> {
    let bits: u64 = program.memory.nvm.iter().map(|section| section.bytes * 8).sum();
    let cell = setup.design.nvm.cell;
    let mut cells = [0; 3];
    cells[cell.bits() as usize - 1] = bits.div_ceil(cell.bits().into());
    let of = |cells| wake(&setup.design, &setup.technology, &setup.technology.nvm, cells, frequency_hz);
    (bits > 0).then(|| of(cells)).transpose()
}

/// The layers after which sentences leave, 1-based, each with their share.
pub fn leaving(exits: &[f64]) -> impl Iterator<Item = (u32, f64)> {
    (1..).zip(exits.iter().copied()).filter(|(_, share)| *share > 0.0)
}

/// MAC-bound cycles of a run that leaves after `layer`: what the mathematics asks for and is not skipped.
pub fn ideal_cycles(design: &Design, program: &Program, layer: u32, events: &Events) -> u64 {
    program.useful_macs(layer).saturating_sub(events.macs_skipped).div_ceil(design.macs_per_cycle())
}

impl Outcomes {
    /// Mean over the sentences.
    pub fn mean(&self, value: impl Fn(&Outcome) -> f64) -> f64 {
        self.outcomes.iter().map(|o| o.share * value(o)).sum()
    }

    /// The mean bill.
    pub fn mean_energy(&self) -> Vec<Item> {
        let Some(first) = self.outcomes.first() else { return Vec::new() };
        let mean = |index: usize| self.mean(|o| o.energy[index].energy_j);
        first.energy.iter().enumerate().map(|(i, item)| Item { energy_j: mean(i), ..item.clone() }).collect()
    }

    /// Mean of a counter.
    pub fn mean_count(&self, count: impl Fn(&Events) -> u64) -> f64 {
        self.mean(|o| count(&o.run.events) as f64)
    }
}
