//! The shape of a transformer encoder: what has to be computed, without its weights.
//!
//! ```text
//! word + position + token type embeddings -> layer norm -> (projection) -> layers x encoder layer -> pooler -> classifier
//! encoder layer: Q, K, V -> Q K^T -> softmax -> P V -> output -> add, norm -> FFN up -> activation -> FFN down -> add, norm
//! ```
//!
//! Counts of parameters and multiply-accumulates are exact, see [`Parameters`] and [`LayerMacs`].

mod count;
mod limits;

pub use count::{LayerMacs, Parameters};
pub(crate) use limits::CLASSES;

use kernels::activation::Activation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::forward::Function;
use crate::record::{Problems, Record};
use limits::*;

/// One encoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// What it is called.
    pub name: String,
    /// One line for listings.
    pub summary: String,
    /// Which family's tensor names and details it follows.
    pub family: Family,
    /// Encoder layers that a sentence passes.
    #[schemars(range(min = LAYERS.0, max = LAYERS.1))]
    pub layers: u32,
    /// Width of the hidden state.
    #[schemars(range(min = HIDDEN.0, max = HIDDEN.1))]
    pub hidden: u32,
    /// Width between the two products of the feed-forward network.
    #[schemars(range(min = FEED_FORWARD.0, max = FEED_FORWARD.1))]
    pub feed_forward: u32,
    /// Attention heads, which divide `hidden`.
    #[schemars(range(min = HEADS.0, max = HEADS.1))]
    pub heads: u32,
    /// Width of the embeddings; where it is not `hidden`, a projection follows.
    #[schemars(range(min = EMBEDDING.0, max = EMBEDDING.1))]
    pub embedding: u32,
    /// Words.
    #[schemars(range(min = VOCABULARY.0, max = VOCABULARY.1))]
    pub vocabulary: u32,
    /// Longest sequence, tokens.
    #[schemars(range(min = POSITIONS.0, max = POSITIONS.1))]
    pub positions: u32,
    /// Kinds of segments; 0 where there is no such table.
    #[schemars(range(min = TOKEN_TYPES.0, max = TOKEN_TYPES.1))]
    pub token_types: u32,
    /// One set of weights for all layers.
    pub shared_layers: bool,
    /// A dense layer on the first token ahead of the classifier is part of the encoder.
    pub pooler: bool,
    /// Between the two products of the feed-forward network.
    pub activation: Activation,
    /// Where the activation is a GELU, whether the software has the tanh approximation of it (`gelu_new`); the machine's table is the
    /// exact one, at most 4.75e-4 away.
    pub gelu_tanh: bool,
    /// Outputs of the classifier and of each off-ramp, unless the workload says otherwise.
    #[schemars(range(min = CLASSES.0, max = CLASSES.1))]
    pub classes: u32,
    /// Added to the variance in layer norms.
    #[schemars(range(min = EPSILON.0, max = EPSILON.1))]
    pub layer_norm_epsilon: f64,
}

/// A family of encoders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// ALBERT: factorised embeddings, one shared layer.
    Albert,
    /// BERT.
    Bert,
    /// DistilBERT: no token types, no pooler.
    DistilBert,
    /// RoBERTa: BERT with one token type, and a pooler that belongs to the classifier.
    Roberta,
    /// TinyBERT: BERT of other sizes.
    TinyBert,
}

impl Network {
    /// Width of a head.
    pub fn head_dim(&self) -> u32 {
        self.hidden / self.heads.max(1)
    }

    /// `1 / sqrt(head_dim)`, by which scores are scaled, as a power of two for the product and a factor for the query
    /// weights. One of them does nothing: a width that is a power of four needs no factor, others get no power.
    pub fn score_scale(&self) -> (i32, f64) {
        let width = self.head_dim();
        if width.is_power_of_two() && width.ilog2().is_multiple_of(2) {
            (-((width.ilog2() / 2).cast_signed()), 1.0)
        } else {
            (0, f64::from(width).sqrt().recip())
        }
    }

    /// Sets of encoder weights: 1 where layers share them.
    pub fn weight_sets(&self) -> u32 {
        if self.shared_layers { 1 } else { self.layers }
    }

    /// Activation of the pooler; DistilBERT's classifier head has a ReLU layer in its place.
    pub fn pooler_activation(&self) -> Activation {
        if self.pooler { Activation::Tanh } else { Activation::Relu }
    }

    /// What the software applies between the two products of the feed-forward network.
    pub fn function(&self) -> Function {
        if self.activation == Activation::Gelu && self.gelu_tanh {
            Function::TanhGelu
        } else {
            self.activation.into()
        }
    }

    /// Whether a projection leads from the embeddings to the hidden state.
    pub fn has_projection(&self) -> bool {
        self.embedding != self.hidden
    }
}

impl Record for Network {
    const KIND: &'static str = "network";
    const PRESETS: &'static [(&'static str, &'static str)] = &[
        ("albert-base", include_str!("../presets/networks/albert-base.toml")),
        ("albert-large", include_str!("../presets/networks/albert-large.toml")),
        ("albert-xlarge", include_str!("../presets/networks/albert-xlarge.toml")),
        ("albert-xxlarge", include_str!("../presets/networks/albert-xxlarge.toml")),
        ("bert-base", include_str!("../presets/networks/bert-base.toml")),
        ("bert-large", include_str!("../presets/networks/bert-large.toml")),
        ("distilbert", include_str!("../presets/networks/distilbert.toml")),
        ("tinybert-4", include_str!("../presets/networks/tinybert-4.toml")),
        ("tinybert-6", include_str!("../presets/networks/tinybert-6.toml")),
    ];

    fn name(&self) -> &str {
        &self.name
    }

    fn summary(&self) -> &str {
        &self.summary
    }

    fn validate(&self, problems: &mut Problems) {
        problems.not_empty("name", &self.name);
        problems.not_empty("summary", &self.summary);
        let sizes = [
            ("layers", self.layers, LAYERS),
            ("hidden", self.hidden, HIDDEN),
            ("feed_forward", self.feed_forward, FEED_FORWARD),
            ("heads", self.heads, HEADS),
            ("embedding", self.embedding, EMBEDDING),
            ("vocabulary", self.vocabulary, VOCABULARY),
            ("positions", self.positions, POSITIONS),
            ("token_types", self.token_types, TOKEN_TYPES),
            ("classes", self.classes, CLASSES),
        ];
        for (key, value, (least, greatest)) in sizes {
            problems.range(key, value, least, greatest, "encoders lie inside, and counts fit 64 bits");
        }
        problems.range(
            "layer_norm_epsilon",
            self.layer_norm_epsilon,
            EPSILON.0,
            EPSILON.1,
            "it only guards a division by zero",
        );
        if !matches!(self.activation, Activation::Gelu | Activation::Relu) {
            problems.push(
                "activation",
                "activation must be gelu or relu (no encoder of these families has another)",
                "choose one of them",
            );
        }
        if self.heads > 0 && !self.hidden.is_multiple_of(self.heads) {
            problems.push(
                "heads",
                format!(
                    "heads = {} must divide hidden = {} (heads split the hidden state)",
                    self.heads, self.hidden
                ),
                "choose a divisor of hidden",
            );
        }
        if self.family != Family::Albert && self.has_projection() {
            problems.push(
                "embedding",
                format!(
                    "embedding = {} must equal hidden = {} (only ALBERT has a projection between them)",
                    self.embedding, self.hidden
                ),
                "set embedding to hidden, or family = \"albert\"",
            );
        }
    }
}
