//! Patience: out once so many off-ramps in a row have given the answer of the one before (PABEE, Zhou et al., NeurIPS 2020).
//!
//! No hardware: the machine compares entropies, so the host would have to look at the answers. Costs are those of its off-ramps.

use super::{Leave, Policy, Sentence};

/// The policy.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Off-ramps in a row that must repeat the answer.
    pub patience: usize,
}

impl Policy for Patience {
    fn leave(&self, sentence: &Sentence) -> Leave {
        let mut repeated = 0;
        let answers = sentence.answers;
        let patient = answers.windows(2).position(|pair| {
            repeated = if pair[0] == pair[1] { repeated + 1 } else { 0 };
            repeated >= self.patience
        });
        Leave::unplanned(patient.map_or(sentence.entropies.len(), |pair| pair + 2))
    }
}
