//! Tiny networks with random weights: what tests and co-simulation run whole programs of.
//!
//! Not for accuracy: their weights mean nothing, but have the densities and magnitudes that networks have.

use kernels::activation::Activation;
use models::compiler::{Inference, LayerShape};
use models::network::{Family, Network};
use models::weights::{Dense, Layer, Norm, OffRamp, Weights};
use nalgebra::DMatrix;
use rand::{Rng, RngExt};

/// A shape: hidden, heads, feed-forward, embedding.
type Sizes = (u32, u32, u32, u32);

/// Heads of 16 (scores scaled by a shift), 24 (padded for n = 16), 20 with a feed-forward network narrower than the hidden
/// state, and 32; embeddings with and without a map.
const SIZES: [Sizes; 4] = [(64, 4, 128, 32), (96, 4, 128, 96), (60, 3, 12, 60), (64, 2, 128, 40)];
const SEQUENCES: [u32; 6] = [8, 13, 24, 19, 37, 1];
const DENSITIES: [f64; 4] = [1.0, 0.4, 0.7, 0.5];

/// Inference number `case`; neighbours differ in everything.
pub fn job(case: usize) -> Inference {
    let (hidden, heads, feed_forward, embedding) = SIZES[case % 4];
    let sequence = SEQUENCES[case % 6];
    let network = Network {
        name: "tiny".into(),
        summary: "tiny".into(),
        family: if embedding == hidden { Family::Bert } else { Family::Albert },
        layers: 2 + (case as u32 / 3) % 3,
        hidden,
        feed_forward,
        heads,
        embedding,
        vocabulary: 50,
        positions: 40,
        token_types: 0,
        shared_layers: case.is_multiple_of(3),
        pooler: case % 7 != 2,
        activation: if case % 4 == 2 { Activation::Relu } else { Activation::Gelu },
        gelu_tanh: false,
        classes: 2 + (case as u32) % 3,
        layer_norm_epsilon: 0.0,
    };
    let span = |head: u32| [sequence, 5, 0, sequence / 2][(head as usize + case) % 4];
    let density = DENSITIES[case / 4 % 4];
    let layers = vec![LayerShape {
        spans: (0..heads).map(span).collect(),
        feed_forward: network.feed_forward,
        encoder_density: density,
    }];
    let job = Inference {
        sequence,
        classes: network.classes,
        exits: case % 5 != 3,
        predict_after: (case % 3 != 1).then_some(1 + (case as u32 / 6) % 2),
        embedding_density: density,
        layers,
        network,
    };
    if case % 4 == 1 { uneven(job) } else { job }
}

/// The same with layers that differ in heads, width and density, where they do not share their weights.
fn uneven(job: Inference) -> Inference {
    let mut job = job.unroll();
    let unrolled = job.unrolled();
    for (index, layer) in job.layers.iter_mut().enumerate().filter(|_| unrolled) {
        layer.spans.rotate_left(index);
        layer.feed_forward = layer.feed_forward * (4 - index as u32 % 4) / 4;
        layer.encoder_density *= 1.0 - 0.2 * (index % 4) as f64;
    }
    job
}

/// Random weights of the density that the inference states, of the magnitudes that networks have.
pub fn weights(rng: &mut impl Rng, job: &Inference) -> Weights {
    let network = &job.network;
    let [hidden, narrow] = [network.hidden, network.embedding].map(|x| x as usize);
    let shapes = (0..network.weight_sets()).filter_map(|layer| job.layer(layer));
    let layers = shapes.map(|shape| layer(rng, hidden, shape)).collect();
    let ramps = (0..if job.exits { network.layers } else { 1 }).map(|_| OffRamp {
        pooler: dense(rng, hidden, hidden, 1.0),
        classifier: dense(rng, hidden, job.classes as usize, 1.0),
    });
    let ramps = ramps.collect();
    let map = network.has_projection().then(|| dense(rng, narrow, hidden, 1.0));
    Weights {
        words: sparse(rng, narrow, network.vocabulary as usize, job.embedding_density, 1.0),
        positions: sparse(rng, narrow, network.positions as usize, job.embedding_density, 1.0),
        norm: norm(rng, narrow),
        map,
        layers,
        ramps,
    }
}

fn layer(rng: &mut impl Rng, hidden: usize, shape: &LayerShape) -> Layer {
    let (wide, density) = (shape.feed_forward as usize, shape.encoder_density);
    Layer {
        query: dense(rng, hidden, hidden, density),
        key: dense(rng, hidden, hidden, density),
        value: dense(rng, hidden, hidden, density),
        output: dense(rng, hidden, hidden, density),
        attention_norm: norm(rng, hidden),
        up: dense(rng, hidden, wide, density),
        down: dense(rng, wide, hidden, density),
        output_norm: norm(rng, hidden),
    }
}

fn sparse(rng: &mut impl Rng, length: usize, columns: usize, density: f64, limit: f64) -> DMatrix<f32> {
    DMatrix::from_fn(length, columns, |_, _| {
        if rng.random_bool(density) { rng.random_range(-limit..limit) as f32 } else { 0.0 }
    })
}

/// Outputs keep the variance of inputs: uniform in ±sqrt(3 / (density · inputs)).
fn dense(rng: &mut impl Rng, inputs: usize, outputs: usize, density: f64) -> Dense {
    let limit = (3.0 / (density * inputs as f64)).sqrt();
    let weight = sparse(rng, inputs, outputs, density, limit);
    Dense { weight, bias: (0..outputs).map(|_| rng.random_range(-0.2..0.2) as f32).collect() }
}

fn norm(rng: &mut impl Rng, length: usize) -> Norm {
    let gamma = (0..length).map(|_| rng.random_range(0.5..1.5) as f32).collect();
    Norm { gamma, beta: (0..length).map(|_| rng.random_range(-0.3..0.3) as f32).collect() }
}
