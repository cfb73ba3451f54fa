//! An off-ramp: pooler (dense, tanh) on the first token of each sentence, then a classifier.

use nalgebra::DMatrix;

use super::dense::{dense, dense_input, dense_weights};
use super::{Batch, Parameters, Real};
use crate::train::layout::RampSlots;

/// What an off-ramp leaves for its derivative. Columns are sentences.
pub(super) struct RampRun<T> {
    first: DMatrix<T>,
    pooled: DMatrix<T>,
    pub(super) logits: DMatrix<T>,
}

/// An off-ramp on the tokens after its layer.
pub(super) fn ramp<T: Real>(
    slots: &RampSlots,
    p: &Parameters<T>,
    batch: &Batch,
    tokens: &DMatrix<T>,
) -> RampRun<T> {
    let first = tokens.select_columns(batch.runs().map(|(start, _)| start).collect::<Vec<_>>().iter());
    let mut pooled = dense(slots.pooler, p, &first);
    pooled.iter_mut().for_each(|x| *x = x.tanh());
    let logits = dense(slots.classifier, p, &pooled);
    RampRun { first, pooled, logits }
}

/// Adds the derivatives of an off-ramp's parameters, and that of the tokens to `d_tokens`.
pub(super) fn ramp_back<T: Real>(
    slots: &RampSlots,
    p: &Parameters<T>,
    batch: &Batch,
    (run, d_logits): (&RampRun<T>, &DMatrix<T>),
    d_tokens: &mut DMatrix<T>,
    gradient: &mut [T],
) {
    dense_weights(slots.classifier, &run.pooled, d_logits, gradient);
    let mut d_pooled = DMatrix::zeros(run.pooled.nrows(), run.pooled.ncols());
    dense_input(slots.classifier, p, d_logits, &mut d_pooled);
    d_pooled.zip_apply(&run.pooled, |d, y| *d *= T::one() - y * y);
    dense_weights(slots.pooler, &run.first, &d_pooled, gradient);
    let mut d_first = DMatrix::zeros(run.first.nrows(), run.first.ncols());
    dense_input(slots.pooler, p, &d_pooled, &mut d_first);
    for (sentence, (start, _)) in batch.runs().enumerate() {
        d_tokens.column_mut(start).zip_apply(&d_first.column(sentence), |sum, d| *sum += d);
    }
}
