//! Fixed-point primitives shared by every unit: exact values, rounding, division, and table functions.
//!
//! Rounding is to nearest, ties to even, everywhere. The functions `exp2_neg`, `log2` and `rsqrt` are one table
//! look-up and one linear interpolation each; their error bounds are constants beside them and hold over the whole
//! input range. Timing is the caller's: nothing here knows of cycles.

mod power;
mod root;

pub use power::{
    EXP2_ERROR, EXP2_FRACTION, EXP2_TABLE, LN2_Q16, LOG2_ERROR, LOG2_TABLE, LOG2E_Q17, exp2_fraction,
    exp2_neg, log2,
};
pub use root::{RSQRT_ERROR, RSQRT_FRACTION, RSQRT_TABLE, rsqrt, rsqrt_f64};

/// An exact value `mantissa * 2^lsb`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fixed {
    /// Signed integer; units of this crate hand over at most 2^100 in magnitude.
    pub mantissa: i128,
    /// Weight of the lowest bit, as a power of two.
    pub lsb: i32,
}

impl Fixed {
    /// Zero.
    pub const ZERO: Fixed = Fixed { mantissa: 0, lsb: 0 };

    /// The value `mantissa * 2^lsb`.
    #[inline]
    pub const fn new(mantissa: i128, lsb: i32) -> Fixed {
        Fixed { mantissa, lsb }
    }

    /// The sum, exact as long as it spans at most 125 bits. A smaller operand that lies further below is kept as a
    /// sticky bit, which decides every later rounding as the exact sum would. Magnitudes must be at most 2^64.
    #[inline]
    pub fn plus(self, other: Fixed) -> Fixed {
        let (high, low) = if self.lsb >= other.lsb { (self, other) } else { (other, self) };
        if high.mantissa == 0 {
            return low;
        }
        let room = high.mantissa.unsigned_abs().leading_zeros() - 2;
        let distance = high.lsb.abs_diff(low.lsb);
        let left = distance.min(room);
        let aligned = shift_sticky(low.mantissa, distance - left);
        Fixed::new((high.mantissa << left) + aligned, high.lsb - left.cast_signed())
    }

    /// The value as an integer multiple of `2^lsb`, to nearest even, saturated to `-limit..=limit`.
    #[inline]
    pub fn round_to(self, lsb: i32, limit: i128) -> i128 {
        let right = i64::from(lsb) - i64::from(self.lsb);
        let rounded = if right >= 0 {
            round_shift(self.mantissa, u32::try_from(right).unwrap_or(u32::MAX))
        } else {
            shift_left_saturating(self.mantissa, right.unsigned_abs())
        };
        rounded.clamp(-limit, limit)
    }

    /// The nearest `f64`, for references.
    pub fn to_f64(self) -> f64 {
        self.mantissa as f64 * f64::from(self.lsb).exp2()
    }
}

/// `x >> right` with every lost bit gathered in the lowest one.
#[inline]
fn shift_sticky(x: i128, right: u32) -> i128 {
    match right {
        0 => x,
        1..=126 => (x >> right) | i128::from(x & ((1 << right) - 1) != 0),
        _ => x.signum(),
    }
}

#[inline]
fn shift_left_saturating(x: i128, left: u64) -> i128 {
    if u64::from(x.unsigned_abs().leading_zeros()) > left + 1 { x << left } else { i128::MAX * x.signum() }
}

/// `x / 2^right`, to nearest, ties to even.
#[inline]
pub const fn round_shift(x: i128, right: u32) -> i128 {
    if right == 0 {
        return x;
    }
    if right > 126 {
        return 0;
    }
    let floor = x >> right;
    let rest = x & ((1 << right) - 1);
    let half = 1 << (right - 1);
    let up = rest > half || (rest == half && floor & 1 == 1);
    floor + up as i128
}

