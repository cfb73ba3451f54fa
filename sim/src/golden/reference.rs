//! The network in `f64`: ranges of its activations, from which exponent biases are calibrated, and how far off the golden
//! values are. Never the golden value.
//!
//! Layer norm has no epsilon, and probabilities are not renormalised after the span mask, as in the kernels.

use super::Sentence;
use super::numbers::{Maxima, Point};
use super::weights::{Dense, Layer, Norm, OffRamp, Weights, WeightsError};
use kernels::activation::Activation;
use kernels::entropy::entropy_f64;
use kernels::epilogue::activate_f64;
use kernels::layernorm::layernorm_f64;
use kernels::softmax::softmax_f64;
use models::compiler::Inference;
use nalgebra::DMatrix;

/// What the network computes when no off-ramp ends the sentence.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// Tokens ahead of the first layer and after each, [hidden x tokens].
    pub tokens: Vec<DMatrix<f64>>,
    /// Logits of each off-ramp.
    pub logits: Vec<Vec<f64>>,
    /// Entropy of each off-ramp, nats.
    pub entropies: Vec<f64>,
    /// Largest magnitude of each activation tensor.
    pub maxima: Maxima,
}

/// Runs a network on a sentence. A word or position that the tables lack is an embedding of zeros.
///
/// # Errors
/// Weights of another network, or not finite ([`Weights::check`]).
pub fn reference(job: &Inference, weights: &Weights, sentence: &Sentence) -> Result<Reference, WeightsError> {
    weights.check(job)?;
    let mut run = Reference { tokens: vec![], logits: vec![], entropies: vec![], maxima: Maxima::new() };
    let mut tokens = run.embed(job, weights, sentence);
    run.tokens.push(tokens.clone());
    let layers = weights.layers.iter().cycle().take(job.network.layers as usize);
    for (index, layer) in layers.enumerate() {
        tokens = run.layer(job, layer, &tokens);
        run.tokens.push(tokens.clone());
        let last = index + 1 == job.network.layers as usize;
        let ramp = if job.exits { weights.ramps.get(index) } else { weights.ramps.first().filter(|_| last) };
        if let Some(ramp) = ramp {
            run.ramp(job, ramp, &tokens);
        }
    }
    Ok(run)
}

impl Reference {
    /// Notes the range of a tensor and hands it on.
    fn note(&mut self, point: Point, tensor: DMatrix<f64>) -> DMatrix<f64> {
        let max = self.maxima.entry(point).or_insert(0.0);
        *max = max.max(tensor.amax());
        tensor
    }

    fn embed(&mut self, job: &Inference, weights: &Weights, sentence: &Sentence) -> DMatrix<f64> {
        let (width, tokens) = (job.network.embedding as usize, job.sequence as usize);
        let at = |table: &DMatrix<f64>, k: usize, row: usize| table.get((k, row)).copied().unwrap_or(0.0);
        let word = |t: usize| sentence.words.get(t).map_or(usize::MAX, |word| *word as usize);
        let sum = DMatrix::from_fn(width, tokens, |k, t| {
            at(&weights.words, k, word(t)) + at(&weights.positions, k, t)
        });
        let sum = self.note(Point::EmbeddingSum, sum);
        let embedded = norm(&sum, &weights.norm);
        match &weights.map {
            None => self.note(Point::Tokens, embedded),
            Some(map) => {
                let embedded = self.note(Point::Embedded, embedded);
                self.note(Point::Tokens, dense(map, &embedded))
            }
        }
    }

    fn layer(&mut self, job: &Inference, layer: &Layer, tokens: &DMatrix<f64>) -> DMatrix<f64> {
        let context = self.attention(job, layer, tokens);
        let projection = self.note(Point::Projection, dense(&layer.output, &context));
        let sum = self.note(Point::AttentionSum, projection + tokens);
        let attended = self.note(Point::Attended, norm(&sum, &layer.attention_norm));
        let up = activated(job.network.activation, dense(&layer.up, &attended));
        let up = self.note(Point::Activated, up);
        let down = self.note(Point::Contracted, dense(&layer.down, &up));
        let sum = self.note(Point::OutputSum, down + attended);
        self.note(Point::Tokens, norm(&sum, &layer.output_norm))
    }

    /// Contexts of all heads, [hidden x tokens]; zero for a head that is switched off.
    fn attention(&mut self, job: &Inference, layer: &Layer, tokens: &DMatrix<f64>) -> DMatrix<f64> {
        let (width, sequence) = (job.network.head_dim() as usize, job.sequence);
        let (shift, factor) = job.network.score_scale();
        let query = self.note(Point::Query, dense(&layer.query, tokens) * factor);
        let key = self.note(Point::Key, dense(&layer.key, tokens));
        let value = self.note(Point::Value, dense(&layer.value, tokens));
        let mut context = DMatrix::zeros(query.nrows(), query.ncols());
        for (head, span) in job.spans.iter().enumerate() {
            let rows = |x: &DMatrix<f64>| x.rows(head * width, width).into_owned();
            let scores = rows(&key).transpose() * rows(&query) * f64::from(shift).exp2();
            let scores = self.note(Point::Scores, scores);
            let mask: Vec<f64> =
                (0..sequence).map(|key| f64::from(u8::from(key.saturating_add(*span) >= sequence))).collect();
            let probabilities = softmax_f64(&scores, sequence as usize, Some(&mask));
            context.rows_mut(head * width, width).copy_from(&(rows(&value) * probabilities));
        }
        // A probability may come close to one whatever the sentence.
        self.maxima.insert(Point::Probabilities, 1.0);
        self.note(Point::Context, context)
    }

    fn ramp(&mut self, job: &Inference, ramp: &OffRamp, tokens: &DMatrix<f64>) {
        let first = tokens.columns(0, 1).into_owned();
        let pooled = activated(job.network.pooler_activation(), dense(&ramp.pooler, &first));
        let pooled = self.note(Point::Pooled, pooled);
        let logits = self.note(Point::Logits, dense(&ramp.classifier, &pooled));
        self.entropies.push(entropy_f64(logits.as_slice()));
        self.logits.push(logits.as_slice().to_vec());
    }
}

fn dense(dense: &Dense, x: &DMatrix<f64>) -> DMatrix<f64> {
    let mut y = dense.weight.tr_mul(x);
    for mut column in y.column_iter_mut() {
        column.iter_mut().zip(&dense.bias).for_each(|(y, bias)| *y += bias);
    }
    y
}

fn norm(x: &DMatrix<f64>, norm: &Norm) -> DMatrix<f64> {
    layernorm_f64(x, x.nrows(), &norm.gamma, &norm.beta)
}

fn activated(activation: Activation, x: DMatrix<f64>) -> DMatrix<f64> {
    x.map(|x| activate_f64(activation, x))
}
