//! What comes out of a training run, and how good it is.

use serde::{Deserialize, Serialize};

use super::Vocabulary;
use super::export;
use super::layout::Kind;
use super::net::{Mask, Parameters};
use super::recipe::{Method, Recipe};
use super::source::Example;
use super::state::Stage;
use super::step::parallel;
use super::trainer::{Trainer, batch};
use crate::logits::Logits;
use crate::network::Network;
use crate::trace::exit_layer;
use crate::weights::{Layer, Weights};

/// Sentences that are tested at a time.
const TOGETHER: usize = 64;

/// A trained network.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    /// Its shape.
    pub network: Network,
    /// Pruned and rounded.
    pub weights: Weights,
    /// Tokens that each head sees, of each set of layers.
    pub spans: Vec<Vec<u32>>,
    /// Movement of each weight of the encoder layers, where pruning goes by it.
    pub scores: Option<Vec<Layer>>,
    /// How good it is.
    pub metrics: Metrics,
    /// What it was tested on.
    pub sentences: Vec<Example>,
    /// Logits of these sentences at each off-ramp, with labels.
    pub logits: Logits,
    /// What it was made of.
    pub recipe: Recipe,
    /// Its words, where they are those of the grammar.
    pub vocabulary: Option<Vocabulary>,
    /// What its classes mean.
    pub labels: Vec<String>,
}

/// How good a network is on the test sentences.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Steps of all stages.
    pub steps: u32,
    /// Right answers of the teacher's last off-ramp, a share.
    pub teacher_accuracy: f64,
    /// Right answers of each off-ramp, a share.
    pub accuracy: Vec<f64>,
    /// Entropy below which a sentence leaves, nats.
    pub threshold: f64,
    /// Right answers of the off-ramps at which sentences leave, a share.
    pub exit_accuracy: f64,
    /// Mean layer after which sentences leave, from 1.
    pub mean_exit: f64,
    /// The same for the sentences of each difficulty; those of a file have one.
    pub difficulties: Vec<Exits>,
    /// Tokens that each head sees, one set of layers after the other.
    pub spans: Vec<u32>,
    /// Share of zeros in the encoder's matrices.
    pub encoder_sparsity: f64,
    /// Share of zeros in the embedding tables, words and positions.
    pub embedding_sparsity: f64,
}

/// Where sentences of one difficulty leave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exits {
    /// Right answers where they leave, a share.
    pub accuracy: f64,
    /// Mean layer, from 1.
    pub mean_exit: f64,
    /// Number that leaves after each layer.
    pub histogram: Vec<u32>,
}

impl Trainer {
    /// The result, once nothing is left to do; tested on at most so many threads.
    pub fn trained(&self, threads: usize) -> Option<Trained> {
        if self.stage() != Stage::Done {
            return None;
        }
        let weights = self.effective();
        let sentences = self.source.test(&self.recipe);
        let logits = self.test(&weights, &self.mask(&weights), &sentences, threads)?;
        let teacher = self.test(self.teacher.as_ref()?, &Mask::None, &sentences, threads)?;
        let layout = &self.net.layout;
        let movement = self.recipe.pruning.method == Method::Movement;
        Some(Trained {
            network: self.network.clone(),
            metrics: self.metrics(&weights, &sentences, &logits, &teacher),
            weights: export::weights(layout, &weights),
            spans: self.state.spans.chunks(layout.spans.rows).map(<[u32]>::to_vec).collect(),
            scores: movement.then(|| export::layers(layout, &self.state.scores)),
            sentences,
            logits,
            recipe: self.recipe.clone(),
            vocabulary: self.source.vocabulary().cloned(),
            labels: self.source.labels(),
        })
    }

