//! Element-wise add of two tensors with exponent biases of their own: the residual connections, ahead of their norm.
//!
//! The sum of two codes is exact; it is rounded once, to a fixed-point integer of [`SUM_BITS`] bits, and not to a code: a
//! layer norm divides by what a row spreads, so that rounding a sum to three or four bits is what costs a network most.
//! A column of the first operand, which is what is added to the residual, can have an exponent of its own, by which it is
//! larger than its codes tell: a channel of outliers is then stored within the octaves of the others.

use crate::adaptivfloat::Tensor;
use crate::lane::{common_unit, round_lane, significand_lane};
use crate::matmul::{Path, Work};
use crate::shape::ShapeError;
use nalgebra::DMatrix;

/// Bits of a sum, its sign among them.
pub const SUM_BITS: u32 = 24;

/// The largest magnitude of a sum, which saturates alike on both sides.
pub const MAX_SUM: i32 = (1 << (SUM_BITS - 1)) - 1;

/// Bits of the exponent of a channel.
pub const CHANNEL_BITS: u32 = 3;

/// `x · 2^k + y`, both [length x rows], with the exponent k of each column, in units of `2^lsb`. `channels` are the
/// exponents, below `2^CHANNEL_BITS`; a column beyond their end has none.
///
/// # Errors
/// Operands of different shapes.
pub fn add(x: &Tensor, y: &Tensor, channels: &[u8], lsb: i32) -> Result<DMatrix<i32>, ShapeError> {
    ShapeError::exactly("length of the second operand", y.length(), x.length())?;
    ShapeError::exactly("number of rows of the second operand", y.rows(), x.rows())?;
    let mut sums = DMatrix::zeros(x.length(), x.rows());
    // Significands have 31 bits at most, without their sign.
    let unit = |k| common_unit((x.lsb().saturating_add(k), 31), (y.lsb(), 31));
    let exponent = |column| channels.get(column).copied().map_or(0, i32::from);
    let units: Option<Vec<_>> = (0..x.length()).map(|column| unit(exponent(column))).collect();
    match units {
        Some(units) => {
            let shifts = Shifts {
                up: units.iter().map(|unit| unit.0).collect(),
                down: units.iter().map(|unit| unit.1).collect(),
                out: units.iter().map(|unit| i64::from(unit.2) - i64::from(lsb)).collect(),
            };
            Path::best().widen(Add { x, y, shifts: &shifts, sums: &mut sums });
        }
        None => add_plainly((x, y), exponent, lsb, &mut sums),
    }
    Ok(sums)
}

/// Of each column, the powers of two by which its operands come to a common unit, and those by which its sum becomes the result.
struct Shifts {
    up: Vec<u32>,
    down: Vec<u32>,
    out: Vec<i64>,
}

struct Add<'a> {
    x: &'a Tensor,
    y: &'a Tensor,
    shifts: &'a Shifts,
    sums: &'a mut DMatrix<i32>,
}

impl Work for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Add { x, y, shifts, sums } = self;
        for (row, sums) in sums.as_mut_slice().chunks_mut(x.length().max(1)).enumerate() {
            let codes = x.row(row).iter().zip(y.row(row));
            let shifts = shifts.up.iter().zip(&shifts.down).zip(&shifts.out);
            for (sum, ((&p, &q), ((up, down), &out))) in sums.iter_mut().zip(codes.zip(shifts)) {
                let (p, q) = (significand_lane(x.format, p), significand_lane(y.format, q));
                *sum = round_lane((i64::from(p) << up) + (i64::from(q) << down), out, MAX_SUM.into()) as i32;
            }
        }
    }
}

/// The same in exact numbers of any unit, one element after the other.
fn add_plainly(
    (x, y): (&Tensor, &Tensor),
    exponent: impl Fn(usize) -> i32,
    lsb: i32,
    sums: &mut DMatrix<i32>,
) {
    for (row, mut sums) in sums.column_iter_mut().enumerate() {
        for (column, (sum, (&p, &q))) in sums.iter_mut().zip(x.row(row).iter().zip(y.row(row))).enumerate() {
            let a = x.format.decode(p, x.bias.saturating_add(exponent(column)));
            // The limit holds 24 bits.
            *sum = a.plus(y.format.decode(q, y.bias)).round_to(lsb, MAX_SUM.into()) as i32;
        }
    }
}

