//! Powers and logarithms of two: `2^-t` and `log2 x`, by 128 segments of linear interpolation each.
//!
//! Tables are made at compile time by integer arithmetic alone: `2^(-i/128)` by seven square roots of one half and
//! repeated products in Q62, `log2(1 + i/128)` by repeated squaring in Q62.

use super::{interpolate, round_shift};
use std::num::NonZeroU64;

/// Fraction bits of `exp2_neg` and `exp2_fraction`.
pub const EXP2_FRACTION: u32 = 24;

/// Relative error of `exp2_fraction` over all 2^16 fractions: the chord over 1/128 lies up to (ln 2 / 128)^2 / 8
/// above the curve, and two roundings add 2^-24.
pub const EXP2_ERROR: f64 = 1.0 / 262_144.0;

/// Absolute error of `log2`: the chord lies up to 1 / (8 * 128^2 * ln 2) below the curve, the result is rounded to
/// 2^-16, and cut input bits add 2^-22.
pub const LOG2_ERROR: f64 = 1.9e-5;

/// log2(e) with 17 fraction bits; relative error 4e-7.
pub const LOG2E_Q17: u32 = 189_097;

/// ln(2) with 16 fraction bits; relative error 2e-6.
pub const LN2_Q16: u32 = 45_426;

const SEGMENTS: usize = 128;
const ONE_Q62: u128 = 1 << 62;
/// `2^(-i/128)`, 24 fraction bits.
pub const EXP2_TABLE: [u32; SEGMENTS + 1] = exp2_table();
/// `log2(1 + i/128)`, 24 fraction bits.
pub const LOG2_TABLE: [u32; SEGMENTS + 1] = log2_table();

/// `2^-(fraction / 2^16)` with 24 fraction bits: from 2^24 down to just above 2^23. Bound: `EXP2_ERROR`, relative.
#[inline(always)]
pub const fn exp2_fraction(fraction: u16) -> u32 {
    let segment = (fraction >> 9) as usize;
    // As `interpolate`, in lanes of 32 bits: a segment falls by less than 2^17.
    let (from, to) = (EXP2_TABLE[segment].cast_signed(), EXP2_TABLE[segment + 1].cast_signed());
    let rise = (to - from) * (fraction & 511) as i32;
    (from + ((rise + 256) >> 9)).cast_unsigned()
}

/// `2^-t` for `t` with 16 fraction bits, as a value with 24 fraction bits (1.0 is 2^24). Error: `EXP2_ERROR`
/// relative plus half of 2^-24.
#[inline(always)]
pub const fn exp2_neg(t: u32) -> u32 {
    // To nearest even without a branch, with one bit more ahead of the shift so that there is always a half. What is shifted by more
    // than 25 is zero.
    let octave = t >> 16;
    let right = if octave < 30 { octave } else { 30 };
    let twice = exp2_fraction(t as u16) << 1;
    let odd = (twice >> right >> 1) & 1;
    (twice + (1 << right) - 1 + odd) >> right >> 1
}

/// `log2 x` with 16 fraction bits. Bound: `LOG2_ERROR`, absolute.
#[inline]
pub const fn log2(x: NonZeroU64) -> u32 {
    let zeros = x.leading_zeros();
    let normal = x.get() << zeros;
    let segment = (normal >> 56) as usize & (SEGMENTS - 1);
    let rest = (normal >> 40) as u32 & 0xffff;
    let mantissa = interpolate(LOG2_TABLE[segment], LOG2_TABLE[segment + 1], rest, 16);
    ((63 - zeros) << 16) + round_shift(mantissa as i128, 8) as u32
}

/// `2^(-i/128)`, 24 fraction bits.
const fn exp2_table() -> [u32; SEGMENTS + 1] {
    let mut root = ONE_Q62 / 2;
    let mut halvings = 0;
    while 1 << halvings < SEGMENTS {
        root = (root << 62).isqrt();
        halvings += 1;
    }
    let mut table = [0; SEGMENTS + 1];
    let mut power = ONE_Q62;
    let mut i = 0;
    while i <= SEGMENTS {
        table[i] = round_shift(power as i128, 62 - EXP2_FRACTION) as u32;
        power = (power * root) >> 62;
        i += 1;
    }
    table
}

