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

/// What one who asks calls the things that exits depend on, for errors.
#[derive(Clone, Copy, Debug)]
pub struct Names {
    /// Kind of an error.
    pub kind: Kind,
    /// Where it is.
    pub place: &'static str,
    /// The threshold, and what stands between it and its value.
    pub threshold: (&'static str, &'static str),
    /// The trace.
    pub trace: &'static str,
}

impl Exits {
    /// By a trace where there is one, else by the task's histogram; where there is neither, all sentences run all layers.
    ///
    /// # Errors
    /// The threshold is no entropy, there is none, or nothing that it could apply to.
    pub fn new(
        workload: &Workload,
        trace: Option<(&str, &Trace)>,
        threshold: Option<f64>,
        layers: usize,
        names: Names,
    ) -> Result<Self, Error> {
        let refuse = |message: String, remedy: String| Error::new(names.kind, names.place, message, remedy);
        let (name, equals) = names.threshold;
        if let Some(nats) = threshold.filter(|nats| !nats.is_finite() || *nats < 0.0) {
            let message = format!("{name}{equals}{nats} must be a finite entropy of at least 0 nat");
            return Err(refuse(message, "entropies of C classes lie between 0 and ln C".to_owned()));
        }
        match (trace, &workload.exits) {
            (Some((source, trace)), known) => {
                let threshold = threshold.or(known.as_ref().map(|exits| exits.threshold.value));
                let threshold = threshold.ok_or_else(|| {
                    let message = format!("{} {source} needs a threshold", names.trace);
                    refuse(message, format!("add {name}, e.g. 0.28"))
                })?;
                Exits::from_trace(source, trace, threshold, layers)
            }
            (None, Some(_)) => Exits::from_histogram(workload, threshold),
            (None, None) if threshold.is_some() => {
                let message =
                    format!("{name} has no effect: task `{}` has no exit statistics", workload.name);
                Err(refuse(message, format!("add {}, or take a task with exits, e.g. sst2", names.trace)))
            }
            (None, None) => Ok(Exits::full_depth(layers)),
        }
    }

    /// All sentences run all layers.
    fn full_depth(layers: usize) -> Self {
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
    fn from_trace(source: &str, trace: &Trace, threshold: f64, layers: usize) -> Result<Self, Error> {
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
    fn from_histogram(workload: &Workload, threshold: Option<f64>) -> Result<Self, Error> {
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
