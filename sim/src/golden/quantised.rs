//! The parameters of a network as a design holds them: codes, 16-bit biases, 16-bit norm parameters.
//!
//! A bias or beta is `v · 2^lsb` with 15 bits of magnitude, gamma with 12: its word holds the exponent of its channel too, by which
//! the column's sums ahead of the norm are larger than its codes tell. The factor of the scores that is no power of two is
//! in the query weights and their bias. The output projection has the rows of the heads that are on, each head padded to
//! whole tiles, as the contexts lie.

use super::numbers::Exponents;
use kernels::adaptivfloat::{Format, Tensor, bias_for, exponent_of};
use kernels::layernorm::GAMMA_BITS;
use models::compiler::{Inference, Zeros};
use models::design::Design;
use models::program::Parameter;
use models::weights::{Dense, Layer, Norm, OffRamp, Weights, WeightsError};
use nalgebra::DMatrix;
use std::collections::BTreeMap;
use std::ops::Range;

/// A parameter: its exponents, and its numbers for each layer that has its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantity {
    /// Exponents, the same for all layers.
    pub exponents: Exponents,
    /// For each layer that has its own.
    pub layers: Vec<Numerals>,
}

/// A parameter's numbers in one layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Numerals {
    /// [length x columns]; without elements for a norm.
    pub codes: Tensor,
    /// Bias of a dense layer, or gamma.
    pub bias: Vec<i16>,
    /// Beta of a norm.
    pub beta: Vec<i16>,
    /// Exponent of each channel that a norm reads; where there is none, 0.
    pub channels: Vec<u8>,
}

/// All parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantised {
    n: u32,
    parameters: BTreeMap<Parameter, Quantity>,
}

impl Quantised {
    /// Quantises a network's weights for a design.
    ///
    /// # Errors
    /// Weights of another network, or not finite ([`Weights::check`]).
    pub fn new(design: &Design, job: &Inference, weights: &Weights) -> Result<Self, WeightsError> {
        weights.check(job)?;
        let mut q = Quantised { n: design.pu.n, parameters: BTreeMap::new() };
        let format = design.format;
        let table = |values: &DMatrix<f32>| vec![Dense { weight: values.clone(), bias: Vec::new() }];
        q.dense(format, Parameter::Word, &table(&weights.words))?;
        q.dense(format, Parameter::Position, &table(&weights.positions))?;
        q.norm(format, Parameter::EmbeddingNorm, &[&weights.norm]);
        if let Some(map) = &weights.map {
            q.dense(format, Parameter::EmbeddingMap, std::slice::from_ref(map))?;
        }
        let heads = job.heads(design);
        q.attention(format, job, &heads, &weights.layers)?;
        q.feed_forward(format, &weights.layers)?;
        if !weights.ramps.is_empty() {
            q.ramps(format, &weights.ramps)?;
        }
        Ok(q)
    }

    /// A parameter, if the network has it.
    pub fn get(&self, parameter: Parameter) -> Option<&Quantity> {
        self.parameters.get(&parameter)
    }

    /// Share of codes that are not zero, of the tables of embeddings and of the matrices of the encoder.
    pub fn densities(&self) -> (f64, f64) {
        let share = |of: &dyn Fn(&Parameter) -> bool| {
            let all = self.parameters.iter().filter(|(parameter, _)| of(parameter));
            let codes = all.flat_map(|(_, quantity)| &quantity.layers).flat_map(|l| l.codes.codes.iter());
            let (some, count) =
                codes.fold((0_u64, 0_u64), |(some, all), c| (some + u64::from(*c != 0), all + 1));
            some as f64 / count.max(1) as f64
        };
        (share(&Parameter::is_embedding), share(&Parameter::is_encoder))
    }

    /// The exponents of all parameters.
    pub fn exponents(&self) -> BTreeMap<Parameter, Exponents> {
        self.parameters.iter().map(|(parameter, quantity)| (*parameter, quantity.exponents)).collect()
    }

    fn attention(
        &mut self,
        format: Format,
        job: &Inference,
        heads: &[u32],
        layers: &[Layer],
    ) -> Result<(), WeightsError> {
        let (width, factor) = (job.network.head_dim() as usize, job.network.score_scale().1);
        for &head in heads {
            let slice = |part: fn(&Layer) -> &Dense, factor: f64| -> Vec<Dense> {
                layers
                    .iter()
                    .map(|layer| columns(part(layer), head as usize * width, width, factor))
                    .collect()
            };
            self.dense(format, Parameter::Query(head), &slice(|l| &l.query, factor))?;
            self.dense(format, Parameter::Key(head), &slice(|l| &l.key, 1.0))?;
            self.dense(format, Parameter::Value(head), &slice(|l| &l.value, 1.0))?;
        }
        let padded = width.next_multiple_of(self.n as usize);
        let output: Vec<_> = layers.iter().map(|l| spread(&l.output, heads, width, padded)).collect();
        self.dense(format, Parameter::Output, &output)?;
        self.norm(
            format,
            Parameter::AttentionNorm,
            &layers.iter().map(|l| &l.attention_norm).collect::<Vec<_>>(),
        );
        Ok(())
    }

    fn feed_forward(&mut self, format: Format, layers: &[Layer]) -> Result<(), WeightsError> {
        let of = |part: fn(&Layer) -> &Dense| layers.iter().map(|l| part(l).clone()).collect::<Vec<_>>();
        self.dense(format, Parameter::FeedForward1, &of(|l| &l.up))?;
        self.dense(format, Parameter::FeedForward2, &of(|l| &l.down))?;
        self.norm(format, Parameter::OutputNorm, &layers.iter().map(|l| &l.output_norm).collect::<Vec<_>>());
        Ok(())
    }

