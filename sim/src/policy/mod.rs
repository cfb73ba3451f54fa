//! Exit policies: after which layer a sentence leaves, and what was planned for it.
//!
//! | policy | leaves | planned for |
//! |---|---|---|
//! | [`FullDepth`] | after the last layer | nothing |
//! | [`Conventional`] | at the first off-ramp below the threshold | nothing |
//! | [`Predicted`] | there, and at the predicted layer at the latest | the predicted layer |
//! | [`Patience`] | once so many off-ramps in a row agree | nothing |
//! | [`Oracle`] | where it is known to leave | that layer |
//!
//! With a trace or logits each sentence counts ([`Exits::by`]); without, a task's counts at the threshold do ([`Exits::new`],
//! [`Exits::foretold`]); a task that has neither runs every layer.
//!
//! Not modelled: lengths that differ by sentence.

mod conventional;
mod full_depth;
mod oracle;
mod patience;
mod predicted;
pub mod threshold;

pub use conventional::Conventional;
pub use full_depth::FullDepth;
pub use oracle::Oracle;
pub use patience::Patience;
pub use predicted::Predicted;

use std::collections::BTreeMap;

use models::record::{Error, Kind};
use models::trace::Trace;
use models::workload::Workload;

/// What is known of a sentence.
#[derive(Clone, Copy, Debug)]
pub struct Sentence<'a> {
    /// Entropy at each off-ramp, nats.
    pub entropies: &'a [f64],
    /// Class that each off-ramp answers; empty where only entropies are known.
    pub answers: &'a [usize],
    /// The right answer, where it is known.
    pub label: Option<usize>,
}

/// What a policy says of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leave {
    /// Layer after which it leaves, from 1.
    pub layer: usize,
    /// Layer after which it was planned to leave at the latest; none where it has left before, or nothing is planned.
    pub planned: Option<usize>,
}

impl Leave {
    fn unplanned(layer: usize) -> Self {
        Leave { layer, planned: None }
    }
}

/// When a sentence leaves.
pub trait Policy {
    /// What becomes of a sentence.
    fn leave(&self, sentence: &Sentence) -> Leave;
}

/// Sentences that leave alike.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Leaving {
    /// Layer after which they leave, from 1.
    pub layer: u32,
    /// Layer after which they were planned to leave at the latest, where they were.
    pub planned: Option<u32>,
    /// Their share of all sentences.
    pub share: f64,
}

/// Sentences by the share that leaves after each layer, from the first.
pub fn leaving(shares: &[f64]) -> Vec<Leaving> {
    let of = |(layer, share): (u32, &f64)| Leaving { layer, planned: None, share: *share };
    (1..).zip(shares).map(of).filter(|leaving| leaving.share > 0.0).collect()
}

