//! Activation functions of the processing unit: identity, ReLU, and GELU and tanh by table.
//!
//! gelu(x) = relu(x) - d(|x|) with d(a) = a * Phi(-a), and tanh(-x) = -tanh(x), so one table over [0, 5) each serves
//! both signs: 160 segments of 1/32, linear between. From 5 on, d is 0 and tanh is 1. The input has 12 fraction bits
//! in 24 bits and saturates just below 2048; the output has 16 fraction bits. The tables are made at compile time
//! by integer series in Q60. Not modelled: `gelu_new`, which differs from GELU by up to [`GELU_NEW_DISTANCE`].

use crate::fixed::round_shift;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A function between the accumulators and requantisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Activation {
    /// The value itself.
    Identity,
    /// max(x, 0).
    Relu,
    /// x * Phi(x), with Phi the normal distribution.
    Gelu,
    /// Hyperbolic tangent.
    Tanh,
}

/// Fraction bits of the input of [`gelu`] and [`tanh`].
pub const INPUT_FRACTION: u32 = 12;
/// Largest magnitude of the input, in units of 2^-12; an accumulator beyond saturates to it.
pub const INPUT_LIMIT: i32 = (1 << 23) - 1;
/// Fraction bits of the output of [`gelu`] and [`tanh`].
pub const OUTPUT_FRACTION: u32 = 16;
/// Absolute error of [`gelu`] over all inputs: 0.8 / (8 * 32^2) between the nodes at zero, where d bends most, and
/// two roundings to 2^-16.
pub const GELU_ERROR: f64 = 1.15e-4;
/// Absolute error of [`tanh`] over all inputs: 0.77 / (8 * 32^2) between the nodes, where it bends most, and two
/// roundings to 2^-16.
pub const TANH_ERROR: f64 = 1.1e-4;
/// Largest distance between GELU and its tanh approximation, `gelu_new` in checkpoints.
pub const GELU_NEW_DISTANCE: f64 = 4.75e-4;

/// Segments of each table.
pub const SEGMENTS: usize = 160;
/// Bits of an input below its segment.
pub const SEGMENT_BITS: u32 = INPUT_FRACTION - 5;
const ONE: i32 = 1 << OUTPUT_FRACTION;
/// d(a) at the nodes, 16 fraction bits.
pub const GELU: [i32; SEGMENTS + 1] = gelu_table();
/// tanh(a) at the nodes, 16 fraction bits.
pub const TANH: [i32; SEGMENTS + 1] = tanh_table();

/// GELU of `x` / 2^12, with 16 fraction bits.
#[inline(always)]
pub const fn gelu(x: i32) -> i32 {
    let relu = if x > 0 { x << (OUTPUT_FRACTION - INPUT_FRACTION) } else { 0 };
    relu - look_up(&GELU, x.unsigned_abs(), 0)
}

/// tanh of `x` / 2^12, with 16 fraction bits.
#[inline(always)]
pub const fn tanh(x: i32) -> i32 {
    look_up(&TANH, x.unsigned_abs(), ONE) * x.signum()
}

#[inline(always)]
const fn look_up(table: &[i32; SEGMENTS + 1], a: u32, beyond: i32) -> i32 {
    let segment = (a >> SEGMENT_BITS) as usize;
    // Without a branch on where it lies, so that lanes can do it.
    let at = if segment < SEGMENTS { segment } else { SEGMENTS - 1 };
    let rest = (a & ((1 << SEGMENT_BITS) - 1)) as i32;
    let rise = (table[at + 1] - table[at]) * rest;
    let inside = table[at] + ((rise + (1 << (SEGMENT_BITS - 1))) >> SEGMENT_BITS);
    if segment < SEGMENTS { inside } else { beyond }
}

const ONE_Q60: i128 = 1 << 60;
/// sqrt(2 / pi), 60 fraction bits.
const SQRT_2_OVER_PI_Q60: i128 = 919_898_268_343_412_807;

/// d(a) = a / 2 * (1 - erf(a / sqrt 2)) at a = i / 32, 16 fraction bits.
const fn gelu_table() -> [i32; SEGMENTS + 1] {
    let mut table = [0; SEGMENTS + 1];
    let mut i = 0;
    while i <= SEGMENTS {
        let tail = ONE_Q60 - erf_of_root_half(i as i128);
        table[i] = round_shift(tail * i as i128, 60 + 1 + 5 - OUTPUT_FRACTION) as i32;
        i += 1;
    }
    table
}

/// erf(a / sqrt 2) at a = i / 32: sqrt(2/pi) times the sum of (-1)^n a^(2n+1) / (2^n n! (2n+1)), 60 fraction bits.
const fn erf_of_root_half(i: i128) -> i128 {
    let mut term = ONE_Q60 * i / 32;
    let mut sum = 0;
    let mut n = 0;
    while term != 0 {
        sum += term / (2 * n + 1);
        n += 1;
        term = -term * i * i / (2048 * n);
    }
    round_shift(sum * SQRT_2_OVER_PI_Q60, 60)
}

