//! Exit policies: after which layer how many sentences leave.
//!
//! A sentence leaves at the first off-ramp whose entropy is below the threshold. With a trace each sentence counts; without
//! one the task's histogram at the threshold does; a task that has neither runs every layer.
//!
//! Not modelled: exits that are predicted, lengths that differ by sentence.

use models::record::{Error, Kind};
use models::trace::Trace;
use models::workload::Workload;

/// Where sentences leave.
#[derive(Clone, Debug, PartialEq)]
pub struct Exits {
    /// Share of sentences that leave after each layer, first layer first.
    pub shares: Vec<f64>,
    /// Entropy threshold, nats; none where every layer runs.
    pub threshold: Option<f64>,
    /// Sentences behind the shares.
    pub sentences: Option<usize>,
}

impl Exits {
    /// All sentences run all layers.
    pub fn full_depth(layers: usize) -> Self {
        let mut shares = vec![0.0; layers];
        if let Some(last) = shares.last_mut() {
            *last = 1.0;
        }
        Exits { shares, threshold: None, sentences: None }
    }

    /// Each sentence by its own entropies; `source` is what a person calls the trace.
    ///
    /// # Errors
    /// The trace is of another number of layers.
    pub fn from_trace(source: &str, trace: &Trace, threshold: f64, layers: usize) -> Result<Self, Error> {
        if trace.layers() != layers {
            let message = format!(
                "{source} has {} off-ramps a sentence, the network has {layers} layers",
                trace.layers()
            );
            return Err(Error::new(Kind::Input, source, message, "take the trace of this network"));
        }
        let all = trace.sentences() as f64;
        let shares = trace.histogram(threshold).into_iter().map(|count| count as f64 / all).collect();
        Ok(Exits { shares, threshold: Some(threshold), sentences: Some(trace.sentences()) })
    }

    /// The task's histogram at a threshold, the task's own if none is given.
    ///
    /// # Errors
    /// The task has none there.
    pub fn from_histogram(workload: &Workload, threshold: Option<f64>) -> Result<Self, Error> {
        let sentences = workload.exits()?.sentences;
        let histogram = workload.histogram(threshold)?;
        let all: f64 = histogram.percent.iter().sum();
        Ok(Exits {
            shares: histogram.percent.iter().map(|p| p / all).collect(),
            threshold: Some(histogram.threshold),
            sentences: Some(sentences as usize),
        })
    }
}
