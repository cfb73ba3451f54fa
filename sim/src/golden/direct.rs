//! The values of a network by the golden kernels on whole tensors: no program, no tile, no address. What [`run`](super::run) writes
//! to memory, many times faster; a test holds the two to each other, code by code.
//!
//! A sentence runs through all layers: entropies at every off-ramp say where it leaves under any threshold.

use kernels::activation::Activation;
use kernels::adaptivfloat::Tensor;
use kernels::add::add;
use kernels::entropy::entropy;
use kernels::epilogue::{Bias, Epilogue};
use kernels::layernorm::{Parameters, layernorm};
use kernels::matmul::matmul;
use kernels::softmax::{SPAN_FRACTION, softmax};
use models::compiler::Inference;
use models::forward::Point;
use models::program::Parameter;

use super::fault::Cause;
use super::numbers::Numbers;
use super::quantised::{Numerals, Quantised};

/// What a network computes.
#[derive(Clone, Debug, PartialEq)]
pub struct Direct {
    /// Ahead of the first layer and after each, [hidden x tokens].
    pub tokens: Vec<Tensor>,
    /// [classes x 1] of each off-ramp.
    pub logits: Vec<Tensor>,
    /// Of each off-ramp, nats with 16 fraction bits.
    pub entropies: Vec<u32>,
}

/// A network whose parameters have been quantised, with its numeric settings.
#[derive(Clone, Copy, Debug)]
pub struct Network<'a> {
    /// Tokens and spans.
    pub job: &'a Inference,
    /// Heads that the design computes.
    pub heads: &'a [u32],
    /// Parameters.
    pub weights: &'a Quantised,
    /// Exponent biases.
    pub numbers: &'a Numbers,
}

/// A parameter in one layer.
type Part<'a> = (&'a Numerals, i32, i32);