/// Where sentences leave.
#[derive(Clone, Debug, PartialEq)]
pub struct Exits {
    /// Those that leave alike, by layer and plan; shares add up to 1.
    pub leaving: Vec<Leaving>,
    /// For each sentence, in order, its place in `leaving`; empty where only counts are known.
    pub each: Vec<u32>,
    /// Entropy threshold, nats; none where none is asked.
    pub threshold: Option<f64>,
    /// Sentences behind the shares.
    pub sentences: Option<usize>,
    /// Share of right answers, where they are known.
    pub accuracy: Option<f64>,
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
            (None, None) => Ok(Exits::full_depth(layers as u32)),
        }
    }

    /// All sentences run all layers.
    pub fn full_depth(layers: u32) -> Self {
        let leaving = vec![Leaving { layer: layers, planned: None, share: 1.0 }];
        Exits { leaving, each: Vec::new(), threshold: None, sentences: None, accuracy: None }
    }

    /// Each sentence by a policy.
    pub fn by<'a>(policy: &dyn Policy, sentences: impl Iterator<Item = Sentence<'a>>) -> Self {
        let mut counts: BTreeMap<Leave, u32> = BTreeMap::new();
        let (mut leaves, mut right, mut labelled) = (Vec::new(), 0_usize, 0_usize);
        for sentence in sentences {
            let leave = policy.leave(&sentence);
            *counts.entry(leave).or_default() += 1;
            leaves.push(leave);
            if let (Some(label), Some(answer)) = (sentence.label, sentence.answers.get(leave.layer - 1)) {
                labelled += 1;
                right += usize::from(label == *answer);
            }
        }
        let places: BTreeMap<Leave, u32> = counts.keys().copied().zip(0..).collect();
        let share = |count: u32| f64::from(count) / leaves.len().max(1) as f64;
        let group = |(leave, count): (&Leave, &u32)| Leaving {
            layer: leave.layer as u32,
            planned: leave.planned.map(|layer| layer as u32),
            share: share(*count),
        };
        Exits {
            leaving: counts.iter().map(group).collect(),
            each: leaves.iter().map(|leave| places[leave]).collect(),
            threshold: None,
            sentences: Some(leaves.len()),
            accuracy: (labelled > 0).then(|| right as f64 / labelled as f64),
        }
    }

    /// Each sentence by its own entropies; `source` is what a person calls the trace.
    ///
    /// # Errors
    /// The trace is of another number of layers.
    fn from_trace(source: &str, trace: &Trace, threshold: f64, layers: usize) -> Result<Self, Error> {
        fits(source, trace.layers(), layers)?;
        let sentence = |entropies| Sentence { entropies, answers: &[], label: None };
        let exits = Exits::by(&Conventional { threshold }, trace.rows().map(sentence));
        Ok(Exits { threshold: Some(threshold), ..exits })
    }

    /// The task's histogram at a threshold, the task's own if none is given.
    ///
    /// # Errors
    /// The task has none there.
    fn from_histogram(workload: &Workload, threshold: Option<f64>) -> Result<Self, Error> {
        let sentences = workload.exits()?.sentences;
        let histogram = workload.histogram(threshold)?;
        let all: f64 = histogram.percent.iter().sum();
        let shares: Vec<f64> = histogram.percent.iter().map(|p| p / all).collect();
        Ok(Exits {
            leaving: leaving(&shares),
            each: Vec::new(),
            threshold: Some(histogram.threshold),
            sentences: Some(sentences as usize),
            accuracy: None,
        })
    }

    /// The task's counts of predicted exits, at the middle of its thresholds if none is given; with the layer after which they are
    /// predicted.
    ///
    /// # Errors
    /// The task has none, or none there.
    pub fn foretold(workload: &Workload, threshold: Option<f64>, names: Names) -> Result<(Self, u32), Error> {
        let known = workload.exits.as_ref().and_then(|exits| exits.predicted.as_ref());
        let refuse = |message: String, remedy: String| Error::new(names.kind, names.place, message, remedy);
        let Some(known) = known else {
            let message = format!("task `{}` has no predicted exits", workload.name);
            return Err(refuse(message, format!("add {} and a predictor, or take sst2", names.trace)));
        };
        let found = threshold.or(known.middle()).and_then(|nats| known.at(nats));
        let row = found.ok_or_else(|| {
            let list: Vec<String> = known.thresholds.iter().map(|row| row.threshold.to_string()).collect();
            let (name, equals) = names.threshold;
            let asked = threshold.unwrap_or(f64::NAN);
            let message =
                format!("{name}{equals}{asked}: task `{}` has no predicted exits there", workload.name);
            refuse(
                message,
                format!("take one of {}, or add {} and a predictor", list.join(", "), names.trace),
            )
        })?;
        let all: u32 = row.sentences.iter().map(|[_, _, count]| count).sum();
        let group = |[planned, layer, count]: &[u32; 3]| Leaving {
            layer: *layer,
            planned: (*planned > 0).then_some(*planned),
            share: f64::from(*count) / f64::from(all.max(1)),
        };
        let exits = Exits {
            leaving: row.sentences.iter().map(group).collect(),
            each: Vec::new(),
            threshold: Some(row.threshold),
            sentences: Some(all as usize),
            accuracy: None,
        };
        Ok((exits, known.after))
    }

    /// Share that leaves after each layer, from the first.
    pub fn shares(&self, layers: u32) -> Vec<f64> {
        shares(&self.leaving, layers)
    }

    /// Mean layer for which sentences were planned; that in which they left where nothing was.
    pub fn planned(&self) -> f64 {
        self.leaving.iter().map(|l| l.share * f64::from(l.planned.unwrap_or(l.layer))).sum()
    }
}

/// Share that leaves after each layer, from the first.
pub fn shares(leaving: &[Leaving], layers: u32) -> Vec<f64> {
    let share = |layer: u32| leaving.iter().filter(|l| l.layer == layer).map(|l| l.share).sum();
    (1..=layers).map(share).collect()
}

/// Whether so many off-ramps are those of a network of `layers` layers.
///
/// # Errors
/// They are not.
pub fn fits(source: &str, ramps: usize, layers: usize) -> Result<(), Error> {
    if ramps == layers {
        return Ok(());
    }
    let message = format!("{source} has {ramps} off-ramps a sentence, the network has {layers} layers");
    Err(Error::new(Kind::Input, source, message, "take the trace of this network"))
}