    fn ramps(&mut self, format: Format, ramps: &[OffRamp]) -> Result<(), WeightsError> {
        let of = |part: fn(&OffRamp) -> &Dense| ramps.iter().map(|r| part(r).clone()).collect::<Vec<_>>();
        self.dense(format, Parameter::Pooler, &of(|r| &r.pooler))?;
        self.dense(format, Parameter::Classifier, &of(|r| &r.classifier))
    }

    /// Adds a matrix under one bias for all layers.
    fn dense(&mut self, format: Format, parameter: Parameter, layers: &[Dense]) -> Result<(), WeightsError> {
        let codes = bias_for(format, layers.iter().map(|d| f64::from(d.weight.amax())).fold(0.0, f64::max));
        let lsb = lsb(layers.iter().flat_map(|d| &d.bias), 16);
        let numerals = |d: &Dense| {
            let codes = Tensor::quantise(format, codes, &d.weight.map(f64::from))
                .map_err(|_| WeightsError::NotFinite { what: "a matrix" })?;
            let bias = integers(&d.bias, lsb, 16);
            Ok(Numerals { codes, bias, beta: Vec::new(), channels: Vec::new() })
        };
        let layers = layers.iter().map(numerals).collect::<Result<_, WeightsError>>()?;
        self.parameters
            .insert(parameter, Quantity { exponents: Exponents { codes, lsb, beta_lsb: 0 }, layers });
        Ok(())
    }

    /// Adds a norm.
    fn norm(&mut self, format: Format, parameter: Parameter, layers: &[&Norm]) {
        let gamma_lsb = lsb(layers.iter().flat_map(|norm| &norm.gamma), GAMMA_BITS);
        let beta_lsb = lsb(layers.iter().flat_map(|norm| &norm.beta), 16);
        let numerals = |norm: &&Norm| Numerals {
            codes: Tensor::zeros(format, 0, 0, 0),
            bias: integers(&norm.gamma, gamma_lsb, GAMMA_BITS),
            beta: integers(&norm.beta, beta_lsb, 16),
            channels: vec![0; norm.gamma.len()],
        };
        let exponents = Exponents { codes: 0, lsb: gamma_lsb, beta_lsb };
        let layers = layers.iter().map(numerals).collect();
        self.parameters.insert(parameter, Quantity { exponents, layers });
    }

    /// The codes of a parameter in each layer.
    fn tensors(&self, parameter: Parameter) -> impl Iterator<Item = &Tensor> {
        self.get(parameter).into_iter().flat_map(|quantity| quantity.layers.iter().map(|l| &l.codes))
    }
}

impl Zeros for Quantised {
    fn rows(&self, matrix: Parameter, blocks: Range<u32>) -> u64 {
        let n = self.n as usize;
        let fullest = |tensor: &Tensor| {
            let mut banks = vec![0; n];
            for column in
                (blocks.start as usize * n..blocks.end as usize * n).take_while(|c| *c < tensor.rows())
            {
                for (k, _) in tensor.row(column).iter().enumerate().filter(|(_, code)| **code != 0) {
                    banks[k % n] += 1;
                }
            }
            banks.into_iter().max().unwrap_or(0)
        };
        self.tensors(matrix).map(fullest).max().unwrap_or(0)
    }

    fn longest(&self, table: Parameter) -> u64 {
        let nonzeros =
            |tensor: &Tensor, row| tensor.row(row).iter().filter(|code| **code != 0).count() as u64;
        self.tensors(table).flat_map(|t| (0..t.rows()).map(move |row| nonzeros(t, row))).max().unwrap_or(0)
    }
}

/// Some outputs of a dense layer, times a factor.
fn columns(dense: &Dense, first: usize, count: usize, factor: f64) -> Dense {
    let scaled = |x: f32| (f64::from(x) * factor) as f32;
    let weight = dense.weight.columns(first, count).map(scaled);
    Dense { weight, bias: dense.bias[first..first + count].iter().copied().map(scaled).collect() }
}

/// A dense layer on the inputs of some heads of `width`, each padded to `padded`.
fn spread(dense: &Dense, heads: &[u32], width: usize, padded: usize) -> Dense {
    let weight = DMatrix::from_fn(heads.len() * padded, dense.weight.ncols(), |k, column| {
        let (head, element) = (heads[k / padded] as usize, k % padded);
        if element < width { dense.weight[(head * width + element, column)] } else { 0.0 }
    });
    Dense { weight, bias: dense.bias.clone() }
}

/// Weight of the lowest bit with which the largest magnitude takes all of `width` bits but the sign.
fn lsb<'a>(values: impl Iterator<Item = &'a f32>, width: u32) -> i32 {
    let octave = exponent_of(values.fold(0.0, |max, v| f64::from(v.abs()).max(max))).unwrap_or(0);
    octave - (width.cast_signed() - 2)
}

/// Integers of up to 16 bits.
fn integers(values: &[f32], lsb: i32, width: u32) -> Vec<i16> {
    let limit = f64::from((1_i32 << (width - 1)) - 1);
    let integer =
        |v: &f32| (f64::from(*v) * f64::from(-lsb).exp2()).round_ties_even().clamp(-limit, limit) as i16;
    values.iter().map(integer).collect()
}
