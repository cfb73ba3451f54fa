//! Latency-aware exit: the entropy of an early off-ramp predicts after which layer the sentence leaves at the latest; off-ramps stay
//! active.
//!
//! The prediction is the controller's: the table has a row for each hundredth of a nat, and [`kernels::dvfs::row`] says which answers.

use super::{Leave, Policy, Sentence};
use kernels::dvfs::row;
use kernels::entropy::ENTROPY_FRACTION;
use models::predictor::Predictor;
use models::trace::exit_layer;

/// The policy.
#[derive(Clone, Debug)]
pub struct Predicted {
    threshold: f64,
    after: usize,
    rows: Vec<u32>,
}

impl Predicted {
    /// With a table of expected entropies.
    pub fn new(predictor: &Predictor, threshold: f64) -> Self {
        Predicted { threshold, after: predictor.after(), rows: predictor.rows(threshold) }
    }

    /// Predicted layer of each row of the controller's table.
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }
}

impl Policy for Predicted {
    fn leave(&self, sentence: &Sentence) -> Leave {
        let sure = exit_layer(sentence.entropies, self.threshold);
        if sure <= self.after {
            return Leave::unplanned(sure);
        }
        let entropy = sentence.entropies[self.after - 1] * f64::from(1 << ENTROPY_FRACTION);
        let planned = self.rows.get(row(entropy.round() as u32)).map_or(sure, |layer| *layer as usize);
        Leave { layer: sure.min(planned), planned: Some(planned) }
    }
}
