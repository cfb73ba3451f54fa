//! Real weights and real text: sentences of the project on all-MiniLM-L6-v2, against PyTorch's embeddings.
//!
//! `scripts/minilm` fetches the model, `OFFRAMP_MINILM` names another folder of it; without, the tests say so and pass.

use std::path::Path;

use kernels::adaptivfloat::Format;
use models::checkpoint::{self, safetensors};
use models::design::Design;
use models::forward::forward_checked;
use models::model::Model;
use models::record::preset;
use models::tokenizer::Tokenizer;
use nalgebra::{DMatrix, DVector};
use offramp_tests::minilm;
use sim::infer::{Biases, Precision, Prepared};

/// The model with the words of the sentences and PyTorch's embeddings of them.
struct MiniLm {
    model: Model,
    words: Vec<Vec<u32>>,
    embeddings: DMatrix<f32>,
}

fn minilm() -> Option<MiniLm> {
    let folder = &minilm::folder()?;
    let model = checkpoint::read(folder).unwrap_or_else(|error| panic!("{error}"));
    let tokenizer = Tokenizer::read(folder, &model.network).unwrap_or_else(|error| panic!("{error}"));
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("references/minilm");
    let text = std::fs::read_to_string(here.join("sentences.txt")).expect("it is committed");
    let words = text.lines().map(|line| tokenizer.words(line).expect("it is text").numbers).collect();
    let bytes = std::fs::read(here.join("embeddings.safetensors")).expect("it is committed");
    let tensor = safetensors::read("embeddings", &bytes)
        .expect("it is whole")
        .remove("embeddings")
        .expect("it is there");
    let embeddings = DMatrix::from_vec(tensor.shape[1], tensor.shape[0], tensor.values);
    Some(MiniLm { model, words, embeddings })
}

impl MiniLm {
    /// Least and mean cosine of embeddings to PyTorch's, of each `step`th sentence.
    fn cosines(&self, step: usize, embed: impl Fn(&[u32]) -> DMatrix<f32>) -> (f32, f32) {
        assert!(self.words.len() >= 200 && self.words.len() == self.embeddings.ncols());
        let cosine = |(words, theirs): (&Vec<u32>, _)| -> f32 {
            let ours: DVector<f32> = embed(words).column_mean();
            let theirs: nalgebra::DVectorView<f32> = theirs;
            ours.dot(&theirs) / ours.norm() / theirs.norm()
        };
        let pairs = self.words.iter().zip(self.embeddings.column_iter()).step_by(step);
        let all: Vec<f32> = pairs.map(cosine).collect();
        (all.iter().copied().fold(1.0, f32::min), all.iter().sum::<f32>() / all.len() as f32)
    }

    /// Cosines with weights and activations in a format, biases calibrated on the first sentences; of each fourth sentence where layers
    /// have biases of their own.
    fn exact(&self, format: Format, biases: Biases) -> (f32, f32) {
        let mut design: Design = preset("offramp").expect("the preset is valid");
        design.format = format;
        let prepared = Prepared::new(self.model.clone(), design, &self.words[..32], biases);
        let prepared = prepared.expect("weights fit");
        self.cosines(if biases == Biases::Shared { 1 } else { 4 }, |words| {
            let answer = prepared.answer(words, Precision::Exact).expect("words are known");
            DMatrix::from_vec(answer.embedding.len(), 1, answer.embedding)
        })
    }
}

#[test]
fn the_forward_pass_in_f32_gives_pytorchs_embeddings() {
    let Some(minilm) = minilm() else { return };
    let model = &minilm.model;
    let (least, mean) = minilm.cosines(1, |words| {
        let run = forward_checked(&model.inference(words.len() as u32), &model.weights, words);
        run.tokens.last().expect("there are layers").clone()
    });
    println!("f32: cosine at least {least}, mean {mean}");
    assert!(least >= 0.9999, "{least}");
}

/// Weights and activations in 8 bits between all units: <8,4> measured as 0.9950 and 0.9949, <8,3>, whose eight octaves are few for the
/// ranges of all layers, as 0.9835 and 0.9901. See docs/models.md.
#[test]
fn real_weights_prefer_four_bits_of_exponent() {
    let Some(minilm) = minilm() else { return };
    let cosines = |format| [Biases::Shared, Biases::Layer].map(|biases| minilm.exact(format, biases));
    let ([four, four_by_layer], [three, three_by_layer]) = (cosines(Format::AF8_4), cosines(Format::AF8_3));
    for (what, (least, mean)) in [
        ("<8,4>", four),
        ("<8,4>, by layer", four_by_layer),
        ("<8,3>", three),
        ("<8,3>, by layer", three_by_layer),
    ] {
        println!("{what}: cosine at least {least}, mean {mean}");
    }
    assert!(four.1 >= 0.994 && four_by_layer.1 >= 0.994, "{} {}", four.1, four_by_layer.1);
    assert!(three.1 >= 0.98 && three_by_layer.1 >= 0.98, "{} {}", three.1, three_by_layer.1);
    assert!(three.1 < three_by_layer.1 && three_by_layer.1 < four.1, "{} {}", three.1, three_by_layer.1);
}
