//! The functions of a layer in `f32`. Matrices are [features x tokens].

use crate::weights::{Dense, Norm};
use kernels::activation::Activation;
use nalgebra::DMatrix;

/// A function applied to every element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// One that the machine has too.
    Exact(Activation),
    /// GELU by the tanh approximation, `gelu_new`: 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))).
    TanhGelu,
}

impl From<Activation> for Function {
    fn from(activation: Activation) -> Self {
        Function::Exact(activation)
    }
}

/// Tokens below which products are dots: a blocked product of so few columns is slower.
const FEW: usize = 8;

/// `weightᵀ · x + bias`.
pub(super) fn dense(dense: &Dense, x: &DMatrix<f32>) -> DMatrix<f32> {
    // Tokens are transposed and not the weights, which are many more.
    let mut y =
        if x.ncols() < FEW { dense.weight.tr_mul(x) } else { (x.transpose() * &dense.weight).transpose() };
    for mut column in y.column_iter_mut() {
        column.iter_mut().zip(&dense.bias).for_each(|(y, bias)| *y += bias);
    }
    y
}

/// `keyᵀ · query` of one head, [keys x queries].
pub(super) fn scores(
    key: &DMatrix<f32>,
    query: &DMatrix<f32>,
    (first, width): (usize, usize),
) -> DMatrix<f32> {
    let mut scores = DMatrix::zeros(key.ncols(), query.ncols());
    // The rows of a head are few and far between: a copy is contiguous.
    let key = key.rows(first, width).transpose();
    scores.gemm(1.0, &key, &query.rows(first, width), 0.0);
    scores
}

/// `value · probabilities` of one head into its rows of the context.
pub(super) fn weighted(
    value: &DMatrix<f32>,
    probabilities: &DMatrix<f32>,
    (first, width): (usize, usize),
    context: &mut DMatrix<f32>,
) {
    context.rows_mut(first, width).gemm(1.0, &value.rows(first, width), probabilities, 0.0);
}

/// Softmax of each column in place; the first `masked` probabilities are then zero, the others stay as they are.
pub(super) fn softmax(scores: &mut DMatrix<f32>, masked: usize) {
    for mut column in scores.column_iter_mut() {
        let max = column.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        column.iter_mut().for_each(|x| *x = (*x - max).exp());
        let scale = column.iter().sum::<f32>().recip();
        column.iter_mut().enumerate().for_each(|(key, x)| *x *= if key < masked { 0.0 } else { scale });
    }
}

/// Layer norm of each column.
pub(super) fn layer_norm(x: &DMatrix<f32>, norm: &Norm, epsilon: f64) -> DMatrix<f32> {
    let mut y = x.clone();
    let count = x.nrows() as f32;
    for mut column in y.column_iter_mut() {
        let mean = column.iter().sum::<f32>() / count;
        let variance = column.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / count;
        let deviation = (variance + epsilon as f32).sqrt();
        // A constant column without epsilon: beta, as in the kernels.
        let scale = if deviation > 0.0 { deviation.recip() } else { 0.0 };
        for ((x, gamma), beta) in column.iter_mut().zip(&norm.gamma).zip(&norm.beta) {
            *x = (*x - mean) * scale * gamma + beta;
        }
    }
    y
}

pub(super) fn activated(function: Function, mut x: DMatrix<f32>) -> DMatrix<f32> {
    x.iter_mut().for_each(|x| *x = apply(function, *x));
    x
}

/// A function of one value.
pub fn apply(function: Function, x: f32) -> f32 {
    match function {
        Function::Exact(Activation::Identity) => x,
        Function::Exact(Activation::Relu) => x.max(0.0),
        Function::Exact(Activation::Gelu) => {
            0.5 * x * (1.0 + libm::erff(x * std::f32::consts::FRAC_1_SQRT_2))
        }
        Function::Exact(Activation::Tanh) => x.tanh(),
        Function::TanhGelu => {
            let inner = (2.0 / std::f32::consts::PI).sqrt() * (x + 0.044_715 * x * x * x);
            0.5 * x * (1.0 + inner.tanh())
        }
    }
}
