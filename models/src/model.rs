//! A model: a network with its parameters, as a checkpoint holds it.

use crate::compiler::{Inference, LayerShape};
use crate::network::Network;
use crate::weights::{Layer, Weights};
use nalgebra::DMatrix;

/// A network with its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Its shape; `classes` means nothing where `weights` has no off-ramp.
    pub network: Network,
    /// No off-ramp where the checkpoint has no classifier, one behind the last layer, or one behind each.
    pub weights: Weights,
    /// Tokens that each head sees, counted from the end of the sentence, once for all layers or for each; all without.
    pub spans: Option<Vec<Vec<u32>>>,
    /// Movement of each weight of the encoder while it was trained, by which it may be pruned: of each set of layers the matrices in the
    /// order of [`Layer::matrices`](crate::weights::Layer::matrices); none if the checkpoint has none.
    pub scores: Option<Vec<[DMatrix<f32>; 6]>>,
    /// What the classes mean, as many as there are; none if that is not said.
    pub labels: Vec<String>,
}

impl Model {
    /// Whether there is a classifier.
    pub fn classifies(&self) -> bool {
        !self.weights.ramps.is_empty()
    }

    /// Whether each layer ends in an off-ramp.
    pub fn exits(&self) -> bool {
        self.network.layers > 1 && self.weights.ramps.len() == self.network.layers as usize
    }

    /// The class that a label means: its name, or its number.
    pub fn class(&self, label: &str) -> Option<usize> {
        let label = label.trim();
        let named = self.labels.iter().position(|name| name == label);
        named.or_else(|| label.parse().ok()).filter(|class| *class < self.network.classes as usize)
    }

    /// The inference of a sentence of so many tokens.
    pub fn inference(&self, tokens: u32) -> Inference {
        Inference {
            sequence: tokens,
            classes: if self.classifies() { self.network.classes } else { 0 },
            exits: self.exits(),
            predict_after: None,
            embedding_density: density([&self.weights.words, &self.weights.positions].into_iter()),
            layers: self.layer_shapes(tokens),
            network: self.network.clone(),
        }
    }

    /// Share of the encoder's weights that are not zero.
    pub fn encoder_density(&self) -> f64 {
        density(self.weights.layers.iter().flat_map(Layer::matrices).map(|dense| &dense.weight))
    }

    /// Whether a layer has heads or columns that another has not.
    fn uneven(&self) -> bool {
        let wide = |layer: &Layer| layer.up.bias.len();
        let layers = &self.weights.layers;
        self.spans.as_ref().is_some_and(|spans| spans.len() > 1)
            || layers.windows(2).any(|pair| wide(&pair[0]) != wide(&pair[1]))
    }

    /// One for all layers, or one for each where they differ.
    fn layer_shapes(&self, tokens: u32) -> Vec<LayerShape> {
        let spans = |layer: usize| -> Vec<u32> {
            let own = self.spans.as_ref().and_then(|spans| spans.get(layer).or(spans.first()));
            let seen = |head: u32| own.and_then(|own| own.get(head as usize)).copied().unwrap_or(u32::MAX);
            (0..self.network.heads).map(|head| seen(head).min(tokens)).collect()
        };
        let shape = |index: usize, layers: &[Layer]| LayerShape {
            spans: spans(index),
            feed_forward: layers.first().map_or(0, |layer| layer.up.bias.len()) as u32,
            encoder_density: density(layers.iter().flat_map(Layer::matrices).map(|dense| &dense.weight)),
        };
        let layers = &self.weights.layers;
        match self.uneven() {
            true => layers.chunks(1).enumerate().map(|(index, layer)| shape(index, layer)).collect(),
            false => vec![shape(0, layers)],
        }
    }
}

/// Share of elements that are not zero.
fn density<'a>(matrices: impl Iterator<Item = &'a DMatrix<f32>>) -> f64 {
    let count = |(some, all): (usize, usize), matrix: &DMatrix<f32>| {
        (some + matrix.iter().filter(|x| **x != 0.0).count(), all + matrix.len())
    };
    let (some, all) = matrices.fold((0, 0), count);
    some as f64 / all.max(1) as f64
}
