//! Block pruning: the blocks of least norm become zero, in all matrices of the encoder together (Lagunas et al., EMNLP 2021, choose blocks by
//! learned scores; where there are none, the root of the mean of squares stands for them).

use nalgebra::{DMatrix, DMatrixView};

use super::prune::least;
use super::{Refused, Scope, each};
use crate::model::Model;

/// Zeros a share of the blocks of `outputs` x `inputs`.
pub(super) fn blocks(
    model: &mut Model,
    (outputs, inputs): (usize, usize),
    share: f64,
) -> Result<(), Refused> {
    let mut norms = Vec::new();
    let mut ragged = None;
    each(model, Scope::Encoder, |matrix| {
        let (rows, columns) = matrix.shape();
        if !rows.is_multiple_of(inputs) || !columns.is_multiple_of(outputs) {
            ragged.get_or_insert((columns, rows));
            return;
        }
        norms.extend(places(matrix, (outputs, inputs)).map(|at| norm(matrix.view(at, (inputs, outputs)))));
    });
    if let Some((columns, rows)) = ragged {
        return Err(Refused(format!(
            "blocks of {outputs} x {inputs} do not divide a matrix of {columns} outputs x {rows} inputs"
        )));
    }
    let mut gone = vec![false; norms.len()];
    least(norms.len(), share, |block| norms[block]).into_iter().for_each(|block| gone[block] = true);
    let mut gone = gone.into_iter();
    each(model, Scope::Encoder, |matrix| {
        for at in places(matrix, (outputs, inputs)) {
            if gone.next() == Some(true) {
                matrix.view_mut(at, (inputs, outputs)).fill(0.0);
            }
        }
    });
    Ok(())
}

/// Corners of the blocks of a matrix, [inputs x outputs].
fn places(
    matrix: &DMatrix<f32>,
    (outputs, inputs): (usize, usize),
) -> impl Iterator<Item = (usize, usize)> + use<> {
    let (rows, columns) = matrix.shape();
    (0..columns)
        .step_by(outputs)
        .flat_map(move |column| (0..rows).step_by(inputs).map(move |row| (row, column)))
}

fn norm(block: DMatrixView<f32>) -> f64 {
    block.iter().map(|x| f64::from(*x).powi(2)).sum()
}
