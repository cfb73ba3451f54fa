//! Pruning by magnitude and by movement: the weights of least magnitude, or of least score, become zero, so many that exactly the asked
//! share is; of equal ones the first.

use nalgebra::DMatrix;

use super::{Refused, Scope, each};
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

/// Zeros the weights of least movement, of each matrix or of all together.
pub(super) fn movement(model: &mut Model, share: f64, global: bool) -> Result<(), Refused> {
    let Some(scores) = &model.scores else {
        return Err(Refused("the checkpoint has no scores of movement (tensors *.mask_scores)".into()));
    };
    let scores: Vec<&DMatrix<f32>> = scores.iter().flatten().collect();
    let gone: Vec<Vec<usize>> = if global {
        let all: Vec<f32> = scores.iter().flat_map(|matrix| matrix.iter().copied()).collect();
        let mut gone = least(all.len(), share, |index| f64::from(all[index]));
        gone.sort_unstable();
        let mut from = 0;
        let mut part = |matrix: &&DMatrix<f32>| {
            let (first, end) = (from, from + matrix.len());
            from = end;
            let own = gone.iter().skip_while(|index| **index < first).take_while(|index| **index < end);
            own.map(|index| index - first).collect()
        };
        scores.iter().map(&mut part).collect()
    } else {
        scores.iter().map(|matrix| least(matrix.len(), share, |index| f64::from(matrix[index]))).collect()
    };
    let matrices = model.weights.layers.iter_mut().flat_map(|layer| layer.matrices_mut());
    for (dense, gone) in matrices.zip(gone) {
        gone.into_iter().for_each(|index| dense.weight[index] = 0.0);
    }
    Ok(())
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
