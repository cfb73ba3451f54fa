//! all-MiniLM-L6-v2 (`scripts/minilm` fetches it): our bit-exact and our `f32` inference against candle's `f32`, one sentence at a time.
//!
//! `cargo bench --manifest-path scripts/candle/Cargo.toml`; `OFFRAMP_MINILM` names another folder of the model. The three must agree:
//! the cosine of the mean last hidden state of ours to candle's is checked before anything is timed.

use std::hint::black_box;
use std::path::PathBuf;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use models::checkpoint;
use models::design::Design;
use models::record::preset;
use models::tokenizer::Tokenizer;
use sim::infer::{Biases, Precision, Prepared};

/// Words that make sentences of any length.
const WORDS: &str = "the simulator counts every cycle of the machine and the kernels say every value of it so that both agree ";

fn folder() -> PathBuf {
    let here = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/minilm"));
    std::env::var_os("OFFRAMP_MINILM").map_or(here, PathBuf::from)
}

/// Mean over the tokens of the last hidden state, by candle.
fn theirs(model: &BertModel, words: &[u32]) -> Vec<f32> {
    let ids = Tensor::new(words, &Device::Cpu).and_then(|ids| ids.unsqueeze(0)).expect("a tensor");
    let types = ids.zeros_like().expect("a tensor");
    let states = model.forward(&ids, &types, None).expect("it runs");
    states.mean(1).and_then(|mean| mean.squeeze(0)).and_then(|mean| mean.to_vec1()).expect("a vector")
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

fn minilm(c: &mut Criterion) {
    let folder = folder();
    let path = folder.to_str().expect("paths are UTF-8");
    let model = checkpoint::read(path).unwrap_or_else(|error| panic!("{error}"));
    let tokenizer = Tokenizer::read(path, &model.network).unwrap_or_else(|error| panic!("{error}"));
    let config = std::fs::read_to_string(folder.join("config.json")).expect("it is there");
    let config: Config = serde_json::from_str(&config).expect("a BERT");
    let bytes = std::fs::read(folder.join("model.safetensors")).expect("it is there");
    let builder = VarBuilder::from_buffered_safetensors(bytes, DType::F32, &Device::Cpu).expect("it is whole");
    let candle = BertModel::load(builder, &config).expect("a BERT");
    let all = tokenizer.words(&WORDS.repeat(8)).expect("it is text").numbers;
    let design: Design = preset("offramp").expect("a preset is valid");
    let prepared =
        Prepared::new(model, design, std::slice::from_ref(&all), Biases::Shared).expect("weights fit");
    let mut group = c.benchmark_group("minilm");
    for tokens in [16, 64, 128] {
        let words = &all[..tokens];
        let ours = |precision| prepared.answer(words, precision).expect("words are known");
        let reference = theirs(&candle, words);
        let (exact, single) = (ours(Precision::Exact).embedding, ours(Precision::F32).embedding);
        assert!(cosine(&single, &reference) > 0.9999 && cosine(&exact, &reference) > 0.98, "they differ");
        group.throughput(Throughput::Elements(tokens as u64));
        group.bench_function(BenchmarkId::new("candle", tokens), |b| {
            b.iter(|| theirs(&candle, black_box(words)));
        });
        for (name, precision) in [("f32", Precision::F32), ("exact", Precision::Exact)] {
            group.bench_function(BenchmarkId::new(name, tokens), |b| b.iter(|| ours(black_box(precision))));
        }
    }
}

criterion_group!(benches, minilm);
criterion_main!(benches);
