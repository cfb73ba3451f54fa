//! What programs are compared on: sentences of tiny random networks, or of a model.

use std::sync::Arc;

use models::checkpoint;
use models::design::Design;
use models::record::{Error, Kind};
use models::technology::Technology;
use models::tokenizer::Tokenizer;

use super::case::{Case, Leaves, assemble, case};
use crate::golden::Sentence;
use crate::infer::text::{self, Columns};
use crate::infer::{Biases, Prepared, SAMPLES};

/// Where programs come from.
#[derive(Debug)]
pub(super) enum Source {
    /// So many of tiny networks with random weights.
    Tiny(u64),
    /// Sentences of a model.
    Model(Box<Sentences>),
}

/// A model with sentences in words of its vocabulary.
#[derive(Debug)]
pub(super) struct Sentences {
    folder: String,
    model: models::model::Model,
    samples: Vec<Vec<u32>>,
    count: usize,
    /// Nats with 16 fraction bits.
    threshold: u32,
}

/// The cases of a source on a design; none for a program that does not fit.
type Cases<'a> = Box<dyn Iterator<Item = Result<Option<Case>, String>> + 'a>;

impl Source {
    /// The first `count` sentences of a text for the model in a folder, which leave under `threshold` nats.
    ///
    /// # Errors
    /// The model or the text cannot be read, or has no sentence.
    pub(super) fn model(folder: &str, path: &str, count: u64, threshold: f64) -> Result<Self, Error> {
        let model = checkpoint::read(folder)?;
        let tokenizer = Tokenizer::read(folder, &model.network)?;
        let columns = Columns { text: None, label: None };
        let mut samples = Vec::new();
        for sentence in text::open(path, &columns)?.take(SAMPLES.max(count as usize)) {
            samples.push(tokenizer.words(&sentence?.text)?.numbers);
        }
        if samples.is_empty() {
            let message = format!("{path} has no sentence");
            return Err(Error::new(Kind::Input, "sentences", message, "give at least one sentence"));
        }
        let (count, folder) = ((count as usize).min(samples.len()), folder.to_owned());
        // Nats with 16 fraction bits, as the machine's register has them.
        let threshold = (threshold * 65536.0).round() as u32;
        Ok(Source::Model(Box::new(Sentences { folder, model, samples, count, threshold })))
    }

    /// How many programs a design gets at most.
    pub(super) fn count(&self) -> usize {
        match self {
            Source::Tiny(count) => *count as usize,
            Source::Model(sentences) => sentences.count,
        }
    }

    /// The cases for a design.
    pub(super) fn cases<'a>(
        &'a self,
        design: &'a Design,
        technology: &'a Technology,
        seed: u64,
    ) -> Result<Cases<'a>, String> {
        match self {
            // Of the tiny networks some do not fit.
            Source::Tiny(count) => {
                Ok(Box::new((0..4 * *count as usize).map(move |index| case(index, seed, design, technology))))
            }
            Source::Model(sentences) => sentences.cases(design, technology),
        }
    }
}

impl Sentences {
    fn cases<'a>(&'a self, design: &'a Design, technology: &'a Technology) -> Result<Cases<'a>, String> {
        let calibrated = &self.samples[..self.samples.len().min(SAMPLES)];
        let prepared = Prepared::new(self.model.clone(), design.clone(), calibrated, Biases::Shared);
        let prepared = Arc::new(prepared.map_err(|error| error.to_string())?);
        Ok(Box::new(self.samples.iter().take(self.count).enumerate().map(move |(index, words)| {
            let job = prepared.job.of_tokens(words.len() as u32);
            let sentence = Sentence { words: words.clone(), threshold: 0, predictions: vec![] };
            let name = format!("sentence {} of {}", index + 1, self.folder);
            let numbers = (&prepared.weights, &prepared.numbers);
            let leaves = Leaves::Under(self.threshold);
            assemble((&name, leaves), &job, numbers, sentence, (design, technology))
        })))
    }
}
