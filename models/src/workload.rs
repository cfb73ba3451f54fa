//! What the machine is asked to do: a task's statistics, measured on a network.
//!
//! A workload says how long a sentence is, how dense weights and activations are, how far each head looks back, and how
//! early sentences leave. What is not known is absent from the file: `exits` for a task without a published trace, `spans`
//! where every head looks at the whole sequence, `network` where the statistics belong to none in particular. Using what
//! is absent is an error; nothing is made up.
//!
//! Not modelled: lengths that differ by sentence.

mod layers;
mod limits;
mod validate;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::network::Network;
use crate::record::*;
pub use layers::{LayerStatistics, Layers};
use limits::*;

/// A task's statistics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Workload {
    /// What it is called.
    pub name: String,
    /// One line for listings.
    pub summary: String,
    /// Preset of the network on which it was measured; absent where it fits any.
    pub network: Option<String>,
    /// Tokens of a sentence, padded.
    #[schemars(range(min = TOKENS.0, max = TOKENS.1))]
    pub sequence_length: u32,
    /// Outputs of the classifier and of each off-ramp.
    #[schemars(range(min = CLASSES.0, max = CLASSES.1))]
    pub classes: u32,
    /// Share of weights that are not zero.
    pub weight_density: WeightDensity,
    /// Share of activations that are not zero.
    pub activation_density: ActivationDensity,
    /// How far each head looks; absent where every head sees the whole sequence.
    pub spans: Option<Spans>,
    /// How early sentences leave; absent where nobody published it.
    pub exits: Option<Exits>,
    /// What is left of each layer; absent where all are alike.
    pub layers: Option<Layers>,
}

/// Share of weights that are not zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WeightDensity {
    /// Embedding tables.
    pub embedding: Quantity<Fraction>,
    /// Matrices of the encoder layers.
    pub encoder: Quantity<Fraction>,
}

/// Share of activations that are not zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActivationDensity {
    /// Inputs of layers, queries, keys, values, contexts.
    pub hidden: Quantity<Fraction>,
    /// Softmax outputs inside the span.
    pub probabilities: Quantity<Fraction>,
    /// Between the two products of the feed-forward network.
    pub feed_forward: Quantity<Fraction>,
}

/// Attention span of each head, the same in every layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spans {
    /// Tokens that each head sees; 0 is a head that is switched off.
    #[schemars(length(min = 1))]
    pub tokens: Vec<u32>,
    /// How far the list can be trusted.
    pub standing: Standing,
    /// Where it comes from.
    pub source: String,
}

/// How early sentences leave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exits {
    /// Entropy below which a sentence leaves, unless a run says otherwise.
    pub threshold: Quantity<Nats>,
    /// Sentences behind each histogram.
    #[schemars(range(min = SENTENCES.0, max = SENTENCES.1))]
    pub sentences: u32,
    /// How far the histograms can be trusted.
    pub standing: Standing,
    /// Where they come from.
    pub source: String,
    /// By ascending threshold.
    pub histograms: Vec<ExitHistogram>,
    /// Where sentences leave whose exit is predicted; absent where no prediction was published.
    pub predicted: Option<PredictedExits>,
}

/// Where sentences leave whose exit is predicted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PredictedExits {
    /// Layer after whose off-ramp the prediction is made.
    #[schemars(range(min = 1))]
    pub after: u32,
    /// How far the counts can be trusted.
    pub standing: Standing,
    /// Where they come from.
    pub source: String,
    /// By ascending threshold.
    #[schemars(length(min = 1))]
    pub thresholds: Vec<PredictedAt>,
}

/// Where sentences leave at one threshold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PredictedAt {
    /// Entropy threshold, nats.
    pub threshold: f64,
    /// Predicted layer (0 where the sentence leaves before any prediction), layer after which they leave, and how many do.
    #[schemars(length(min = 1))]
    pub sentences: Vec<[u32; 3]>,
}

/// Where sentences leave at one threshold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExitHistogram {
    /// Entropy threshold, nats.
    pub threshold: f64,
    /// Mean exit layer, from 1.
    pub mean: f64,
    /// Per cent of sentences that leave after each layer, from the first.
    #[schemars(length(min = 1), inner(range(min = PERCENT.0, max = PERCENT.1)))]
    pub percent: Vec<f64>,
}

impl Workload {
    /// Exit statistics.
    ///
    /// # Errors
    /// The workload has none.
    pub fn exits(&self) -> Result<&Exits, Error> {
        self.exits.as_ref().ok_or_else(|| {
            self.error(
                format!("workload `{}` has no exit statistics (none were published)", self.name),
                "give a trace of entropies and a threshold, or run to full depth",
            )
        })
    }

