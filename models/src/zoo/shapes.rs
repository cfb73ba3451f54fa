//! What is left of a network, and shapes that are no [`Network`](crate::network::Network).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limits::*;
use crate::record::Standing;

/// Layers that are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Depth {
    /// How many.
    #[schemars(range(min = LAYERS.0, max = LAYERS.1))]
    pub layers: u32,
    /// How far that can be trusted.
    pub standing: Standing,
    /// Where it comes from.
    pub source: String,
}

/// What pruning by blocks left of each layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Blocks {
    /// By layer, from the first.
    #[schemars(length(min = 1))]
    pub layers: Vec<LayerKept>,
    /// Published per cent of the encoder's matrix elements that is kept.
    #[schemars(range(min = PERCENT.0, max = PERCENT.1))]
    pub density_percent: f64,
    /// How far the table can be trusted.
    pub standing: Standing,
    /// Where it comes from.
    pub source: String,
}

/// What is left of one layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LayerKept {
    /// Heads that are kept.
    #[schemars(range(min = HEADS.0, max = HEADS.1))]
    pub heads: u32,
    /// Share of the feed-forward columns that is kept.
    #[schemars(range(min = SHARE.0, max = SHARE.1))]
    pub feed_forward_density: f64,
}

/// Words composed without attention: a sentence is the product of its words' matrices beside the sum of their vectors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// Side of a word's matrix.
    #[schemars(range(min = SIDE.0, max = SIDE.1))]
    pub matrix: u32,
    /// Products of matrices: 1 from the first word on, 2 from the last as well, each with matrices of its own.
    #[schemars(range(min = DIRECTIONS.0, max = DIRECTIONS.1))]
    pub directions: u32,
    /// Length of a word's vector.
    #[schemars(range(min = SIDE.0, max = SIDE.1))]
    pub vector: u32,
    /// Words.
    #[schemars(range(min = VOCABULARY.0, max = VOCABULARY.1))]
    pub vocabulary: u32,
    /// Outputs of the classifier.
    #[schemars(range(min = CLASSES.0, max = CLASSES.1))]
    pub classes: u32,
    /// How far the sizes can be trusted.
    pub standing: Standing,
    /// Where they come from.
    pub source: String,
}

/// An encoder whose layers compute in a narrow body behind bottlenecks (MobileBERT).
///
/// Into the layer lead two maps from `hidden` to `inner`: one for the queries and keys, one for the residual path; values come from
/// the whole `hidden`. Attention and `stacked` feed-forward networks run at `inner`; one map leads back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bottleneck {
    /// Encoder layers.
    #[schemars(range(min = LAYERS.0, max = LAYERS.1))]
    pub layers: u32,
    /// Width between layers.
    #[schemars(range(min = SIDE.0, max = SIDE.1))]
    pub hidden: u32,
    /// Width within a layer.
    #[schemars(range(min = SIDE.0, max = SIDE.1))]
    pub inner: u32,
    /// Width between the two products of a feed-forward network.
    #[schemars(range(min = SIDE.0, max = SIDE.1))]
    pub feed_forward: u32,
    /// Feed-forward networks of a layer.
    #[schemars(range(min = STACKED.0, max = STACKED.1))]
    pub stacked: u32,
    /// Attention heads, which divide `inner`.
    #[schemars(range(min = HEADS.0, max = HEADS.1))]
    pub heads: u32,
    /// Width of a word's embedding; those of a word and its two neighbours are mapped to `hidden`.
    #[schemars(range(min = SIDE.0, max = SIDE.1))]
    pub embedding: u32,
    /// Words.
    #[schemars(range(min = VOCABULARY.0, max = VOCABULARY.1))]
    pub vocabulary: u32,
    /// Longest sequence, tokens.
    #[schemars(range(min = TOKENS.0, max = TOKENS.1))]
    pub positions: u32,
    /// Kinds of segments.
    #[schemars(range(min = LAYERS.0, max = LAYERS.1))]
    pub token_types: u32,
    /// Outputs of the classifier.
    #[schemars(range(min = CLASSES.0, max = CLASSES.1))]
    pub classes: u32,
    /// How far the sizes can be trusted.
    pub standing: Standing,
    /// Where they come from.
    pub source: String,
}

/// What tasks do not share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskSwitch {
    /// Which parameters each task has of its own, beside its classifier.
    pub trained: Trained,
    /// Published per cent of the parameters that they are.
    #[schemars(range(min = PERCENT.0, max = PERCENT.1))]
    pub percent: f64,
    /// How far that can be trusted.
    pub standing: Standing,
    /// Where it comes from.
    pub source: String,
}

/// Parameters that a task has of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Trained {
    /// Every bias, those of norms and pooler included.
    #[serde(rename = "biases")]
    Biases,
    /// Biases of the queries and of the first feed-forward product.
    #[serde(rename = "query and feed-forward biases")]
    QueryAndFeedForward,
}