    /// Logits of sentences.
    pub(super) fn test(
        &self,
        weights: &Parameters<f32>,
        mask: &Mask<'_, f32>,
        sentences: &[Example],
        threads: usize,
    ) -> Option<Logits> {
        let parts: Vec<&[Example]> = sentences.chunks(TOGETHER).collect();
        let values = parallel(&parts, threads, |part| {
            let run = self.net.run(weights, mask, &batch(part));
            let of = |sentence| {
                run.logits()
                    .flat_map(move |logits| logits.column(sentence).iter().copied().collect::<Vec<f32>>())
            };
            (0..part.len()).flat_map(of).map(f64::from).collect::<Vec<f64>>()
        });
        let labels = sentences.iter().map(|sentence| sentence.label).collect();
        let [layers, classes] = [self.network.layers, self.network.classes].map(|count| count as usize);
        Logits::of(layers, classes, values.concat(), Some(labels))
    }

    fn metrics(
        &self,
        weights: &Parameters<f32>,
        sentences: &[Example],
        logits: &Logits,
        teacher: &Logits,
    ) -> Metrics {
        let recipe = &self.recipe;
        let layers = logits.layers();
        let (all, difficulties) = exits(sentences, logits, recipe.threshold, self.source.difficulties());
        let of = |kind| self.net.layout.of(kind).flat_map(|slot| &weights.all[slot.range()]);
        Metrics {
            steps: recipe.teacher.steps + recipe.student.steps + recipe.ramps.steps,
            teacher_accuracy: accuracy(sentences, teacher, layers - 1),
            accuracy: (0..layers).map(|ramp| accuracy(sentences, logits, ramp)).collect(),
            threshold: recipe.threshold,
            exit_accuracy: all.accuracy,
            mean_exit: all.mean_exit,
            difficulties,
            spans: self.state.spans.clone(),
            encoder_sparsity: zeros(of(Kind::Encoder)),
            embedding_sparsity: zeros(of(Kind::Table).chain(weights.table.iter())),
        }
    }
}

/// Share of zeros.
fn zeros<'a>(weights: impl Iterator<Item = &'a f32> + Clone) -> f64 {
    let zeros = weights.clone().filter(|weight| weight.abs() <= 0.0).count();
    zeros as f64 / weights.count().max(1) as f64
}

impl Trained {
    /// Where the test sentences leave at an entropy threshold, nats: all, and those of each difficulty.
    pub fn exits(&self, threshold: f64) -> (Exits, Vec<Exits>) {
        exits(&self.sentences, &self.logits, threshold, self.metrics.difficulties.len())
    }
}

fn exits(sentences: &[Example], logits: &Logits, threshold: f64, difficulties: usize) -> (Exits, Vec<Exits>) {
    let leaving = leaving(logits, threshold);
    let all = || sentences.iter().zip(leaving.iter().copied());
    let of = |difficulty| counted(logits.layers(), all().filter(move |(s, _)| s.difficulty == difficulty));
    (counted(logits.layers(), all()), (0..difficulties).map(of).collect())
}

/// Exit layer of each sentence, from 1, and the answer there.
fn leaving(logits: &Logits, threshold: f64) -> Vec<(usize, usize)> {
    let Some(trace) = logits.trace() else { return vec![] };
    let leaving = |(row, answers): (&[f64], Vec<usize>)| {
        let layer = exit_layer(row, threshold);
        (layer, answers[layer - 1])
    };
    trace.rows().zip(logits.answers()).map(leaving).collect()
}

fn counted<'a>(layers: usize, of: impl Iterator<Item = (&'a Example, (usize, usize))>) -> Exits {
    let mut histogram = vec![0; layers];
    let (mut right, mut sum, mut count) = (0_u32, 0, 0_u32);
    for (sentence, (layer, answer)) in of {
        histogram[layer - 1] += 1;
        right += u32::from(answer == sentence.label);
        sum += layer;
        count += 1;
    }
    let count = f64::from(count.max(1));
    Exits { accuracy: f64::from(right) / count, mean_exit: sum as f64 / count, histogram }
}

fn accuracy(sentences: &[Example], logits: &Logits, ramp: usize) -> f64 {
    let answers = logits.answers();
    let right = sentences.iter().zip(&answers).filter(|(sentence, answers)| answers[ramp] == sentence.label);
    right.count() as f64 / sentences.len() as f64
}
