//! A sentence of a network of MiniLM's size (6 layers of 384, random weights): by the golden kernels on whole tensors, bit-exact, and in `f32`.
//!
//! The aim is that bit-exact is no slower. Criterion reports tokens a second.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use kernels::activation::Activation;
use models::compiler::{Inference, LayerShape};
use models::design::Design;
use models::model::Model;
use models::network::{Family, Network};
use models::record::preset;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use sim::golden::tiny;
use sim::infer::{Biases, Precision, Prepared};
use std::hint::black_box;

fn network() -> Network {
    Network {
        name: "minilm".into(),
        summary: "6 layers of 384".into(),
        family: Family::Bert,
        layers: 6,
        hidden: 384,
        feed_forward: 1536,
        heads: 12,
        embedding: 384,
        vocabulary: 1000,
        positions: 128,
        token_types: 0,
        shared_layers: false,
        pooler: true,
        activation: Activation::Gelu,
        gelu_tanh: false,
        classes: 2,
        layer_norm_epsilon: 1e-12,
    }
}

fn infer(c: &mut Criterion) {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let network = network();
    let job = Inference {
        sequence: 128,
        classes: 2,
        exits: false,
        predict_after: None,
        embedding_density: 1.0,
        layers: vec![LayerShape {
            spans: vec![128; 12],
            feed_forward: network.feed_forward,
            encoder_density: 1.0,
        }],
        network: network.clone(),
    };
    let weights = tiny::weights(&mut rng, &job);
    let model = Model { network, weights, spans: None, scores: None, labels: vec![] };
    let design: Design = preset("offramp").expect("a preset is valid");
    let words: Vec<u32> = (0..128).map(|_| rng.random_range(0..1000)).collect();
    let prepared =
        Prepared::new(model, design, std::slice::from_ref(&words), Biases::Shared).expect("weights fit");
    let mut group = c.benchmark_group("infer");
    for tokens in [16, 64, 128] {
        group.throughput(Throughput::Elements(tokens as u64));
        for (name, precision) in [("exact", Precision::Exact), ("f32", Precision::F32)] {
            group.bench_function(BenchmarkId::new(name, tokens), |b| {
                b.iter(|| prepared.answer(black_box(&words[..tokens]), precision).expect("words are known"));
            });
        }
    }
}

criterion_group!(benches, infer);
criterion_main!(benches);
