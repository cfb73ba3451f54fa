//! Sentences: a program run for every layer at which sentences leave, weighed by how many do.

use crate::dvfs::{self, Target};
use crate::energy::Item;
use crate::machine::{Asked, Costs, Deadlock, Events, Mode, Nests, Prepared, Run, exits};
use crate::policy::Leaving;
use crate::supply::{Supply, own_mv};
use crate::wake::{External, Wake, wake};
use models::compiler::{CompileError, Inference, compile};
use models::design::Design;
use models::program::Program;
use models::record::{Error, Kind};
use models::technology::Technology;
use serde::Serialize;

/// What is simulated.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The machine.
    pub design: Design,
    /// What it is made of.
    pub technology: Technology,
    /// What it infers.
    pub job: Inference,
    /// Where sentences leave.
    pub exits: Vec<Leaving>,
    /// What they are held to; with none, all run at the design's supply.
    pub target: Option<Target>,
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
    clock_hz(technology, design.operating.vdd_v)
}

/// Clock of the technology at a supply voltage of the design, Hz.
///
/// # Errors
/// The voltage is outside the technology's V/f table.
pub fn clock_hz(technology: &Technology, vdd_v: f64) -> Result<f64, Error> {
    technology.frequency_hz(vdd_v).map_err(|range| {
        let remedy = format!(
            "--set operating.vdd_v to a voltage from {} to {}, or take another technology",
            range.least_v, range.greatest_v
        );
        Error::new(Kind::Fit, "design", format!("operating.vdd_v: {range}"), remedy)
    })
}

/// The sentences that leave after one layer and were planned for alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Layer after which they leave, 1-based.
    pub layer: u32,
    /// Layer for which their supply was chosen, and the supply, where it was.
    pub plan: Option<Plan>,
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

/// What was planned for a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Layer after which it leaves at the latest.
    pub layer: u32,
    /// Supply from the prediction on, mV.
    pub vdd_mv: u32,
}

/// What a setup comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcomes {
    /// The program that all sentences run.
    pub program: Program,
    /// Supply at which sentences start, V.
    pub vdd_v: f64,
    /// Its clock, Hz.
    pub frequency_hz: f64,
    /// What sentences are held to.
    pub target: Option<Target>,
    /// In the order of the setup's exits; shares add up to 1.
    pub outcomes: Vec<Outcome>,
    /// From power-on to the first read of what the memory on the chip holds for the program; none if that is nothing.
    pub wake: Option<Wake>,
    /// The same where the external memory stayed in standby.
    pub resume: Option<Wake>,
}

/// A setup's program, what its commands take, and what supplies mean.
pub(crate) struct Compiled<'a> {
    setup: &'a Setup,
    pub program: Program,
    pub supply: Supply<'a>,
    costs: Costs,
}

impl<'a> Compiled<'a> {
    /// Compiles.
    ///
    /// # Errors
    /// The network does not fit.
    pub(crate) fn new(setup: &'a Setup) -> Result<Self, SetupError> {
        let program = compile(&setup.design, &setup.job)?;
        Ok(Self::of(setup, program))
    }

    /// With a program that has been compiled for this setup.
    pub(crate) fn of(setup: &'a Setup, program: Program) -> Self {
        let costs = Costs::new(&setup.design, &program, &mut Nests::default());
        Compiled { setup, program, supply: Supply::new(&setup.design, &setup.technology), costs }
    }

    /// The outcome of leaving after each of `layers`, ascending, at the design's supply and from a prediction on at `predicted_mv`.
    ///
    /// # Errors
    /// Technology and design do not go together, or a defect of the compiler.
    pub(crate) fn outcomes(
        &self,
        layers: &[u32],
        predicted_mv: Option<u32>,
        progress: impl FnMut(usize),
    ) -> Result<Vec<Outcome>, SetupError> {
        let design = &self.setup.design;
        let own = self.supply.at(own_mv(design))?;
        let then = predicted_mv.map_or(Ok(own), |mv| self.supply.at(mv))?;
        let timing = |mv: u32| if Some(mv) == predicted_mv { then.timing } else { own.timing };
        let prepared = Prepared { design, program: &self.program, costs: &self.costs };
        let asked = Asked { layers, predicted_mv, mode: self.setup.mode };
        let runs = exits(prepared, timing, asked, progress)?;
        let outcome = |(layer, run): (&u32, Run)| {
            let (latency_s, energy) = self.supply.price(&run)?;
            let ideal_cycles = ideal_cycles(design, &self.program, *layer, &run.events);
            Ok(Outcome { layer: *layer, plan: None, share: 0.0, run, ideal_cycles, latency_s, energy })
        };
        layers.iter().zip(runs).map(outcome).collect()
    }

    /// What is said of all outcomes.
    ///
    /// # Errors
    /// Technology and design do not go together.
    pub(crate) fn finish(self, outcomes: Vec<Outcome>) -> Result<Outcomes, SetupError> {
        let (setup, program) = (self.setup, self.program);
        let frequency_hz = frequency_hz(&setup.design, &setup.technology)?;
        let wake = |left| wake_of(setup, &program, (left, frequency_hz));
        let (wake, resume) = (wake(External::Off)?, wake(External::Standby)?);
        let vdd_v = setup.design.operating.vdd_v;
        Ok(Outcomes { program, vdd_v, frequency_hz, target: setup.target, outcomes, wake, resume })
    }
}

/// Compiles and simulates.
///
/// `progress` is told before each run how many of how many are done.
///
/// # Errors
/// The network does not fit, or technology and design do not go together.
pub fn simulate(setup: &Setup, mut progress: impl FnMut(usize, usize)) -> Result<Outcomes, SetupError> {
    match setup.target {
        Some(target) => dvfs::simulate(setup, target, progress),
        None => {
            let compiled = Compiled::new(setup)?;
            let mut layers: Vec<u32> = setup.exits.iter().map(|leaving| leaving.layer).collect();
            layers.sort_unstable();
            layers.dedup();
            let runs = compiled.outcomes(&layers, None, |done| progress(done, layers.len()))?;
            let of = |leaving: &Leaving| {
                let run = runs.iter().find(|run| run.layer == leaving.layer)?;
                Some(Outcome { share: leaving.share, ..run.clone() })
            };
            let outcomes = setup.exits.iter().filter_map(of).collect();
            compiled.finish(outcomes)
        }
    }
}

/// The wake-up of the memory on the chip, as far as the program uses it.
fn wake_of(setup: &Setup, program: &Program, left: (External, f64)) -> Result<Option<Wake>, Error> {
    let bits: u64 = program.memory.nvm.iter().map(|section| section.bytes * 8).sum();
    let cell = setup.design.nvm.cell;
    let mut cells = [0; 3];
    cells[cell.bits() as usize - 1] = bits.div_ceil(cell.bits().into());
    let of = |cells| wake(&setup.design, &setup.technology, &setup.technology.nvm, cells, left);
    (bits > 0).then(|| of(cells)).transpose()
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

    /// Share of sentences that take longer than their target; none where there is none.
    pub fn missed(&self) -> Option<f64> {
        let target = self.target?;
        Some(self.mean(|o| f64::from(u8::from(o.latency_s > target.seconds))))
    }

    /// Mean of a counter.
    pub fn mean_count(&self, count: impl Fn(&Events) -> u64) -> f64 {
        self.mean(|o| count(&o.run.events) as f64)
    }
}
