//! The network in `f32`, as the frameworks compute it: what the golden values are compared with, and what exponent biases
//! are calibrated on. Never the golden value.
//!
//! A span mask weighs probabilities and they are not renormalised after it, as in the kernels. Products run on whichever vector
//! instructions the processor has, so that last bits differ between machines.

mod layers;
mod point;

pub use layers::{Function, apply};

pub use point::{Maxima, Place, Point, widen};

use crate::compiler::Inference;
use crate::weights::{Layer, OffRamp, Weights, WeightsError};
use kernels::entropy::entropy_f64;
use layers::{activated, dense, layer_norm, scores, softmax, weighted};
use nalgebra::DMatrix;

/// What the network computes when no off-ramp ends the sentence.
#[derive(Clone, Debug, PartialEq)]
pub struct Forward {
    /// Tokens ahead of the first layer and after each, [hidden x tokens].
    pub tokens: Vec<DMatrix<f32>>,
    /// Logits of each off-ramp, widened.
    pub logits: Vec<Vec<f64>>,
    /// Entropy of each off-ramp, nats.
    pub entropies: Vec<f64>,
    /// Largest magnitude of each activation tensor.
    pub maxima: Maxima,
}

impl Forward {
    /// Whether all that the last layer gave is finite, as it is not where weights are too large for `f32`.
    pub fn is_finite(&self) -> bool {
        self.tokens.last().is_some_and(|tokens| tokens.iter().all(|x| x.is_finite()))
    }
}

/// Runs a network on the words of a sentence, as many as the inference has tokens. A word or position that the tables lack is
/// an embedding of zeros.
///
/// # Errors
/// Weights of another network, or not finite ([`Weights::check`]).
pub fn forward(job: &Inference, weights: &Weights, words: &[u32]) -> Result<Forward, WeightsError> {
    weights.check(job)?;
    Ok(forward_checked(job, weights, words))
}

/// [`forward`] with weights that have been checked for this network, e.g. of many sentences.
pub fn forward_checked(job: &Inference, weights: &Weights, words: &[u32]) -> Forward {
    forward_with(job, weights, words, |_, _| {})
}

/// [`forward_checked`] with something done to each activation before it is used, e.g. rounding it to a format.
pub fn forward_with(
    job: &Inference,
    weights: &Weights,
    words: &[u32],
    change: impl FnMut(Place, &mut DMatrix<f32>),
) -> Forward {
    let values = Forward { tokens: vec![], logits: vec![], entropies: vec![], maxima: Maxima::new() };
    let mut run = Run { values, change, layer: 0 };
    let mut tokens = run.embed(job, weights, words);
    run.values.tokens.push(tokens.clone());
    let layers = weights.layers.iter().cycle().take(job.network.layers as usize);
    for (index, layer) in layers.enumerate() {
        run.layer = index as u32;
        tokens = run.layer(job, layer, &tokens);
        run.values.tokens.push(tokens.clone());
        run.layer = index as u32;
        let last = index + 1 == job.network.layers as usize;
        let ramp = if job.exits { weights.ramps.get(index) } else { weights.ramps.first().filter(|_| last) };
        if let Some(ramp) = ramp {
            run.ramp(job, ramp, &tokens);
        }
    }
    run.values
}

/// A sentence on its way.
struct Run<F> {
    values: Forward,
    change: F,
    /// Layer that it is in, from 0.
    layer: u32,
}

impl<F: FnMut(Place, &mut DMatrix<f32>)> Run<F> {
    /// Notes the range of a tensor, has it changed and hands it on.
    fn note(&mut self, point: Point, mut tensor: DMatrix<f32>) -> DMatrix<f32> {
        let place = (point, self.layer);
        (self.change)(place, &mut tensor);
        let max = self.values.maxima.entry(place).or_insert(0.0);
        *max = max.max(tensor.amax());
        tensor
    }

    fn embed(&mut self, job: &Inference, weights: &Weights, words: &[u32]) -> DMatrix<f32> {
        let (width, tokens) = (job.network.embedding as usize, job.sequence as usize);
        let at = |table: &DMatrix<f32>, k: usize, row: usize| table.get((k, row)).copied().unwrap_or(0.0);
        let word = |t: usize| words.get(t).map_or(usize::MAX, |word| *word as usize);
        let sum = DMatrix::from_fn(width, tokens, |k, t| {
            at(&weights.words, k, word(t)) + at(&weights.positions, k, t)
        });
        let sum = self.note(Point::EmbeddingSum, sum);
        let embedded = layer_norm(&sum, &weights.norm, job.network.layer_norm_epsilon);
        match &weights.map {
            None => self.note(Point::Tokens, embedded),
            Some(map) => {
                let embedded = self.note(Point::Embedded, embedded);
                self.note(Point::Tokens, dense(map, &embedded))
            }
        }
    }

    fn layer(&mut self, job: &Inference, layer: &Layer, tokens: &DMatrix<f32>) -> DMatrix<f32> {
        let epsilon = job.network.layer_norm_epsilon;
        let context = self.attention(job, layer, tokens);
        let projection = self.note(Point::Projection, dense(&layer.output, &context));
        let sum = self.note(Point::AttentionSum, projection + tokens);
        let attended = self.note(Point::Attended, layer_norm(&sum, &layer.attention_norm, epsilon));
        let up = activated(job.network.function(), dense(&layer.up, &attended));
        let up = self.note(Point::Activated, up);
        let down = self.note(Point::Contracted, dense(&layer.down, &up));
        let sum = self.note(Point::OutputSum, down + attended);
        // They enter the next layer.
        self.layer += 1;
        self.note(Point::Tokens, layer_norm(&sum, &layer.output_norm, epsilon))
    }

    /// Contexts of all heads, [hidden x tokens]; zero for a head that is switched off.
    fn attention(&mut self, job: &Inference, layer: &Layer, tokens: &DMatrix<f32>) -> DMatrix<f32> {
        let (width, sequence) = (job.network.head_dim() as usize, job.sequence as usize);
        let (shift, factor) = job.network.score_scale();
        let query = self.note(Point::Query, dense(&layer.query, tokens) * factor as f32);
        let key = self.note(Point::Key, dense(&layer.key, tokens));
        let value = self.note(Point::Value, dense(&layer.value, tokens));
        let mut context = DMatrix::zeros(query.nrows(), query.ncols());
        let spans = job.layer(self.layer).map_or(&[][..], |layer| &layer.spans);
        for (head, span) in spans.iter().enumerate() {
            let rows = (head * width, width);
            let scores = scores(&key, &query, rows) * (shift as f32).exp2();
            let mut scores = self.note(Point::Scores, scores);
            softmax(&mut scores, sequence.saturating_sub(*span as usize));
            let probabilities = self.note(Point::Probabilities, scores);
            weighted(&value, &probabilities, rows, &mut context);
        }
        // A probability may come close to one whatever the sentence.
        self.values.maxima.insert((Point::Probabilities, self.layer), 1.0);
        self.note(Point::Context, context)
    }

    fn ramp(&mut self, job: &Inference, ramp: &OffRamp, tokens: &DMatrix<f32>) {
        let first = tokens.columns(0, 1).into_owned();
        let pooled = activated(job.network.pooler_activation().into(), dense(&ramp.pooler, &first));
        let pooled = self.note(Point::Pooled, pooled);
        let logits = self.note(Point::Logits, dense(&ramp.classifier, &pooled));
        let logits: Vec<f64> = logits.iter().copied().map(f64::from).collect();
        self.values.entropies.push(entropy_f64(&logits));
        self.values.logits.push(logits);
    }
}
