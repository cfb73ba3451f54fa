//! The one vector of parameters as the weights of a network.

use nalgebra::DMatrix;

use super::layout::{DenseSlots, LayerSlots, Layout, NormSlots, RampSlots, Slot};
use crate::weights::{Dense, Layer, Norm, OffRamp, Weights};

pub(super) fn weights(layout: &Layout, all: &[f32]) -> Weights {
    Weights {
        words: matrix(layout.words, all),
        positions: matrix(layout.positions, all),
        norm: norm(layout.norm, all),
        map: Some(dense(layout.map, all)),
        layers: vec![layer(&layout.layer, all)],
        ramps: layout.ramps.iter().map(|slots| ramp(slots, all)).collect(),
    }
}

pub(super) fn layer(slots: &LayerSlots, all: &[f32]) -> Layer {
    let [query, key, value] = [0, 1, 2].map(|part| third(slots.inputs, part));
    Layer {
        query: dense(query, all),
        key: dense(key, all),
        value: dense(value, all),
        output: dense(slots.output, all),
        attention_norm: norm(slots.attention_norm, all),
        up: dense(slots.up, all),
        down: dense(slots.down, all),
        output_norm: norm(slots.output_norm, all),
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

fn ramp(slots: &RampSlots, all: &[f32]) -> OffRamp {
    OffRamp { pooler: dense(slots.pooler, all), classifier: dense(slots.classifier, all) }
}

fn matrix(slot: Slot, all: &[f32]) -> DMatrix<f32> {
    slot.matrix(all).into_owned()
}

fn dense(slots: DenseSlots, all: &[f32]) -> Dense {
    Dense { weight: matrix(slots.weight, all), bias: all[slots.bias.range()].to_vec() }
}

fn norm(slots: NormSlots, all: &[f32]) -> Norm {
    Norm { gamma: all[slots.gamma.range()].to_vec(), beta: all[slots.beta.range()].to_vec() }
}
