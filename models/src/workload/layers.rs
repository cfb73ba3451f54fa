//! Layers of which each has something else left, as block pruning leaves them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Workload;
use crate::network::Network;
use crate::record::{Error, Standing};

/// What is left of each layer of a network that was pruned by blocks. Such layers run as commands of their own, not as a loop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Layers {
    /// How far the list can be trusted.
    pub standing: Standing,
    /// Where it comes from.
    pub source: String,
    /// From the first layer.
    #[schemars(length(min = 1))]
    pub each: Vec<LayerStatistics>,
}

/// What is left of a layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LayerStatistics {
    /// Tokens that each head sees; 0 is a head that was removed.
    #[schemars(length(min = 1))]
    pub spans: Vec<u32>,
    /// Columns that are left between the two products of the feed-forward network.
    #[schemars(range(min = 1))]
    pub feed_forward: u32,
    /// Share of the weights that are left that are not zero.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub density: f64,
}

impl Workload {
    /// Whether what is left of each layer can be of a network.
    pub(super) fn layers_fit(&self, network: &Network) -> Result<(), Error> {
        let Some(layers) = &self.layers else { return Ok(()) };
        let other = |what: String| {
            let message = format!("workload `{}` {what}", self.name);
            Err(self.error(message, "take the network that was pruned"))
        };
        if network.shared_layers || layers.each.len() != network.layers as usize {
            let sharing = if network.shared_layers { " that share their weights" } else { "" };
            let (found, all) = (layers.each.len(), network.layers);
            return other(format!("has {found} layers, network `{}` has {all}{sharing}", network.name));
        }
        for (index, layer) in layers.each.iter().enumerate() {
            let (heads, wide) = (layer.spans.len(), layer.feed_forward);
            if heads != network.heads as usize || wide > network.feed_forward {
                return other(format!(
                    "has {heads} heads and {wide} columns in layers.each.{index}, network `{}` has {} and {}",
                    network.name, network.heads, network.feed_forward
                ));
            }
        }
        Ok(())
    }
}
