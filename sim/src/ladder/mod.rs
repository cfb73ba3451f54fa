//! Ladders: the same workload with one optimisation after the other, and with each alone.
//!
//! | step | off | on |
//! |---|---|---|
//! | early exit | every layer | conventional, at the task's threshold |
//! | adaptive span | every head sees every token | the task's spans |
//! | pruning | every weight | the task's densities |
//! | quantisation | elements of 16 bits ([`precision::wide`]) | the design's 8 |
//! | mixed precision | 8 bits | a share of the multiply-accumulates at 4 ([`precision::mixed`]) |
//! | NVM | embeddings in SRAM, loaded at each wake-up | in the technology's NVM |
//! | V/f scaling | the design's supply | held to a target; exits predicted where the task has such |
//!
//! A rung is the mean sentence with the wake-up before it, as an always-on device has it. Counted is the chip, as the published figures are, or the
//! system with its external memory ([`Count`]). The regulator can be made ideal ([`Base::ideal_regulator`]), so that what a cause is worth
//! can be seen by turning it off.
//!
//! Not modelled: accuracy (exits are those of the published models); weights that stay on the chip between sentences.

pub mod precision;
pub mod presets;

use std::collections::BTreeSet;

use models::compiler::Inference;
use models::design::Design;
use models::network::Network;
use models::record::{Error, Kind, preset};
use models::technology::Technology;
use models::workload::Workload;
use serde::Serialize;

use crate::dvfs::{Rule, Target};
use crate::energy::{Count, counted};
use crate::policy::{Exits, Names};
use crate::sentence::{Outcomes, Setup, SetupError, simulate};

/// An optimisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Sentences leave early.
    EarlyExit,
    /// Heads look no further than they learned to.
    Span,
    /// Weights that were pruned are zero.
    Pruning,
    /// Elements of 8 bits in place of 16.
    Quantisation,
    /// A share of the multiply-accumulates at 4 bits.
    MixedPrecision,
    /// Embeddings in non-volatile memory.
    Nvm,
    /// Predicted exits and a scaled supply.
    Scaling,
}

impl Step {
    /// As people call it.
    pub fn name(self) -> &'static str {
        match self {
            Step::EarlyExit => "early exit",
            Step::Span => "adaptive span",
            Step::Pruning => "pruning",
            Step::Quantisation => "quantisation",
            Step::MixedPrecision => "mixed precision",
            Step::Nvm => "NVM",
            Step::Scaling => "V/f scaling",
        }
    }
}

/// A latency target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// Seconds.
    Seconds(f64),
    /// Share of what the conventional sentence takes.
    OfConventional(f64),
}

/// What a published factor is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Measure {
    /// Of a sentence.
    Latency,
    /// Of a sentence.
    Energy,
    /// Of the weights as they are stored.
    Memory,
}

/// A factor that was published: rung `from` over rung `to`, counted from the conventional one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Published {
    /// Of what.
    pub measure: Measure,
    /// The rung above, 0 for the conventional one.
    pub from: usize,
    /// The rung below.
    pub to: usize,
    /// The factor.
    pub factor: f64,
    /// What it says.
    pub what: &'static str,
    /// Where.
    pub source: &'static str,
}

/// A ladder.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ladder {
    /// What it is called.
    pub name: &'static str,
    /// One line for listings.
    pub summary: &'static str,
    /// Preset of the machine.
    pub design: &'static str,
    /// What is changed in it, as `--set` does.
    pub sets: &'static [&'static str],
    /// Preset of what it is made of.
    pub technology: &'static str,
    /// One after the other.
    pub steps: &'static [Step],
    /// What is on from the start, of the steps that are not in the ladder.
    pub always: &'static [Step],
    /// What is counted.
    pub count: Count,
    /// What scaling is held to.
    pub target: Limit,
    /// Share of the multiply-accumulates that mixed precision runs at four bits.
    pub four_bits: f64,
    /// What was published.
    pub published: &'static [Published],
}

