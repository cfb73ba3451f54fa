//! Attention of packed sentences: each sees itself alone.
//!
//! Of a head, with scores S = Kᵀ Q / sqrt(d) [keys x queries], P = softmax of each column, and m(k) the weight of key k:
//! context = V (m P). P is not renormalised after the mask, as in the kernels.
//! Backward, with dM = Vᵀ dC: dV = dC (m P)ᵀ, dm(k) = sum of P dM over queries, dP = m dM, dS = P (dP - sum of P dP over keys),
//! dQ = K dS / sqrt(d), dK = Q dSᵀ / sqrt(d).

use nalgebra::{DMatrix, DMatrixView, DMatrixViewMut};

use super::real::Real;
use super::{Batch, Mask};

/// Rows of the heads: `width` each, in the queries, keys and values that lie above each other.
#[derive(Clone, Copy)]
pub(super) struct Heads {
    pub(super) count: usize,
    pub(super) width: usize,
}

/// Softmaxes of the scores, sentence after sentence, head after head.
pub(super) type Probabilities<T> = Vec<DMatrix<T>>;

impl Heads {
    fn scale<T: Real>(self) -> T {
        T::of((self.width as f64).sqrt().recip())
    }

    /// First rows of query, key and value.
    fn rows(self, head: usize) -> [usize; 3] {
        [0, 1, 2].map(|part| (part * self.count + head) * self.width)
    }
}

/// Contexts of all heads, [hidden x tokens], from queries, keys and values, [3 hidden x tokens].
pub(super) fn attention<T: Real>(
    heads: Heads,
    mask: &Mask<'_, T>,
    batch: &Batch,
    inputs: &DMatrix<T>,
) -> (DMatrix<T>, Probabilities<T>) {
    let mut context = DMatrix::zeros(heads.count * heads.width, inputs.ncols());
    let mut all = Vec::with_capacity(batch.sentences() * heads.count);
    for (start, n) in batch.runs() {
        for head in 0..heads.count {
            let [query, key, value] = heads.rows(head).map(|row| part(inputs, row, heads.width, start, n));
            let mut p = DMatrix::zeros(n, n);
            p.gemm(heads.scale(), &key.transpose(), &query, T::zero());
            softmax(&mut p);
            let weights = mask.weights(head, n);
            let masked = weighted(&p, &weights);
            part_mut(&mut context, head * heads.width, heads.width, start, n).gemm(
                T::one(),
                &value,
                &masked,
                T::zero(),
            );
            all.push(p);
        }
    }
    (context, all)
}

/// Derivatives of queries, keys and values; adds those of the spans to `d_spans`.
pub(super) fn attention_back<T: Real>(
    heads: Heads,
    mask: &Mask<'_, T>,
    batch: &Batch,
    (inputs, all): (&DMatrix<T>, &Probabilities<T>),
    d_context: &DMatrix<T>,
    d_spans: &mut [T],
) -> DMatrix<T> {
    let mut d_inputs = DMatrix::zeros(inputs.nrows(), inputs.ncols());
    let runs = batch.runs().flat_map(|run| (0..heads.count).map(move |head| (run, head)));
    for (((start, n), head), p) in runs.zip(all) {
        let width = heads.width;
        let [query, key, value] = heads.rows(head).map(|row| part(inputs, row, width, start, n));
        let [query_row, key_row, value_row] = heads.rows(head);
        let d_context = part(d_context, head * width, width, start, n);
        let weights = mask.weights(head, n);
        let masked = weighted(p, &weights);
        part_mut(&mut d_inputs, value_row, width, start, n).gemm(
            T::one(),
            &d_context,
            &masked.transpose(),
            T::zero(),
        );
        let mut d = DMatrix::zeros(n, n);
        d.gemm(T::one(), &value.transpose(), &d_context, T::zero());
        d_spans[head] += mask.slope(head, n, &along(p, &d));
        softmax_back(p, &weights, &mut d);
        part_mut(&mut d_inputs, query_row, width, start, n).gemm(heads.scale(), &key, &d, T::zero());
        part_mut(&mut d_inputs, key_row, width, start, n).gemm(
            heads.scale(),
            &query,
            &d.transpose(),
            T::zero(),
        );
    }
    d_inputs
}

fn part<T: Real>(m: &DMatrix<T>, row: usize, width: usize, start: usize, n: usize) -> DMatrixView<'_, T> {
    m.view((row, start), (width, n))
}

fn part_mut<T: Real>(
    m: &mut DMatrix<T>,
    row: usize,
    width: usize,
    start: usize,
    n: usize,
) -> DMatrixViewMut<'_, T> {
    m.view_mut((row, start), (width, n))
}

fn softmax<T: Real>(scores: &mut DMatrix<T>) {
    for mut column in scores.column_iter_mut() {
        let most = column.max();
        column.iter_mut().for_each(|x| *x = (*x - most).exp());
        let scale = T::one() / column.sum();
        column.iter_mut().for_each(|x| *x *= scale);
    }
}

/// Each row times its weight.
fn weighted<T: Real>(p: &DMatrix<T>, weights: &[T]) -> DMatrix<T> {
    let mut masked = p.clone();
    for mut column in masked.column_iter_mut() {
        column.iter_mut().zip(weights).for_each(|(p, weight)| *p *= *weight);
    }
    masked
}

/// The derivative by the weight of each key.
fn along<T: Real>(p: &DMatrix<T>, d: &DMatrix<T>) -> Vec<T> {
    let mut sums = vec![T::zero(); p.nrows()];
    for (p, d) in p.column_iter().zip(d.column_iter()) {
        sums.iter_mut().zip(p.iter().zip(d.iter())).for_each(|(sum, (p, d))| *sum += *p * *d);
    }
    sums
}

/// From the derivative of masked probabilities to that of scores, in place.
fn softmax_back<T: Real>(p: &DMatrix<T>, weights: &[T], d: &mut DMatrix<T>) {
    for (p, mut d) in p.column_iter().zip(d.column_iter_mut()) {
        d.iter_mut().zip(weights).for_each(|(d, weight)| *d *= *weight);
        let along = p.dot(&d);
        d.iter_mut().zip(p.iter()).for_each(|(d, p)| *d = *p * (*d - along));
    }
}
