//! What the network is computed in: `f32`, and `f64` where derivatives are checked against differences.

use std::f32::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

use nalgebra::{DMatrix, RealField};

/// A real number.
pub(in crate::train) trait Real: RealField + Copy {
    /// The nearest of this type.
    fn of(value: f64) -> Self;
    /// Distribution and density of the standard normal distribution.
    fn normal(self) -> (Self, Self);
}

impl Real for f32 {
    fn of(value: f64) -> Self {
        value as f32
    }

    /// Of the distribution within 1.5e-7, with the density's exponential alone (Abramowitz and Stegun, 7.1.26).
    fn normal(self) -> (Self, Self) {
        const TERMS: [f32; 5] = [0.254_829_6, -0.284_496_74, 1.421_413_7, -1.453_152, 1.061_405_4];
        let power = (-0.5 * self * self).exp();
        let t = 1.0 / (1.0 + 0.327_591_1 * FRAC_1_SQRT_2 * self.abs());
        let above = 0.5 * power * TERMS.iter().rev().fold(0.0, |sum, term| (sum + term) * t);
        (if self < 0.0 { above } else { 1.0 - above }, power * (0.5 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2))
    }
}

impl Real for f64 {
    fn of(value: f64) -> Self {
        value
    }

    fn normal(self) -> (Self, Self) {
        use std::f64::consts::{FRAC_1_SQRT_2, PI};
        (0.5 * libm::erfc(-self * FRAC_1_SQRT_2), (-0.5 * self * self).exp() / (2.0 * PI).sqrt())
    }
}

/// Sums side by side, so that vector instructions apply: a sum in order would wait for each addition.
const LANES: usize = 8;

/// The sum of some numbers.
pub(super) fn sum<T: Real>(x: &[T]) -> T {
    let (blocks, rest) = x.as_chunks::<LANES>();
    let mut lanes = [T::zero(); LANES];
    for block in blocks {
        lanes.iter_mut().zip(block).for_each(|(lane, x)| *lane += *x);
    }
    lanes.iter().chain(rest).fold(T::zero(), |sum, x| sum + *x)
}

/// The sum of products.
pub(super) fn dot<T: Real>(x: &[T], y: &[T]) -> T {
    let ((x, x_rest), (y, y_rest)) = (x.as_chunks::<LANES>(), y.as_chunks::<LANES>());
    let mut lanes = [T::zero(); LANES];
    for (x, y) in x.iter().zip(y) {
        lanes.iter_mut().zip(x.iter().zip(y)).for_each(|(lane, (x, y))| *lane += *x * *y);
    }
    let rest = x_rest.iter().zip(y_rest).fold(T::zero(), |sum, (x, y)| sum + *x * *y);
    lanes.iter().fold(rest, |sum, lane| sum + *lane)
}

/// The transpose, tokens of a block at a time, so that what is read is read along its rows.
pub(super) fn transposed<T: Real>(m: &DMatrix<T>) -> DMatrix<T> {
    let (rows, columns) = m.shape();
    let mut out = DMatrix::zeros(columns, rows);
    for (block, tokens) in m.as_slice().chunks(LANES * rows).enumerate() {
        for (row, line) in out.as_mut_slice().chunks_exact_mut(columns).enumerate() {
            let places = &mut line[block * LANES..];
            places.iter_mut().zip(tokens.chunks_exact(rows)).for_each(|(out, token)| *out = token[row]);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1.5e-7 is the published error of the approximation, 1e-7 that of `f32`.
    #[test]
    fn both_precisions_agree_on_the_normal_distribution() {
        for x in (-120..=120).map(|x| f64::from(x) / 16.0) {
            let ((below, density), (exact, slope)) = (f32::of(x).normal(), x.normal());
            assert!((f64::from(below) - exact).abs() < 2.5e-7, "{x}: {below} {exact}");
            assert!((f64::from(density) - slope).abs() < 1e-7, "{x}: {density} {slope}");
        }
    }

    #[test]
    fn sums_and_transposes_are_those_in_order() {
        for (rows, columns) in [(1, 1), (3, 8), (9, 17), (16, 7)] {
            let m = DMatrix::from_fn(rows, columns, |i, j| (i * 31 + j * 7 % 5) as f64);
            assert_eq!(transposed(&m), m.transpose());
            let x = m.as_slice();
            assert!((sum(x) - x.iter().sum::<f64>()).abs() < 1e-9);
            assert!((dot(x, x) - x.iter().map(|x| x * x).sum::<f64>()).abs() < 1e-9);
        }
    }
}
