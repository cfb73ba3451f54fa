//! Random tiny networks with random statistics of their zeros.

use super::Rng;
use super::designs::one_of;
use kernels::activation::Activation;
use models::compiler::{Inference, LayerShape};
use models::network::{Family, Network};
use rand::RngExt;

/// Longest sentence, tokens.
const TOKENS: u32 = 20;

/// One sentence on a network, and the layer after which it leaves.
pub(super) fn job(rng: &mut Rng) -> (Inference, u32) {
    let network = network(rng);
    let sequence = rng.random_range(1..=TOKENS);
    let exit_layer = rng.random_range(1..=network.layers + 1);
    let job = Inference {
        sequence,
        classes: network.classes,
        exits: rng.random(),
        predict_after: rng.random::<bool>().then_some(rng.random_range(1..=4)),
        embedding_density: density(rng),
        layers: layers(rng, &network, sequence),
        network,
    };
    (job, exit_layer)
}

/// All layers alike, or, now and then, each with heads, width and density of its own.
fn layers(rng: &mut Rng, network: &Network, sequence: u32) -> Vec<LayerShape> {
    let own = !network.shared_layers && rng.random_bool(0.3);
    let mut shape = |_| LayerShape {
        spans: spans(rng, network.heads, sequence),
        feed_forward: if own { rng.random_range(1..=network.feed_forward) } else { network.feed_forward },
        encoder_density: density(rng),
    };
    (0..if own { network.layers } else { 1 }).map(&mut shape).collect()
}

fn network(rng: &mut Rng) -> Network {
    let heads = rng.random_range(1..=4);
    let hidden = heads * rng.random_range(8u32.div_ceil(heads)..=64 / heads);
    let family = one_of(rng, &[Family::Albert, Family::Bert, Family::DistilBert]);
    let narrow = family == Family::Albert && rng.random();
    Network {
        name: "random".into(),
        summary: "random".into(),
        family,
        layers: rng.random_range(1..=4),
        hidden,
        feed_forward: rng.random_range(4..=96),
        heads,
        embedding: if narrow { rng.random_range(4..=hidden) } else { hidden },
        vocabulary: rng.random_range(10..=500),
        positions: TOKENS,
        token_types: 2,
        shared_layers: rng.random(),
        pooler: rng.random(),
        activation: one_of(rng, &[Activation::Gelu, Activation::Relu]),
        gelu_tanh: rng.random(),
        classes: rng.random_range(2..=5),
        layer_norm_epsilon: 1e-12,
    }
}

/// Tokens that each head sees, switched-off heads among them.
fn spans(rng: &mut Rng, heads: u32, sequence: u32) -> Vec<u32> {
    let mut span = || if rng.random_bool(0.2) { 0 } else { rng.random_range(1..=sequence + 1) };
    (0..heads).map(|_| span()).collect()
}

fn density(rng: &mut Rng) -> f64 {
    if rng.random_bool(0.2) { 1.0 } else { rng.random_range(0.02..1.0) }
}