/// `log2(1 + i/128)`, 24 fraction bits.
const fn log2_table() -> [u32; SEGMENTS + 1] {
    let mut table = [0; SEGMENTS + 1];
    let mut i = 0;
    while i < SEGMENTS {
        let mut x = ONE_Q62 + (i as u128) * (ONE_Q62 / SEGMENTS as u128);
        let mut bits = 0;
        let mut place = 0;
        while place < 40 {
            x = (x * x) >> 62;
            let carry = x >> 63;
            x >>= carry;
            bits = bits << 1 | carry as i128;
            place += 1;
        }
        table[i] = round_shift(bits, 16) as u32;
        i += 1;
    }
    table[SEGMENTS] = 1 << 24;
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_match_f64() {
        for i in 0..=SEGMENTS {
            let x = i as f64 / SEGMENTS as f64;
            // f64 itself is good to 2^-28 of a table unit here, so only the table's own rounding remains.
            assert!(((-x).exp2() * 16_777_216.0 - f64::from(EXP2_TABLE[i])).abs() <= 0.5001, "exp2 {i}");
            assert!(((1.0 + x).log2() * 16_777_216.0 - f64::from(LOG2_TABLE[i])).abs() <= 0.5001, "log2 {i}");
        }
        assert_eq!(LOG2E_Q17, (std::f64::consts::LOG2_E * 131_072.0).round() as u32);
        assert_eq!(LN2_Q16, (std::f64::consts::LN_2 * 65536.0).round() as u32);
    }

    #[test]
    fn exp2_fraction_is_within_its_bound_and_monotone_for_all_fractions() {
        let mut worst = 0.0_f64;
        for fraction in 0..=u16::MAX {
            let exact = (-f64::from(fraction) / 65536.0).exp2();
            let error = (f64::from(exp2_fraction(fraction)) / 16_777_216.0 - exact).abs() / exact;
            worst = worst.max(error);
            assert!(fraction == 0 || exp2_fraction(fraction) <= exp2_fraction(fraction - 1));
        }
        assert!(worst <= EXP2_ERROR, "{worst}");
        assert!(worst > 0.9 * EXP2_ERROR, "the bound is loose: {worst}");
    }

    #[test]
    fn what_lanes_compute_is_what_the_definition_says() {
        for fraction in 0..=u16::MAX {
            let (segment, rest) = (usize::from(fraction >> 9), u32::from(fraction & 511));
            let plain = interpolate(EXP2_TABLE[segment], EXP2_TABLE[segment + 1], rest, 9);
            assert_eq!(exp2_fraction(fraction), plain, "{fraction}");
            for octave in (0..40).chain([65_535]) {
                let t = octave << 16 | u32::from(fraction);
                assert_eq!(i128::from(exp2_neg(t)), round_shift(plain.into(), octave), "{t}");
            }
        }
    }

    #[test]
    fn exp2_neg_is_within_its_bound_over_28_octaves() {
        for t in (0..28 << 16).step_by(7) {
            let exact = (-f64::from(t) / 65536.0).exp2();
            let error = (f64::from(exp2_neg(t)) / 16_777_216.0 - exact).abs();
            assert!(error <= exact * EXP2_ERROR + 0.5 / 16_777_216.0, "{t}: {error}");
        }
        assert_eq!(exp2_neg(0), 1 << 24);
        assert_eq!(exp2_neg(u32::MAX), 0);
    }

    #[test]
    fn log2_is_within_its_bound_for_all_23_bit_mantissas() {
        let mut worst = 0.0_f64;
        for x in (1 << 22)..(1_u64 << 23) {
            let golden = f64::from(log2(NonZeroU64::new(x).unwrap())) / 65536.0;
            worst = worst.max((golden - (x as f64).log2()).abs());
        }
        assert!(worst <= LOG2_ERROR, "{worst}");
        assert!(worst > 0.9 * LOG2_ERROR, "the bound is loose: {worst}");
    }

    #[test]
    fn log2_is_within_its_bound_at_every_octave() {
        for octave in 0..64 {
            for x in [1_u64 << octave, (1_u64 << octave).wrapping_mul(2).wrapping_sub(1), 3 << octave >> 1] {
                let golden = f64::from(log2(NonZeroU64::new(x.max(1)).unwrap())) / 65536.0;
                assert!((golden - (x.max(1) as f64).log2()).abs() <= LOG2_ERROR, "{x}");
            }
        }
    }
}
