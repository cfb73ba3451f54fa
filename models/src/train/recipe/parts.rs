//! The tables of a recipe.

use serde::{Deserialize, Serialize};

/// Sentences of the grammar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grammar {
    /// Steps of the teacher until sentences of all difficulties are drawn: difficulties join one after the other.
    pub curriculum: u32,
    /// Sentences that the result is tested on, all of held-out pairs.
    pub test: u32,
}

/// Sizes of the network: an ALBERT with exact GELU, one layer's weights for all layers and an off-ramp after each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sizes {
    /// Times that a sentence passes the encoder layer.
    pub layers: u32,
    /// Width of the hidden state.
    pub hidden: u32,
    /// Width between the products of the feed-forward network.
    pub feed_forward: u32,
    /// Attention heads, which divide `hidden`.
    pub heads: u32,
    /// Width of the embeddings, below `hidden`.
    pub embedding: u32,
    /// Longest sentence, tokens.
    pub positions: u32,
    /// Added to the variance in layer norms.
    pub layer_norm_epsilon: f64,
}

/// Adam with decoupled weight decay (Loshchilov and Hutter, ICLR 2019).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Optimiser {
    /// Decay of the mean of derivatives, a step.
    pub beta1: f64,
    /// Decay of the mean of their squares, a step.
    pub beta2: f64,
    /// Added to the root of that mean.
    pub epsilon: f64,
    /// Share of a matrix that decays in a step, as a multiple of the rate.
    pub decay: f64,
    /// Longest gradient: a longer one is scaled down to this norm.
    pub clip: f64,
}

/// Steps of a phase. The rate rises from 0 over `warm_up` steps, then falls on a line to 0 at the end of the phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// Steps.
    pub steps: u32,
    /// Steps until the rate is reached.
    pub warm_up: u32,
    /// Highest rate: about what a weight moves in a step.
    pub rate: f64,
}

/// Knowledge distillation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distillation {
    /// Share of distillation in the loss of the last off-ramp, the rest is cross-entropy; 0: none.
    pub share: f64,
    /// By which logits are divided, student's and teacher's.
    pub temperature: f64,
}

/// Pruning of weights, each matrix to the same share. The share rises as
/// `sparsity · (1 - (1 - (step - start) / (end - start))³)` (Zhu and Gupta, 2017) and stays from `end` on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pruning {
    /// Which weights of the encoder go first.
    pub method: Method,
    /// Share of zeros in each encoder matrix in the end.
    pub sparsity: f64,
    /// Share of zeros in each embedding table in the end; smallest magnitudes go first.
    pub embedding_sparsity: f64,
    /// Step of the student's phase at which pruning starts.
    pub start: u32,
    /// Step at which the share is reached.
    pub end: u32,
    /// Steps between two choices of what is zero.
    pub every: u32,
}

/// Which weights are pruned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// The smallest magnitudes.
    Magnitude,
    /// Those that training moves towards zero most: the smallest sums of -(dL/dw) w over all steps (Sanh et al., 2020).
    Movement,
}

/// Learned attention spans (Sukhbaatar et al., ACL 2019), one for each head, shared by layers as the weights are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spans {
    /// Tokens that every head sees in full at first.
    pub start: u32,
    /// Tokens over which the soft mask falls from 1 to 0.
    pub ramp: u32,
    /// Added to the loss for each token of the mean span, nats.
    pub penalty: f64,
    /// Tokens that a span moves in a step, at most about.
    pub rate: f64,
    /// Step of the student's phase at which spans become whole tokens and stay.
    pub freeze: u32,
}
