//! Exact counts of an entry: parameters that are kept, and multiply-accumulates with them.
//!
//! As published counts have it, a weight that is zero is no parameter and no multiply-accumulate, biases and norms are never
//! pruned, and the classifier is the task's. With sequence S, hidden H, `h` heads of width `d`, `f` columns, density `p`:
//!
//! | per layer | parameters | multiply-accumulates |
//! |---|---|---|
//! | query, key, value | 3 h d (H p + 1) | 3 S H h d p |
//! | output | h d H p + H | S h d H p |
//! | scores, context | | S h d times twice the tokens that a head sees |
//! | feed-forward | 2 H f p + f + H | 2 S H f p |
//! | norms | 4 H | |
//!
//! Words: a product of S - 1 matrices in each direction; sums are no multiply-accumulates. Bottlenecks: as [`Bottleneck`] says.

use serde::Serialize;

use super::{Bottleneck, Entry, Products, Trained, Words};
use crate::network::Network;

/// Counts of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Parameters that are not zero, classifier excluded.
    pub parameters: u64,
    /// Of those, parameters of the encoder layers.
    pub encoder: u64,
    /// Multiply-accumulates of all layers with weights that are not zero.
    pub weight_macs: u64,
    /// Multiply-accumulates of scores and context.
    pub attention_macs: u64,
}

impl Counts {
    /// All multiply-accumulates.
    pub fn macs(&self) -> u64 {
        self.weight_macs + self.attention_macs
    }

    /// Operations, two a multiply-accumulate, of some products.
    pub fn operations(&self, products: Products) -> u64 {
        match products {
            Products::All => 2 * self.macs(),
            Products::Weights => 2 * self.weight_macs,
        }
    }
}

/// So many elements at a density.
fn kept(elements: u64, density: f64) -> u64 {
    (elements as f64 * density).round() as u64
}

impl Entry {
    /// Counts at a sequence of `tokens`.
    pub fn counts(&self, tokens: u32) -> Counts {
        match (self.network(), &self.words, &self.bottleneck) {
            (Some(network), _, _) => self.network_counts(&network, tokens),
            (_, Some(words), _) => words.counts(tokens),
            (_, _, Some(shape)) => shape.counts(tokens),
            // Validation lets no entry without a shape through.
            _ => Counts { parameters: 0, encoder: 0, weight_macs: 0, attention_macs: 0 },
        }
    }

    fn network_counts(&self, network: &Network, tokens: u32) -> Counts {
        let (hidden, width, s) =
            (u64::from(network.hidden), u64::from(network.head_dim()), u64::from(tokens));
        let (embedding_density, density) = self.densities();
        let (mut encoder, mut weight_macs, mut attention_macs) = (0, 0, 0);
        for (layer, (heads, columns)) in self.layers(network).into_iter().enumerate() {
            let (inner, columns) = (u64::from(heads) * width, u64::from(columns));
            let weights = kept(4 * hidden * inner + 2 * hidden * columns, density);
            if layer < network.weight_sets() as usize {
                encoder += weights + 3 * inner + hidden + columns + hidden + 4 * hidden;
            }
            weight_macs += s * weights;
            attention_macs += 2 * s * width * self.seen(heads, tokens);
        }
        let whole = network.parameters();
        let rest = whole.embedding_norm + whole.projection + whole.pooler;
        let parameters = kept(whole.embeddings, embedding_density) + rest + encoder;
        Counts { parameters, encoder, weight_macs, attention_macs }
    }

    /// Tokens that the heads of a layer see, added up.
    fn seen(&self, heads: u32, tokens: u32) -> u64 {
        match &self.spans {
            Some(spans) => spans.tokens.iter().map(|span| u64::from((*span).min(tokens))).sum(),
            None => u64::from(heads) * u64::from(tokens),
        }
    }

    /// Parameters that a task has of its own, classifier excluded; none where it shares none.
    pub fn task_parameters(&self) -> Option<u64> {
        let (switch, network) = (self.task_switch.as_ref()?, self.network()?);
        let [hidden, columns] = [network.hidden, network.feed_forward].map(u64::from);
        let sets = u64::from(network.weight_sets());
        Some(match switch.trained {
            Trained::QueryAndFeedForward => sets * (hidden + columns),
            Trained::Biases => {
                let projection = if network.has_projection() { hidden } else { 0 };
                let pooler = if network.pooler { hidden } else { 0 };
                // Four projections, two feed-forward products and two norms.
                sets * (4 * hidden + columns + hidden + 2 * hidden)
                    + u64::from(network.embedding)
                    + projection
                    + pooler
            }
        })
    }
}

impl Words {
    fn counts(&self, tokens: u32) -> Counts {
        let [side, directions, vector, words] =
            [self.matrix, self.directions, self.vector, self.vocabulary].map(u64::from);
        let products = u64::from(tokens.saturating_sub(1));
        Counts {
            parameters: words * (directions * side * side + vector),
            encoder: 0,
            weight_macs: directions * products * side * side * side,
            attention_macs: 0,
        }
    }
}

impl Bottleneck {
    fn counts(&self, tokens: u32) -> Counts {
        let [hidden, inner, wide, s] = [self.hidden, self.inner, self.feed_forward, tokens].map(u64::from);
        let (layers, stacked, narrow) =
            (u64::from(self.layers), u64::from(self.stacked), u64::from(self.embedding));
        // Two maps in, queries and keys, values from the whole width, output, feed-forward networks, the map back.
        let weights = 2 * hidden * inner
            + 2 * inner * inner
            + hidden * inner
            + inner * inner
            + stacked * 2 * inner * wide
            + inner * hidden;
        let biases = 2 * inner + 3 * inner + inner + stacked * (wide + inner) + hidden;
        // A scale and an offset for each element behind both maps in, the output, each feed-forward network and the map back.
        let norms = 2 * (2 * inner + inner + stacked * inner + hidden);
        let encoder = layers * (weights + biases + norms);
        let tables = u64::from(self.vocabulary) * narrow
            + (u64::from(self.positions) + u64::from(self.token_types)) * hidden;
        // The embeddings of a word and its two neighbours side by side.
        let embedding_map = 3 * narrow * hidden + hidden;
        Counts {
            parameters: tables + embedding_map + 2 * hidden + encoder,
            encoder,
            weight_macs: layers * s * weights,
            attention_macs: layers * 2 * s * s * inner,
        }
    }
}
