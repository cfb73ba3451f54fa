//! A training run, step by step.

use std::sync::Arc;

use nalgebra::DMatrix;

use super::adam::Moments;
use super::compress::effective;
use super::loss::Terms;
use super::net::{Batch, Mask, Net, Parameters, Reach};
use super::pool::Pool;
use super::recipe::{Phase, Recipe};
use super::source::{Example, Source};
use super::state::{Stage, State};
use super::step::{SHARDS, Sums, Task, sums};
use crate::network::Network;

/// A run that is under way.
#[derive(Clone, Debug)]
pub struct Trainer {
    pub(super) recipe: Recipe,
    pub(super) network: Network,
    pub(super) net: Net,
    pub(super) source: Source,
    /// Word embeddings that are not trained, as the teacher has them and as the student has; of no columns where they are trained.
    pub(super) tables: [Arc<DMatrix<f32>>; 2],
    /// The teacher, once it is done.
    pub(super) teacher: Option<Arc<Parameters<f32>>>,
    pub(super) state: State,
    pub(super) pool: Pool,
}

/// What a step has done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Stage of the step.
    pub stage: Stage,
    /// Steps done of the stage.
    pub step: u32,
    /// Steps of the stage.
    pub steps: u32,
    /// Loss of the step's sentences, nats a sentence.
    pub loss: f64,
    /// Right answers of the off-ramp that is trained, the mean where several are: a share.
    pub accuracy: f64,
}

impl Trainer {
    /// All that it takes to go on.
    pub fn to_bytes(&self) -> Vec<u8> {
        // A recipe is made of numbers and names, which JSON can hold.
        self.state.to_bytes(&serde_json::to_string(&self.recipe).unwrap_or_default())
    }

    /// What the run is made of.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// Where the run stands.
    pub fn stage(&self) -> Stage {
        self.state.stage
    }

    /// Trains one step on at most so many threads; the result does not depend on their number. None when nothing is left to do.
    pub fn step(&mut self, threads: usize) -> Option<Progress> {
        let (stage, phase) = (self.state.stage, self.phase()?.clone());
        let step = self.state.step;
        if stage == Stage::Student {
            self.compress(step);
        }
        let shards = self.shards();
        let weights = self.effective();
        let mut sums = sums(&self.net, &self.task(&weights), &shards, &self.pool, threads);
        self.pool.give(weights.all);
        self.pool.give(weights.turned);
        self.update(&phase, &mut sums.gradient);
        self.state.step += 1;
        let progress = self.progress(stage, &phase, &sums);
        self.pool.give(sums.gradient);
        self.advance();
        Some(progress)
    }

    /// The weights that the network is run with.
    pub(super) fn effective(&self) -> Parameters<f32> {
        let format = self.recipe.format.filter(|_| self.state.stage > Stage::Teacher);
        let (layout, of) = (&self.net.layout, (&self.state.weights[..], &self.state.keep[..]));
        let all = effective(layout, of, format, self.pool.take());
        let [raw, compressed] = &self.tables;
        let table = if self.state.stage == Stage::Teacher { raw } else { compressed };
        Parameters::new(layout, all, self.pool.take(), table.clone())
    }

    /// Makes the teacher that the state holds ready to teach.
    pub(super) fn take_teacher(&mut self) {
        let taught = self.state.stage > Stage::Teacher;
        let ready = |all: &Vec<f32>| {
            Arc::new(Parameters::new(&self.net.layout, all.clone(), vec![], self.tables[0].clone()))
        };
        self.teacher = taught.then(|| ready(&self.state.teacher));
    }

    /// What the heads see.
    pub(super) fn mask<'a>(&'a self, weights: &'a Parameters<f32>) -> Mask<'a, f32> {
        if self.state.stage == Stage::Teacher {
            Mask::None
        } else if self.state.spans.is_empty() {
            let starts = &weights.all[self.net.layout.spans.range()];
            Mask::Soft { starts, ramp: self.recipe.spans.ramp as f32 }
        } else {
            Mask::Hard(&self.state.spans)
        }
    }

    fn phase(&self) -> Option<&Phase> {
        match self.state.stage {
            Stage::Teacher => Some(&self.recipe.teacher),
            Stage::Student => Some(&self.recipe.student),
            Stage::Ramps => Some(&self.recipe.ramps),
            Stage::Done => None,
        }
    }

    /// The sentences of a step.
    fn shards(&self) -> Vec<Batch> {
        let drawn = self.source.step(&self.recipe, &self.state);
        drawn.chunks(drawn.len().div_ceil(SHARDS)).map(batch).collect()
    }

    fn task<'a>(&'a self, weights: &'a Parameters<f32>) -> Task<'a> {
        let distillation = &self.recipe.distillation;
        let ramps = self.state.stage == Stage::Ramps;
        let distils = self.state.stage == Stage::Student && distillation.share > 0.0;
        Task {
            weights,
            mask: self.mask(weights),
            terms: Terms {
                last: if ramps { 0.0 } else { 1.0 },
                ramps: if ramps { 1.0 } else { self.recipe.ramp_weight as f32 },
                share: distillation.share as f32,
                temperature: distillation.temperature as f32,
            },
            reach: if ramps { Reach::Ramps } else { Reach::Everything },
            teacher: self.teacher.as_deref().filter(|_| distils),
        }
    }

    fn progress(&self, stage: Stage, phase: &Phase, sums: &Sums) -> Progress {
        let last = sums.right.len().saturating_sub(1);
        let trained = if stage == Stage::Ramps { &sums.right[..last] } else { &sums.right[last..] };
        let batch = f64::from(self.recipe.batch);
        let right = f64::from(trained.iter().sum::<u32>());
        Progress {
            stage,
            step: self.state.step,
            steps: phase.steps,
            loss: sums.loss / batch,
            accuracy: right / (batch * trained.len().max(1) as f64),
        }
    }

    /// Goes on to the next stage that has steps to do, once all steps of this one are done.
    pub(super) fn advance(&mut self) {
        while let Some(phase) = self.phase() {
            if self.state.step < phase.steps {
                return;
            }
            match self.state.stage {
                Stage::Teacher => self.start_student(),
                Stage::Student => self.start_ramps(),
                _ => self.state.stage = Stage::Done,
            }
            self.state.step = 0;
            self.state.moments = Moments::zeros(self.net.layout.len());
        }
    }

    fn start_student(&mut self) {
        let state = &mut self.state;
        state.stage = Stage::Student;
        state.teacher = state.weights.clone();
        state.weights[self.net.layout.spans.range()].fill(self.recipe.spans.start as f32);
        state.scores.fill(0.0);
        self.take_teacher();
    }

    fn start_ramps(&mut self) {
        if self.recipe.pruning.end >= self.state.step {
            self.prune(self.recipe.pruning.end);
        }
        if self.state.spans.is_empty() {
            self.freeze();
        }
        self.state.stage = Stage::Ramps;
    }
}

/// Packs sentences.
pub(super) fn batch(sentences: &[Example]) -> Batch {
    let mut batch = Batch::default();
    for sentence in sentences {
        batch.push(&sentence.words, sentence.label);
    }
    batch
}