/// The reference: sums of dequantised values [C x R], unrounded.
pub fn add_f64(x: &DMatrix<f64>, y: &DMatrix<f64>, channels: &[u8]) -> DMatrix<f64> {
    let mut sum = x.clone();
    for (mut column, channel) in sum.row_iter_mut().zip(channels) {
        column *= f64::from(*channel).exp2();
    }
    sum + y
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adaptivfloat::Format;
    use crate::testing::{Rng, SEED, random_tensor};
    use rand::RngExt;
    use rand_chacha::rand_core::SeedableRng;

    /// All pairs of codes. The biases keep both operands within 53 bits of each other, so the `f64` sum is exact.
    #[test]
    fn every_pair_of_codes_is_rounded_once() {
        for (a, b) in [(Format::AF8_3, Format::AF8_3), (Format::AF8_4, Format::AF8_3)] {
            let x = Tensor { format: a, bias: -9, codes: DMatrix::from_fn(256, 256, |i, _| i as u8) };
            let channels: Vec<u8> = (0..=255).map(|column| column % 8).collect();
            for (bias, lsb) in [(-14, -20), (-9, -9), (-3, -8), (20, 3), (20, 14)] {
                let y = Tensor { format: b, bias, codes: DMatrix::from_fn(256, 256, |_, j| j as u8) };
                let sum = add(&x, &y, &channels, lsb).unwrap();
                let exact = add_f64(&x.dequantise(), &y.dequantise(), &channels);
                for (sum, exact) in sum.iter().zip(exact.iter()) {
                    let limit = f64::from(MAX_SUM);
                    let rounded = (exact * f64::from(-lsb).exp2()).round_ties_even().clamp(-limit, limit);
                    assert_eq!(*sum, rounded as i32, "{a} + {b}, bias {bias}, unit 2^{lsb}: {exact}");
                }
            }
        }
    }

    #[test]
    fn a_far_smaller_operand_decides_a_tie() {
        let operand =
            |code, bias| Tensor { format: Format::AF8_3, bias, codes: DMatrix::from_element(1, 1, code) };
        // 0x42 is 18, half way between 16 and 20, which are 4 and 5 of four.
        let tie = operand(0x42, 0);
        for (small, bias, expected) in [(0, -500, 4), (0x01, -500, 5), (0x81, -500, 4)] {
            let sum = add(&tie, &operand(small, bias), &[], 2).unwrap();
            assert_eq!(sum[0], expected, "{small}");
        }
    }

    #[test]
    fn a_sum_saturates_with_its_sign() {
        let operand =
            |code| Tensor { format: Format::AF8_3, bias: 0, codes: DMatrix::from_element(1, 1, code) };
        for (code, expected) in [(0x7f, MAX_SUM), (0xff, -MAX_SUM)] {
            let sum = add(&operand(code), &operand(0), &[7], -14).unwrap();
            assert_eq!(sum[0], expected, "{code}");
        }
    }

    #[test]
    fn shapes_are_checked() {
        let x = Tensor::zeros(Format::AF8_3, 0, 4, 2);
        let error = add(&x, &Tensor::zeros(Format::AF8_3, 0, 3, 2), &[], 0).unwrap_err();
        assert_eq!(error.to_string(), "length of the second operand is 3, must be 4");
        assert!(add(&x, &Tensor::zeros(Format::AF8_3, 0, 4, 1), &[], 0).is_err());
    }

    /// Biases so far from each other that sums of some or of all columns have no unit in 64 bits are among them.
    #[test]
    fn lanes_equal_one_element_after_the_other() {
        let mut rng = Rng::seed_from_u64(SEED);
        for (format, other) in [(Format::AF8_4, Format::AF8_4), (Format::AF8_3, Format::AF4_3)] {
            for biases in [(-14, -12), (-30, 5), (3, -20), (17, -9), (-9, 21), (40, -40)] {
                let x = random_tensor(&mut rng, format, biases.0, 75, 6);
                let y = random_tensor(&mut rng, other, biases.1, 75, 6);
                let channels: Vec<u8> = (0..70).map(|_| rng.random_range(0..8)).collect();
                let exponent = |column| channels.get(column).copied().map_or(0, i32::from);
                for lsb in [-60, -30, -22, -12, 0, 9] {
                    let mut plain = DMatrix::zeros(75, 6);
                    add_plainly((&x, &y), exponent, lsb, &mut plain);
                    let sums = add(&x, &y, &channels, lsb).unwrap();
                    assert_eq!(sums, plain, "seed {SEED}: {format} {other} {biases:?} {lsb}");
                }
            }
        }
    }
}
