//! Softmax with attention-span mask, in base 2 and three passes: no divider, no renormalisation after the mask.
//!
//! 1. max = the largest of the valid elements of a row;
//! 2. sum = sum of 2^-t with t = (max - x) * log2(e), t in 16 fraction bits, 2^-t in 24;
//! 3. out = 2^-(t + log2 sum) * mask, rounded once, on encoding.
//!
//! `max - x` is exact in significands, is rounded to 16 fraction bits, and saturates just below 64. Columns from
//! `valid` on give code 0 and take no part. Source of the order of passes: the EdgeBERT release, which does not
//! renormalise either. Not modelled: a temperature, which is the `shift` of the product before.

mod lanes;

use crate::adaptivfloat::{Fixed, Format, Tensor};
use crate::fixed::LOG2E_Q17;
use crate::matmul::Path;
use crate::shape::ShapeError;
use nalgebra::DMatrix;

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
    Path::best().widen(lanes::Softmax { x, valid, span, out: &mut out });
    Ok(out)
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
#[inline]
pub const fn power(distance: u32) -> u32 {
    ((distance as u64 * LOG2E_Q17 as u64 + (1 << 16)) >> 17) as u32
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
mod tests;
