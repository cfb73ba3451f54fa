//! The activations of a network, by name.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An activation tensor with a range of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Point {
    /// Word plus position embedding.
    EmbeddingSum,
    /// Its norm, where a map to the encoder's width follows.
    Embedded,
    /// What enters and leaves a layer.
    Tokens,
    /// Queries, scaled if the scores are not.
    Query,
    /// Keys.
    Key,
    /// Values.
    Value,
    /// Scaled scores.
    Scores,
    /// Probabilities.
    Probabilities,
    /// Contexts of all heads.
    Context,
    /// Output projection.
    Projection,
    /// Output projection and residual.
    AttentionSum,
    /// Its norm.
    Attended,
    /// Result of the first feed-forward matrix, activated.
    Activated,
    /// Result of the second.
    Contracted,
    /// The second and the residual.
    OutputSum,
    /// The pooler's result.
    Pooled,
    /// Logits.
    Logits,
}

impl Point {
    /// Whether the machine rounds it to codes: all but the sums that a norm makes of its operands, which stay wide.
    pub fn is_coded(self) -> bool {
        !matches!(self, Point::EmbeddingSum | Point::AttentionSum | Point::OutputSum)
    }
}

/// A point of a layer, from 0. Tokens of a layer are those that enter it: what leaves the last one belongs to a layer behind it. What is
/// ahead of the layers belongs to the first.
pub type Place = (Point, u32);

/// Largest magnitude seen at each place.
pub type Maxima = BTreeMap<Place, f32>;

/// Widens ranges to hold others too, e.g. those of another sentence.
pub fn widen(maxima: &mut Maxima, others: &Maxima) {
    for (place, other) in others {
        let max = maxima.entry(*place).or_insert(0.0);
        *max = max.max(*other);
    }
}