/// tanh(i / 32) = (1 - q) / (1 + q) with q = e^(-i/16), 16 fraction bits.
const fn tanh_table() -> [i32; SEGMENTS + 1] {
    let step = exp_of_minus_sixteenth();
    let mut table = [0; SEGMENTS + 1];
    let mut q = ONE_Q60;
    let mut i = 0;
    while i <= SEGMENTS {
        let twice = ((ONE_Q60 - q) << (OUTPUT_FRACTION + 1)) / (ONE_Q60 + q);
        table[i] = ((twice + 1) / 2) as i32;
        q = (q * step) >> 60;
        i += 1;
    }
    table
}

/// e^(-1/16), 60 fraction bits, by its series.
const fn exp_of_minus_sixteenth() -> i128 {
    let mut term = ONE_Q60;
    let mut sum = 0;
    let mut n = 0;
    while term != 0 {
        sum += term;
        n += 1;
        term = -term / (16 * n);
    }
    sum
}

/// References of the table functions.
pub mod reference {
    /// erf(x): its Taylor series up to |x| = 3, a continued fraction of erfc beyond; relative error of erfc about 1e-11.
    pub fn erf_f64(x: f64) -> f64 {
        let a = x.abs();
        if a < 3.0 {
            return erf_series(x);
        }
        let fraction = (1..=60).rev().fold(a, |rest, k| a + f64::from(k) / 2.0 / rest);
        x.signum() * (1.0 - (-a * a).exp() / (fraction * std::f64::consts::PI.sqrt()))
    }

    fn erf_series(x: f64) -> f64 {
        let mut term = x;
        let mut sum = x;
        for n in 1..100 {
            term *= -x * x / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        sum * std::f64::consts::FRAC_2_SQRT_PI
    }

    /// GELU with the exact normal distribution.
    pub fn gelu_f64(x: f64) -> f64 {
        x * (1.0 + erf_f64(x * std::f64::consts::FRAC_1_SQRT_2)) / 2.0
    }

    /// GELU with the tanh approximation of the distribution: `gelu_new`.
    pub fn gelu_new_f64(x: f64) -> f64 {
        let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3));
        x * (1.0 + inner.tanh()) / 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::reference::{erf_f64, gelu_f64, gelu_new_f64};
    use super::*;

    /// Largest error over every input of [-8, 8), in value.
    fn worst(golden: fn(i32) -> i32, exact: fn(f64) -> f64) -> f64 {
        let error = |x: i32| (f64::from(golden(x)) / 65536.0 - exact(f64::from(x) / 4096.0)).abs();
        (-8 * 4096..8 * 4096).map(error).fold(0.0, f64::max)
    }

    #[test]
    fn erf_matches_published_values() {
        // Abramowitz and Stegun, table 7.1, ten digits; 3.5 from its table of erfc.
        let table =
            [(0.5, 0.520_499_877_8), (1.0, 0.842_700_792_9), (2.0, 0.995_322_265_0), (3.5, 0.999_999_256_9)];
        for (x, expected) in table {
            assert!((erf_f64(x) - expected).abs() < 1e-10, "{x}");
            assert!((erf_f64(-x) + expected).abs() < 1e-10, "-{x}");
        }
    }

    #[test]
    fn tables_match_f64() {
        for i in 0..=SEGMENTS {
            let a = i as f64 / 32.0;
            // The table's own rounding, and what the references lack in precision (below 1e-5 of a unit).
            assert!((f64::from(GELU[i]) + gelu_f64(-a) * 65536.0).abs() < 0.5001, "gelu {i}");
            assert!((f64::from(TANH[i]) - a.tanh() * 65536.0).abs() < 0.5001, "tanh {i}");
        }
        let root = (2.0 / std::f64::consts::PI).sqrt();
        assert!((SQRT_2_OVER_PI_Q60 as f64 / ONE_Q60 as f64 - root).abs() < 1e-15);
    }

    #[test]
    fn gelu_and_tanh_are_within_their_bounds_for_every_input() {
        let (gelu, tanh) = (worst(gelu, gelu_f64), worst(tanh, f64::tanh));
        assert!(gelu <= GELU_ERROR && gelu > 0.9 * GELU_ERROR, "{gelu}");
        assert!(tanh <= TANH_ERROR && tanh > 0.9 * TANH_ERROR, "{tanh}");
    }

    #[test]
    fn beyond_the_tables_both_are_flat() {
        for x in (5 * 4096..=INPUT_LIMIT).step_by(997).chain([INPUT_LIMIT]) {
            assert_eq!((gelu(x), gelu(-x)), (x << 4, 0));
            assert_eq!((tanh(x), tanh(-x)), (ONE, -ONE));
        }
        assert!(tanh(5 * 4096 - 1) < ONE, "the last segment is interpolated");
        assert_eq!((gelu(0), tanh(0)), (0, 0));
    }

    #[test]
    fn gelu_new_is_as_far_as_stated() {
        let distance = (-8 * 4096..8 * 4096).map(|x| f64::from(x) / 4096.0);
        let worst = distance.map(|x| (gelu_f64(x) - gelu_new_f64(x)).abs()).fold(0.0, f64::max);
        assert!(worst <= GELU_NEW_DISTANCE && worst > 0.99 * GELU_NEW_DISTANCE, "{worst}");
    }
}
