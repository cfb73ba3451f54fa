//! Magnitude pruning: the smallest weights become zero, so many that exactly the asked share is; of equal ones the first.

use nalgebra::DMatrix;

use super::{Scope, each};
use crate::model::Model;

/// Prunes each matrix by itself, or all with one threshold.
pub(super) fn prune(model: &mut Model, scope: Scope, share: f64, global: bool) {
    if !global {
        each(model, scope, |matrix| zero(matrix, share));
        return;
    }
    let mut all = Vec::new();
    each(model, scope, |matrix| all.extend_from_slice(matrix.as_slice()));
    let mut all = DMatrix::from_vec(all.len(), 1, all);
    zero(&mut all, share);
    let mut pruned = all.iter();
    each(model, scope, |matrix| {
        matrix.iter_mut().zip(&mut pruned).for_each(|(weight, value)| *weight = *value)
    });
}

/// Zeros a share of a matrix.
fn zero(matrix: &mut DMatrix<f32>, share: f64) {
    for index in least(matrix.len(), share, |index| f64::from(matrix[index].abs())) {
        matrix[index] = 0.0;
    }
}

/// The so many of `count` of which `measure` is least; of equal ones the first.
pub(super) fn least(count: usize, share: f64, measure: impl Fn(usize) -> f64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|a, b| measure(*a).total_cmp(&measure(*b)));
    order.truncate((count as f64 * share).round() as usize);
    order
}
