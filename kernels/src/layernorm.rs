//! Layer norm from exact integer sums, behind the add of the residual.
//!
//! With the integers x of a row that [`add`](crate::add::add()) gives, N of them valid: S = sum x, V = N * sum x^2 - S^2, and
//! out = (N*x - S) * V^-1/2 * gamma + beta. Numerator and V are exact; the unit of the integers cancels. The normal
//! value z = (N*x - S) * V^-1/2 is rounded to 16 fraction bits, gamma and beta are applied exactly, and the result is
//! rounded on encoding. Two passes over a row: sums, then values. V = 0 gives beta. Not modelled: the epsilon of
//! the software (1e-12), which only matters for a row that is all but constant.
//!
//! A parameter word of gamma holds gamma above the exponent of its channel ([`gamma_word`]), since both passes need that.

use crate::adaptivfloat::{Fixed, Format, Tensor, encode};
use crate::add::CHANNEL_BITS;
use crate::fixed::{RSQRT_ERROR, rsqrt};
use crate::lane::{common_unit, encode_lane, round_lane};
use crate::matmul::{Path, Work};
use crate::shape::ShapeError;
use nalgebra::DMatrix;
use std::num::NonZeroU128;

/// Fraction bits of the normal value.
pub const NORMAL_FRACTION: u32 = 16;

/// Bits of gamma in its 16-bit word, two's complement; below it lies the exponent of the channel.
pub const GAMMA_BITS: u32 = 16 - CHANNEL_BITS;

/// Relative error of the normal value; half of 2^-16 comes on top, absolute.
pub const NORMAL_ERROR: f64 = RSQRT_ERROR;

/// Gamma or beta: one integer per element, in units of `2^lsb`.
#[derive(Debug, Clone, Copy)]
pub struct Parameters<'a> {
    /// The integers.
    pub values: &'a [i16],
    /// Weight of their lowest bit, as a power of two.
    pub lsb: i32,
}

/// The parameter word of gamma, which takes [`GAMMA_BITS`] bits, and of its channel's exponent, which takes [`CHANNEL_BITS`].
pub const fn gamma_word(gamma: i16, channel: u8) -> i16 {
    gamma << CHANNEL_BITS | channel as i16 & ((1 << CHANNEL_BITS) - 1)
}

/// Gamma and the exponent of its channel, from their word.
pub const fn gamma_parts(word: i16) -> (i16, u8) {
    (word >> CHANNEL_BITS, (word & ((1 << CHANNEL_BITS) - 1)) as u8)
}

/// Layer norm of each row of `x` [C x R] over its first `valid` elements; the others give code 0. The result [C x R]
/// has the format and bias given. The integers are at most [`MAX_SUM`](crate::add::MAX_SUM) in magnitude.
///
/// # Errors
/// `valid` above C, or gamma or beta shorter than `valid`.
pub fn layernorm(
    x: &DMatrix<i32>,
    valid: usize,
    gamma: Parameters<'_>,
    beta: Parameters<'_>,
    format: Format,
    bias: i32,
) -> Result<Tensor, ShapeError> {
    ShapeError::at_most("number of valid elements", valid, x.nrows())?;
    ShapeError::at_most("number of valid elements (limit: gamma)", valid, gamma.values.len())?;
    ShapeError::at_most("number of valid elements (limit: beta)", valid, beta.values.len())?;
    let mut out = Tensor::zeros(format, bias, x.nrows(), x.ncols());
    let affine = Affine { gamma, beta, fine: gamma.lsb.saturating_sub(NORMAL_FRACTION.cast_signed()) };
    Path::best().widen(Norm { affine, x, valid, out: &mut out });
    Ok(out)
}

/// What is done with normal values.
#[derive(Clone, Copy)]
struct Affine<'a> {
    gamma: Parameters<'a>,
    beta: Parameters<'a>,
    /// Weight of the lowest bit of a normal value times gamma, as a power of two.
    fine: i32,
}

/// The norm of all rows.
struct Norm<'a> {
    affine: Affine<'a>,
    x: &'a DMatrix<i32>,
    valid: usize,
    out: &'a mut Tensor,
}

