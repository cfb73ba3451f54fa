//! What a wrongly read embedding does to a model: its sentences run on the golden kernels with the words as they were read.
//!
//! The model is a checkpoint with sentences and, perhaps, their labels; or a network with random weights ([`tiny::weights`]) and
//! random sentences, which tells how far errors travel, not what they do to accuracy. Words are read wrong, positions are not.
//! Values are those of the fast path ([`direct`](crate::golden::direct)), which are those of the machine's programs.

use kernels::adaptivfloat::Tensor;
use kernels::entropy::exit_decision;
use models::compiler::Inference;
use models::design::Design;
use models::forward::forward;
use models::logits::largest;
use models::model::Model as Trained;
use models::program::Parameter;
use models::record::Error;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::Serialize;

use super::{Coded, Faults, Numbers as Kind, Store};
use crate::golden::channels::Channels;
use crate::golden::direct::{Network, Packed};
use crate::golden::numbers::Numbers;
use crate::golden::quantised::Quantised;
use crate::golden::tiny;
use crate::infer::{Biases, Prepared, SAMPLES};

/// A model with its sentences.
#[derive(Debug)]
pub struct Model {
    job: Inference,
    weights: Quantised,
    packed: Packed,
    numbers: Numbers,
    words: Tensor,
    /// Entropy below which a sentence leaves, nats with 16 fraction bits.
    threshold: u32,
    sentences: Vec<Sentence>,
    clean: Vec<Seen>,
}

/// A sentence in words of the model's vocabulary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// Number of the word at each position.
    pub words: Vec<u32>,
    /// Its class, where it is known.
    pub label: Option<usize>,
}

/// What a run of a sentence has given.
#[derive(Clone, Debug)]
struct Seen {
    /// At the off-ramp where it left.
    logits: Vec<f64>,
    /// At the off-ramps up to there, nats with 16 fraction bits.
    entropies: Vec<u32>,
}

/// What a trial has done to a model: means over its sentences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct ModelDamage {
    /// The norm of what the logits changed by over their norm.
    pub logits: f64,
    /// Mean change of an off-ramp's entropy that both runs reach, nats.
    pub entropy_nats: f64,
    /// Share of sentences that leave after another layer.
    pub exits: f64,
    /// Share of sentences whose largest logit is another.
    pub flips: f64,
    /// Share of sentences whose largest logit is their label's; none where labels are not known.
    pub right: Option<f64>,
}

