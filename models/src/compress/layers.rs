//! Structure that leaves the program: layers, heads, columns of the feed-forward network.
//!
//! Heads of a layer can trade places without any effect, so those that stay come first in each: a head that no layer has left has
//! span 0 in all of them, and a design that skips does not run it.

use nalgebra::DMatrix;

use super::Refused;
use super::prune::least;
use crate::model::Model;
use crate::weights::{Dense, Layer};

/// Drops layers, numbered from 1; where layers share weights the loop gets shorter. Off-ramps of dropped layers go with them, but the
/// last stays behind the last layer.
pub(super) fn drop(model: &mut Model, layers: &[u32]) -> Result<(), Refused> {
    let all = model.network.layers;
    if let Some(layer) = layers.iter().find(|layer| **layer == 0 || **layer > all) {
        return Err(Refused(format!("there is no layer {layer}: the network has {all}")));
    }
    let kept: Vec<usize> =
        (1..=all).filter(|layer| !layers.contains(layer)).map(|layer| layer as usize - 1).collect();
    if kept.is_empty() {
        return Err(Refused(format!("all {all} layers would be dropped")));
    }
    let exits = model.exits();
    let weights = &mut model.weights;
    if let Some(spans) = model.spans.as_mut().filter(|spans| spans.len() > 1) {
        *spans = kept.iter().map(|layer| spans[*layer].clone()).collect();
    }
    if !model.network.shared_layers {
        weights.layers = kept.iter().map(|layer| weights.layers[*layer].clone()).collect();
    }
    if let Some(last) = weights.ramps.pop().filter(|_| exits) {
        weights.ramps = kept[..kept.len() - 1].iter().map(|layer| weights.ramps[*layer].clone()).collect();
        weights.ramps.push(last.clone());
    }
    model.network.layers = kept.len() as u32;
    widest(model);
    Ok(())
}

/// Leaves the `count` heads of largest norm in each layer.
pub(super) fn heads(model: &mut Model, count: u32) -> Result<(), Refused> {
    let (all, width) = (model.network.heads as usize, model.network.head_dim() as usize);
    let count = count as usize;
    if count == 0 || count > all {
        return Err(Refused(format!("{count} heads cannot stay: a layer has {all}")));
    }
    let learned = |span: &u32| *span > 0 && *span < model.network.positions;
    if model.spans.iter().flatten().flatten().any(learned) {
        return Err(Refused(
            "heads have learned spans, which belong to their places: switch heads off by span 0".into(),
        ));
    }
    for layer in &mut model.weights.layers {
        let norms: Vec<f64> = (0..all).map(|head| head_norm(layer, head * width, width)).collect();
        let gone = least(all, (all - count) as f64 / all as f64, |head| norms[head]);
        let kept = (0..all).filter(|head| !gone.contains(head));
        let rows: Vec<usize> = kept.flat_map(|head| head * width..(head + 1) * width).collect();
        keep_heads(layer, &rows);
    }
    let span = |head| if head < count { model.network.positions } else { 0 };
    model.spans = Some(vec![(0..all).map(span).collect()]);
    Ok(())
}

/// Squares of all weights of a head.
fn head_norm(layer: &Layer, first: usize, width: usize) -> f64 {
    let square = |x: &f32| f64::from(*x).powi(2);
    let inputs = [&layer.query, &layer.key, &layer.value];
    let inputs = inputs
        .iter()
        .flat_map(|dense| dense.weight.columns(first, width).iter().map(square).collect::<Vec<_>>());
    inputs.sum::<f64>() + layer.output.weight.rows(first, width).iter().map(square).sum::<f64>()
}

/// Puts the columns of the heads that stay first; the others become zero.
fn keep_heads(layer: &mut Layer, kept: &[usize]) {
    for dense in [&mut layer.query, &mut layer.key, &mut layer.value] {
        let old = dense.clone();
        let (inputs, outputs) = old.weight.shape();
        let from = |column: usize| kept.get(column).copied();
        dense.weight = DMatrix::from_fn(inputs, outputs, |row, column| {
            from(column).map_or(0.0, |from| old.weight[(row, from)])
        });
        dense.bias = (0..outputs).map(|column| from(column).map_or(0.0, |from| old.bias[from])).collect();
    }
    let old = layer.output.weight.clone();
    layer.output.weight = DMatrix::from_fn(old.nrows(), old.ncols(), |row, column| {
        kept.get(row).map_or(0.0, |from| old[(*from, column)])
    });
}

/// Removes a share of the columns of each feed-forward network, those of least norm of weights to and from them.
pub(super) fn columns(model: &mut Model, share: f64) -> Result<(), Refused> {
    for layer in &mut model.weights.layers {
        let all = layer.up.bias.len();
        if (all as f64 * share).round() as usize >= all {
            return Err(Refused(format!("all {all} columns would be removed")));
        }
        let square = |x: &f32| f64::from(*x).powi(2);
        let norm = |column: usize| {
            let up = layer.up.weight.column(column).iter().map(square).sum::<f64>();
            up * layer.down.weight.row(column).iter().map(square).sum::<f64>()
        };
        let norms: Vec<f64> = (0..all).map(norm).collect();
        let gone = least(all, share, |column| norms[column]);
        let kept: Vec<usize> = (0..all).filter(|column| !gone.contains(column)).collect();
        keep_columns(layer, &kept);
    }
    widest(model);
    Ok(())
}

/// Leaves these columns between the two matrices of a feed-forward network.
pub(super) fn keep_columns(layer: &mut Layer, kept: &[usize]) {
    layer.up = Dense {
        weight: layer.up.weight.select_columns(kept),
        bias: kept.iter().map(|column| layer.up.bias[*column]).collect(),
    };
    layer.down.weight = layer.down.weight.select_rows(kept);
}

/// The network is as wide as its widest layer.
pub(super) fn widest(model: &mut Model) {
    let widths = model.weights.layers.iter().map(|layer| layer.up.bias.len());
    model.network.feed_forward = widths.max().unwrap_or(0) as u32;
}
