//! A model: a network with its parameters, as a checkpoint holds it.

use crate::compiler::Inference;
use crate::network::Network;
use crate::weights::Weights;
use nalgebra::DMatrix;

/// A network with its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Its shape; `classes` means nothing where `weights` has no off-ramp.
    pub network: Network,
    /// No off-ramp where the checkpoint has no classifier, one behind the last layer, or one behind each.
    pub weights: Weights,
    /// Tokens that each head sees, counted from the end of the sentence; all without.
    pub spans: Option<Vec<u32>>,
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

    /// The inference of a sentence of so many tokens.
    pub fn inference(&self, tokens: u32) -> Inference {
        let all = || vec![u32::MAX; self.network.heads as usize];
        let spans: Vec<u32> = self.spans.clone().unwrap_or_else(all);
        Inference {
            sequence: tokens,
            classes: if self.classifies() { self.network.classes } else { 0 },
            exits: self.exits(),
            predict_after: None,
            spans: spans.into_iter().map(|span| span.min(tokens)).collect(),
            embedding_density: density([&self.weights.words, &self.weights.positions].into_iter()),
            encoder_density: density(self.encoder()),
            network: self.network.clone(),
        }
    }

    /// The matrices of the encoder layers.
    fn encoder(&self) -> impl Iterator<Item = &DMatrix<f32>> {
        self.weights.layers.iter().flat_map(|layer| layer.matrices().map(|dense| &dense.weight))
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
