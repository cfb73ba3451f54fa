//! Reciprocal square root, for layer norm: 192 segments of linear interpolation over one pair of octaves.
//!
//! `v = w * 4^k` with `w` in [1, 4) gives `v^-1/2 = w^-1/2 * 2^-k`. The table is made at compile time by an integer
//! square root.

use super::{Fixed, interpolate};
use std::num::NonZeroU128;

/// Fraction bits of the mantissa that `rsqrt` returns.
pub const RSQRT_FRACTION: u32 = 20;

/// Relative error of `rsqrt`: the chord over 1/64 lies up to 3/4 / (8 * 64^2) above the curve at 1, and roundings
/// add 2^-20.
pub const RSQRT_ERROR: f64 = 2.35e-5;

const SEGMENTS: usize = 192;
/// `(1 + i/64)^-1/2`, 20 fraction bits.
pub const RSQRT_TABLE: [u32; SEGMENTS + 1] = rsqrt_table();

/// `v^-1/2`, as a mantissa from 2^19 to 2^20 and its weight. Bound: `RSQRT_ERROR`, relative.
#[inline]
pub const fn rsqrt(v: NonZeroU128) -> Fixed {
    let shift = v.leading_zeros() & !1;
    let normal = v.get() << shift;
    let segment = (normal >> 120) as usize - 64;
    let rest = (normal >> 104) as u32 & 0xffff;
    let mantissa = interpolate(RSQRT_TABLE[segment], RSQRT_TABLE[segment + 1], rest, 16);
    let octaves = 63 - (shift / 2).cast_signed();
    Fixed::new(mantissa as i128, -(RSQRT_FRACTION.cast_signed()) - octaves)
}

/// The reference of `rsqrt`.
pub fn rsqrt_f64(v: f64) -> f64 {
    v.sqrt().recip()
}

/// `2^-30` of the root of `2^108 / (64 + i)` is twice that; one bit is rounded away.
const fn rsqrt_table() -> [u32; SEGMENTS + 1] {
    let mut table = [0; SEGMENTS + 1];
    let mut i = 0;
    while i <= SEGMENTS {
        let twice = (((1_u128 << 108) / (64 + i as u128)).isqrt() >> 30) as u32;
        table[i] = twice.div_ceil(2);
        i += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relative_error(v: u128) -> f64 {
        let golden = rsqrt(NonZeroU128::new(v).unwrap()).to_f64();
        let exact = rsqrt_f64(v as f64);
        (golden - exact).abs() / exact
    }

    #[test]
    fn table_matches_f64() {
        for (i, &entry) in RSQRT_TABLE.iter().enumerate() {
            let exact = rsqrt_f64(1.0 + i as f64 / 64.0) * 1_048_576.0;
            // Half a unit for the rounding, and 2^-23 of a unit for the floor of the integer root.
            assert!((exact - f64::from(entry)).abs() <= 0.5001, "{i}: {exact} {entry}");
        }
    }

    #[test]
    fn rsqrt_is_within_its_bound_for_all_22_bit_mantissas() {
        let worst = ((1 << 20)..(1_u128 << 22)).map(relative_error).fold(0.0, f64::max);
        assert!(worst <= RSQRT_ERROR, "{worst}");
        assert!(worst > 0.9 * RSQRT_ERROR, "the bound is loose: {worst}");
    }

    #[test]
    fn rsqrt_is_within_its_bound_at_every_octave() {
        for octave in 0..128 {
            for v in [1_u128 << octave, (1_u128 << octave) | 1, u128::MAX >> (127 - octave)] {
                assert!(relative_error(v) <= RSQRT_ERROR, "{v}");
            }
        }
    }
}