/// `numerator / denominator`, to nearest, ties to even; a restoring divider in hardware. The error is at most half.
/// A zero denominator gives the largest value, as the divider would.
pub const fn divide(numerator: u128, denominator: u128) -> u128 {
    if denominator == 0 {
        return u128::MAX;
    }
    let quotient = numerator / denominator;
    let rest = numerator % denominator;
    let opposite = denominator - rest;
    let up = rest > opposite || (rest == opposite && quotient & 1 == 1);
    quotient + up as u128
}

/// One step of linear interpolation between neighbours of a table: `(from * (2^bits - rest) + to * rest) / 2^bits`,
/// with one rounding. `rest` counts `2^-bits` of a segment.
#[inline]
const fn interpolate(from: u32, to: u32, rest: u32, bits: u32) -> u32 {
    let rise = (to as i64 - from as i64) * rest as i64;
    let half = 1 << (bits - 1);
    (from as i64 + ((rise + half) >> bits)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_shift_takes_the_even_neighbour_on_a_tie() {
        let cases =
            [(3, 1, 2), (5, 1, 2), (-3, 1, -2), (-5, 1, -2), (6, 2, 2), (10, 2, 2), (7, 2, 2), (-7, 0, -7)];
        for (x, right, expected) in cases {
            assert_eq!(round_shift(x, right), expected, "{x} >> {right}");
        }
        assert_eq!(round_shift(i128::MAX, 200), 0);
    }

    #[test]
    fn round_shift_is_nearest_for_all_small_inputs() {
        for right in 1..6 {
            for x in -300..300_i128 {
                let error = (x - (round_shift(x, right) << right)).unsigned_abs();
                assert!(error <= 1 << (right - 1), "{x} >> {right}");
            }
        }
    }

    #[test]
    fn divide_is_nearest_for_all_small_inputs() {
        for denominator in 1..40_u128 {
            for numerator in 0..400_u128 {
                let quotient = divide(numerator, denominator);
                let twice = 2 * numerator.abs_diff(quotient * denominator);
                assert!(
                    twice < denominator || (twice == denominator && quotient.is_multiple_of(2)),
                    "{numerator}/{denominator}"
                );
            }
        }
        assert_eq!(divide(1, 0), u128::MAX);
    }

    #[test]
    fn plus_aligns_exactly() {
        let sum = Fixed::new(3, 4).plus(Fixed::new(-5, 1));
        assert_eq!(sum.mantissa << sum.lsb, 3 * 16 - 5 * 2);
        assert_eq!(Fixed::ZERO.plus(Fixed::new(7, -3)), Fixed::new(7, -3));
        assert_eq!(Fixed::new(7, -90).plus(Fixed::ZERO), Fixed::new(7, -90).plus(Fixed::new(0, 40)));
    }

    #[test]
    fn plus_keeps_a_far_operand_as_sticky() {
        for (far, below) in [(1, false), (-1, true), (i128::from(i64::MIN), true)] {
            let sum = Fixed::new(1, 500).plus(Fixed::new(far, -500));
            let one = 1_i128 << (500 - sum.lsb);
            assert_eq!(sum.mantissa < one, below);
            assert_ne!(sum.mantissa, one);
        }
        for distance in 125..260 {
            for far in [1, -1] {
                let sum = Fixed::new(1, distance).plus(Fixed::new(far, 0));
                let one = 1_i128 << (distance - sum.lsb);
                assert_eq!(sum.mantissa.cmp(&one), far.cmp(&0), "{far} below 2^{distance}");
            }
        }
    }

    #[test]
    fn round_to_saturates_on_both_sides() {
        assert_eq!(Fixed::new(5, 200).round_to(-12, 100), 100);
        assert_eq!(Fixed::new(-5, 200).round_to(-12, 100), -100);
        assert_eq!(Fixed::new(5, -14).round_to(-12, 100), 1);
        assert_eq!(Fixed::new(5, -4000).round_to(-12, 100), 0);
        assert_eq!(Fixed::new(0, 4000).round_to(-12, 100), 0);
    }
}
