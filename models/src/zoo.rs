//! Published networks as workloads: the shape that a paper leaves of a network, and what the paper claims of it.
//!
//! An entry names a network and says what was taken away: layers, heads, columns of the feed-forward networks, attention spans,
//! single weights. Beside that stand the published counts, scores and claims, each with its [`Ground`]. Counts of parameters and
//! multiply-accumulates are exact, see [`Counts`]; what is published is held against them, see [`Count::differs_by`].
//!
//! Three shapes are not those of [`Network`]: words that are composed without attention ([`Words`]), bottlenecks
//! ([`Bottleneck`]), and a task that is no network but a change of one ([`TaskSwitch`]).
//!
//! Not modelled: accuracy (scores are quoted), networks whose depth or width depends on the sentence.

mod count;
mod job;
mod limits;
mod presets;
mod published;
mod shapes;
mod validate;

pub use count::Counts;
pub use published::{Claim, Claims, Count, Ground, Operations, Part, Products, Published, Score};
pub use shapes::{Blocks, Bottleneck, Depth, LayerKept, TaskSwitch, Trained, Words};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::network::Network;
use crate::record::{Named, Problems, Record};
use crate::workload::{Spans, WeightDensity};
use limits::*;

/// A published network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What it is called.
    pub name: String,
    /// One line for listings.
    pub summary: String,
    /// Network from which it was made; absent where `words` or `bottleneck` describes the shape.
    pub network: Option<Named<Network>>,
    /// Words composed without attention, in place of a network.
    pub words: Option<Words>,
    /// An encoder with bottlenecks, in place of a network.
    pub bottleneck: Option<Bottleneck>,
    /// Entry, a preset or a file, that speed-up and size are relative to; absent where it is itself what others are compared with.
    pub baseline: Option<String>,
    /// Bits of a weight in what was published; this machine's are those of the design.
    #[schemars(range(min = WEIGHT_BITS.0, max = WEIGHT_BITS.1))]
    pub weight_bits: u32,
    /// Layers that are kept; absent where all are.
    pub depth: Option<Depth>,
    /// How far each head looks, the same in every layer; absent where every head sees the whole sequence.
    pub spans: Option<Spans>,
    /// What is left of each layer's heads and feed-forward columns; absent where all are.
    pub blocks: Option<Blocks>,
    /// Share of weights that are not zero; absent where all count.
    pub weight_density: Option<WeightDensity>,
    /// What a switch to another task loads; absent where that is all weights.
    pub task_switch: Option<TaskSwitch>,
    /// Published counts, to be held against ours.
    pub published: Option<Published>,
    /// Published scores.
    pub scores: Option<Vec<Score>>,
    /// What its paper claims against the baseline.
    pub claims: Option<Claims>,
    /// Why hardware and paper differ, as far as that is particular to this entry; printed where they do.
    pub reason: Option<String>,
}

impl Entry {
    /// Shares of embedding and encoder weights that are not zero.
    pub fn densities(&self) -> (f64, f64) {
        let density = |d: &WeightDensity| (d.embedding.value, d.encoder.value);
        self.weight_density.as_ref().map_or((1.0, 1.0), density)
    }
}

impl Record for Entry {
    const KIND: &'static str = "zoo";
    const PRESETS: &'static [(&'static str, &'static str)] = presets::PRESETS;

    fn name(&self) -> &str {
        &self.name
    }

    fn summary(&self) -> &str {
        &self.summary
    }

    fn validate(&self, problems: &mut Problems) {
        validate::validate(self, problems);
    }
}
