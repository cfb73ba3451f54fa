//! What a run on text starts from: a checkpoint, and sentences with their classes.

use sha2::{Digest, Sha256};

use super::export::each;
use super::layout::Layout;
use super::recipe::Recipe;
use super::source::Example;
use crate::model::Model;
use crate::network::{CLASSES, Network};
use crate::record::{Error, Kind};
use kernels::activation::Activation;

/// A checkpoint that is trained further.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// Its off-ramps are trained further too if it has one behind each layer and its labels are the same.
    pub model: Model,
    /// Names of the classes.
    pub labels: Vec<String>,
    /// Sentences to learn.
    pub training: Vec<Example>,
    /// Sentences to test.
    pub test: Vec<Example>,
}

impl Start {
    /// The network that comes out.
    pub(super) fn network(&self, recipe: &Recipe) -> Network {
        Network {
            name: recipe.name.clone(),
            summary: recipe.summary.clone(),
            classes: self.labels.len() as u32,
            // The machine's table is the exact one, and so is the trainer's derivative.
            gelu_tanh: false,
            ..self.model.network.clone()
        }
    }

    /// Checks that the trainer knows the network, and that the sentences are those of it.
    ///
    /// # Errors
    /// What does not fit.
    pub fn check(&self) -> Result<(), Error> {
        let network = &self.model.network;
        let refuse = |message: String, remedy: &str| Err(Error::new(Kind::Fit, "training", message, remedy));
        let wide = |columns: usize| columns != network.feed_forward as usize;
        if network.layers < 2 {
            return refuse("the model has one layer, early exit needs two".into(), "take a deeper one");
        }
        if network.activation != Activation::Gelu || !network.pooler {
            let message = "the trainer knows encoders with GELU and a pooler ahead of the classifier, which this model has not";
            return refuse(message.into(), "take a BERT, ALBERT or RoBERTa");
        }
        if self.model.weights.layers.iter().any(|layer| wide(layer.up.bias.len())) {
            let message = "the model's layers differ in their feed-forward columns";
            return refuse(message.into(), "train first, and compact afterwards");
        }
        if let Err(error) = self.model.weights.check(&self.model.inference(1)) {
            return refuse(
                format!("the model's weights are not those of its network: {error}"),
                "import it again",
            );
        }
        let (least, most) = CLASSES;
        if !(least as usize..=most as usize).contains(&self.labels.len()) {
            let found = self.labels.len();
            let message =
                format!("the sentences have {found} labels, a classifier has from {least} to {most}");
            return refuse(message, "check which column is the label");
        }
        if self.training.is_empty() || self.test.is_empty() {
            return refuse("there is no sentence".into(), "give sentences to learn and sentences to test");
        }
        let fits = |example: &Example| {
            let known = example.words.iter().all(|word| *word < network.vocabulary);
            let length = 1..=network.positions as usize;
            known && length.contains(&example.words.len()) && example.label < self.labels.len()
        };
        match self.training.iter().chain(&self.test).find(|example| !fits(example)) {
            None => Ok(()),
            Some(example) => {
                let message =
                    format!("`{}` has a word, a label or a length that the model has not", example.text);
                refuse(message, "take tokenizer and weights from one place")
            }
        }
    }

    /// Puts the checkpoint's weights over those of a network that starts from nothing.
    pub(super) fn put(&self, layout: &Layout, all: &mut [f32]) {
        let mut weights = self.model.weights.clone();
        if !self.model.exits() || self.model.labels != self.labels {
            weights.ramps.clear();
        }
        each(layout, &mut weights, |slot, tensor| all[slot.range()].copy_from_slice(tensor));
    }

    /// A hash that tells one start from another, to see whether a run that goes on is given what it began with.
    pub(super) fn fingerprint(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        let mut numbers = |numbers: &mut dyn Iterator<Item = u32>| {
            numbers.for_each(|number| hash.update(number.to_le_bytes()));
        };
        let weights = &self.model.weights;
        let encoder = weights.layers.iter().flat_map(|layer| layer.matrices()).map(|dense| &dense.weight);
        for matrix in [&weights.words, &weights.positions].into_iter().chain(encoder) {
            numbers(&mut matrix.iter().map(|x| x.to_bits()));
        }
        for example in self.training.iter().chain(&self.test) {
            let size = [example.words.len() as u32, example.label as u32];
            numbers(&mut size.into_iter().chain(example.words.iter().copied()));
        }
        self.labels.iter().for_each(|label| hash.update(format!("{label}\n")));
        hash.finalize().into()
    }
}
