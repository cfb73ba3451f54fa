//! What a training run is made of: sizes, steps, rates, compression.
//!
//! A run has three phases: a dense teacher; a student that starts as the teacher and is distilled, pruned, quantised and narrowed in
//! span at once; then all off-ramps but the last, alone, behind the student's frozen encoder.

mod limits;
mod parts;
mod validate;

pub use parts::{Distillation, Grammar, Method, Optimiser, Phase, Pruning, Sizes, Spans};

use kernels::adaptivfloat::Format;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::grammar::LABELS;
use crate::network::{Family, Network};
use crate::record::{Problems, Record};
use kernels::activation::Activation;
use limits::*;

/// One training run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// What it is called.
    pub name: String,
    /// One line for listings.
    pub summary: String,
    /// Seed of initial weights and of sentences.
    #[schemars(range(min = SEED.0, max = SEED.1))]
    pub seed: u64,
    /// Sentences in a step.
    #[schemars(range(min = BATCH.0, max = BATCH.1))]
    pub batch: u32,
    /// Entropy below which a sentence leaves in the metrics, nats.
    #[schemars(range(min = THRESHOLD.0, max = THRESHOLD.1))]
    pub threshold: f64,
    /// Weight of the cross-entropy of each off-ramp but the last, against 1 of the last, while the encoder is trained.
    #[schemars(range(min = RAMP_WEIGHT.0, max = RAMP_WEIGHT.1))]
    pub ramp_weight: f64,
    /// Format that each weight matrix and embedding table of the student is rounded to in every step; absent: not rounded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// Sentences of the grammar, for `network`; absent: a checkpoint is trained further, on the sentences of a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grammar: Option<Grammar>,
    /// The network that is trained from nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<Sizes>,
    /// Of all phases.
    pub optimiser: Optimiser,
    /// The dense network.
    pub teacher: Phase,
    /// The compressed one.
    pub student: Phase,
    /// Off-ramps alone.
    pub ramps: Phase,
    /// What the student learns of the teacher.
    pub distillation: Distillation,
    /// Zeros of the student.
    pub pruning: Pruning,
    /// Attention spans of the student.
    pub spans: Spans,
}

impl Recipe {
    /// The network that comes out of a run from nothing, of a vocabulary of `words`.
    pub(super) fn albert(&self, sizes: &Sizes, words: usize) -> Network {
        Network {
            name: self.name.clone(),
            summary: self.summary.clone(),
            family: Family::Albert,
            layers: sizes.layers,
            hidden: sizes.hidden,
            feed_forward: sizes.feed_forward,
            heads: sizes.heads,
            embedding: sizes.embedding,
            vocabulary: words as u32,
            positions: sizes.positions,
            token_types: 0,
            shared_layers: true,
            pooler: true,
            activation: Activation::Gelu,
            gelu_tanh: false,
            classes: LABELS.len() as u32,
            layer_norm_epsilon: sizes.layer_norm_epsilon,
        }
    }
}

impl Record for Recipe {
    const KIND: &'static str = "recipe";
    const PRESETS: &'static [(&'static str, &'static str)] = &[
        ("albert-mini", include_str!("../../../presets/recipes/albert-mini.toml")),
        ("fine-tune", include_str!("../../../presets/recipes/fine-tune.toml")),
        ("tiny", include_str!("../../../presets/recipes/tiny.toml")),
    ];

    fn name(&self) -> &str {
        &self.name
    }

    fn summary(&self) -> &str {
        &self.summary
    }

    fn validate(&self, problems: &mut Problems) {
        validate::recipe(self, problems);
    }
}