impl Network<'_> {
    /// Runs a sentence of as many words as the inference has tokens.
    ///
    /// # Errors
    /// A word that the table lacks, or parameters of another network.
    pub fn run(&self, words: &[u32]) -> Result<Direct, Cause> {
        let network = &self.job.network;
        let mut x = self.embed(words)?;
        let mut out = Direct { tokens: vec![x.clone()], logits: vec![], entropies: vec![] };
        for layer in 0..network.layers as usize {
            let set = if network.shared_layers { 0 } else { layer };
            x = self.layer(set, &x)?;
            out.tokens.push(x.clone());
            let last = layer + 1 == network.layers as usize;
            if self.job.exits || last && self.job.classes > 0 {
                let logits = self.ramp(if self.job.exits { layer } else { 0 }, &x)?;
                out.entropies.push(entropy(&logits, self.job.classes as usize)?);
                out.logits.push(logits);
            }
        }
        Ok(out)
    }

    /// A parameter in a layer: its numbers, the weight of its lowest bits.
    fn part(&self, parameter: Parameter, layer: usize) -> Result<Part<'_>, Cause> {
        let quantity = self.weights.get(parameter).ok_or(Cause::Numbers)?;
        let numerals = quantity.layers.get(layer).ok_or(Cause::Numbers)?;
        Ok((numerals, quantity.exponents.lsb, quantity.exponents.beta_lsb))
    }

    fn bias(&self, point: Point) -> Result<i32, Cause> {
        self.numbers.points.get(&point).copied().ok_or(Cause::Numbers)
    }

    fn product(
        &self,
        [rows, columns]: [&Tensor; 2],
        bias: Bias,
        (shift, activation, out): (i32, Activation, Point),
    ) -> Result<Tensor, Cause> {
        let (format, out_bias) = (self.numbers.format, self.bias(out)?);
        Ok(matmul(rows, columns, &Epilogue { shift, bias, activation, format, out_bias })?)
    }

    /// A dense layer on `x`.
    fn dense(
        &self,
        (parameter, layer): (Parameter, usize),
        x: &Tensor,
        activation: Activation,
        out: Point,
    ) -> Result<Tensor, Cause> {
        let (part, lsb, _) = self.part(parameter, layer)?;
        let bias = Bias::Column(part.bias.clone(), lsb);
        self.product([x, &part.codes], bias, (0, activation, out))
    }

    /// The norm of the sum of two operands, which is seen at the first point and goes to the second.
    fn norm(
        &self,
        (parameter, layer): (Parameter, usize),
        [a, b]: [&Tensor; 2],
        [sum, out]: [Point; 2],
    ) -> Result<Tensor, Cause> {
        let (part, gamma, beta) = self.part(parameter, layer)?;
        let x = add(a, b, &part.channels, self.numbers.sum_lsb(sum).ok_or(Cause::Numbers)?)?;
        let (gamma, beta) =
            (Parameters { values: &part.bias, lsb: gamma }, Parameters { values: &part.beta, lsb: beta });
        Ok(layernorm(&x, x.nrows(), gamma, beta, self.numbers.format, self.bias(out)?)?)
    }

    fn embed(&self, words: &[u32]) -> Result<Tensor, Cause> {
        let rows = |table: Parameter, indices: &mut dyn Iterator<Item = u32>| {
            let codes = &self.part(table, 0)?.0.codes;
            let mut rows = Tensor::zeros(codes.format, codes.bias, codes.length(), words.len());
            for (row, index) in indices.enumerate() {
                let index = index as usize;
                if index >= codes.rows() {
                    return Err(Cause::OutOfRange { end: index as u64 + 1, size: codes.rows() as u64 });
                }
                rows.codes.column_mut(row).copy_from_slice(codes.row(index));
            }
            Ok(rows)
        };
        let words_of = rows(Parameter::Word, &mut words.iter().copied())?;
        let positions = rows(Parameter::Position, &mut (0..words.len() as u32))?;
        let mapped = self.weights.get(Parameter::EmbeddingMap).is_some();
        let out = if mapped { Point::Embedded } else { Point::Tokens };
        let operands = [&words_of, &positions];
        let x = self.norm((Parameter::EmbeddingNorm, 0), operands, [Point::EmbeddingSum, out])?;
        if !mapped {
            return Ok(x);
        }
        self.dense((Parameter::EmbeddingMap, 0), &x, Activation::Identity, Point::Tokens)
    }

    fn layer(&self, layer: usize, x: &Tensor) -> Result<Tensor, Cause> {
        let none = Activation::Identity;
        let context = self.attention(layer, x)?;
        let projected = self.dense((Parameter::Output, layer), &context, none, Point::Projection)?;
        let points = [Point::AttentionSum, Point::Attended];
        let x = self.norm((Parameter::AttentionNorm, layer), [&projected, x], points)?;
        let activation = self.job.network.activation;
        let up = self.dense((Parameter::FeedForward1, layer), &x, activation, Point::Activated)?;
        let down = self.dense((Parameter::FeedForward2, layer), &up, none, Point::Contracted)?;
        self.norm((Parameter::OutputNorm, layer), [&down, &x], [Point::OutputSum, Point::Tokens])
    }

    /// The contexts of all heads beneath each other, as the output projection reads them.
    fn attention(&self, layer: usize, x: &Tensor) -> Result<Tensor, Cause> {
        let length = self.part(Parameter::Output, layer)?.0.codes.length();
        let padded = length / self.heads.len().max(1);
        let mut all = Tensor::zeros(self.numbers.format, self.bias(Point::Context)?, length, x.rows());
        for (place, &head) in self.heads.iter().enumerate() {
            let context = self.head(layer, x, head)?;
            all.codes.rows_mut(place * padded, context.length()).copy_from(&context.codes);
        }
        Ok(all)
    }

    fn head(&self, layer: usize, x: &Tensor, head: u32) -> Result<Tensor, Cause> {
        let none = Activation::Identity;
        let query = self.dense((Parameter::Query(head), layer), x, none, Point::Query)?;
        let key = self.dense((Parameter::Key(head), layer), x, none, Point::Key)?;
        // Values come out transposed, as the context reads them: there the weights stream.
        let (part, lsb, _) = self.part(Parameter::Value(head), layer)?;
        let bias = Bias::Row(part.bias.clone(), lsb);
        let value = self.product([&part.codes, x], bias, (0, none, Point::Value))?;
        let shift = self.job.network.score_scale().0;
        let scores = self.product([&query, &key], Bias::None, (shift, none, Point::Scores))?;
        let (keys, span) = (scores.length(), self.job.spans.get(head as usize).copied().unwrap_or_default());
        let weight = |key: usize| u8::from(key + span as usize >= keys) << SPAN_FRACTION;
        let mask: Vec<u8> = (0..keys).map(weight).collect();
        let (format, bias) = (self.numbers.format, self.bias(Point::Probabilities)?);
        let probabilities = softmax(&scores, keys, Some(&mask), format, bias)?;
        self.product([&probabilities, &value], Bias::None, (0, none, Point::Context))
    }

    fn ramp(&self, ramp: usize, x: &Tensor) -> Result<Tensor, Cause> {
        let first = Tensor { format: x.format, bias: x.bias, codes: x.codes.columns(0, 1).into_owned() };
        let activation = self.job.network.pooler_activation();
        let pooled = self.dense((Parameter::Pooler, ramp), &first, activation, Point::Pooled)?;
        self.dense((Parameter::Classifier, ramp), &pooled, Activation::Identity, Point::Logits)
    }
}