impl Model {
    /// Random weights and so many random sentences for an inference on a design. A sentence leaves where its entropy is under the
    /// median of all entropies of all sentences, so that exits differ.
    ///
    /// # Errors
    /// What should not happen, in words.
    pub fn random(design: &Design, job: &Inference, seed: u64, sentences: usize) -> Result<Model, String> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let weights = tiny::weights(&mut rng, job);
        let vocabulary = job.network.vocabulary;
        let mut words = || (0..job.sequence).map(|_| rng.random_range(0..vocabulary)).collect::<Vec<_>>();
        let sentences: Vec<Sentence> =
            (0..sentences).map(|_| Sentence { words: words(), label: None }).collect();
        let first = sentences.first().ok_or("a model needs a sentence")?;
        let calibrated = forward(job, &weights, &first.words).map_err(|error| error.to_string())?;
        let quantised =
            Quantised::new(design, job, &weights, &Channels::none(job)).map_err(|error| error.to_string())?;
        let numbers = Numbers::new(design.format, &calibrated.maxima, &quantised);
        let mut model = Model::of(job.clone(), quantised, numbers)?;
        // No entropy is below 0: all off-ramps are seen.
        let all = sentences.iter().map(|s| model.run(&s.words, None)).collect::<Result<Vec<_>, _>>()?;
        let mut entropies: Vec<u32> = all.into_iter().flat_map(|seen| seen.entropies).collect();
        entropies.sort_unstable();
        model.threshold = entropies.get(entropies.len() / 2).copied().unwrap_or_default();
        model.reads(sentences)
    }

    /// A model of a checkpoint on a design, calibrated on its first sentences, with sentences that leave under `threshold` nats.
    ///
    /// # Errors
    /// No sentence, or as [`Prepared::new`].
    pub fn trained(
        design: Design,
        model: Trained,
        sentences: Vec<Sentence>,
        threshold: f64,
    ) -> Result<Model, Error> {
        let samples: Vec<Vec<u32>> = sentences.iter().take(SAMPLES).map(|s| s.words.clone()).collect();
        let Prepared { job, weights, numbers, .. } = Prepared::new(model, design, &samples, Biases::Shared)?;
        let wrong =
            |message: String| Error::new(models::record::Kind::Input, "model", message, "check the model");
        let mut model = Model::of(job, weights, numbers).map_err(wrong)?;
        // Nats with 16 fraction bits, as the machine's register has them.
        model.threshold = (threshold * 65536.0).round() as u32;
        model.reads(sentences).map_err(wrong)
    }

    fn of(job: Inference, weights: Quantised, numbers: Numbers) -> Result<Model, String> {
        let words = weights.get(Parameter::Word, 0).ok_or("the network has no word table")?.codes.clone();
        let packed = Packed::new(&weights);
        let (sentences, clean) = (vec![], vec![]);
        Ok(Model { job, weights, packed, numbers, words, threshold: 0, sentences, clean })
    }

    /// Runs the sentences with nothing wrong.
    fn reads(mut self, sentences: Vec<Sentence>) -> Result<Self, String> {
        self.clean = sentences.iter().map(|s| self.run(&s.words, None)).collect::<Result<_, _>>()?;
        self.sentences = sentences;
        Ok(self)
    }

    /// The word table, to be stored.
    pub fn words(&self) -> Coded {
        let format = self.words.format;
        let values =
            (0..=255).map(|code| format.decode_f64(code & format.code_mask(), self.words.bias)).collect();
        Coded {
            numbers: Kind::AdaptivFloat(format),
            codes: self.words.codes.as_slice().to_vec(),
            length: self.words.length(),
            values,
            rounding: None,
        }
    }

    /// Share of sentences that are answered rightly with nothing wrong; none where a label is not known.
    pub fn right(&self) -> Option<f64> {
        let right = self.sentences.iter().zip(&self.clean).map(|(sentence, seen)| seen.right(sentence));
        let right: f64 = right.sum::<Option<f64>>()?;
        Some(right / self.sentences.len() as f64)
    }

    /// What trial `number` of a seed does to the sentences, where `store` holds the [word table](Self::words).
    ///
    /// # Errors
    /// What should not happen, in words.
    pub fn trial(&self, store: &Store, seed: u64, number: u64) -> Result<ModelDamage, String> {
        let (faults, _) = store.faults(seed, number);
        let wrong = store.stored().damaged(&faults);
        let (mut sum, mut right) = (ModelDamage::default(), Some(0.0));
        for (sentence, clean) in self.sentences.iter().zip(&self.clean) {
            // A sentence none of whose words is wrong runs as it did.
            let hit = sentence.words.iter().any(|word| wrong.binary_search(&(*word as usize)).is_ok());
            let read = if hit { Some(self.run(&sentence.words, Some((store, &faults)))?) } else { None };
            if let Some(read) = &read {
                clean.compare(read, &mut sum);
            }
            right = right.zip(read.as_ref().unwrap_or(clean).right(sentence)).map(|(sum, one)| sum + one);
        }
        let count = self.sentences.len() as f64;
        let ModelDamage { logits, entropy_nats, exits, flips, .. } = sum;
        Ok(ModelDamage {
            logits: logits / count,
            entropy_nats: entropy_nats / count,
            exits: exits / count,
            flips: flips / count,
            right: right.map(|right| right / count),
        })
    }

    fn run(&self, words: &[u32], read: Option<(&Store, &Faults)>) -> Result<Seen, String> {
        let job = self.job.of_tokens(words.len() as u32);
        let (weights, packed, numbers) = (&self.weights, &self.packed, &self.numbers);
        let network = Network { job: &job, weights, packed, numbers };
        let mut rows =
            network.look_up(Parameter::Word, words.iter().copied()).map_err(|cause| cause.to_string())?;
        if let Some((store, faults)) = read {
            for (word, mut row) in words.iter().zip(rows.codes.column_iter_mut()) {
                store.stored().row(*word as usize, faults, row.as_mut_slice());
            }
        }
        let run = network.run_on(&rows).map_err(|cause| cause.to_string())?;
        let leaves = run.entropies.iter().position(|entropy| exit_decision(*entropy, self.threshold));
        let last = leaves.unwrap_or(run.entropies.len().saturating_sub(1));
        let logits = run.logits.get(last).map(|codes| codes.dequantise().as_slice().to_vec());
        let entropies = run.entropies.into_iter().take(last + 1).collect();
        Ok(Seen { logits: logits.ok_or("the network has no off-ramp")?, entropies })
    }
}

impl Seen {
    /// 1 if a sentence is answered rightly, else 0; none where its label is not known.
    fn right(&self, sentence: &Sentence) -> Option<f64> {
        Some(f64::from(largest(&self.logits) == sentence.label?))
    }

    /// Adds what another run of the same sentence has changed.
    fn compare(&self, read: &Seen, sum: &mut ModelDamage) {
        let norm = self.logits.iter().map(|x| x * x).sum::<f64>().sqrt();
        let change = self.logits.iter().zip(&read.logits).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
        if norm > 0.0 {
            sum.logits += change / norm;
        }
        let both = self.entropies.iter().zip(&read.entropies);
        let count = both.len().max(1) as f64;
        // Nats with 16 fraction bits.
        sum.entropy_nats += both.map(|(a, b)| f64::from(a.abs_diff(*b)) / 65536.0).sum::<f64>() / count;
        sum.exits += f64::from(self.entropies.len() != read.entropies.len());
        sum.flips += f64::from(largest(&self.logits) != largest(&read.logits));
    }
}
