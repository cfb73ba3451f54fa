//! Span masks. Of a sentence of n tokens a head sees its last ones, key k with weight m(k):
//!
//! - hard: 1 if k + span >= n, else 0, which is what the machine applies;
//! - soft, while spans are learned: clamp((k - (n - 1) + z) / R + 1, 0, 1), 1 for the last z + 1 keys and 0 from z + R keys on. Its slope
//!   by z is 1 / R where it is neither 0 nor 1.
//!
//! The hard span of a soft one is the least that sees every key of weight above 0: ceil(z + R).

use super::Real;
use crate::train::layout::Layout;

/// What heads see.
#[derive(Clone, Copy)]
pub(in crate::train) enum Mask<'a, T> {
    /// Everything.
    None,
    /// Learned.
    Soft {
        /// z of each head, set of weights after set, tokens, from -R: a head that sees nothing.
        starts: &'a [T],
        /// R, tokens.
        ramp: T,
    },
    /// Tokens that each head sees, set of weights after set.
    Hard(&'a [u32]),
}

impl<'a, T: Real> Mask<'a, T> {
    /// What the heads of one layer see.
    pub(super) fn layer(&self, layout: &Layout, layer: usize) -> Mask<'a, T> {
        let own = layout.layer_heads(layer);
        match *self {
            Mask::None => Mask::None,
            Mask::Soft { starts, ramp } => Mask::Soft { starts: &starts[own], ramp },
            Mask::Hard(spans) => Mask::Hard(&spans[own]),
        }
    }

    /// Weights of the keys of a sentence of `n` tokens.
    pub(super) fn weights(&self, head: usize, n: usize) -> Vec<T> {
        match self {
            Mask::None => vec![T::one(); n],
            Mask::Soft { .. } => (0..n).map(|k| self.height(head, n, k).clamp(T::zero(), T::one())).collect(),
            Mask::Hard(spans) => {
                let seen = |k: usize| k + spans[head] as usize >= n;
                (0..n).map(|k| if seen(k) { T::one() } else { T::zero() }).collect()
            }
        }
    }

    /// Derivative by z, from that by the weight of each key.
    pub(super) fn slope(&self, head: usize, n: usize, d_weight: &[T]) -> T {
        let Mask::Soft { ramp, .. } = self else { return T::zero() };
        let rising = |k: &usize| {
            let height = self.height(head, n, *k);
            T::zero() < height && height < T::one()
        };
        (0..n).filter(rising).fold(T::zero(), |sum, k| sum + d_weight[k] / *ramp)
    }

    /// The weight of a key ahead of the clamp.
    fn height(&self, head: usize, n: usize, k: usize) -> T {
        match self {
            Mask::Soft { starts, ramp } => {
                (T::of(k as f64 - (n as f64 - 1.0)) + starts[head]) / *ramp + T::one()
            }
            _ => T::one(),
        }
    }
}

/// The hard span, tokens from 0 to `most`, of a soft mask that starts to fall at `start` and is `ramp` tokens long.
pub(in crate::train) fn hard(start: f32, ramp: u32, most: u32) -> u32 {
    (start + ramp as f32).ceil().clamp(0.0, most as f32) as u32
}
