//! The parameters of a network as a design holds them: codes, 16-bit biases, 16-bit norm parameters.
//!
//! A bias or beta is `v · 2^lsb` with 15 bits of magnitude, gamma with 12: its word holds the exponent of its channel too, by which
//! what is added to the residual there is larger than its codes tell. The factor of the scores that is no power of two is
//! in the query weights and their bias. The output projection has the rows of the heads that are on, each head padded to
//! whole tiles, as the contexts lie.

mod counts;

use super::channels::Channels;
use super::numbers::Exponents;
use counts::Counts;
use kernels::adaptivfloat::{Format, Tensor, bias_for, exponent_of};
use kernels::layernorm::GAMMA_BITS;
use models::compiler::Inference;
use models::design::Design;
use models::program::Parameter;
use models::weights::{Dense, Layer, Norm, OffRamp, Weights, WeightsError};
use nalgebra::DMatrix;
use std::collections::BTreeMap;

/// A parameter's numbers in one layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Numerals {
    /// Exponents, the same in all layers where all have the same commands.
    pub exponents: Exponents,
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
    format: Format,
    /// Layers, where each has commands and exponents of its own.
    unrolled: Option<u32>,
    /// Heads that the design computes, of each layer or once for all.
    heads: Vec<Vec<u32>>,
    /// For each layer that has its own.
    parameters: BTreeMap<Parameter, Vec<Numerals>>,
    counts: Counts,
}

impl Quantised {
    /// Quantises a network's weights for a design, which give channels by their exponents.
    ///
    /// # Errors
    /// Weights of another network, or not finite ([`Weights::check`]).
    pub fn new(
        design: &Design,
        job: &Inference,
        weights: &Weights,
        channels: &Channels,
    ) -> Result<Self, WeightsError> {
        weights.check(job)?;
        let weights = &channels.apply(weights);
        let mut q = Quantised {
            n: design.pu.n,
            format: design.format,
            unrolled: job.unrolled().then_some(job.network.layers),
            heads: job.layers.iter().map(|layer| layer.heads(design)).collect(),
            parameters: BTreeMap::new(),
            counts: Counts::default(),
        };
        let table = |values: &DMatrix<f32>| vec![Dense { weight: values.clone(), bias: Vec::new() }];
        q.dense(Parameter::Word, &table(&weights.words))?;
        q.dense(Parameter::Position, &table(&weights.positions))?;
        q.norm(Parameter::EmbeddingNorm, &[&weights.norm], |_| &[]);
        if let Some(map) = &weights.map {
            q.dense(Parameter::EmbeddingMap, std::slice::from_ref(map))?;
        }
        q.attention(job, &job.heads(design), &weights.layers, channels)?;
        q.feed_forward(&weights.layers, channels)?;
        if !weights.ramps.is_empty() {
            q.ramps(&weights.ramps)?;
        }
        q.counts = Counts::of(&q);
        Ok(q)
    }

    /// A parameter in a layer, from 0, or in all that share it, if the network has it.
    pub fn get(&self, parameter: Parameter, layer: u32) -> Option<&Numerals> {
        self.own(parameter, layer).map(|(_, numerals)| numerals)
    }

    /// The same, with the first layer that has these numbers.
    pub fn own(&self, parameter: Parameter, layer: u32) -> Option<(u32, &Numerals)> {
        match self.parameters.get(&parameter)?.as_slice() {
            [all] => Some((0, all)),
            each => Some((layer, each.get(layer as usize)?)),
        }
    }

    /// Every parameter that has codes, with the first layer that has these.
    pub fn matrices(&self) -> impl Iterator<Item = ((Parameter, u32), &Numerals)> {
        let coded = |numerals: &Numerals| !numerals.codes.codes.is_empty();
        self.parameters.iter().flat_map(move |(parameter, layers)| {
            let layers = (0..).zip(layers).filter(move |(_, numerals)| coded(numerals));
            layers.map(|(layer, numerals)| ((*parameter, layer), numerals))
        })
    }

    /// Layers, where each has commands and exponents of its own.
    pub fn unrolled(&self) -> Option<u32> {
        self.unrolled
    }

    /// Heads that the design computes in a layer, in order.
    pub fn heads(&self, layer: u32) -> &[u32] {
        self.heads.get(layer as usize).or(self.heads.first()).map_or(&[], Vec::as_slice)
    }

    /// Share of codes that are not zero, of the tables of embeddings.
    pub fn embedding_density(&self) -> f64 {
        density(self.parameters.iter().filter(|(parameter, _)| parameter.is_embedding()).flat_map(|(_, l)| l))
    }

    /// Share of codes that are not zero, of the matrices of a layer of the encoder, or without one of all.
    pub fn encoder_density(&self, layer: Option<u32>) -> f64 {
        let matrices = self.parameters.iter().filter(|(parameter, _)| parameter.is_encoder());
        density(matrices.flat_map(|(_, layers)| match layer {
            Some(layer) => layers.get(layer as usize..=layer as usize).unwrap_or_default(),
            None => layers,
        }))
    }

    /// The exponents of all parameters, of each layer that has its own.
    pub fn exponents(&self) -> BTreeMap<Parameter, Vec<Exponents>> {
        let of = |layers: &Vec<Numerals>| layers.iter().map(|numerals| numerals.exponents).collect();
        self.parameters.iter().map(|(parameter, layers)| (*parameter, of(layers))).collect()
    }

