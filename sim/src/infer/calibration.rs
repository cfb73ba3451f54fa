//! Ranges of a model's activations on sample sentences, in `f32`: what exponent biases are chosen by. They can be kept in a file, so
//! that what a sentence is answered does not depend on which others stand beside it.

use models::forward::{Maxima, Place, Point, forward_with, widen};
use models::model::Model;
use models::record::{Error, Kind, read_text};
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

use crate::golden::channels::{self, Ranges};

/// Longest file, bytes: a hundred times that of BERT large.
const LIMIT: u64 = 64 << 20;

/// Largest magnitudes that sample sentences have shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// At each place.
    pub maxima: Maxima,
    /// Of each channel, where channels may have exponents.
    pub ranges: Ranges,
}

/// A calibration as its file holds it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    maxima: Vec<Seen<f32>>,
    channels: Vec<Seen<Vec<f32>>>,
}

/// What was seen at a point of a layer, from 0.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seen<T> {
    point: Point,
    layer: u32,
    largest: T,
}

impl Calibration {
    /// On the words of sample sentences.
    ///
    /// # Errors
    /// No sample, or activations that are not finite.
    pub fn on(model: &Model, samples: &[Vec<u32>]) -> Result<Self, Error> {
        if samples.is_empty() {
            let remedy = "give at least one sentence";
            return Err(Error::new(Kind::Input, "sentences", "there is no sentence to calibrate on", remedy));
        }
        let whole = model.inference(model.network.positions);
        let mut seen = Calibration { maxima: Maxima::new(), ranges: Ranges::new() };
        for words in samples {
            let job = whole.of_tokens(words.len() as u32);
            let ranges = &mut seen.ranges;
            let see = |place, values: &mut DMatrix<f32>| channels::widen(ranges, place, values);
            let run = forward_with(&job, &model.weights, words, see);
            if !run.is_finite() {
                let message = "the activations of a sample sentence are not finite in f32";
                return Err(Error::new(Kind::Input, "model", message, "train or save the model anew"));
            }
            widen(&mut seen.maxima, &run.maxima);
        }
        Ok(seen)
    }

    /// That of a file, which must be of a model of the same shape.
    ///
    /// # Errors
    /// The file cannot be read, is no calibration, or lacks a place that the model has.
    pub fn read(path: &str, model: &Model) -> Result<Self, Error> {
        let refuse = |message: String| {
            let remedy = "write one for this model: infer --write-calibration";
            Error::new(Kind::Input, format!("`{path}`"), format!("{path}: {message}"), remedy)
        };
        let text = read_text(path, LIMIT, "check the path of the calibration")?;
        let kept: Kept =
            serde_json::from_str(&text).map_err(|error| refuse(format!("no calibration: {error}")))?;
        let found = Calibration {
            maxima: kept.maxima.into_iter().map(|seen| ((seen.point, seen.layer), seen.largest)).collect(),
            ranges: kept.channels.into_iter().map(|seen| ((seen.point, seen.layer), seen.largest)).collect(),
        };
        // What one word passes, every sentence does.
        let expected = Calibration::on(model, &[vec![0]])?;
        if let Some((point, layer)) =
            differs(&expected.maxima, &found.maxima).or_else(|| differs(&expected.ranges, &found.ranges))
        {
            return Err(refuse(format!("it is of another model: see {point:?} of layer {layer}, from 0")));
        }
        let lengths = |ranges: &Ranges| ranges.values().map(Vec::len).collect::<Vec<_>>();
        if lengths(&expected.ranges) != lengths(&found.ranges) {
            return Err(refuse("it has another number of channels than the model".to_owned()));
        }
        let all = found.maxima.values().chain(found.ranges.values().flatten());
        if let Some(wrong) = all.copied().find(|max| !(max.is_finite() && *max >= 0.0)) {
            return Err(refuse(format!("{wrong} must be a finite magnitude")));
        }
        Ok(found)
    }

    /// The text of its file.
    pub fn text(&self) -> String {
        let maxima = self.maxima.iter();
        let maxima = maxima.map(|(&(point, layer), &largest)| Seen { point, layer, largest }).collect();
        let ranges = self.ranges.iter();
        let channels =
            ranges.map(|(&(point, layer), range)| Seen { point, layer, largest: range.clone() }).collect();
        // Numbers and names have a text.
        serde_json::to_string(&Kept { maxima, channels }).unwrap_or_default() + "\n"
    }
}

/// A place that one has and the other has not.
fn differs<T>(a: &BTreeMap<Place, T>, b: &BTreeMap<Place, T>) -> Option<Place> {
    let places = |map: &BTreeMap<Place, T>| map.keys().copied().collect::<BTreeSet<_>>();
    places(a).symmetric_difference(&places(b)).next().copied()
}
