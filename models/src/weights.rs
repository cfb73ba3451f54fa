//! The parameters of a network as real numbers, before they are quantised.

use crate::compiler::Inference;
use nalgebra::DMatrix;

/// A dense layer `y = x · weight + bias`.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    /// [inputs x outputs]: a column for each output.
    pub weight: DMatrix<f32>,
    /// One for each output.
    pub bias: Vec<f32>,
}

/// A layer norm.
#[derive(Clone, Debug, PartialEq)]
pub struct Norm {
    /// What the normal values are multiplied by.
    pub gamma: Vec<f32>,
    /// What is added to them.
    pub beta: Vec<f32>,
}

/// An encoder layer. The columns of query, key and value are those of head 0, then of head 1, and so on, as are the inputs
/// of the output projection.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Query projection, [hidden x hidden].
    pub query: Dense,
    /// Key projection, [hidden x hidden].
    pub key: Dense,
    /// Value projection, [hidden x hidden].
    pub value: Dense,
    /// Output projection, [hidden x hidden].
    pub output: Dense,
    /// After attention.
    pub attention_norm: Norm,
    /// First feed-forward matrix, [hidden x feed_forward].
    pub up: Dense,
    /// Second feed-forward matrix, [feed_forward x hidden].
    pub down: Dense,
    /// After the feed-forward network.
    pub output_norm: Norm,
}

impl Layer {
    /// Its dense layers, in the order of the computation.
    pub fn matrices(&self) -> [&Dense; 6] {
        [&self.query, &self.key, &self.value, &self.output, &self.up, &self.down]
    }

    /// The same, to be changed.
    pub fn matrices_mut(&mut self) -> [&mut Dense; 6] {
        [&mut self.query, &mut self.key, &mut self.value, &mut self.output, &mut self.up, &mut self.down]
    }
}

/// An off-ramp.
#[derive(Clone, Debug, PartialEq)]
pub struct OffRamp {
    /// Dense layer on the first token, [hidden x hidden].
    pub pooler: Dense,
    /// [hidden x classes].
    pub classifier: Dense,
}

/// All parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// [embedding x vocabulary].
    pub words: DMatrix<f32>,
    /// [embedding x positions], the token-type row of segment 0 added.
    pub positions: DMatrix<f32>,
    /// Of the embeddings.
    pub norm: Norm,
    /// From the embeddings to the encoder, where their widths differ: [embedding x hidden].
    pub map: Option<Dense>,
    /// One, or one for each layer where they do not share it.
    pub layers: Vec<Layer>,
    /// One, or one for each layer where each ends in an off-ramp; none without a classifier.
    pub ramps: Vec<OffRamp>,
}

/// Weights that a network cannot have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WeightsError {
    /// A tensor of another shape, or another number of layers or off-ramps.
    Shape {
        /// Which.
        what: &'static str,
        /// Rows and columns found.
        found: (usize, usize),
        /// Rows and columns of the network.
        expected: (usize, usize),
    },
    /// A number that is not finite.
    NotFinite {
        /// In which tensor.
        what: &'static str,
    },
}

impl Weights {
    /// Checks shapes, and that all numbers are finite.
    ///
    /// # Errors
    /// The first tensor that does not fit.
    pub fn check(&self, job: &Inference) -> Result<(), WeightsError> {
        let network = &job.network;
        let [hidden, narrow] = [network.hidden, network.embedding].map(|x| x as usize);
        matrix("word embeddings", &self.words, (narrow, network.vocabulary as usize))?;
        matrix("position embeddings", &self.positions, (narrow, network.positions as usize))?;
        norm("norm of the embeddings", &self.norm, narrow)?;
        shape("maps", (self.map.iter().count(), 1), (network.has_projection().into(), 1))?;
        if let Some(map) = &self.map {
            dense("embedding map", map, (narrow, hidden))?;
        }
        shape("layers", (self.layers.len(), 1), (network.weight_sets() as usize, 1))?;
        for (index, layer) in (0..).zip(&self.layers) {
            let wide = job.layer(index).map_or(0, |shape| shape.feed_forward) as usize;
            dense("query projection", &layer.query, (hidden, hidden))?;
            dense("key projection", &layer.key, (hidden, hidden))?;
            dense("value projection", &layer.value, (hidden, hidden))?;
            dense("output projection", &layer.output, (hidden, hidden))?;
            norm("norm after attention", &layer.attention_norm, hidden)?;
            dense("first feed-forward matrix", &layer.up, (hidden, wide))?;
            dense("second feed-forward matrix", &layer.down, (wide, hidden))?;
            norm("norm after the feed-forward network", &layer.output_norm, hidden)?;
        }
        let ramps = if job.exits { network.layers as usize } else { usize::from(job.classes > 0) };
        shape("off-ramps", (self.ramps.len(), 1), (ramps, 1))?;
        for ramp in &self.ramps {
            dense("pooler", &ramp.pooler, (hidden, hidden))?;
            dense("classifier", &ramp.classifier, (hidden, job.classes as usize))?;
        }
        Ok(())
    }
}

fn shape(what: &'static str, found: (usize, usize), expected: (usize, usize)) -> Result<(), WeightsError> {
    if found == expected { Ok(()) } else { Err(WeightsError::Shape { what, found, expected }) }
}

fn matrix(what: &'static str, m: &DMatrix<f32>, expected: (usize, usize)) -> Result<(), WeightsError> {
    shape(what, m.shape(), expected)?;
    finite(what, m.as_slice())
}

fn dense(what: &'static str, d: &Dense, expected: (usize, usize)) -> Result<(), WeightsError> {
    matrix(what, &d.weight, expected)?;
    shape(what, (d.bias.len(), 1), (expected.1, 1))?;
    finite(what, &d.bias)
}

fn norm(what: &'static str, n: &Norm, length: usize) -> Result<(), WeightsError> {
    shape(what, (n.gamma.len(), n.beta.len()), (length, length))?;
    finite(what, &n.gamma)?;
    finite(what, &n.beta)
}

fn finite(what: &'static str, values: &[f32]) -> Result<(), WeightsError> {
    if values.iter().all(|v| v.is_finite()) { Ok(()) } else { Err(WeightsError::NotFinite { what }) }
}

impl std::fmt::Display for WeightsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            WeightsError::Shape { what, found, expected } => write!(
                f,
                "{what}: {} x {} found, the network has {} x {}",
                found.0, found.1, expected.0, expected.1
            ),
            WeightsError::NotFinite { what } => write!(f, "{what}: a number is not finite"),
        }
    }
}

impl std::error::Error for WeightsError {}
