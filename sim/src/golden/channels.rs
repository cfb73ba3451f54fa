//! Channel exponents: powers of two by which single channels are held smaller than they are, where they are added to the residual.
//!
//! A few channels of what a trained encoder adds to its tokens reach a hundred times what the others do (222 beside 1 in MiniLM), and
//! one exponent bias has to hold them all. So the output projection and the result of the second feed-forward matrix are held times
//! `2^-k`, `k` of their channel from 0 to 7: columns and biases of the two matrices are that much smaller, exactly but for the range of
//! codes, and the norm that reads the result gives each channel its `2^k` back, ahead of the sum. The residual itself has gone through
//! a norm and needs none.
//!
//! `k` is the least with which a channel stays at or below the upper quartile of all, by the largest magnitudes on sample sentences.
//! The idea to move ranges between tensors by channel is that of Xiao et al. (SmoothQuant, ICML 2023).

use models::compiler::Inference;
use models::forward::{Maxima, Place, Point};
use models::weights::{Dense, Weights};
use nalgebra::DMatrix;
use std::collections::BTreeMap;

/// Largest exponent, which three bits of a norm's parameters hold.
pub const MOST: u8 = (1 << kernels::add::CHANNEL_BITS) - 1;

/// Largest magnitude of each channel, where channels may have exponents.
pub type Ranges = BTreeMap<Place, Vec<f32>>;

/// Exponents of the channels of what layers add to their tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct Channels {
    /// Of the output projection of each layer.
    projection: Vec<Vec<u8>>,
    /// Of what the feed-forward network of each gives.
    contracted: Vec<Vec<u8>>,
}

/// Widens ranges by the values at a place, if its channels may have exponents.
pub fn widen(ranges: &mut Ranges, place: Place, values: &DMatrix<f32>) {
    if matches!(place.0, Point::Projection | Point::Contracted) {
        let maxima = ranges.entry(place).or_insert_with(|| vec![0.0; values.nrows()]);
        for (max, channel) in maxima.iter_mut().zip(values.row_iter()) {
            *max = max.max(channel.amax());
        }
    }
}

impl Channels {
    /// All exponents zero.
    pub fn none(job: &Inference) -> Self {
        let zeros = vec![vec![0; job.network.hidden as usize]; job.network.layers as usize];
        Channels { projection: zeros.clone(), contracted: zeros }
    }

    /// By the ranges that sample sentences have shown.
    pub fn of(job: &Inference, ranges: &Ranges) -> Self {
        let hidden = job.network.hidden as usize;
        let all = |point: Point| -> Vec<Vec<u8>> {
            let layers = (0..job.network.layers).map(|layer| ranges.get(&(point, layer)).cloned());
            let mut layers: Vec<Vec<f32>> = layers.map(|range| range.unwrap_or(vec![0.0; hidden])).collect();
            if job.network.shared_layers {
                // Layers that share a matrix share its exponents.
                let widest = layers.iter().cloned().reduce(|all, range| larger(&all, &range));
                let count = layers.len();
                layers = vec![widest.unwrap_or_default(); count];
            }
            layers.iter().map(|range| exponents(range)).collect()
        };
        Channels { projection: all(Point::Projection), contracted: all(Point::Contracted) }
    }

    /// Exponents of a layer's output projection, from 0.
    pub fn projection(&self, layer: u32) -> &[u8] {
        self.projection.get(layer as usize).map_or(&[], Vec::as_slice)
    }

    /// Exponents of what a layer's feed-forward network gives.
    pub fn contracted(&self, layer: u32) -> &[u8] {
        self.contracted.get(layer as usize).map_or(&[], Vec::as_slice)
    }

    /// Largest magnitudes of what is held smaller.
    pub fn held(&self, maxima: &Maxima, ranges: &Ranges) -> Maxima {
        let mut held = maxima.clone();
        for ((point, layer), range) in ranges {
            let exponents = match point {
                Point::Projection => self.projection(*layer),
                _ => self.contracted(*layer),
            };
            let smaller = range.iter().zip(exponents).map(|(max, k)| max / scale(*k));
            held.insert((*point, *layer), smaller.fold(0.0, f32::max));
        }
        held
    }

    /// The weights with which a network gives what is held smaller.
    pub fn apply(&self, weights: &Weights) -> Weights {
        let mut scaled = weights.clone();
        for (index, layer) in (0..).zip(&mut scaled.layers) {
            smaller(&mut layer.output, self.projection(index));
            smaller(&mut layer.down, self.contracted(index));
        }
        scaled
    }
}

/// What an exponent stands for.
fn scale(exponent: u8) -> f32 {
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
fn smaller(dense: &mut Dense, exponents: &[u8]) {
    let outputs = dense.weight.column_iter_mut().zip(&mut dense.bias);
    for ((mut column, bias), k) in outputs.zip(exponents) {
        column /= scale(*k);
        *bias /= scale(*k);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_held_at_the_upper_quartile_of_all_at_most() {
        // The quartile is 4.0.
        let range = [1.0, 0.5, 2.0, 1.0, 1.0, 4.0, 4.1, 1000.0, 1.0, 1.0, 3.0, 3.0];
        assert_eq!(exponents(&range), [0, 0, 0, 0, 0, 0, 1, 7, 0, 0, 0, 0]);
        assert_eq!(exponents(&[0.0; 4]), [0; 4]);
        assert_eq!(exponents(&[]), [0_u8; 0]);
    }
}
