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

mod climb;
pub mod precision;
pub mod presets;

use models::design::Design;
use models::network::Network;
use models::technology::Technology;
use models::workload::Workload;
use serde::Serialize;

use crate::dvfs::Rule;
use crate::energy::Count;

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