    /// The exit histogram at exactly that threshold, or at the default one.
    ///
    /// # Errors
    /// The workload has no exit statistics, or none at that threshold: the error lists those it has.
    pub fn histogram(&self, threshold: Option<f64>) -> Result<&ExitHistogram, Error> {
        let exits = self.exits()?;
        let threshold = threshold.unwrap_or(exits.threshold.value);
        exits.at(threshold).ok_or_else(|| {
            let known: Vec<String> = exits.histograms.iter().map(|row| row.threshold.to_string()).collect();
            self.error(
                format!("workload `{}` has no exit histogram at threshold {threshold}", self.name),
                format!("give a trace of entropies, or a threshold among {}", known.join(", ")),
            )
        })
    }

    /// Tokens that each of `heads` heads sees; 0 is switched off.
    ///
    /// # Errors
    /// The workload's list is for another number of heads.
    pub fn head_spans(&self, heads: u32) -> Result<Vec<u32>, Error> {
        let Some(spans) = &self.spans else {
            return Ok(vec![self.sequence_length; heads as usize]);
        };
        if spans.tokens.len() == heads as usize {
            return Ok(spans.tokens.clone());
        }
        Err(self.error(
            format!("workload `{}` has spans of {} heads, not {heads}", self.name, spans.tokens.len()),
            "take the network it was measured on, or the workload `dense`",
        ))
    }

    /// Whether the workload's statistics can be used on a network.
    ///
    /// # Errors
    /// The sequence is longer than the network's positions, or spans or exits were measured on another shape.
    pub fn fits(&self, network: &Network) -> Result<(), Error> {
        if self.sequence_length > network.positions {
            return Err(self.error(
                format!(
                    "sequence_length = {} of workload `{}` must be at most the {} positions of network `{}`",
                    self.sequence_length, self.name, network.positions, network.name
                ),
                "shorten the sequence",
            ));
        }
        self.head_spans(network.heads)?;
        self.layers_fit(network)?;
        match self.exits.as_ref().and_then(|exits| exits.histograms.first()) {
            Some(row) if row.percent.len() != network.layers as usize => Err(self.error(
                format!(
                    "workload `{}` has exit histograms of {} layers, network `{}` has {}",
                    self.name,
                    row.percent.len(),
                    network.name,
                    network.layers
                ),
                "take the network it was measured on, or the workload `dense`",
            )),
            _ => Ok(()),
        }
    }

    /// Every constant with its dotted key, for reports. Spans and histograms carry their own standing and source.
    pub fn constants(&self) -> Vec<Constant<'_>> {
        let mut constants = vec![
            self.weight_density.embedding.constant("weight_density.embedding"),
            self.weight_density.encoder.constant("weight_density.encoder"),
            self.activation_density.hidden.constant("activation_density.hidden"),
            self.activation_density.probabilities.constant("activation_density.probabilities"),
            self.activation_density.feed_forward.constant("activation_density.feed_forward"),
        ];
        constants.extend(self.exits.as_ref().map(|exits| exits.threshold.constant("exits.threshold")));
        constants
    }

    fn error(&self, message: String, remedy: impl Into<String>) -> Error {
        Error::new(Kind::Input, format!("workload `{}`", self.name), message, remedy)
    }
}

impl PredictedExits {
    /// The threshold in the middle.
    pub fn middle(&self) -> Option<f64> {
        self.thresholds.get(self.thresholds.len() / 2).map(|row| row.threshold)
    }

    /// The counts at that threshold.
    pub fn at(&self, threshold: f64) -> Option<&PredictedAt> {
        self.thresholds.iter().find(|row| (row.threshold - threshold).abs() < SAME_THRESHOLD)
    }
}

impl Exits {
    /// The histogram at that threshold.
    pub fn at(&self, threshold: f64) -> Option<&ExitHistogram> {
        self.histograms.iter().find(|row| (row.threshold - threshold).abs() < SAME_THRESHOLD)
    }
}

/// Thresholds are written with two decimals; closer ones than this are the same one.
const SAME_THRESHOLD: f64 = 1e-9;

impl Record for Workload {
    const KIND: &'static str = "workload";
    const PRESETS: &'static [(&'static str, &'static str)] = &[
        ("dense", include_str!("../presets/workloads/dense.toml")),
        ("sst2", include_str!("../presets/workloads/sst2.toml")),
        ("mnli", include_str!("../presets/workloads/mnli.toml")),
        ("qqp", include_str!("../presets/workloads/qqp.toml")),
        ("qnli", include_str!("../presets/workloads/qnli.toml")),
    ];

    fn name(&self) -> &str {
        &self.name
    }

    fn summary(&self) -> &str {
        &self.summary
    }

    fn validate(&self, problems: &mut Problems) {
        validate::validate(self, problems);
    }
}
