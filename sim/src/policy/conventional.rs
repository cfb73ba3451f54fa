//! Conventional early exit: at the first off-ramp whose entropy is strictly below the threshold.

use super::{Leave, Policy, Sentence};
use models::trace::exit_layer;

/// The policy.
#[derive(Clone, Copy, Debug)]
pub struct Conventional {
    /// Entropy threshold, nats.
    pub threshold: f64,
}

impl Policy for Conventional {
    fn leave(&self, sentence: &Sentence) -> Leave {
        Leave::unplanned(exit_layer(sentence.entropies, self.threshold))
    }
}
