//! What pruning has left without effect leaves the program: heads and columns of the feed-forward network, layer by layer.
//!
//! A head counts for nothing where the rows of the output projection that read it are zero, a column where its row of the second matrix
//! is. A column that no input reaches gives a constant, which goes into the bias behind it; so do the values of a head that no input
//! reaches and that sees every token, since its probabilities add up to one.

use nalgebra::{DMatrix, DVector};

use super::layers::{keep_columns, widest};
use crate::forward::{Function, apply};
use crate::model::Model;
use crate::weights::{Dense, Layer};

/// Removes what counts for nothing. At least one head and one column of a layer stay.
pub(super) fn compact(model: &mut Model) {
    let network = &model.network;
    let (all, width, function) = (network.positions, network.head_dim() as usize, network.function());
    let told = model.spans.take().unwrap_or_else(|| vec![vec![all; network.heads as usize]]);
    let mut spans: Vec<Vec<u32>> =
        told.iter().cycle().take(model.weights.layers.len().max(told.len())).cloned().collect();
    for (layer, spans) in model.weights.layers.iter_mut().zip(&mut spans) {
        columns(layer, function);
        heads(layer, spans, (all, width));
    }
    if spans.windows(2).all(|pair| pair[0] == pair[1]) {
        spans.truncate(1);
    }
    let whole = spans.iter().flatten().all(|span| *span >= all);
    model.spans = Some(spans).filter(|_| !whole);
    widest(model);
}

/// Switches off the heads of a layer that count for nothing, but one.
fn heads(layer: &mut Layer, spans: &mut [u32], (all, width): (u32, usize)) {
    for head in 0..spans.len() {
        let first = head * width;
        let last = spans.iter().filter(|span| **span > 0).count() == 1;
        let constant =
            spans[head] >= all && layer.value.weight.columns(first, width).iter().all(|w| *w == 0.0);
        let unread = layer.output.weight.rows(first, width).iter().all(|w| *w == 0.0);
        if spans[head] == 0 || last || !(constant || unread) {
            continue;
        }
        let value = &layer.value.bias[first..first + width];
        fold(&mut layer.output, first, value);
        layer.output.weight.rows_mut(first, width).fill(0.0);
        spans[head] = 0;
    }
}

/// Removes the columns of a feed-forward network that count for nothing, but one.
fn columns(layer: &mut Layer, function: Function) {
    let mut kept = Vec::new();
    for column in 0..layer.up.bias.len() {
        let constant = layer.up.weight.column(column).iter().all(|w| *w == 0.0);
        if constant {
            fold(&mut layer.down, column, &[apply(function, layer.up.bias[column])]);
            layer.down.weight.row_mut(column).fill(0.0);
        }
        if layer.down.weight.row(column).iter().any(|w| *w != 0.0) {
            kept.push(column);
        }
    }
    // A product over nothing has no program.
    if kept.is_empty() {
        kept.push(0);
    }
    keep_columns(layer, &kept);
}

/// Adds to a dense layer's bias what inputs from `first` on give that are always the same.
fn fold(dense: &mut Dense, first: usize, inputs: &[f32]) {
    let inputs = DVector::from_column_slice(inputs);
    let part: DMatrix<f32> = dense.weight.rows(first, inputs.len()).into_owned();
    let given = part.transpose() * inputs;
    dense.bias.iter_mut().zip(given.iter()).for_each(|(bias, given)| *bias += given);
}
