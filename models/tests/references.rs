//! The `f32` forward pass against PyTorch: models with random weights and what `transformers` computes with them.
//!
//! Small models are committed. Those of base dimensions are made on demand where Python has torch and transformers:
//! `OFFRAMP_PYTHON` names it, else `python3` is asked; without, the test says so and passes.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use models::checkpoint;
use models::forward::{Forward, forward};
use models::model::Model;
use serde::Deserialize;

/// What PyTorch computed.
#[derive(Deserialize)]
struct Expected {
    sentences: Vec<Sentence>,
}

#[derive(Deserialize)]
struct Sentence {
    ids: Vec<u32>,
    /// Ahead of the first layer and after each, token by token.
    states: Vec<Vec<f32>>,
    logits: Vec<f32>,
}

/// Largest distance from PyTorch, relative to the largest magnitude: `f32` has 24 bits, a sum of 3072 products in another order is
/// off by some 1e-6, and twelve layers pass that on. A wrong epsilon or activation is off by 1e-4 and more.
const BOUND: f32 = 1e-5;

/// Runs every model of a folder; a line for each layer, with its relative distance.
fn compare(folder: &Path, families: &[&str]) -> Vec<String> {
    let mut lines = Vec::new();
    for family in families {
        let folder = folder.join(family);
        let model =
            checkpoint::read(folder.to_str().expect("paths are UTF-8")).unwrap_or_else(|e| panic!("{e}"));
        let text = std::fs::read_to_string(folder.join("expected.json")).expect("it stands beside the model");
        let expected: Expected = serde_json::from_str(&text).expect("make.py writes JSON");
        assert!(!expected.sentences.is_empty());
        for sentence in &expected.sentences {
            let run = run(&model, &sentence.ids);
            let length = sentence.ids.len();
            assert_eq!(run.tokens.len(), sentence.states.len(), "{family}");
            for (layer, (ours, theirs)) in run.tokens.iter().zip(&sentence.states).enumerate() {
                let far = distance(ours.as_slice(), theirs);
                lines.push(format!("{family}, {length} tokens, layer {layer}: {far:.1e}"));
                assert!(far < BOUND, "{family}, {length} tokens, layer {layer}: {far}");
            }
            let logits: Vec<f32> = run.logits[0].iter().map(|x| *x as f32).collect();
            let far = distance(&logits, &sentence.logits);
            assert!(far < BOUND, "{family}, {length} tokens, logits: {far}");
        }
    }
    lines
}

fn run(model: &Model, ids: &[u32]) -> Forward {
    forward(&model.inference(ids.len() as u32), &model.weights, ids).unwrap_or_else(|error| panic!("{error}"))
}

fn distance(ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len());
    let scale = theirs.iter().fold(0.0, |max: f32, x| max.max(x.abs()));
    ours.iter().zip(theirs).fold(0.0, |max: f32, (a, b)| max.max((a - b).abs())) / scale
}

#[test]
fn small_models_of_every_family() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/references");
    let lines = compare(&folder, &["albert", "albert-groups", "bert", "distilbert", "roberta"]);
    println!("{}", lines.join("\n"));
}

#[test]
fn models_of_base_dimensions() {
    let python = std::env::var("OFFRAMP_PYTHON").unwrap_or_else(|_| "python3".into());
    let there = Command::new(&python).args(["-c", "import torch, transformers, safetensors"]).output();
    if !there.is_ok_and(|said| said.status.success()) {
        // Past the capture of the harness, so that it is seen.
        let mut loud = std::io::stderr();
        let _ = writeln!(
            loud,
            "skipped: {python} has no torch and transformers; OFFRAMP_PYTHON names one that has"
        );
        return;
    }
    let folder = tempfile::tempdir().expect("a folder can be made");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/references/make.py");
    let made = Command::new(&python).arg(&script).arg("base").arg(folder.path()).output().expect("it runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    println!("{}", compare(folder.path(), &["albert", "bert", "distilbert", "roberta"]).join("\n"));
}
