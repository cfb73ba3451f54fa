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
use kernels::matmul::{Columns, Rows, matmul, matmul_packed};
use kernels::softmax::{SPAN_FRACTION, softmax};
use models::compiler::Inference;
use models::forward::{Place, Point};
use models::program::Parameter;
use std::collections::BTreeMap;

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
    /// Parameters.
    pub weights: &'a Quantised,
    /// The same, ready for products.
    pub packed: &'a Packed,
    /// Exponent biases.
    pub numbers: &'a Numbers,
}

/// The matrices of a network, each packed once for the products of all sentences.
pub struct Packed(BTreeMap<(Parameter, u32), Columns>);

impl Packed {
    /// Packs all matrices but the tables of embeddings, of which no product is taken.
    pub fn new(weights: &Quantised) -> Self {
        let matrices = weights.matrices().filter(|((parameter, _), _)| !parameter.is_embedding());
        Packed(matrices.map(|(place, numerals)| (place, Columns::new(&numerals.codes))).collect())
    }
}

impl std::fmt::Debug for Packed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} matrices", self.0.len())
    }
}

impl Network<'_> {
    /// Runs a sentence of as many words as the inference has tokens.
    ///
    /// # Errors
    /// A word that the table lacks, or parameters of another network.
    pub fn run(&self, words: &[u32]) -> Result<Direct, Cause> {
        self.run_on(&self.look_up(Parameter::Word, words.iter().copied())?)
    }

    /// Runs a sentence of word embeddings, [embedding x tokens], as they were read.
    ///
    /// # Errors
    /// More tokens than positions, or parameters of another network.
    pub fn run_on(&self, words: &Tensor) -> Result<Direct, Cause> {
        let network = &self.job.network;
        let mut x = self.embed(words)?;
        let mut out = Direct { tokens: vec![x.clone()], logits: vec![], entropies: vec![] };
        for layer in 0..network.layers {
            x = self.layer(layer, &x)?;
            out.tokens.push(x.clone());
            let last = layer + 1 == network.layers;
            if self.job.exits || last && self.job.classes > 0 {
                let logits = self.ramp(layer, &x)?;
                out.entropies.push(entropy(&logits, self.job.classes as usize)?);
                out.logits.push(logits);
            }
        }
        Ok(out)
    }

    fn part(&self, parameter: Parameter, layer: u32) -> Result<&Numerals, Cause> {
        self.weights.get(parameter, layer).ok_or(Cause::Numbers)
    }

    fn bias(&self, place: Place) -> Result<i32, Cause> {
        self.numbers.place(place).ok_or(Cause::Numbers)
    }

    /// A product of two activations.
    fn product(&self, [rows, columns]: [&Tensor; 2], (shift, out): (i32, Place)) -> Result<Tensor, Cause> {
        let (format, out_bias) = (self.numbers.format, self.bias(out)?);
        let (bias, activation) = (Bias::None, Activation::Identity);
        Ok(matmul(rows, columns, &Epilogue { shift, bias, activation, format, out_bias })?)
    }

    /// A dense layer on `x`.
    fn dense(
        &self,
        (parameter, layer): (Parameter, u32),
        x: &Rows,
        activation: Activation,
        out: Place,
    ) -> Result<Tensor, Cause> {
        let (layer, part) = self.weights.own(parameter, layer).ok_or(Cause::Numbers)?;
        let columns = self.packed.0.get(&(parameter, layer)).ok_or(Cause::Numbers)?;
        let bias = Bias::Column(part.bias.clone(), part.exponents.lsb);
        let (format, out_bias) = (self.numbers.format, self.bias(out)?);
        Ok(matmul_packed(x, columns, &Epilogue { shift: 0, bias, activation, format, out_bias })?)
    }

    /// The norm of the sum of two operands, which is seen at the first point and goes to the second.
    fn norm(
        &self,
        (parameter, layer): (Parameter, u32),
        [a, b]: [&Tensor; 2],
        [sum, out]: [Place; 2],
    ) -> Result<Tensor, Cause> {
        let part = self.part(parameter, layer)?;
        let x = add(a, b, &part.channels, self.numbers.sum_lsb(sum).ok_or(Cause::Numbers)?)?;
        let gamma = Parameters { values: &part.bias, lsb: part.exponents.lsb };
        let beta = Parameters { values: &part.beta, lsb: part.exponents.beta_lsb };
        Ok(layernorm(&x, x.nrows(), gamma, beta, self.numbers.format, self.bias(out)?)?)
    }

    /// Rows of a table of embeddings.
    ///
    /// # Errors
    /// A number that the table lacks.
    pub fn look_up(
        &self,
        table: Parameter,
        numbers: impl ExactSizeIterator<Item = u32>,
    ) -> Result<Tensor, Cause> {
        let codes = &self.part(table, 0)?.codes;
        let mut rows = Tensor::zeros(codes.format, codes.bias, codes.length(), numbers.len());
        for (row, number) in numbers.enumerate() {
            let number = number as usize;
            if number >= codes.rows() {
                return Err(Cause::OutOfRange { end: number as u64 + 1, size: codes.rows() as u64 });
            }
            rows.codes.column_mut(row).copy_from_slice(codes.row(number));
        }
        Ok(rows)
    }

    fn embed(&self, words: &Tensor) -> Result<Tensor, Cause> {
        let positions = self.look_up(Parameter::Position, 0..words.rows() as u32)?;
        let mapped = self.weights.get(Parameter::EmbeddingMap, 0).is_some();
        let out = if mapped { Point::Embedded } else { Point::Tokens };
        let places = [(Point::EmbeddingSum, 0), (out, 0)];
        let x = self.norm((Parameter::EmbeddingNorm, 0), [words, &positions], places)?;
        if !mapped {
            return Ok(x);
        }
        self.dense((Parameter::EmbeddingMap, 0), &Rows::new(&x), Activation::Identity, (Point::Tokens, 0))
    }

    fn layer(&self, layer: u32, x: &Tensor) -> Result<Tensor, Cause> {
        let none = Activation::Identity;
        let context = self.attention(layer, x)?;
        let at = |point| (point, layer);
        let rows = Rows::new(&context);
        let projected = self.dense((Parameter::Output, layer), &rows, none, at(Point::Projection))?;
        let places = [Point::AttentionSum, Point::Attended].map(at);
        let x = self.norm((Parameter::AttentionNorm, layer), [&projected, x], places)?;
        let (rows, activation) = (Rows::new(&x), self.job.network.activation);
        let up = self.dense((Parameter::FeedForward1, layer), &rows, activation, at(Point::Activated))?;
        let rows = Rows::new(&up);
        let down = self.dense((Parameter::FeedForward2, layer), &rows, none, at(Point::Contracted))?;
        let places = [at(Point::OutputSum), (Point::Tokens, layer + 1)];
        self.norm((Parameter::OutputNorm, layer), [&down, &x], places)
    }

    /// The contexts of all heads beneath each other, as the output projection reads them.
    fn attention(&self, layer: u32, x: &Tensor) -> Result<Tensor, Cause> {
        let length = self.part(Parameter::Output, layer)?.codes.length();
        let heads = self.weights.heads(layer);
        let padded = length / heads.len().max(1);
        let mut all =
            Tensor::zeros(self.numbers.format, self.bias((Point::Context, layer))?, length, x.rows());
        let rows = Rows::new(x);
        for (place, &head) in heads.iter().enumerate() {
            let context = self.head(layer, &rows, head)?;
            all.codes.rows_mut(place * padded, context.length()).copy_from(&context.codes);
        }
        Ok(all)
    }

    fn head(&self, layer: u32, x: &Rows, head: u32) -> Result<Tensor, Cause> {
        let none = Activation::Identity;
        let query = self.dense((Parameter::Query(head), layer), x, none, (Point::Query, layer))?;
        let key = self.dense((Parameter::Key(head), layer), x, none, (Point::Key, layer))?;
        let value = self.dense((Parameter::Value(head), layer), x, none, (Point::Value, layer))?;
        // The machine streams the weights here, so that values come out as the context reads them: the same codes, transposed.
        let value = Tensor { codes: value.codes.transpose(), ..value };
        let shift = self.job.network.score_scale().0;
        let scores = self.product([&query, &key], (shift, (Point::Scores, layer)))?;
        let spans = self.job.layer(layer).map_or(&[][..], |shape| &shape.spans);
        let (keys, span) = (scores.length(), spans.get(head as usize).copied().unwrap_or_default());
        let weight = |key: usize| u8::from(key + span as usize >= keys) << SPAN_FRACTION;
        let mask: Vec<u8> = (0..keys).map(weight).collect();
        let (format, bias) = (self.numbers.format, self.bias((Point::Probabilities, layer))?);
        let probabilities = softmax(&scores, keys, Some(&mask), format, bias)?;
        self.product([&probabilities, &value], (0, (Point::Context, layer)))
    }

    fn ramp(&self, ramp: u32, x: &Tensor) -> Result<Tensor, Cause> {
        let first = Tensor { format: x.format, bias: x.bias, codes: x.codes.columns(0, 1).into_owned() };
        let activation = self.job.network.pooler_activation();
        let pooled =
            self.dense((Parameter::Pooler, ramp), &Rows::new(&first), activation, (Point::Pooled, ramp))?;
        self.dense(
            (Parameter::Classifier, ramp),
            &Rows::new(&pooled),
            Activation::Identity,
            (Point::Logits, ramp),
        )
    }
}
