//! Channel exponents: powers of two by which single channels of the residual stream are held smaller than they are.
//!
//! A few channels of a trained encoder reach a hundred times what the others do (222 beside 1 in MiniLM), and one exponent bias has
//! to hold them all. So the two operands of a norm's sum are held times `2^-k`, `k` of their channel from 0 to 7, and the norm gives
//! each channel of the sum its `2^k` back. What precedes a sum gives the smaller values, what follows it has them in its weights,
//! both exactly but for the range of codes:
//!
//! | held smaller | given by | read by |
//! |---|---|---|
//! | tokens that enter a layer | the norm before, or the map of the embeddings | query, key, value, residual; the off-ramp |
//! | output projection | itself | norm after attention |
//! | attended tokens | norm after attention | first feed-forward matrix, residual |
//! | result of the second | itself | norm after the feed-forward network |
//!
//! `k` is the least with which a channel stays at or below the upper quartile of all, by the largest magnitudes on sample sentences.
//! After the idea of Xiao et al. (SmoothQuant, ICML 2023), which moves ranges between activations and weights; here by powers of two,
//! and through the residual.

use models::compiler::Inference;
use models::forward::{Maxima, Place, Point};
use models::weights::{Dense, Norm, Weights};
use nalgebra::DMatrix;
use std::collections::BTreeMap;

/// Largest exponent, which three bits of a norm's parameters hold.
pub const MOST: u8 = 7;

/// Largest magnitude of each channel, where channels may have exponents.
pub type Ranges = BTreeMap<Place, Vec<f32>>;

/// Exponents of the channels of the residual stream, of each layer or once for all that share their weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Channels {
    /// Of tokens that enter a layer and of its output projection; behind those of the last layer, of what it gives.
    entering: Vec<Vec<u8>>,
    /// Of attended tokens and of what is added to them.
    attended: Vec<Vec<u8>>,
}

/// Widens ranges by the values at a place, if its channels may have exponents.
pub fn widen(ranges: &mut Ranges, place: Place, values: &DMatrix<f32>) {
    if matches!(place.0, Point::Tokens | Point::Projection | Point::Attended | Point::Contracted) {
        let maxima = ranges.entry(place).or_insert_with(|| vec![0.0; values.nrows()]);
        for (max, channel) in maxima.iter_mut().zip(values.row_iter()) {
            *max = max.max(channel.amax());
        }
    }
}

impl Channels {
    /// All exponents zero.
    pub fn none(job: &Inference) -> Self {
        let zeros = |layers: u32| vec![vec![0; job.network.hidden as usize]; layers as usize];
        Channels { entering: zeros(job.network.layers + 1), attended: zeros(job.network.layers) }
    }

    /// By the ranges that sample sentences have shown.
    pub fn of(job: &Inference, ranges: &Ranges) -> Self {
        let layers = job.network.layers;
        let at = |points: &[Point], layer: u32| {
            let mut all = vec![0.0_f32; job.network.hidden as usize];
            for range in points.iter().filter_map(|point| ranges.get(&(*point, layer))) {
                all.iter_mut().zip(range).for_each(|(max, other)| *max = max.max(*other));
            }
            all
        };
        let entering = (0..=layers).map(|layer| at(&[Point::Tokens, Point::Projection], layer)).collect();
        let attended = (0..layers).map(|layer| at(&[Point::Attended, Point::Contracted], layer)).collect();
        let exponents = |ranges: Vec<Vec<f32>>| -> Vec<Vec<u8>> {
            if !job.network.shared_layers {
                return ranges.iter().map(|range| exponents(range)).collect();
            }
            // Layers that share a norm share its exponents.
            let widest = ranges.iter().cloned().reduce(|all, range| larger(&all, &range)).unwrap_or_default();
            vec![exponents(&widest); ranges.len()]
        };
        Channels { entering: exponents(entering), attended: exponents(attended) }
    }

    /// Exponents of the tokens that enter a layer, from 0; behind the last, of those that leave it.
    pub fn entering(&self, layer: u32) -> &[u8] {
        self.entering.get(layer as usize).map_or(&[], Vec::as_slice)
    }

    /// Exponents of a layer's attended tokens.
    pub fn attended(&self, layer: u32) -> &[u8] {
        self.attended.get(layer as usize).map_or(&[], Vec::as_slice)
    }

    /// Largest magnitudes of what is held smaller.
    pub fn held(&self, maxima: &Maxima, ranges: &Ranges) -> Maxima {
        let mut held = maxima.clone();
        for ((point, layer), range) in ranges {
            let exponents = match point {
                Point::Tokens | Point::Projection => self.entering(*layer),
                _ => self.attended(*layer),
            };
            let smaller = range.iter().zip(exponents).map(|(max, k)| max * scale(*k).recip());
            held.insert((*point, *layer), smaller.fold(0.0, f32::max));
        }
        held
    }

    /// The weights with which a network gives and reads what is held smaller.
    pub fn apply(&self, weights: &Weights) -> Weights {
        let mut scaled = weights.clone();
        match &mut scaled.map {
            Some(map) => gives(map, self.entering(0)),
            None => norm(&mut scaled.norm, self.entering(0)),
        }
        for (index, layer) in (0..).zip(&mut scaled.layers) {
            let [entering, attended, next] =
                [self.entering(index), self.attended(index), self.entering(index + 1)];
            for dense in [&mut layer.query, &mut layer.key, &mut layer.value] {
                reads(dense, entering);
            }
            gives(&mut layer.output, entering);
            norm(&mut layer.attention_norm, attended);
            reads(&mut layer.up, attended);
            gives(&mut layer.down, attended);
            norm(&mut layer.output_norm, next);
        }
        let last = self.entering.len() as u32 - 1;
        let each = scaled.ramps.len() > 1;
        for (index, ramp) in (1..).zip(&mut scaled.ramps) {
            reads(&mut ramp.pooler, self.entering(if each { index } else { last }));
        }
        scaled
    }
}

/// What an exponent stands for.
pub fn scale(exponent: u8) -> f32 {
    f32::from(exponent).exp2()
}

fn larger(a: &[f32], b: &[f32]) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| a.max(*b)).collect()
}

fn exponents(range: &[f32]) -> Vec<u8> {
    let mut sorted = range.to_vec();
    sorted.sort_by(f32::total_cmp);
    let quartile = sorted.get(sorted.len() * 3 / 4).copied().unwrap_or(0.0);
    let exponent = |max: &f32| {
        let above = f64::from(*max) / f64::from(quartile);
        // No range at all makes this no number, which is no exponent either.
        if above > 1.0 { above.log2().ceil().min(MOST.into()) as u8 } else { 0 }
    };
    range.iter().map(exponent).collect()
}

/// The outputs of a dense layer, held smaller.
fn gives(dense: &mut Dense, exponents: &[u8]) {
    let outputs = dense.weight.column_iter_mut().zip(&mut dense.bias);
    for ((mut column, bias), k) in outputs.zip(exponents) {
        column /= scale(*k);
        *bias /= scale(*k);
    }
}

/// A dense layer whose inputs are held smaller.
fn reads(dense: &mut Dense, exponents: &[u8]) {
    dense.weight.row_iter_mut().zip(exponents).for_each(|(mut row, k)| row *= scale(*k));
}

/// A norm whose results are held smaller.
fn norm(norm: &mut Norm, exponents: &[u8]) {
    for ((gamma, beta), k) in norm.gamma.iter_mut().zip(&mut norm.beta).zip(exponents) {
        *gamma /= scale(*k);
        *beta /= scale(*k);
    }
}