/// What all rungs share.
#[derive(Clone, Debug)]
pub struct Base {
    /// The machine.
    pub design: Design,
    /// What it is made of.
    pub technology: Technology,
    /// The network.
    pub network: Network,
    /// The task, with everything that steps turn off.
    pub workload: Workload,
    /// Threshold of conventional exits, nats; the task's own if none.
    pub threshold: Option<f64>,
    /// Threshold of predicted exits, nats; the middle one of the task's if none.
    pub predicted_threshold: Option<f64>,
    /// What scaling is held to.
    pub target: Limit,
    /// How the supply is chosen.
    pub rule: Rule,
    /// What is counted.
    pub count: Count,
    /// Whether the regulator loses nothing.
    pub ideal_regulator: bool,
    /// Whether the NVM's periphery draws nothing while it is not read.
    pub gated_nvm: bool,
    /// Share of the multiply-accumulates that mixed precision runs at four bits.
    pub four_bits: f64,
    /// Bits of a weight as it is stored where it is not quantised.
    pub baseline_bits: f64,
    /// Whether the masks of pruned weights count as memory.
    pub count_masks: bool,
}

/// A rung.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rung {
    /// What is on.
    pub on: Vec<Step>,
    /// Mean seconds of a sentence with the wake-up before it.
    pub latency_s: f64,
    /// Mean joules of both.
    pub energy_j: f64,
    /// Bytes of the weights as they are stored.
    pub memory_bytes: f64,
    /// Share of sentences that miss the target, where there is one.
    pub missed: Option<f64>,
}

impl Rung {
    /// What a factor is of.
    pub fn measured(&self, measure: Measure) -> f64 {
        match measure {
            Measure::Latency => self.latency_s,
            Measure::Energy => self.energy_j,
            Measure::Memory => self.memory_bytes,
        }
    }
}

/// The memory that is loaded at each wake-up where there is no NVM.
const LOADED: &str = "sram-lstp";
const NAMES: Names =
    Names { kind: Kind::Usage, place: "arguments", threshold: ("--threshold", " "), trace: "a trace" };

impl Base {
    /// The rungs of a ladder: conventional, one step after the other, and each step alone.
    ///
    /// # Errors
    /// As [`simulate`].
    pub fn climb(
        &self,
        ladder: &Ladder,
        mut progress: impl FnMut(usize, usize),
    ) -> Result<(Vec<Rung>, Vec<Rung>), SetupError> {
        let steps = ladder.steps;
        let all = 2 * steps.len() + 1;
        let always: BTreeSet<Step> = ladder.always.iter().copied().collect();
        let mut rungs = vec![self.rung(&always, None)?];
        let conventional_s = rungs[0].latency_s;
        for count in 1..=steps.len() {
            progress(count, all);
            let on: BTreeSet<Step> = always.iter().chain(&steps[..count]).copied().collect();
            rungs.push(self.rung(&on, Some(conventional_s))?);
        }
        let mut alone = Vec::with_capacity(steps.len());
        for step in steps {
            progress(steps.len() + 1 + alone.len(), all);
            let on: BTreeSet<Step> = always.iter().chain([step]).copied().collect();
            alone.push(self.rung(&on, Some(conventional_s))?);
        }
        Ok((rungs, alone))
    }

    /// The mean sentence with these steps on; a target may be a share of what the conventional one takes.
    ///
    /// # Errors
    /// As [`simulate`].
    pub fn rung(&self, on: &BTreeSet<Step>, conventional_s: Option<f64>) -> Result<Rung, SetupError> {
        let setup = self.setup(on, conventional_s)?;
        let outcomes = simulate(&setup, |_, _| ())?;
        let four_bits = if on.contains(&Step::MixedPrecision) { self.four_bits } else { 0.0 };
        let (wake_s, wake_j) = self.wake(&outcomes);
        let (mut latency_s, mut energy_j, mut missed) = (wake_s, wake_j, 0.0);
        for outcome in &outcomes.outcomes {
            let mut bill = outcome.energy.clone();
            let seconds =
                precision::mixed(four_bits, precision::busy(&outcome.run), outcome.latency_s, &mut bill);
            latency_s += outcome.share * seconds;
            energy_j += outcome.share * counted(&bill, self.count);
            let late = setup.target.is_some_and(|target| seconds > target.seconds);
            missed += if late { outcome.share } else { 0.0 };
        }
        let missed = setup.target.map(|_| missed);
        let memory_bytes = self.memory_bytes(on);
        Ok(Rung { on: on.iter().copied().collect(), latency_s, energy_j, memory_bytes, missed })
    }

