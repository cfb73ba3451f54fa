//! Softmax with attention-span mask, in base 2 and three passes: no divider, no renormalisation after the mask.
//!
//! 1. max = the largest of the valid elements of a row;
//! 2. sum = sum of 2^-t with t = (max - x) * log2(e), t in 16 fraction bits, 2^-t in 24;
//! 3. out = 2^-(t + log2 sum) * mask, rounded once, on encoding.
//!
//! `max - x` is exact in significands, is rounded to 16 fraction bits, and saturates just below 64. Columns from
//! `valid` on give code 0 and take no part. Source of the order of passes: the EdgeBERT release, which does not
//! renormalise either. Not modelled: a temperature, which is the `shift` of the product before.

use crate::adaptivfloat::{Fixed, Format, Tensor, encode};
use crate::fixed::{EXP2_FRACTION, LOG2E_Q17, exp2_fraction, exp2_neg, log2};
use crate::shape::ShapeError;
use nalgebra::DMatrix;
use std::num::NonZeroU64;

/// Fraction bits of a span weight: 128 is 1.0.
pub const SPAN_FRACTION: u32 = 7;

/// Relative error of an output before encoding, for `max - x` below 64: rounding of `max - x` and of t (1.3e-5 each for
/// the element and the sum), log2(e) (2.6e-5 at 64), exp2 twice (7.7e-6), log2 (1.4e-5). A row adds
/// [`SOFTMAX_ERROR_PER_ELEMENT`] for each element. From 64 on an output is below 2^-92 instead of e^-64.
pub const SOFTMAX_ERROR: f64 = 7.5e-5;

/// What each element of a row adds to [`SOFTMAX_ERROR`]: the rounding of its term of the sum to 2^-24.
pub const SOFTMAX_ERROR_PER_ELEMENT: f64 = 1.0 / 33_554_432.0;

/// Fraction bits of a distance from the maximum.
pub const DISTANCE_FRACTION: u32 = 16;

/// Largest distance from the maximum: just below 64.
pub const DISTANCE_LIMIT: u32 = (1 << 22) - 1;

/// Softmax of each row of `x` [C x R], over the first `valid` columns, times the weight of the column in `span`
/// (unsigned, 7 fraction bits). The result [C x R] has the format and bias given.
///
/// # Errors
/// `valid` above C, or a span mask that is not C long.
pub fn softmax(
    x: &Tensor,
    valid: usize,
    span: Option<&[u8]>,
    format: Format,
    bias: i32,
) -> Result<Tensor, ShapeError> {
    ShapeError::at_most("number of valid columns", valid, x.length())?;
    if let Some(span) = span {
        ShapeError::exactly("length of the span mask", span.len(), x.length())?;
    }
    let mut out = Tensor::zeros(format, bias, x.length(), x.rows());
    for (r, mut column) in out.codes.column_iter_mut().enumerate() {
        let powers = powers(x, r, valid);
        let normaliser = log2_sum(&powers);
        for (k, &t) in powers.iter().enumerate() {
            let weight = span.map_or(1 << SPAN_FRACTION, |span| span[k]);
            column[k] = encode(format, bias, weighted(t + normaliser, weight));
        }
    }
    Ok(out)
}

/// `(max - x) * log2(e)` of the valid elements of row `r`, 16 fraction bits.
pub(crate) fn powers(x: &Tensor, r: usize, valid: usize) -> Vec<u32> {
    distances(x, r, valid).map(power).collect()
}

/// `max - x` of the valid elements of row `r`, 16 fraction bits.
pub(crate) fn distances(x: &Tensor, r: usize, valid: usize) -> impl Iterator<Item = u32> {
    let significands = x.row(r)[..valid].iter().map(|&code| x.format.significand(code));
    let max = significands.clone().max().unwrap_or(0);
    let lsb = x.lsb();
    significands.map(move |s| distance(max - s, lsb))
}

/// A difference of significands of weight `2^lsb` as a distance, to nearest even.
pub fn distance(difference: i32, lsb: i32) -> u32 {
    let exact = Fixed::new(difference.into(), lsb);
    exact.round_to(-DISTANCE_FRACTION.cast_signed(), DISTANCE_LIMIT.into()) as u32
}

/// A distance in natural units as a power of two, both with 16 fraction bits.
pub const fn power(distance: u32) -> u32 {
    ((distance as u64 * LOG2E_Q17 as u64 + (1 << 16)) >> 17) as u32
}

/// log2 of the sum of `2^-t`, 16 fraction bits; 0 for no elements.
fn log2_sum(powers: &[u32]) -> u32 {
    let sum: u64 = powers.iter().map(|&t| u64::from(exp2_neg(t))).sum();
    NonZeroU64::new(sum).map_or(0, |sum| log2(sum) - (EXP2_FRACTION << 16))
}

/// `2^-t * weight`, exact after the table.
fn weighted(t: u32, weight: u8) -> Fixed {
    let mantissa = i128::from(exp2_fraction(t as u16)) * i128::from(weight);
    Fixed::new(mantissa, -((EXP2_FRACTION + SPAN_FRACTION + (t >> 16)).cast_signed()))
}

