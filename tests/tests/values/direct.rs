//! The same transformer by the kernels on whole tensors: no program, no tile, no address, no padding.

use kernels::activation::Activation;
use kernels::adaptivfloat::Tensor;
use kernels::add::add;
use kernels::entropy::{entropy, exit_decision};
use kernels::epilogue::{Bias, Epilogue};
use kernels::layernorm::{Parameters, layernorm};
use kernels::matmul::matmul;
use kernels::softmax::softmax;
use models::compiler::Inference;
use models::forward::Point;
use models::program::Parameter;
use models::weights::{Dense, Layer, Norm, OffRamp, Weights};
use nalgebra::DMatrix;
use sim::golden::Sentence;
use sim::golden::channels::Channels;
use sim::golden::numbers::{Exponents, Numbers};

/// What the network computes, layer by layer, up to the exit.
pub(super) struct Direct {
    /// Ahead of the first layer and after each, [hidden x tokens].
    pub tokens: Vec<Tensor>,
    /// [classes x 1] of each off-ramp.
    pub logits: Vec<Tensor>,
    /// Of each off-ramp.
    pub entropies: Vec<u32>,
    /// Layer after which the sentence leaves, 1-based.
    pub exit_layer: u32,
}

struct Kernels<'a> {
    job: &'a Inference,
    numbers: &'a Numbers,
    channels: &'a Channels,
    /// From 0.
    layer: u32,
    /// Whether it is in a layer, and not ahead of the first.
    within: bool,
}

/// Runs the network.
pub(super) fn direct(
    job: &Inference,
    weights: &Weights,
    (numbers, channels): (&Numbers, &Channels),
    sentence: &Sentence,
) -> Direct {
    let weights = &channels.apply(weights);
    let mut k = Kernels { job, numbers, channels, layer: 0, within: false };
    let mut x = k.embed(weights, sentence);
    let mut out = Direct { tokens: vec![x.clone()], logits: vec![], entropies: vec![], exit_layer: 0 };
    for index in 0..job.network.layers as usize {
        (k.layer, k.within) = (index as u32, true);
        x = k.layer(&weights.layers[index % weights.layers.len()], &x);
        out.tokens.push(x.clone());
        out.exit_layer += 1;
        if job.exits || out.exit_layer == job.network.layers {
            let logits = k.ramp(&weights.ramps[index % weights.ramps.len()], &x);
            out.entropies.push(entropy(&logits, job.classes as usize).expect("shapes fit"));
            out.logits.push(logits);
        }
        if job.exits && exit_decision(out.entropies[out.entropies.len() - 1], sentence.threshold) {
            break;
        }
    }
    out
}

