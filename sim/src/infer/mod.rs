//! A model on a design: what it says of a sentence, by the golden kernels or in `f32`, and what the sentence costs.
//!
//! Activations get their exponent biases from sample sentences that run in `f32`: the largest magnitude at each point lies in the top
//! octave of the format. Weights get theirs from their own. Channels of what is added to the residual that are larger than most are held
//! smaller ([`channels`](crate::golden::channels)).

mod calibration;
pub mod cost;
pub mod text;

pub use calibration::Calibration;

use models::compiler::Inference;
use models::design::Design;
use models::forward::forward_checked;
use models::model::Model;
use models::record::{Error, Kind};
use models::weights::WeightsError;

use crate::golden::channels::Channels;
use crate::golden::direct::{Network, Packed};
use crate::golden::numbers::Numbers;
use crate::golden::quantised::Quantised;

/// Sentences on which ranges are calibrated unless a command says otherwise.
pub const SAMPLES: usize = 32;

/// How values are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Precision {
    /// As the machine does, bit by bit
    Exact,
    /// In f32, as frameworks do
    F32,
}

/// For what exponent biases are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Biases {
    /// One for each tensor of all layers, which then run as a loop
    #[default]
    Shared,
    /// One for each tensor of each layer, which then has commands of its own
    Layer,
}

/// A model whose parameters a design holds.
#[derive(Debug)]
pub struct Prepared {
    /// The model.
    pub model: Model,
    /// The machine.
    pub design: Design,
    /// The inference of a sentence that fills every position; densities are those of the codes.
    pub job: Inference,
    /// Parameters as codes.
    pub weights: Quantised,
    /// Exponent biases.
    pub numbers: Numbers,
    packed: Packed,
}

/// What a model says of a sentence.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Logits at each off-ramp.
    pub logits: Vec<Vec<f64>>,
    /// Entropy at each off-ramp, nats.
    pub entropies: Vec<f64>,
    /// Mean over the tokens of the last hidden state.
    pub embedding: Vec<f32>,
}

/// Weights that cannot be used.
fn refused(error: &WeightsError) -> Error {
    Error::new(Kind::Input, "model", error.to_string(), "train or save the model anew")
}

impl Prepared {
    /// Quantises a model for a design, with biases calibrated on the words of sample sentences.
    ///
    /// # Errors
    /// No sample, or as [`Prepared::by`].
    pub fn new(model: Model, design: Design, samples: &[Vec<u32>], biases: Biases) -> Result<Self, Error> {
        model.weights.check(&model.inference(model.network.positions)).map_err(|error| refused(&error))?;
        let calibration = Calibration::on(&model, samples)?;
        Prepared::by(model, design, &calibration, biases)
    }

    /// Quantises a model for a design, with biases by known ranges. Layers that share their weights share their biases.
    ///
    /// # Errors
    /// Weights that no code can hold.
    pub fn by(
        model: Model,
        design: Design,
        calibration: &Calibration,
        biases: Biases,
    ) -> Result<Self, Error> {
        let mut job = model.inference(model.network.positions);
        if biases == Biases::Layer {
            job = job.unroll();
        }
        let Calibration { maxima, ranges } = calibration;
        let channels = Channels::of(&job, ranges);
        let weights =
            Quantised::new(&design, &job, &model.weights, &channels).map_err(|error| refused(&error))?;
        job.embedding_density = weights.embedding_density();
        let unrolled = job.unrolled();
        for (index, layer) in (0..).zip(&mut job.layers) {
            layer.encoder_density = weights.encoder_density(unrolled.then_some(index));
        }
        let numbers = Numbers::new(design.format, &channels.held(maxima, ranges), &weights);
        let packed = Packed::new(&weights);
        Ok(Prepared { model, design, job, weights, numbers, packed })
    }

    /// What the model says of the words of a sentence.
    ///
    /// # Errors
    /// A word that the model does not have, in words.
    pub fn answer(&self, words: &[u32], precision: Precision) -> Result<Answer, String> {
        let job = self.job.of_tokens(words.len() as u32);
        match precision {
            Precision::Exact => self.exact(&job, words),
            Precision::F32 => {
                let run = forward_checked(&job, &self.model.weights, words);
                let embedding = run.tokens.last().map(|tokens| tokens.column_mean().as_slice().to_vec());
                Ok(Answer {
                    logits: run.logits,
                    entropies: run.entropies,
                    embedding: embedding.unwrap_or_default(),
                })
            }
        }
    }

    fn exact(&self, job: &Inference, words: &[u32]) -> Result<Answer, String> {
        let network = Network { job, weights: &self.weights, numbers: &self.numbers, packed: &self.packed };
        let run = network.run(words).map_err(|cause| cause.to_string())?;
        let logits = run.logits.iter().map(|codes| codes.dequantise().as_slice().to_vec()).collect();
        // Nats with 16 fraction bits.
        let entropies = run.entropies.iter().map(|entropy| f64::from(*entropy) / 65536.0).collect();
        let tokens = run.tokens.last().map(|codes| codes.dequantise().column_mean());
        let embedding = tokens.map(|mean| mean.iter().map(|x| *x as f32).collect());
        Ok(Answer { logits, entropies, embedding: embedding.unwrap_or_default() })
    }
}
