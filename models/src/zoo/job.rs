//! From an entry to what is inferred on a machine.

use super::Entry;
use crate::compiler::{Inference, LayerShape};
use crate::network::Network;
use crate::record::{self, Error, Kind};
use crate::workload::Workload;

impl Entry {
    /// The network with the layers that are kept; none where the entry is no network.
    pub fn network(&self) -> Option<Network> {
        let mut network = (**self.network.as_ref()?).clone();
        network.layers = self.depth.as_ref().map_or(network.layers, |depth| depth.layers);
        Some(network)
    }

    /// One sentence of `tokens` tokens at full depth, with what the entry leaves of the network; none where the entry is no network.
    /// Layers that were pruned differently have commands of their own.
    ///
    /// # Errors
    /// The sentence is longer than the positions of network or bottlenecks.
    pub fn inference(&self, tokens: u32) -> Result<Option<Inference>, Error> {
        self.has_positions(tokens)?;
        let Some(network) = self.network() else { return Ok(None) };
        let (embedding_density, encoder_density) = self.densities();
        let shape = |(heads, feed_forward): (u32, u32)| LayerShape {
            spans: match &self.spans {
                Some(spans) => spans.tokens.iter().map(|span| (*span).min(tokens)).collect(),
                // A head that was pruned is not there, which is less than one that is switched off.
                None => vec![tokens; heads as usize],
            },
            feed_forward,
            encoder_density,
        };
        let mut layers = self.layers(&network);
        layers.truncate(if self.blocks.is_some() { layers.len() } else { 1 });
        let dense = Inference::new(network, &record::preset::<Workload>("dense")?)?;
        let layers = layers.into_iter().map(shape).collect();
        Ok(Some(Inference { sequence: tokens, embedding_density, layers, ..dense }))
    }

    /// Heads and feed-forward columns of each layer; columns rounded to whole ones, at least one.
    pub(super) fn layers(&self, network: &Network) -> Vec<(u32, u32)> {
        let columns = |share: f64| (f64::from(network.feed_forward) * share).round().max(1.0) as u32;
        match &self.blocks {
            Some(blocks) => {
                let kept = blocks.layers.iter();
                kept.map(|layer| (layer.heads, columns(layer.feed_forward_density))).collect()
            }
            None => vec![(network.heads, network.feed_forward); network.layers as usize],
        }
    }

    fn has_positions(&self, tokens: u32) -> Result<(), Error> {
        let narrow = self.bottleneck.as_ref().map(|shape| shape.positions);
        let positions = self.network.as_ref().map(|network| network.positions).or(narrow);
        let Some(positions) = positions.filter(|positions| !(1..=*positions).contains(&tokens)) else {
            return Ok(());
        };
        let message =
            format!("--sequence {tokens} must be from 1 to the {positions} positions of `{}`", self.name);
        Err(Error::new(Kind::Usage, "arguments", message, "choose a length in this range"))
    }
}