impl Kernels<'_> {
    fn exponents(&self, parameter: Parameter) -> Exponents {
        self.numbers.weight(parameter, self.layer).expect("the network has it")
    }

    /// Of an activation that the layer gives; its tokens are those that enter the next.
    fn bias(&self, point: Point) -> i32 {
        let next = u32::from(point == Point::Tokens && self.within);
        self.numbers.place((point, self.layer + next)).expect("it was calibrated")
    }

    fn codes(&self, values: &DMatrix<f32>, parameter: Parameter) -> Tensor {
        Tensor::quantise(self.numbers.format, self.exponents(parameter).codes, &values.map(f64::from))
            .expect("shapes fit")
    }

    fn product(&self, rows: &Tensor, columns: &Tensor, bias: Bias, end: (i32, Activation, Point)) -> Tensor {
        let (shift, activation, out) = end;
        let (format, out_bias) = (self.numbers.format, self.bias(out));
        matmul(rows, columns, &Epilogue { shift, bias, activation, format, out_bias }).expect("shapes fit")
    }

    fn dense(&self, d: &Dense, which: Parameter, x: &Tensor, activation: Activation, out: Point) -> Tensor {
        let lsb = self.exponents(which).lsb;
        let bias = Bias::Column(integers(&d.bias, lsb, 32767.0), lsb);
        self.product(x, &self.codes(&d.weight, which), bias, (0, activation, out))
    }

    fn norm(&self, norm: &Norm, which: Parameter, [a, b]: [&Tensor; 2], [sum, out]: [Point; 2]) -> Tensor {
        let sum_lsb = self.numbers.sum_lsb((sum, self.layer)).expect("it was calibrated");
        let exponents = match sum {
            Point::AttentionSum => self.channels.projection(self.layer),
            Point::OutputSum => self.channels.contracted(self.layer),
            _ => &[],
        };
        let x = add(a, b, exponents, sum_lsb).expect("shapes fit");
        let exponents = self.exponents(which);
        // Gamma takes 13 bits of its word.
        let gamma = integers(&norm.gamma, exponents.lsb, 4095.0);
        let beta = integers(&norm.beta, exponents.beta_lsb, 32767.0);
        let gamma = Parameters { values: &gamma, lsb: exponents.lsb };
        let beta = Parameters { values: &beta, lsb: exponents.beta_lsb };
        layernorm(&x, x.nrows(), gamma, beta, self.numbers.format, self.bias(out)).expect("shapes fit")
    }

    fn embed(&self, weights: &Weights, sentence: &Sentence) -> Tensor {
        let rows: Vec<_> = sentence.words.iter().map(|word| weights.words.column(*word as usize)).collect();
        let words = self.codes(&DMatrix::from_columns(&rows), Parameter::Word);
        let positions = weights.positions.columns(0, rows.len()).into_owned();
        let positions = self.codes(&positions, Parameter::Position);
        let out = if weights.map.is_some() { Point::Embedded } else { Point::Tokens };
        let points = [Point::EmbeddingSum, out];
        let x = self.norm(&weights.norm, Parameter::EmbeddingNorm, [&words, &positions], points);
        match &weights.map {
            None => x,
            Some(map) => self.dense(map, Parameter::EmbeddingMap, &x, Activation::Identity, Point::Tokens),
        }
    }

    fn layer(&self, layer: &Layer, x: &Tensor) -> Tensor {
        let context = self.attention(layer, x);
        let none = Activation::Identity;
        let projected = self.dense(&layer.output, Parameter::Output, &context, none, Point::Projection);
        let points = [Point::AttentionSum, Point::Attended];
        let x = self.norm(&layer.attention_norm, Parameter::AttentionNorm, [&projected, x], points);
        let activation = self.job.network.activation;
        let up = self.dense(&layer.up, Parameter::FeedForward1, &x, activation, Point::Activated);
        let down = self.dense(&layer.down, Parameter::FeedForward2, &up, none, Point::Contracted);
        let points = [Point::OutputSum, Point::Tokens];
        self.norm(&layer.output_norm, Parameter::OutputNorm, [&down, &x], points)
    }

    /// The contexts of all heads beneath each other; zero for a head that is switched off.
    fn attention(&self, layer: &Layer, x: &Tensor) -> Tensor {
        let (hidden, width) = (self.job.network.hidden as usize, self.job.network.head_dim() as usize);
        let bias = self.bias(Point::Context);
        let mut all = Tensor::zeros(self.numbers.format, bias, hidden, x.rows());
        let spans = &self.job.layer(self.layer).expect("it has a shape").spans;
        for (head, span) in spans.iter().enumerate().filter(|(_, span)| **span > 0) {
            let context = self.head(layer, x, head, *span as usize);
            all.codes.rows_mut(head * width, width).copy_from(&context.codes);
        }
        all
    }

    fn head(&self, layer: &Layer, x: &Tensor, head: usize, span: usize) -> Tensor {
        let width = self.job.network.head_dim() as usize;
        let square = f64::from(self.job.network.head_dim()).sqrt();
        // A root that is a power of two is left to the product; any other is in the query weights.
        let exact = square.log2().fract() == 0.0;
        let factor = if exact { 1.0 } else { 1.0 / square };
        let part = |d: &Dense, factor: f64| Dense {
            weight: d.weight.columns(head * width, width).map(|w| (f64::from(w) * factor) as f32),
            bias: d.bias[head * width..][..width].iter().map(|b| (f64::from(*b) * factor) as f32).collect(),
        };
        let (at, none) = (head as u32, Activation::Identity);
        let query = self.dense(&part(&layer.query, factor), Parameter::Query(at), x, none, Point::Query);
        let key = self.dense(&part(&layer.key, 1.0), Parameter::Key(at), x, none, Point::Key);
        let value = self.dense(&part(&layer.value, 1.0), Parameter::Value(at), x, none, Point::Value);
        let shift = if exact { -(square.log2() as i32) } else { 0 };
        let scores = self.product(&query, &key, Bias::None, (shift, none, Point::Scores));
        let keys = scores.length();
        let mask: Vec<u8> = (0..keys).map(|k| if k + span >= keys { 128 } else { 0 }).collect();
        let bias = self.bias(Point::Probabilities);
        let shares = softmax(&scores, keys, Some(&mask), self.numbers.format, bias).expect("shapes fit");
        let value = Tensor { codes: value.codes.transpose(), ..value };
        self.product(&shares, &value, Bias::None, (0, none, Point::Context))
    }

    fn ramp(&self, ramp: &OffRamp, x: &Tensor) -> Tensor {
        let first = Tensor { codes: x.codes.columns(0, 1).into_owned(), ..x.clone() };
        let activation = self.job.network.pooler_activation();
        let pooled = self.dense(&ramp.pooler, Parameter::Pooler, &first, activation, Point::Pooled);
        self.dense(&ramp.classifier, Parameter::Classifier, &pooled, Activation::Identity, Point::Logits)
    }
}

/// Integers of 16 bits that stand for `values` in units of `2^lsb`.
fn integers(values: &[f32], lsb: i32, limit: f64) -> Vec<i16> {
    let integer =
        |v: &f32| (f64::from(*v) / f64::from(lsb).exp2()).round_ties_even().clamp(-limit, limit) as i16;
    values.iter().map(integer).collect()
}
