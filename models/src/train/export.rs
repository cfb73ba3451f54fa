//! The one vector of parameters as the weights of a network, and back.

use nalgebra::DMatrix;

use super::layout::{DenseSlots, LayerSlots, Layout, NormSlots, Slot};
use super::net::Parameters;
use crate::weights::{Dense, Layer, Norm, OffRamp, Weights};

/// Weights as they are run with.
pub(super) fn weights(layout: &Layout, p: &Parameters<f32>) -> Weights {
    let mut weights = Weights {
        words: p.words(layout).into_owned(),
        positions: matrix(layout.positions),
        norm: norm(layout.norm),
        map: layout.map.map(dense),
        layers: layout.layers.iter().map(empty).collect(),
        ramps: layout
            .ramps
            .iter()
            .map(|slots| OffRamp { pooler: dense(slots.pooler), classifier: dense(slots.classifier) })
            .collect(),
    };
    each(layout, &mut weights, |slot, tensor| tensor.copy_from_slice(&p.all[slot.range()]));
    weights
}

/// A number for each parameter of each encoder layer.
pub(super) fn layers(layout: &Layout, all: &[f32]) -> Vec<Layer> {
    let of = |slots: &LayerSlots| {
        let mut layer = empty(slots);
        each_of_layer(slots, &mut layer, &mut |slot, tensor| tensor.copy_from_slice(&all[slot.range()]));
        layer
    };
    layout.layers.iter().map(of).collect()
}

/// Each tensor of `weights` that lies in the vector, with its place in it.
pub(super) fn each(layout: &Layout, weights: &mut Weights, mut visit: impl FnMut(Slot, &mut [f32])) {
    if let Some(words) = layout.words {
        visit(words, weights.words.as_mut_slice());
    }
    visit(layout.positions, weights.positions.as_mut_slice());
    each_of_norm(layout.norm, &mut weights.norm, &mut visit);
    if let (Some(slots), Some(map)) = (layout.map, &mut weights.map) {
        each_of_dense(slots, map, &mut visit);
    }
    for (slots, layer) in layout.layers.iter().zip(&mut weights.layers) {
        each_of_layer(slots, layer, &mut visit);
    }
    for (slots, ramp) in layout.ramps.iter().zip(&mut weights.ramps) {
        each_of_dense(slots.pooler, &mut ramp.pooler, &mut visit);
        each_of_dense(slots.classifier, &mut ramp.classifier, &mut visit);
    }
}

fn each_of_layer(slots: &LayerSlots, layer: &mut Layer, visit: &mut impl FnMut(Slot, &mut [f32])) {
    let [query, key, value] = [0, 1, 2].map(|part| third(slots.inputs, part));
    let dense = [query, key, value, slots.output, slots.up, slots.down];
    for (slots, dense) in dense.into_iter().zip(layer.matrices_mut()) {
        each_of_dense(slots, dense, visit);
    }
    each_of_norm(slots.attention_norm, &mut layer.attention_norm, visit);
    each_of_norm(slots.output_norm, &mut layer.output_norm, visit);
}

fn each_of_dense(slots: DenseSlots, dense: &mut Dense, visit: &mut impl FnMut(Slot, &mut [f32])) {
    visit(slots.weight, dense.weight.as_mut_slice());
    visit(slots.bias, &mut dense.bias);
}

fn each_of_norm(slots: NormSlots, norm: &mut Norm, visit: &mut impl FnMut(Slot, &mut [f32])) {
    visit(slots.gamma, &mut norm.gamma);
    visit(slots.beta, &mut norm.beta);
}

/// A layer of zeros.
fn empty(slots: &LayerSlots) -> Layer {
    let [query, key, value] = [0, 1, 2].map(|part| dense(third(slots.inputs, part)));
    Layer {
        query,
        key,
        value,
        output: dense(slots.output),
        attention_norm: norm(slots.attention_norm),
        up: dense(slots.up),
        down: dense(slots.down),
        output_norm: norm(slots.output_norm),
    }
}

/// Query, key or value of the three.
fn third(inputs: DenseSlots, part: usize) -> DenseSlots {
    let DenseSlots { weight, bias } = inputs;
    let (columns, rows) = (weight.columns / 3, bias.rows / 3);
    DenseSlots {
        weight: Slot { offset: weight.offset + part * columns * weight.rows, columns, ..weight },
        bias: Slot { offset: bias.offset + part * rows, rows, ..bias },
    }
}

fn matrix(slot: Slot) -> DMatrix<f32> {
    DMatrix::zeros(slot.rows, slot.columns)
}

fn dense(slots: DenseSlots) -> Dense {
    Dense { weight: matrix(slots.weight), bias: vec![0.0; slots.bias.rows] }
}

fn norm(slots: NormSlots) -> Norm {
    Norm { gamma: vec![0.0; slots.gamma.rows], beta: vec![0.0; slots.beta.rows] }
}