    /// `heads` are those that some layer computes.
    fn attention(
        &mut self,
        job: &Inference,
        heads: &[u32],
        layers: &[Layer],
        channels: &Channels,
    ) -> Result<(), WeightsError> {
        let (width, factor) = (job.network.head_dim() as usize, job.network.score_scale().1);
        for &head in heads {
            let slice = |part: fn(&Layer) -> &Dense, factor: f64| -> Vec<Dense> {
                layers
                    .iter()
                    .map(|layer| columns(part(layer), head as usize * width, width, factor))
                    .collect()
            };
            self.dense(Parameter::Query(head), &slice(|l| &l.query, factor))?;
            self.dense(Parameter::Key(head), &slice(|l| &l.key, 1.0))?;
            self.dense(Parameter::Value(head), &slice(|l| &l.value, 1.0))?;
        }
        let padded = width.next_multiple_of(self.n as usize);
        let output: Vec<_> = (0..)
            .zip(layers)
            .map(|(index, layer)| spread(&layer.output, self.heads(index), width, padded))
            .collect();
        self.dense(Parameter::Output, &output)?;
        let norms: Vec<&Norm> = layers.iter().map(|layer| &layer.attention_norm).collect();
        self.norm(Parameter::AttentionNorm, &norms, |layer| channels.projection(layer));
        Ok(())
    }

    fn feed_forward(&mut self, layers: &[Layer], channels: &Channels) -> Result<(), WeightsError> {
        let of = |part: fn(&Layer) -> &Dense| layers.iter().map(|l| part(l).clone()).collect::<Vec<_>>();
        self.dense(Parameter::FeedForward1, &of(|l| &l.up))?;
        self.dense(Parameter::FeedForward2, &of(|l| &l.down))?;
        let norms: Vec<&Norm> = layers.iter().map(|layer| &layer.output_norm).collect();
        self.norm(Parameter::OutputNorm, &norms, |layer| channels.contracted(layer));
        Ok(())
    }

    fn ramps(&mut self, ramps: &[OffRamp]) -> Result<(), WeightsError> {
        let of = |part: fn(&OffRamp) -> &Dense| ramps.iter().map(|r| part(r).clone()).collect::<Vec<_>>();
        self.dense(Parameter::Pooler, &of(|r| &r.pooler))?;
        self.dense(Parameter::Classifier, &of(|r| &r.classifier))
    }

    /// The layers that have exponents in common: each by itself, or all.
    fn groups<'a, T>(&self, layers: &'a [T]) -> std::slice::Chunks<'a, T> {
        layers.chunks(if self.unrolled.is_some() { 1 } else { layers.len().max(1) })
    }

    /// Adds a matrix.
    fn dense(&mut self, parameter: Parameter, layers: &[Dense]) -> Result<(), WeightsError> {
        let groups = self.groups(layers).map(|group| alike(self.format, group));
        let numerals: Vec<_> = groups.collect::<Result<_, _>>()?;
        self.parameters.insert(parameter, numerals.concat());
        Ok(())
    }

    /// Adds a norm, whose first operand is held smaller by the exponents of a layer's channels.
    fn norm<'c>(&mut self, parameter: Parameter, layers: &[&Norm], channels: impl Fn(u32) -> &'c [u8]) {
        let mut all = Vec::with_capacity(layers.len());
        for group in self.groups(layers) {
            let gamma_lsb = lsb(group.iter().flat_map(|norm| &norm.gamma), GAMMA_BITS);
            let beta_lsb = lsb(group.iter().flat_map(|norm| &norm.beta), 16);
            for norm in group {
                all.push(Numerals {
                    exponents: Exponents { codes: 0, lsb: gamma_lsb, beta_lsb },
                    codes: Tensor::zeros(self.format, 0, 0, 0),
                    bias: integers(&norm.gamma, gamma_lsb, GAMMA_BITS),
                    beta: integers(&norm.beta, beta_lsb, 16),
                    channels: channels(all.len() as u32).to_vec(),
                });
            }
        }
        self.parameters.insert(parameter, all);
    }
}

/// Share of codes that are not zero.
fn density<'a>(matrices: impl Iterator<Item = &'a Numerals>) -> f64 {
    let count = |(some, all), code: &u8| (some + u64::from(*code != 0), all + 1);
    let (some, all) = matrices.flat_map(|numerals| &numerals.codes.codes).fold((0, 0_u64), count);
    some as f64 / all.max(1) as f64
}

/// Matrices of layers that have exponents in common.
fn alike(format: Format, layers: &[Dense]) -> Result<Vec<Numerals>, WeightsError> {
    let codes = bias_for(format, layers.iter().map(|d| f64::from(d.weight.amax())).fold(0.0, f64::max));
    let lsb = lsb(layers.iter().flat_map(|d| &d.bias), 16);
    let numerals = |d: &Dense| {
        let exponents = Exponents { codes, lsb, beta_lsb: 0 };
        let codes = Tensor::quantise(format, codes, &d.weight.map(f64::from))
            .map_err(|_| WeightsError::NotFinite { what: "a matrix" })?;
        let bias = integers(&d.bias, lsb, 16);
        Ok(Numerals { exponents, codes, bias, beta: Vec::new(), channels: Vec::new() })
    };
    layers.iter().map(numerals).collect()
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
