//! Softmax in lanes, without a branch per element.
//!
//! The same arithmetic as one element after the other, which the tests hold it to. A difference of significands has 20 bits and a
//! weighted power of two 32, so that words of 32 and 64 bits are wide enough whatever the biases are.

use super::{DISTANCE_FRACTION, DISTANCE_LIMIT, SPAN_FRACTION, power};
use crate::adaptivfloat::{Format, Tensor};
use crate::fixed::{EXP2_FRACTION, exp2_fraction, exp2_neg, log2};
use crate::lane::{encode_lane, significand_lane};
use crate::matmul::Work;
use std::num::NonZeroU64;

/// Elements that are in work at once.
const LANES: usize = 32;

/// Softmax of the first `valid` elements of each row of `x`, times their weights, into `out`, which has the shape of `x`.
pub(super) struct Softmax<'a> {
    pub(super) x: &'a Tensor,
    pub(super) valid: usize,
    pub(super) span: Option<&'a [u8]>,
    pub(super) out: &'a mut Tensor,
}

impl Work for Softmax<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let (format, bias) = (self.out.format, self.out.bias);
        let ones = vec![1 << SPAN_FRACTION; if self.span.is_none() { self.valid } else { 0 }];
        let weights = self.span.unwrap_or(&ones);
        let mut powers = vec![0; self.valid];
        for (r, codes) in self.out.codes.as_mut_slice().chunks_mut(self.x.length().max(1)).enumerate() {
            fill_powers(self.x, r, &mut powers);
            let normaliser = log2_sum(&powers);
            let elements = powers.chunks(LANES).zip(weights.chunks(LANES));
            for (codes, (powers, weights)) in codes.chunks_mut(LANES).zip(elements) {
                let new = encode_weighted(powers, normaliser, weights, (format, bias));
                codes.iter_mut().zip(new).take(powers.len()).for_each(|(code, new)| *code = new);
            }
        }
    }
}

/// The codes of `2^-(t + normaliser) * weight`, by loops so short that each of them is done in lanes.
#[inline(always)]
fn encode_weighted(
    powers: &[u32],
    normaliser: u32,
    weights: &[u8],
    (format, bias): (Format, i32),
) -> [u8; LANES] {
    let (mut ts, mut mantissas) = ([normaliser; LANES], [0; LANES]);
    for (t, &power) in ts.iter_mut().zip(powers) {
        *t += power;
    }
    for (mantissa, &t) in mantissas.iter_mut().zip(&ts) {
        *mantissa = i64::from(exp2_fraction(t as u16));
    }
    for (mantissa, &weight) in mantissas.iter_mut().zip(weights) {
        *mantissa *= i64::from(weight);
    }
    let mut codes = [0; LANES];
    for (code, (&t, &mantissa)) in codes.iter_mut().zip(ts.iter().zip(&mantissas)) {
        let lsb = -i64::from(EXP2_FRACTION + SPAN_FRACTION + (t >> 16));
        *code = encode_lane(format, lsb - i64::from(bias), mantissa);
    }
    codes
}

/// `(max - x) * log2(e)` of the first elements of row `r`, 16 fraction bits.
#[inline(always)]
fn fill_powers(x: &Tensor, r: usize, powers: &mut [u32]) {
    let mut max = i32::MIN;
    for (power, &code) in powers.iter_mut().zip(x.row(r)) {
        let significand = significand_lane(x.format, code);
        max = max.max(significand);
        *power = significand.cast_unsigned();
    }
    let shift = i64::from(x.lsb()) + i64::from(DISTANCE_FRACTION);
    let (left, right) = (shift.clamp(0, 22) as u32, (-shift).clamp(0, 22) as u32);
    for t in powers.iter_mut() {
        let difference = (max - t.cast_signed()).cast_unsigned();
        *t = power(if shift >= 0 { shift_left(difference, left) } else { shift_right(difference, right) });
    }
}

/// A distance that is `difference * 2^left`.
#[inline(always)]
fn shift_left(difference: u32, left: u32) -> u32 {
    if difference > DISTANCE_LIMIT >> left { DISTANCE_LIMIT } else { difference << left }
}

/// A distance that is `difference / 2^right`, of at least one, to nearest even: below the limit. Differences have 20 bits, so that 22
/// stand for whatever is more.
#[inline(always)]
fn shift_right(difference: u32, right: u32) -> u32 {
    let odd = (difference >> right) & 1;
    (difference + ((1 << right) >> 1) - 1 + odd) >> right
}

/// log2 of the sum of `2^-t`, 16 fraction bits; 0 for no elements.
#[inline(always)]
pub(super) fn log2_sum(powers: &[u32]) -> u32 {
    let sum: u64 = powers.iter().map(|&t| u64::from(exp2_neg(t))).sum();
    NonZeroU64::new(sum).map_or(0, |sum| log2(sum) - (EXP2_FRACTION << 16))
}