impl Work for Norm<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Norm { affine, x, valid, out } = self;
        // Normal values have the root of the count and a sign ahead of their fraction: 26 bits. With gamma that is below 2^39.
        let unit = common_unit((affine.fine, 39), (affine.beta.lsb, 15));
        let (length, target) = (x.nrows().max(1), (out.format, out.bias));
        for (row, codes) in x.as_slice().chunks(length).zip(out.codes.as_mut_slice().chunks_mut(length)) {
            let row = &row[..valid];
            let moments = Moments::of(row);
            match unit {
                Some(unit) => affine.fill_lanes(row, &moments, unit, target, codes),
                None => affine.fill_plainly(row, &moments, target, codes),
            }
        }
    }
}

impl Affine<'_> {
    /// Codes of a row whose sums have a unit in 64 bits: gamma's and beta's shifts, and its power of two.
    #[inline(always)]
    fn fill_lanes(
        self,
        row: &[i32],
        moments: &Moments,
        (left, beta_left, lsb): (u32, u32, i32),
        (format, bias): (Format, i32),
        codes: &mut [u8],
    ) {
        let offset = i64::from(lsb) - i64::from(bias);
        let parameters = self.gamma.values.iter().zip(self.beta.values);
        for (code, (&value, (&gamma, &beta))) in codes.iter_mut().zip(row.iter().zip(parameters)) {
            let scaled = moments.normal(value) * i64::from(gamma);
            *code = encode_lane(format, offset, (scaled << left) + (i64::from(beta) << beta_left));
        }
    }

    /// The same in exact numbers of any unit.
    #[inline(never)]
    fn fill_plainly(self, row: &[i32], moments: &Moments, (format, bias): (Format, i32), codes: &mut [u8]) {
        let parameters = self.gamma.values.iter().zip(self.beta.values);
        for (code, (&value, (&gamma, &beta))) in codes.iter_mut().zip(row.iter().zip(parameters)) {
            let scaled = Fixed::new((moments.normal(value) * i64::from(gamma)).into(), self.fine);
            *code = encode(format, bias, scaled.plus(Fixed::new(beta.into(), self.beta.lsb)));
        }
    }
}

/// What the first pass over a row leaves. Rows have fewer than 2^16 elements below 2^23, so that 64 bits hold every sum.
struct Moments {
    count: i64,
    sum: i64,
    /// V^-1/2 by its mantissa, at most 2^20, and the power of two by which its products become normal values; zero for a constant row,
    /// so that its normal values are zero.
    scale: i64,
    shift: i64,
}

impl Moments {
    #[inline(always)]
    fn of(row: &[i32]) -> Moments {
        let count = row.len() as i64;
        let sum: i64 = row.iter().map(|&x| i64::from(x)).sum();
        let squares: i64 = row.iter().map(|&x| i64::from(x) * i64::from(x)).sum();
        let spread =
            (i128::from(count) * i128::from(squares) - i128::from(sum) * i128::from(sum)).unsigned_abs();
        let scale = NonZeroU128::new(spread).map_or(Fixed::ZERO, rsqrt);
        let shift = i64::from(scale.lsb) + i64::from(NORMAL_FRACTION);
        Moments { count, sum, scale: scale.mantissa as i64, shift }
    }

    /// The normal value of an element, 16 fraction bits; its magnitude is below the root of the count.
    #[inline(always)]
    fn normal(&self, value: i32) -> i64 {
        let numerator = self.count * i64::from(value) - self.sum;
        round_lane(numerator * self.scale, self.shift, i32::MAX.into())
    }
}

/// The reference, on dequantised values [C x R]; no epsilon, and a constant row gives beta.
pub fn layernorm_f64(x: &DMatrix<f64>, valid: usize, gamma: &[f64], beta: &[f64]) -> DMatrix<f64> {
    let mut out = DMatrix::zeros(x.nrows(), x.ncols());
    for (row, mut result) in x.column_iter().zip(out.column_iter_mut()) {
        let row = row.rows(0, valid);
        let (mean, deviation) = (row.mean(), row.variance().sqrt());
        for k in 0..valid {
            let normal = if deviation > 0.0 { (row[k] - mean) / deviation } else { 0.0 };
            result[k] = normal * gamma[k] + beta[k];
        }
    }
    out
}

#[cfg(test)]
mod tests;
