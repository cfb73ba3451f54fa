//! Dense layer, layer norm and GELU, each with its derivative. Matrices are [features x tokens]; `d_x` is the derivative of the
//! loss by `x`.
//!
//! | forward | backward |
//! |---|---|
//! | y = Wᵀ x + b | dW += x dyᵀ, db += sum of dy, dx = W dy |
//! | y = γ n + β, n = (x - mean) / deviation | dγ += sum of n dy, dβ += sum of dy, dx = (g - mean g - n mean(n g)) / deviation, g = γ dy |
//! | y = x Φ(x) | dx = (Φ(x) + x φ(x)) dy |

use nalgebra::DMatrix;

use super::Parameters;
use super::real::{Real, dot, sum, transposed};
use crate::train::layout::{DenseSlots, NormSlots};

/// A dense layer.
pub(super) fn dense<T: Real>(slots: DenseSlots, p: &Parameters<T>, x: &DMatrix<T>) -> DMatrix<T> {
    let bias = &p.all[slots.bias.range()];
    let mut y = DMatrix::zeros(slots.weight.columns, x.ncols());
    for mut column in y.column_iter_mut() {
        column.copy_from_slice(bias);
    }
    y.gemm(T::one(), &slots.weight.transpose(&p.turned), x, T::one());
    y
}

/// Adds the derivatives of weight and bias.
pub(super) fn dense_weights<T: Real>(
    slots: DenseSlots,
    x: &DMatrix<T>,
    d_y: &DMatrix<T>,
    gradient: &mut [T],
) {
    // A copy: of few columns, nalgebra reads strided views beyond their end (dimforge/nalgebra#1616).
    slots.weight.matrix_mut(gradient).gemm(T::one(), x, &transposed(d_y), T::one());
    let bias = &mut gradient[slots.bias.range()];
    for column in d_y.column_iter() {
        bias.iter_mut().zip(column.iter()).for_each(|(sum, d)| *sum += *d);
    }
}

/// Adds the derivative of the input to `d_x`.
pub(super) fn dense_input<T: Real>(
    slots: DenseSlots,
    p: &Parameters<T>,
    d_y: &DMatrix<T>,
    d_x: &mut DMatrix<T>,
) {
    d_x.gemm(T::one(), &slots.weight.matrix(&p.all), d_y, T::one());
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
    p: &Parameters<T>,
    epsilon: f64,
    mut x: DMatrix<T>,
) -> (DMatrix<T>, Normal<T>) {
    let (gamma, beta) = (&p.all[slots.gamma.range()], &p.all[slots.beta.range()]);
    let width = gamma.len();
    let count = T::of(width as f64);
    let mut y = DMatrix::zeros(x.nrows(), x.ncols());
    let mut scales = Vec::with_capacity(x.ncols());
    for (x, y) in x.as_mut_slice().chunks_exact_mut(width).zip(y.as_mut_slice().chunks_exact_mut(width)) {
        let mean = sum(x) / count;
        x.iter_mut().for_each(|x| *x -= mean);
        let deviation = (dot(x, x) / count + T::of(epsilon)).sqrt();
        // A constant column without epsilon: beta, as in the kernels.
        let scale = if deviation > T::zero() { T::one() / deviation } else { T::zero() };
        x.iter_mut().for_each(|x| *x *= scale);
        for (((x, y), gamma), beta) in x.iter().zip(y).zip(gamma).zip(beta) {
            *y = *x * *gamma + *beta;
        }
        scales.push(scale);
    }
    (y, Normal { normal: x, scale: scales })
}

/// The derivative of a layer norm; adds those of scale and offset.
pub(super) fn norm_back<T: Real>(
    slots: NormSlots,
    p: &Parameters<T>,
    at: &Normal<T>,
    mut d_y: DMatrix<T>,
    gradient: &mut [T],
) -> DMatrix<T> {
    let gamma = &p.all[slots.gamma.range()];
    let width = gamma.len();
    let count = T::of(width as f64);
    // Scale and offset lie side by side.
    let (d_gamma, d_beta) = gradient[slots.gamma.offset..slots.beta.range().end].split_at_mut(width);
    let tokens = d_y.as_mut_slice().chunks_exact_mut(width).zip(at.normal.as_slice().chunks_exact(width));
    for ((d, n), scale) in tokens.zip(&at.scale) {
        d_beta.iter_mut().zip(&*d).for_each(|(sum, d)| *sum += *d);
        d_gamma.iter_mut().zip(d.iter().zip(n)).for_each(|(sum, (d, n))| *sum += *d * *n);
        d.iter_mut().zip(gamma).for_each(|(d, gamma)| *d *= *gamma);
        let (mean, along) = (sum(d) / count, dot(d, n) / count);
        d.iter_mut().zip(n).for_each(|(d, n)| *d = (*d - mean - *n * along) * *scale);
    }
    d_y
}

/// GELU of each element, and its derivative there.
pub(super) fn gelu<T: Real>(mut x: DMatrix<T>) -> (DMatrix<T>, DMatrix<T>) {
    let mut slope = DMatrix::zeros(x.nrows(), x.ncols());
    for (x, slope) in x.iter_mut().zip(slope.iter_mut()) {
        let (below, density) = x.normal();
        *slope = below + *x * density;
        *x *= below;
    }
    (x, slope)
}