    fn wake(&self, outcomes: &Outcomes) -> (f64, f64) {
        let Some(wake) = &outcomes.wake else { return (0.0, 0.0) };
        let outside = if self.count == Count::Chip { wake.external_j } else { 0.0 };
        (wake.seconds, wake.energy_j - outside)
    }

    fn setup(&self, on: &BTreeSet<Step>, conventional_s: Option<f64>) -> Result<Setup, Error> {
        let (mut design, mut technology) = (self.design.clone(), self.technology.clone());
        if self.ideal_regulator {
            technology.ldo.current_efficiency.value = 1.0;
            // No supply lies below it, so the regulator draws what it delivers.
            technology.ldo.input_v.value = f64::MIN_POSITIVE;
        }
        if !on.contains(&Step::Nvm) {
            *technology.nvm.make_mut() = preset(LOADED)?;
            design.nvm.cell = models::design::Cell::Slc;
        }
        if self.gated_nvm {
            let nvm = technology.nvm.make_mut();
            for array in [&mut nvm.slc, &mut nvm.mlc2, &mut nvm.mlc3].into_iter().flatten() {
                array.leakage_mw_per_mb.value = 0.0;
            }
        }
        if !on.contains(&Step::Quantisation) && self.baseline_bits > 8.0 {
            precision::wide(&mut design, &mut technology);
        }
        let mut workload = self.workload.clone();
        if !on.contains(&Step::Span) {
            workload.spans = None;
        }
        if !on.contains(&Step::Pruning) {
            workload.weight_density.embedding.value = 1.0;
            workload.weight_density.encoder.value = 1.0;
        }
        let mut job = Inference::new(self.network.clone(), &workload)?;
        let scaled = on.contains(&Step::Scaling);
        let exits = self.exits(&mut job, on.contains(&Step::EarlyExit), scaled)?;
        let seconds = match (self.target, conventional_s) {
            (Limit::Seconds(seconds), _) => Some(seconds),
            (Limit::OfConventional(share), Some(conventional_s)) => Some(share * conventional_s),
            (Limit::OfConventional(_), None) => None,
        };
        let target =
            seconds.filter(|_| scaled).map(|seconds| Target { seconds, rule: self.rule, count: self.count });
        Ok(Setup { design, technology, job, exits: exits.leaving, target, mode: crate::machine::Mode::Fast })
    }

    /// Where sentences leave, and whether the job has off-ramps and predicts.
    fn exits(&self, job: &mut Inference, early: bool, scaled: bool) -> Result<Exits, Error> {
        (job.exits, job.predict_after) = (false, None);
        let layers = job.network.layers;
        if !early || self.workload.exits.is_none() {
            return Ok(Exits::full_depth(layers));
        }
        job.exits = true;
        let predicts = self.workload.exits.as_ref().is_some_and(|exits| exits.predicted.is_some());
        if scaled && predicts {
            let (exits, after) = Exits::foretold(&self.workload, self.predicted_threshold, NAMES)?;
            job.predict_after = Some(after);
            return Ok(exits);
        }
        Exits::new(&self.workload, None, self.threshold, layers as usize, NAMES)
    }

    /// Bytes of embeddings and encoder as they are stored: with masks where they are pruned.
    fn memory_bytes(&self, on: &BTreeSet<Step>) -> f64 {
        let parameters = self.network.parameters();
        let bytes = if on.contains(&Step::Quantisation) { 1.0 } else { self.baseline_bits / 8.0 };
        let mask = if self.count_masks { 1.0 / 8.0 } else { 0.0 };
        let density = &self.workload.weight_density;
        let stored = |elements: u64, density: f64| {
            let kept = if on.contains(&Step::Pruning) { density * bytes + mask } else { bytes };
            elements as f64 * kept
        };
        stored(parameters.embeddings, density.embedding.value)
            + stored(parameters.encoder(), density.encoder.value)
    }
}
