//! The tables of a recipe.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limits::*;

/// Sentences of the grammar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grammar {
    /// Steps of the teacher until sentences of all difficulties are drawn: difficulties join one after the other.
    #[schemars(range(min = STEPS.0, max = STEPS.1))]
    pub curriculum: u32,
    /// Sentences that the result is tested on, all of held-out pairs.
    #[schemars(range(min = TEST.0, max = TEST.1))]
    pub test: u32,
}

/// Sizes of the network: an ALBERT with exact GELU, one layer's weights for all layers and an off-ramp after each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sizes {
    /// Times that a sentence passes the encoder layer.
    #[schemars(range(min = LAYERS.0, max = LAYERS.1))]
    pub layers: u32,
    /// Width of the hidden state.
    #[schemars(range(min = HIDDEN.0, max = HIDDEN.1))]
    pub hidden: u32,
    /// Width between the products of the feed-forward network.
    #[schemars(range(min = FEED_FORWARD.0, max = FEED_FORWARD.1))]
    pub feed_forward: u32,
    /// Attention heads, which divide `hidden`.
    #[schemars(range(min = HEADS.0, max = HEADS.1))]
    pub heads: u32,
    /// Width of the embeddings, below `hidden`.
    #[schemars(range(max = HIDDEN.1))]
    pub embedding: u32,
    /// Longest sentence, tokens.
    #[schemars(range(min = POSITIONS.0, max = POSITIONS.1))]
    pub positions: u32,
    /// Added to the variance in layer norms.
    #[schemars(range(min = EPSILON.0, max = EPSILON.1))]
    pub layer_norm_epsilon: f64,
}

/// Adam with decoupled weight decay (Loshchilov and Hutter, ICLR 2019).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Optimiser {
    /// Decay of the mean of derivatives, a step.
    #[schemars(range(min = BETA1.0, max = BETA1.1))]
    pub beta1: f64,
    /// Decay of the mean of their squares, a step.
    #[schemars(range(min = BETA2.0, max = BETA2.1))]
    pub beta2: f64,
    /// Added to the root of that mean.
    #[schemars(range(min = OPTIMISER_EPSILON.0, max = OPTIMISER_EPSILON.1))]
    pub epsilon: f64,
    /// Share of a matrix that decays in a step, as a multiple of the rate.
    #[schemars(range(min = SHARE.0, max = SHARE.1))]
    pub decay: f64,
    /// Longest gradient: a longer one is scaled down to this norm.
    #[schemars(range(min = CLIP.0, max = CLIP.1))]
    pub clip: f64,
}

/// Steps of a phase. The rate rises from 0 over `warm_up` steps, then falls on a line to 0 at the end of the phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// Steps.
    #[schemars(range(min = STEPS.0, max = STEPS.1))]
    pub steps: u32,
    /// Steps until the rate is reached.
    #[schemars(range(min = STEPS.0, max = STEPS.1))]
    pub warm_up: u32,
    /// Highest rate: about what a weight moves in a step.
    #[schemars(range(min = RATE.0, max = RATE.1))]
    pub rate: f64,
}

/// Knowledge distillation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Distillation {
    /// Share of distillation in the loss of the last off-ramp, the rest is cross-entropy; 0: none.
    #[schemars(range(min = SHARE.0, max = SHARE.1))]
    pub share: f64,
    /// By which logits are divided, student's and teacher's.
    #[schemars(range(min = TEMPERATURE.0, max = TEMPERATURE.1))]
    pub temperature: f64,
}

/// Pruning of weights, each matrix to the same share. The share rises as
/// `sparsity · (1 - (1 - (step - start) / (end - start))³)` (Zhu and Gupta, 2017) and stays from `end` on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pruning {
    /// Which weights of the encoder go first.
    pub method: Method,
    /// Share of zeros in each encoder matrix in the end.
    #[schemars(range(min = SPARSITY.0, max = SPARSITY.1))]
    pub sparsity: f64,
    /// Share of zeros in each embedding table in the end; smallest magnitudes go first.
    #[schemars(range(min = SPARSITY.0, max = SPARSITY.1))]
    pub embedding_sparsity: f64,
    /// Step of the student's phase at which pruning starts.
    #[schemars(range(min = STEPS.0, max = STEPS.1))]
    pub start: u32,
    /// Step at which the share is reached.
    #[schemars(range(min = STEPS.0, max = STEPS.1))]
    pub end: u32,
    /// Steps between two choices of what is zero.
    #[schemars(range(min = EVERY.0, max = EVERY.1))]
    pub every: u32,
}

/// Which weights are pruned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// The smallest magnitudes.
    Magnitude,
    /// Those that training moves towards zero most: the smallest sums of -(dL/dw) w over all steps (Sanh et al., 2020).
    Movement,
}

/// Learned attention spans (Sukhbaatar et al., ACL 2019), one for each head, shared by layers as the weights are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spans {
    /// Tokens that every head sees in full at first.
    #[schemars(range(max = POSITIONS.1))]
    pub start: u32,
    /// Tokens over which the soft mask falls from 1 to 0.
    #[schemars(range(max = POSITIONS.1))]
    pub ramp: u32,
    /// Added to the loss for each token of the mean span, nats.
    #[schemars(range(min = PENALTY.0, max = PENALTY.1))]
    pub penalty: f64,
    /// Tokens that a span moves in a step, at most about.
    #[schemars(range(min = SPAN_RATE.0, max = SPAN_RATE.1))]
    pub rate: f64,
    /// Step of the student's phase at which spans become whole tokens and stay.
    #[schemars(range(min = STEPS.0, max = STEPS.1))]
    pub freeze: u32,
}
