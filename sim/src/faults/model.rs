//! What a wrongly read embedding does to a model: its sentences run on the golden kernels with the words as they were read.
//!
//! The network has random weights ([`tiny::weights`]); what comes out is how far errors travel, not what they do to
//! accuracy. Its word table lies in external memory, where a row is every code, so that any row that a decoder gives can be put there; the values
//! of a program do not depend on where a table lies. Words are read wrong, positions are not.
//! A sentence leaves where its entropy is under the median of all entropies of all sentences, so that exits differ.

use kernels::adaptivfloat::Tensor;
use models::compiler::{Inference, compile_for};
use models::design::Design;
use models::logits::largest;
use models::program::{Form, Parameter, Program, Space};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::Serialize;

use super::{Coded, Faults, Numbers as Kind, Store};
use crate::golden::image::image;
use crate::golden::memory::Memory;
use crate::golden::numbers::Numbers;
use crate::golden::quantised::Quantised;
use crate::golden::{Outcome, Sentence, tiny};
use models::forward::forward;

/// A model with its sentences.
#[derive(Debug)]
pub struct Model {
    design: Design,
    program: Program,
    numbers: Numbers,
    image: Memory,
    words: Tensor,
    /// Where the word table begins, and bytes from one row to the next.
    table: (u64, u64),
    classes: usize,
    sentences: Vec<Sentence>,
    clean: Vec<Outcome>,
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
}

impl Model {
    /// Random weights and so many random sentences for an inference on a design.
    ///
    /// # Errors
    /// The network does not fit, in words.
    pub fn new(design: &Design, job: &Inference, seed: u64, sentences: usize) -> Result<Model, String> {
        // Too small for any table.
        let mut design = design.clone();
        design.nvm.bytes = 1 << 10;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let weights = tiny::weights(&mut rng, job);
        let mut sentence = |_| Sentence {
            words: (0..job.sequence).map(|_| rng.random_range(0..job.network.vocabulary)).collect(),
            threshold: 0,
            predictions: vec![],
        };
        let mut sentences: Vec<Sentence> = (0..sentences).map(&mut sentence).collect();
        let first = sentences.first().ok_or("a model needs a sentence")?;
        let calibrated = forward(job, &weights, &first.words).map_err(|error| error.to_string())?;
        let quantised = Quantised::new(&design, job, &weights).map_err(|error| error.to_string())?;
        let numbers = Numbers::new(design.format, &calibrated.maxima, &quantised);
        let program = compile_for(&design, job, &quantised).map_err(|error| error.to_string())?;
        let image = image(&program, &quantised, design.pu.n, 0).map_err(|error| error.to_string())?;
        let table = table(&program).ok_or("the word table does not lie in external memory")?;
        let words = quantised.get(Parameter::Word, 0);
        let words = words.ok_or("the network has no word table")?.codes.clone();
        let classes = job.classes as usize;
        let mut model = Model {
            design,
            program,
            numbers,
            image,
            words,
            table,
            classes,
            sentences: vec![],
            clean: vec![],
        };
        let all =
            sentences.iter().map(|sentence| model.run(sentence, None)).collect::<Result<Vec<_>, _>>()?;
        let mut entropies: Vec<u32> = all.iter().flat_map(|outcome| outcome.entropies.clone()).collect();
        entropies.sort_unstable();
        let median = entropies.get(entropies.len() / 2).copied().unwrap_or_default();
        sentences.iter_mut().for_each(|sentence| sentence.threshold = median);
        model.clean =
            sentences.iter().map(|sentence| model.run(sentence, None)).collect::<Result<Vec<_>, _>>()?;
        model.sentences = sentences;
        Ok(model)
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

    /// What trial `number` of a seed does to the sentences, where `store` holds the [word table](Self::words).
    ///
    /// # Errors
    /// A program that cannot be carried out, in words.
    pub fn trial(&self, store: &Store, seed: u64, number: u64) -> Result<ModelDamage, String> {
        let (faults, _) = store.faults(seed, number);
        let wrong = store.stored().damaged(&faults);
        let mut sum = ModelDamage::default();
        for (sentence, clean) in self.sentences.iter().zip(&self.clean) {
            // A sentence none of whose words is wrong runs as it did.
            if sentence.words.iter().any(|word| wrong.binary_search(&(*word as usize)).is_ok()) {
                let read = self.run(sentence, Some((store, &faults)))?;
                self.compare(clean, &read, &mut sum);
            }
        }
        let count = self.sentences.len() as f64;
        let ModelDamage { logits, entropy_nats, exits, flips } = sum;
        Ok(ModelDamage {
            logits: logits / count,
            entropy_nats: entropy_nats / count,
            exits: exits / count,
            flips: flips / count,
        })
    }

    fn run(&self, sentence: &Sentence, read: Option<(&Store, &Faults)>) -> Result<Outcome, String> {
        let mut image = self.image.clone();
        if let Some((store, faults)) = read {
            let mut row = vec![0; self.words.length()];
            for word in &sentence.words {
                store.stored().row(*word as usize, faults, &mut row);
                let start = self.table.0 + u64::from(*word) * self.table.1;
                image.write(Space::External, start, &row).map_err(|cause| format!("{cause:?}"))?;
            }
        }
        let run = crate::golden::run(&self.design, &self.program, image, &self.numbers, sentence, 0, |_| 0);
        run.map_err(|error| error.to_string())
    }

    fn compare(&self, clean: &Outcome, read: &Outcome, sum: &mut ModelDamage) {
        let logits = |outcome: &Outcome| -> Vec<f64> {
            let tensor = &outcome.last.logits;
            let codes = tensor.row(0)[..self.classes].iter();
            codes.map(|code| tensor.format.decode_f64(*code, tensor.bias)).collect()
        };
        let (before, after) = (logits(clean), logits(read));
        let norm = before.iter().map(|x| x * x).sum::<f64>().sqrt();
        let change = before.iter().zip(&after).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
        if norm > 0.0 {
            sum.logits += change / norm;
        }
        let both = clean.entropies.iter().zip(&read.entropies);
        let count = both.len().max(1) as f64;
        // Nats with 16 fraction bits.
        sum.entropy_nats += both.map(|(a, b)| f64::from(a.abs_diff(*b)) / 65536.0).sum::<f64>() / count;
        sum.exits += f64::from(clean.exit_layer != read.exit_layer);
        sum.flips += f64::from(largest(&before) != largest(&after));
    }
}

/// Start and pitch of the word table in external memory.
fn table(program: &Program) -> Option<(u64, u64)> {
    let word = program.memory.weights.iter().find(|placement| placement.parameter == Parameter::Word)?;
    match word.form {
        Form::Table { pitch, .. } if word.space == Space::External => Some((word.offset, pitch)),
        _ => None,
    }
}
