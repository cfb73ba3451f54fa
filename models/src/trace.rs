//! Per-sentence exit traces: the entropy at every off-ramp, and the layer where a sentence leaves.
//!
//! A trace is CSV without quotes: one row per sentence, one entropy in nats per off-ramp; spaces around numbers are
//! allowed, and a first line of words is taken as a header. With L columns a sentence leaves at the first off-ramp among
//! 1..L-1 whose entropy is strictly below the threshold, else after layer L: the last off-ramp decides nothing, which is
//! why published traces carry an untrained one there. (The authors' software compares strictly, their hardware does not.)

pub(crate) mod parse;

use crate::record::{Error, read_text};

/// Most bytes of a trace, about 20 million entropies.
const TRACE_LIMIT: u64 = 256 << 20;

/// Entropies of sentences.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    layers: usize,
    /// Row after row.
    entropies: Vec<f64>,
}

impl Trace {
    /// The trace in a file.
    ///
    /// # Errors
    /// The file cannot be read, or as [`Trace::parse`].
    pub fn read(path: &str) -> Result<Self, Error> {
        Self::parse(path, &Self::text(path)?)
    }

    /// The text of a trace's file.
    ///
    /// # Errors
    /// The file cannot be read, is too large or is no text.
    pub fn text(path: &str) -> Result<String, Error> {
        read_text(path, TRACE_LIMIT, "check the path of the trace")
    }

    /// The trace that a text holds; `source` is what a person calls the text.
    ///
    /// # Errors
    /// No rows, rows of different lengths, or a field that is not a finite number from 0: the first is shown in its place.
    pub fn parse(source: &str, text: &str) -> Result<Self, Error> {
        let (layers, entropies) = parse::parse(source, text, parse::ENTROPIES)?;
        Ok(Self { layers, entropies })
    }

    /// Sentences of so many off-ramps each; none where there is no sentence.
    pub fn of(layers: usize, rows: &[&[f64]]) -> Option<Self> {
        (!rows.is_empty()).then(|| Self { layers, entropies: rows.concat() })
    }

    /// Off-ramps of a row, which is the number of layers.
    pub fn layers(&self) -> usize {
        self.layers
    }

    /// Number of sentences.
    pub fn sentences(&self) -> usize {
        self.entropies.len() / self.layers
    }

    /// Entropies of each sentence, nats.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.entropies.chunks_exact(self.layers)
    }

    /// Exit layer of each sentence, from 1.
    pub fn exit_layers(&self, threshold: f64) -> impl ExactSizeIterator<Item = usize> {
        self.rows().map(move |row| exit_layer(row, threshold))
    }

    /// Number of sentences that leave after each layer, from the first.
    pub fn histogram(&self, threshold: f64) -> Vec<usize> {
        let mut counts = vec![0; self.layers];
        for layer in self.exit_layers(threshold) {
            counts[layer - 1] += 1;
        }
        counts
    }

    /// Mean exit layer, from 1.
    pub fn average_exit_layer(&self, threshold: f64) -> f64 {
        let total: usize = self.exit_layers(threshold).sum();
        total as f64 / self.sentences() as f64
    }
}

/// The layer, from 1, after which a sentence with these entropies leaves: the first whose entropy is strictly below the
/// threshold, else the last. That of the last layer thus makes no difference.
pub fn exit_layer(row: &[f64], threshold: f64) -> usize {
    row.iter().position(|entropy| *entropy < threshold).map_or(row.len(), |ramp| ramp + 1)
}
