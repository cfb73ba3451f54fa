//! Oracle: knows ahead where the sentence leaves. A bound for what a predictor can gain, and no hardware.
//!
//! With a threshold that is the first off-ramp below it; with answers alone the first that gives the right one (the last layer's where no
//! label is known), or the last layer if none does. What is known is told after the same off-ramp as a prediction.

use super::{Leave, Policy, Sentence};
use models::trace::exit_layer;

/// The policy.
#[derive(Clone, Copy, Debug)]
pub struct Oracle {
    /// Entropy threshold, nats; without one answers decide.
    pub threshold: Option<f64>,
    /// Layer after whose off-ramp the supply is chosen.
    pub after: usize,
}

impl Policy for Oracle {
    fn leave(&self, sentence: &Sentence) -> Leave {
        let layers = sentence.entropies.len();
        let layer = match self.threshold {
            Some(threshold) => exit_layer(sentence.entropies, threshold),
            None => {
                let right = sentence.label.or(sentence.answers.last().copied());
                let first = sentence.answers.iter().position(|answer| Some(*answer) == right);
                first.map_or(layers, |at| at + 1)
            }
        };
        Leave { layer, planned: (layer > self.after).then_some(layer) }
    }
}
