//! Dense layer, layer norm and GELU, each with its derivative. Matrices are [features x tokens]; `d_x` is the derivative of the
//! loss by `x`.
//!
//! | forward | backward |
//! |---|---|
//! | y = Wᵀ x + b | dW += x dyᵀ, db += sum of dy, dx = W dy |
//! | y = γ n + β, n = (x - mean) / deviation | dγ += sum of n dy, dβ += sum of dy, dx = (g - mean g - n mean(n g)) / deviation, g = γ dy |
//! | y = x Φ(x) | dx = (Φ(x) + x φ(x)) dy |

use nalgebra::DMatrix;

use super::real::Real;
use crate::train::layout::{DenseSlots, NormSlots};

/// A dense layer.
pub(super) fn dense<T: Real>(slots: DenseSlots, all: &[T], x: &DMatrix<T>) -> DMatrix<T> {
    let bias = &all[slots.bias.range()];
    let mut y = DMatrix::zeros(slots.weight.columns, x.ncols());
    for mut column in y.column_iter_mut() {
        column.copy_from_slice(bias);
    }
    // Transposed by a copy here and below: of few columns, nalgebra reads strided views beyond their end (dimforge/nalgebra#1616).
    y.gemm(T::one(), &slots.weight.matrix(all).transpose(), x, T::one());
    y
}

/// Adds the derivatives of weight and bias.
pub(super) fn dense_weights<T: Real>(
    slots: DenseSlots,
    x: &DMatrix<T>,
    d_y: &DMatrix<T>,
    gradient: &mut [T],
) {
    slots.weight.matrix_mut(gradient).gemm(T::one(), x, &d_y.transpose(), T::one());
    let bias = &mut gradient[slots.bias.range()];
    for column in d_y.column_iter() {
        bias.iter_mut().zip(column.iter()).for_each(|(sum, d)| *sum += *d);
    }
}

/// Adds the derivative of the input to `d_x`.
pub(super) fn dense_input<T: Real>(slots: DenseSlots, all: &[T], d_y: &DMatrix<T>, d_x: &mut DMatrix<T>) {
    d_x.gemm(T::one(), &slots.weight.matrix(all), d_y, T::one());
}

/// What the derivative of a layer norm needs.
pub(super) struct Normal<T> {
    /// (x - mean) / deviation.
    normal: DMatrix<T>,
    /// 1 / deviation of each token.
    scale: Vec<T>,
}

/// A layer norm.
pub(super) fn norm<T: Real>(
    slots: NormSlots,
    all: &[T],
    epsilon: f64,
    mut x: DMatrix<T>,
) -> (DMatrix<T>, Normal<T>) {
    let count = T::of(x.nrows() as f64);
    let (gamma, beta) = (&all[slots.gamma.range()], &all[slots.beta.range()]);
    let mut y = DMatrix::zeros(x.nrows(), x.ncols());
    let mut scales = Vec::with_capacity(x.ncols());
    for (mut x, mut y) in x.column_iter_mut().zip(y.column_iter_mut()) {
        let mean = x.iter().fold(T::zero(), |sum, x| sum + *x) / count;
        let variance = x.iter().fold(T::zero(), |sum, x| sum + (*x - mean) * (*x - mean)) / count;
        let deviation = (variance + T::of(epsilon)).sqrt();
        // A constant column without epsilon: beta, as in the kernels.
        let scale = if deviation > T::zero() { T::one() / deviation } else { T::zero() };
        for (k, (x, y)) in x.iter_mut().zip(y.iter_mut()).enumerate() {
            *x = (*x - mean) * scale;
            *y = *x * gamma[k] + beta[k];
        }
        scales.push(scale);
    }
    (y, Normal { normal: x, scale: scales })
}

/// The derivative of a layer norm; adds those of scale and offset.
pub(super) fn norm_back<T: Real>(
    slots: NormSlots,
    all: &[T],
    at: &Normal<T>,
    mut d_y: DMatrix<T>,
    gradient: &mut [T],
) -> DMatrix<T> {
    let count = T::of(d_y.nrows() as f64);
    for ((mut d, n), scale) in d_y.column_iter_mut().zip(at.normal.column_iter()).zip(&at.scale) {
        let (mut mean, mut along) = (T::zero(), T::zero());
        for (k, (d, n)) in d.iter_mut().zip(n.iter()).enumerate() {
            gradient[slots.gamma.offset + k] += *d * *n;
            gradient[slots.beta.offset + k] += *d;
            *d *= all[slots.gamma.offset + k];
            mean += *d;
            along += *d * *n;
        }
        let (mean, along) = (mean / count, along / count);
        d.iter_mut().zip(n.iter()).for_each(|(d, n)| *d = (*d - mean - *n * along) * *scale);
    }
    d_y
}

/// GELU of each element, and its derivative there.
pub(super) fn gelu<T: Real>(mut x: DMatrix<T>) -> (DMatrix<T>, DMatrix<T>) {
    let mut slope = DMatrix::zeros(x.nrows(), x.ncols());
    let (half, root) = (T::of(0.5), T::of(std::f64::consts::FRAC_1_SQRT_2));
    let density = T::of((2.0 * std::f64::consts::PI).sqrt().recip());
    for (x, slope) in x.iter_mut().zip(slope.iter_mut()) {
        let below = half * (T::one() + (*x * root).erf());
        *slope = below + *x * density * (-half * *x * *x).exp();
        *x *= below;
    }
    (x, slope)
}
