//! Exact counts: parameters with biases and norms, and multiply-accumulates.
//!
//! With sequence length S, hidden H, feed-forward F:
//!
//! | operation | MAC per layer |
//! |---|---|
//! | query, key, value, output | S H H each |
//! | scores Q K^T, context P V, over all heads | S S H each |
//! | feed-forward up, down | S H F each |
//!
//! An operation of a published count is half a MAC. Published counts often leave out scores and context.

use serde::Serialize;

use super::Network;

/// Parameters by part; every layer's own copy is counted once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Parameters {
    /// Word, position and token type tables.
    pub embeddings: u64,
    /// Layer norm of the embeddings.
    pub embedding_norm: u64,
    /// From embeddings to the hidden state, with bias; 0 where there is none.
    pub projection: u64,
    /// Query, key, value and output, with biases.
    pub attention: u64,
    /// Both products of the feed-forward networks, with biases.
    pub feed_forward: u64,
    /// Both layer norms of every layer.
    pub norms: u64,
    /// Dense layer on the first token, with bias; 0 where there is none.
    pub pooler: u64,
}

/// Multiply-accumulates of one encoder layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LayerMacs {
    /// Query projection.
    pub query: u64,
    /// Key projection.
    pub key: u64,
    /// Value projection.
    pub value: u64,
    /// Q K^T over all heads.
    pub scores: u64,
    /// P V over all heads.
    pub context: u64,
    /// Output projection.
    pub output: u64,
    /// First product of the feed-forward network.
    pub feed_forward_up: u64,
    /// Second product of the feed-forward network.
    pub feed_forward_down: u64,
}

impl Parameters {
    /// All parameters of the encoder; the classifier is the task's.
    pub fn total(&self) -> u64 {
        self.embeddings + self.embedding_norm + self.projection + self.encoder() + self.pooler
    }

    /// Parameters of the encoder layers.
    pub fn encoder(&self) -> u64 {
        self.attention + self.feed_forward + self.norms
    }
}

impl LayerMacs {
    /// All of the layer.
    pub fn total(&self) -> u64 {
        self.linear() + self.scores + self.context
    }

    /// Products with weights, which is all that some published counts hold.
    pub fn linear(&self) -> u64 {
        self.query + self.key + self.value + self.output + self.feed_forward_up + self.feed_forward_down
    }
}

impl Network {
    /// Parameters of the encoder, classifier excluded.
    pub fn parameters(&self) -> Parameters {
        let [hidden, ffn, embedding] = [self.hidden, self.feed_forward, self.embedding].map(u64::from);
        let rows = u64::from(self.vocabulary) + u64::from(self.positions) + u64::from(self.token_types);
        let sets = u64::from(self.weight_sets());
        let dense = hidden * hidden + hidden;
        Parameters {
            embeddings: rows * embedding,
            embedding_norm: 2 * embedding,
            projection: if self.has_projection() { embedding * hidden + hidden } else { 0 },
            attention: sets * 4 * dense,
            feed_forward: sets * (2 * hidden * ffn + ffn + hidden),
            norms: sets * 4 * hidden,
            pooler: if self.pooler { dense } else { 0 },
        }
    }

    /// Multiply-accumulates of one layer at a sequence of `tokens`.
    pub fn layer_macs(&self, tokens: u32) -> LayerMacs {
        let [hidden, ffn, tokens] = [self.hidden, self.feed_forward, tokens].map(u64::from);
        let square = tokens * hidden * hidden;
        let attention = tokens * tokens * hidden;
        let up = tokens * hidden * ffn;
        LayerMacs {
            query: square,
            key: square,
            value: square,
            scores: attention,
            context: attention,
            output: square,
            feed_forward_up: up,
            feed_forward_down: up,
        }
    }

    /// Multiply-accumulates of the projection from embeddings to hidden state, once a sentence.
    pub fn projection_macs(&self, tokens: u32) -> u64 {
        let product = u64::from(tokens) * u64::from(self.embedding) * u64::from(self.hidden);
        if self.has_projection() { product } else { 0 }
    }

    /// Multiply-accumulates of an off-ramp: a dense layer on the first token, then a classifier.
    pub fn ramp_macs(&self, classes: u32) -> u64 {
        u64::from(self.hidden) * (u64::from(self.hidden) + u64::from(classes))
    }

    /// Multiply-accumulates of all layers at a sequence of `tokens`.
    pub fn encoder_macs(&self, tokens: u32) -> u64 {
        u64::from(self.layers) * self.layer_macs(tokens).total()
    }
}
