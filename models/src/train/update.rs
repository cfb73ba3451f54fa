//! What a step changes: weights along the gradient, and in the student's stage zeros and spans.
//!
//! The gradient is that by the pruned and rounded weights. It moves the weights that are kept in full precision, pruned ones too: one
//! that grows comes back at the next choice. What a weight's score of movement adds up is -(dL/dw) w. Spans move by Adam as well, at
//! their own rate, from -R, where a head sees nothing, to the number of positions.

use super::adam::{self, Moments, Move};
use super::compress::{choose, share};
use super::layout::{Kind, Slot};
use super::net::hard;
use super::recipe::{Method, Phase};
use super::state::{Stage, State};
use super::trainer::Trainer;

impl Trainer {
    /// Chooses what is zero, and makes spans whole, when it is time.
    pub(super) fn compress(&mut self, step: u32) {
        let pruning = &self.recipe.pruning;
        let due = step.is_multiple_of(pruning.every) || step == pruning.end;
        if due && (pruning.start..=pruning.end).contains(&step) {
            self.prune(step);
        }
        if step == self.recipe.spans.freeze {
            self.freeze();
        }
    }

    pub(super) fn prune(&mut self, step: u32) {
        let pruning = &self.recipe.pruning;
        let State { weights, scores, keep, .. } = &mut self.state;
        for (slot, kind) in &self.net.layout.tensors {
            let target = match kind {
                Kind::Encoder => pruning.sparsity,
                Kind::Table => pruning.embedding_sparsity,
                _ => continue,
            };
            let share = share(target, step, pruning.start, pruning.end);
            let at = |index: usize| slot.offset + index;
            let keep = &mut keep[slot.range()];
            match pruning.method {
                Method::Movement if *kind == Kind::Encoder => {
                    choose(keep, |index| scores[at(index)], share);
                }
                _ => choose(keep, |index| weights[at(index)].abs(), share),
            }
        }
    }

    pub(super) fn freeze(&mut self) {
        let starts = &self.state.weights[self.net.layout.spans.range()];
        let ramp = self.recipe.spans.ramp;
        let most = self.network.positions;
        self.state.spans = starts.iter().map(|start| hard(*start, ramp, most)).collect();
    }

    /// Moves the weights along the gradient of a step's sum of losses.
    pub(super) fn update(&mut self, phase: &Phase, gradient: &mut [f32]) {
        let scale = f64::from(self.recipe.batch).recip() as f32;
        gradient.iter_mut().for_each(|g| *g *= scale);
        let state = &mut self.state;
        for ((score, g), w) in state.scores.iter_mut().zip(&*gradient).zip(&state.weights) {
            *score -= g * w;
        }
        let (moved, spans) = gradient.split_at_mut(self.net.layout.spans.offset);
        adam::clip(moved, self.recipe.optimiser.clip);
        let penalty = self.recipe.spans.penalty / spans.len() as f64;
        spans.iter_mut().for_each(|g| *g += penalty as f32);
        let rate = adam::rate(phase, self.state.step);
        for at in 0..self.net.layout.tensors.len() {
            let (slot, kind) = self.net.layout.tensors[at];
            if self.moves(slot, kind) {
                self.move_tensor(slot, kind, rate, gradient);
            }
        }
        let (ramp, most) = (self.recipe.spans.ramp as f32, self.network.positions as f32);
        let starts = &mut self.state.weights[self.net.layout.spans.range()];
        starts.iter_mut().for_each(|start| *start = start.clamp(-ramp, most));
    }

    /// Whether a tensor moves in this stage.
    fn moves(&self, slot: Slot, kind: Kind) -> bool {
        match (self.state.stage, kind) {
            (Stage::Student, Kind::Span) => self.state.spans.is_empty(),
            (_, Kind::Span) => false,
            (Stage::Ramps, _) => self.net.layout.early_ramps().contains(&slot.offset),
            _ => true,
        }
    }

    fn move_tensor(&mut self, slot: Slot, kind: Kind, rate: f64, gradient: &[f32]) {
        let optimiser = &self.recipe.optimiser;
        let decays = matches!(kind, Kind::Table | Kind::Encoder | Kind::Matrix);
        let by = Move {
            optimiser,
            count: self.state.step + 1,
            rate: if kind == Kind::Span { self.recipe.spans.rate } else { rate },
            decay: if decays { rate * optimiser.decay } else { 0.0 },
        };
        let State { weights, moments: Moments { first, second }, .. } = &mut self.state;
        let moments = (&mut first[slot.range()], &mut second[slot.range()]);
        adam::step(&by, &mut weights[slot.range()], moments, &gradient[slot.range()]);
    }
}
