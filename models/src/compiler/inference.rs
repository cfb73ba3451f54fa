//! What is compiled: a sentence on a network, layer by layer where layers differ.

use super::CompileError;
use crate::design::{Design, Sparsity};
use crate::network::Network;
use crate::workload::{LayerStatistics, Workload};
use serde::Serialize;
use std::collections::BTreeSet;

/// What is inferred: one sentence on a network, with what is known of its zeros.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Inference {
    /// The network.
    pub network: Network,
    /// Tokens.
    pub sequence: u32,
    /// Classes of the classifier; 0 where there is none and the hidden state is what is asked for.
    pub classes: u32,
    /// Whether each layer ends in an off-ramp that may end the sentence.
    pub exits: bool,
    /// Layer after whose off-ramp the exit is predicted and the supply voltage changed, if any; only with `exits`.
    pub predict_after: Option<u32>,
    /// Share of embedding elements that are not zero.
    pub embedding_density: f64,
    /// One for all layers, which then run as a loop, or one for each, which then has commands of its own.
    pub layers: Vec<LayerShape>,
}

/// What one layer may have that another has not.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerShape {
    /// Tokens that each head sees; 0 is switched off.
    pub spans: Vec<u32>,
    /// Inner width of the feed-forward network.
    pub feed_forward: u32,
    /// Share of its weights that are not zero.
    pub encoder_density: f64,
}

impl LayerShape {
    /// Of a workload's layers: one for all, or each.
    fn all(network: &Network, workload: &Workload) -> Result<Vec<Self>, crate::record::Error> {
        let Some(layers) = &workload.layers else {
            return Ok(vec![LayerShape {
                spans: workload.head_spans(network.heads)?,
                feed_forward: network.feed_forward,
                encoder_density: workload.weight_density.encoder.value,
            }]);
        };
        let shape = |layer: &LayerStatistics| LayerShape {
            spans: layer.spans.clone(),
            feed_forward: layer.feed_forward,
            encoder_density: layer.density,
        };
        Ok(layers.each.iter().map(shape).collect())
    }

    /// Heads that a design computes, in order: all, or, where zeros are skipped, those that are on.
    pub fn heads(&self, design: &Design) -> Vec<u32> {
        let skip = design.pu.sparsity == Sparsity::Skip;
        let heads = self.spans.iter().zip(0..).filter(|(span, _)| !skip || **span > 0);
        heads.map(|(_, index)| index).collect()
    }
}

impl Inference {
    /// A workload's statistics on a network.
    ///
    /// # Errors
    /// The workload was measured on another shape of network ([`Workload::fits`]).
    pub fn new(network: Network, workload: &Workload) -> Result<Self, crate::record::Error> {
        workload.fits(&network)?;
        Ok(Inference {
            sequence: workload.sequence_length,
            classes: workload.classes,
            exits: workload.exits.is_some(),
            predict_after: None,
            embedding_density: workload.weight_density.embedding.value,
            layers: LayerShape::all(&network, workload)?,
            network,
        })
    }

    /// The same of a sentence of so many tokens, at most as many as there are.
    pub fn of_tokens(&self, tokens: u32) -> Self {
        let mut job = Inference { sequence: tokens, ..self.clone() };
        job.layers.iter_mut().flat_map(|layer| &mut layer.spans).for_each(|span| *span = (*span).min(tokens));
        job
    }

    /// What a layer (from 0) has.
    pub fn layer(&self, layer: u32) -> Option<&LayerShape> {
        if self.unrolled() { self.layers.get(layer as usize) } else { self.layers.first() }
    }

    /// Whether each layer has commands of its own.
    pub fn unrolled(&self) -> bool {
        self.layers.len() > 1
    }

    /// Heads that a design computes in some layer, in order.
    pub fn heads(&self, design: &Design) -> Vec<u32> {
        let all: BTreeSet<u32> = self.layers.iter().flat_map(|layer| layer.heads(design)).collect();
        all.into_iter().collect()
    }

    /// The same with commands of its own for each layer, whose numbers may then differ; unchanged where layers share weights.
    pub fn unroll(mut self) -> Self {
        if let ([all], false) = (&self.layers[..], self.network.shared_layers) {
            self.layers = vec![all.clone(); self.network.layers as usize];
        }
        self
    }

    /// One description for all layers, or one for each where they have weights of their own.
    pub(super) fn check(&self) -> Result<(), CompileError> {
        let (found, network) = (self.layers.len(), &self.network);
        let each = !network.shared_layers && found == network.layers as usize;
        if found == 1 || each {
            return Ok(());
        }
        Err(CompileError::Layers { found, layers: network.layers, shared: network.shared_layers })
    }
}
