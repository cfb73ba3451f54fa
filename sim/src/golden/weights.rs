//! The parameters of a network as real numbers, before they are quantised.

use nalgebra::DMatrix;

/// A dense layer `y = x · weight + bias`.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    /// [inputs x outputs]: a column for each output.
    pub weight: DMatrix<f64>,
    /// One for each output.
    pub bias: Vec<f64>,
}

/// A layer norm.
#[derive(Clone, Debug, PartialEq)]
pub struct Norm {
    /// What the normal values are multiplied by.
    pub gamma: Vec<f64>,
    /// What is added to them.
    pub beta: Vec<f64>,
}

/// An encoder layer. The columns of query, key and value are those of head 0, then of head 1, and so on, as are the inputs
/// of the output projection.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Query projection, [hidden x hidden].
    pub query: Dense,
    /// Key projection, [hidden x hidden].
    pub key: Dense,
    /// Value projection, [hidden x hidden].
    pub value: Dense,
    /// Output projection, [hidden x hidden].
    pub output: Dense,
    /// After attention.
    pub attention_norm: Norm,
    /// First feed-forward matrix, [hidden x feed_forward].
    pub up: Dense,
    /// Second feed-forward matrix, [feed_forward x hidden].
    pub down: Dense,
    /// After the feed-forward network.
    pub output_norm: Norm,
}

/// An off-ramp.
#[derive(Clone, Debug, PartialEq)]
pub struct OffRamp {
    /// Dense layer on the first token, [hidden x hidden].
    pub pooler: Dense,
    /// [hidden x classes].
    pub classifier: Dense,
}

/// All parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// [embedding x vocabulary].
    pub words: DMatrix<f64>,
    /// [embedding x positions], the token-type row of segment 0 added.
    pub positions: DMatrix<f64>,
    /// Of the embeddings.
    pub norm: Norm,
    /// From the embeddings to the encoder, where their widths differ: [embedding x hidden].
    pub map: Option<Dense>,
    /// One, or one for each layer where they do not share it.
    pub layers: Vec<Layer>,
    /// One, or one for each layer where each ends in an off-ramp.
    pub ramps: Vec<OffRamp>,
}