/// The reference, on dequantised values [C x R]; `span` as weights of 1.0.
pub fn softmax_f64(x: &DMatrix<f64>, valid: usize, span: Option<&[f64]>) -> DMatrix<f64> {
    let mut out = DMatrix::zeros(x.nrows(), x.ncols());
    for (row, mut result) in x.column_iter().zip(out.column_iter_mut()) {
        let max = row.iter().take(valid).copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = row.iter().take(valid).map(|x| (x - max).exp()).sum();
        for k in 0..valid {
            result[k] = (row[k] - max).exp() / sum * span.map_or(1.0, |span| span[k]);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Rng, SEED, random_tensor, rounding_bound};
    use rand::RngExt;
    use rand_chacha::rand_core::SeedableRng;

    const OUT: (Format, i32) = (Format::AF8_4, -15);

    fn check(x: &Tensor, valid: usize, span: Option<&[u8]>) {
        let golden = softmax(x, valid, span, OUT.0, OUT.1).unwrap().dequantise();
        let weights: Option<Vec<f64>> = span.map(|s| s.iter().map(|&w| f64::from(w) / 128.0).collect());
        let exact = softmax_f64(&x.dequantise(), valid, weights.as_deref());
        for (g, e) in golden.iter().zip(exact.iter()) {
            let internal = e * (SOFTMAX_ERROR + valid as f64 * SOFTMAX_ERROR_PER_ELEMENT);
            let limit = internal + rounding_bound(OUT.0, OUT.1, e + internal);
            assert!((g - e).abs() <= limit, "seed {SEED}: {g} {e}, bias {}, valid {valid}", x.bias);
        }
    }

    #[test]
    fn random_rows_are_within_the_bound() {
        let mut rng = Rng::seed_from_u64(SEED);
        for format in Format::all() {
            for bias in [-14, -12, -9, -6, -3, 0, 4] {
                let x = random_tensor(&mut rng, format, bias, 77, 5);
                let span: Vec<u8> = (0..77).map(|_| rng.random_range(0..=128)).collect();
                check(&x, 77, None);
                check(&x, 50, Some(&span));
            }
        }
    }

    #[test]
    fn extreme_rows_are_within_the_bound() {
        let format = Format::AF8_4;
        for length in [1, 2, 128, 4096] {
            for fill in [0, 1, format.max_code(), format.code_mask()] {
                let mut x = Tensor::zeros(format, -13, length, 2);
                x.codes.fill(fill);
                x.codes[(length / 2, 1)] = 0x31;
                check(&x, length, None);
            }
        }
    }

    /// Every distance up to 40, finely: pass 3 against the bound, without an encoder between.
    #[test]
    fn before_encoding_every_distance_is_within_the_bound() {
        for distance in (0..40 << 16).step_by(3) {
            let sum = 1.0 + (-f64::from(distance) / 65536.0).exp();
            let t = power(distance) + log2_sum(&[0, power(distance)]);
            let exact = (-f64::from(distance) / 65536.0).exp() / sum;
            let golden = weighted(t, 128).to_f64();
            assert!((golden - exact).abs() <= SOFTMAX_ERROR * exact, "{distance}: {golden} {exact}");
        }
    }

    /// Many elements at the distance where each term of the sum is rounded most: half of 2^-24, and just above it.
    #[test]
    fn before_encoding_long_rows_of_small_terms_are_within_the_bound() {
        for (count, distance) in [(100, 1_135_682), (5000, 1_135_682), (5000, 1_135_700), (5000, 1_063_000)] {
            let mut powers = vec![power(distance); count];
            powers.push(0);
            let sum = 1.0 + count as f64 * (-f64::from(distance) / 65536.0).exp();
            let golden = weighted(log2_sum(&powers), 128).to_f64();
            let limit = SOFTMAX_ERROR + count as f64 * SOFTMAX_ERROR_PER_ELEMENT;
            assert!((golden * sum - 1.0).abs() <= limit, "{count} {distance}: {golden} {sum}");
        }
    }

    #[test]
    fn columns_that_do_not_count_take_no_part() {
        let mut rng = Rng::seed_from_u64(SEED);
        let x = random_tensor(&mut rng, Format::AF8_3, -5, 40, 3);
        let mut other = x.clone();
        other.codes.rows_mut(30, 10).fill(0x7f);
        let [a, b] = [&x, &other].map(|x| softmax(x, 30, None, OUT.0, OUT.1).unwrap());
        assert_eq!(a, b);
        assert!(a.codes.rows(30, 10).iter().all(|&code| code == 0));
        let none = softmax(&x, 0, None, OUT.0, OUT.1).unwrap();
        assert!(none.codes.iter().all(|&code| code == 0));
    }

    #[test]
    fn a_span_weight_of_zero_gives_zero_and_does_not_renormalise() {
        let x = random_tensor(&mut Rng::seed_from_u64(SEED), Format::AF8_3, -6, 16, 2);
        let mut span = [128; 16];
        span[3] = 0;
        let plain = softmax(&x, 16, None, OUT.0, OUT.1).unwrap();
        let masked = softmax(&x, 16, Some(&span), OUT.0, OUT.1).unwrap();
        for (index, (&a, &b)) in plain.codes.iter().zip(masked.codes.iter()).enumerate() {
            assert_eq!(b, if index % 16 == 3 { 0 } else { a });
        }
    }

    #[test]
    fn shapes_are_checked() {
        let x = Tensor::zeros(Format::AF8_3, 0, 4, 1);
        let long = softmax(&x, 5, None, OUT.0, OUT.1).unwrap_err();
        assert_eq!(long.to_string(), "number of valid columns is 5, must be at most 4");
        let short = softmax(&x, 4, Some(&[128; 3]), OUT.0, OUT.1).unwrap_err();
        assert_eq!(short.to_string(), "length of the span mask is 3, must be 4");
    }
}
