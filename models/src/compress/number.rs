//! Number formats of weights, by their values: what a matrix is after it has been rounded to one.
//!
//! | format | values |
//! |---|---|
//! | `af<w>_<e>` | AdaptivFloat of `w` bits, `e` of exponent, with the exponent bias that the largest magnitude asks for |
//! | `int<w>` | integers of `w` bits times a scale, symmetric: the largest magnitude is `2^(w-1) - 1` |
//! | `fp4` | E2M1, ±{0, 0.5, 1, 1.5, 2, 3, 4, 6} times a scale: the largest magnitude is 6 (OCP MX specification 1.0, table 5) |
//!
//! A scale belongs to a matrix, or with `,row` to each of its outputs. Rounding is to nearest, ties to even.

use kernels::adaptivfloat::{Format, bias_for, encode_f64};
use nalgebra::DMatrix;

/// A format with its scales.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    /// Of each value.
    pub kind: Kind,
    /// A scale for each output rather than for the matrix.
    pub by_row: bool,
}

/// A format of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// AdaptivFloat.
    AdaptivFloat(Format),
    /// Integers of so many bits.
    Integer(u32),
    /// Four bits, two of exponent.
    Fp4,
}

/// Magnitudes of E2M1.
const E2M1: [f64; 8] = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0];

impl Number {
    /// Rounds a matrix, [inputs x outputs].
    pub fn round(&self, matrix: &mut DMatrix<f32>) {
        if !self.by_row {
            return self.kind.round(matrix.as_mut_slice());
        }
        let inputs = matrix.nrows().max(1);
        matrix.as_mut_slice().chunks_mut(inputs).for_each(|output| self.kind.round(output));
    }
}

impl Kind {
    /// Rounds values that share a scale.
    pub fn round(self, values: &mut [f32]) {
        let largest = values.iter().fold(0.0_f64, |max, x| max.max(f64::from(x.abs())));
        if largest == 0.0 {
            return;
        }
        let bias = match self {
            Kind::AdaptivFloat(format) => bias_for(format, largest),
            _ => 0,
        };
        for value in values {
            let exact = f64::from(*value);
            let rounded = match self {
                // Values are finite: they have a code.
                Kind::AdaptivFloat(format) => {
                    encode_f64(format, bias, exact).map_or(exact, |code| format.decode_f64(code, bias))
                }
                Kind::Integer(bits) => {
                    let scale = largest / (f64::from(1_u32 << (bits - 1)) - 1.0);
                    (exact / scale).round_ties_even() * scale
                }
                Kind::Fp4 => nearest(exact.abs() / largest * 6.0).copysign(exact) * largest / 6.0,
            };
            *value = rounded as f32;
        }
    }
}

/// The nearest magnitude of E2M1; of two as near the one whose last bit is zero.
fn nearest(magnitude: f64) -> f64 {
    let above = E2M1.iter().position(|value| *value >= magnitude).unwrap_or(E2M1.len() - 1);
    let (low, high) = (above.saturating_sub(1), above);
    let (down, up) = (magnitude - E2M1[low], E2M1[high] - magnitude);
    let lower = down < up || down.total_cmp(&up).is_eq() && low.is_multiple_of(2);
    E2M1[if lower { low } else { high }]
}
