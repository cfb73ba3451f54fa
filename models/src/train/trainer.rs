//! A training run, step by step.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::adam::Moments;
use super::compress::effective;
use super::grammar::{DIFFICULTIES, Sentence, Split, sentences};
use super::layout::Layout;
use super::loss::Terms;
use super::net::{Batch, Mask, Net, Parameters, Reach};
use super::recipe::{Phase, Recipe};
use super::state::{Stage, State};
use super::step::{SHARDS, Sums, Task, sums};
use super::{Vocabulary, init};
use crate::record::{Error, Kind, check};

/// Stream of random numbers of the test sentences; steps count from 0 in each stage.
const TEST: u64 = u64::MAX;

/// A run that is under way.
#[derive(Clone, Debug)]
pub struct Trainer {
    pub(super) recipe: Recipe,
    pub(super) vocabulary: Vocabulary,
    pub(super) net: Net,
    pub(super) state: State,
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
    /// A run from the start.
    ///
    /// # Errors
    /// The recipe breaks its rules.
    pub fn new(recipe: Recipe) -> Result<Self, Error> {
        check(&recipe)?;
        let vocabulary = Vocabulary::of_grammar();
        let layout = Layout::new(&recipe.network, vocabulary.words().len());
        let length = layout.len();
        let state = State {
            stage: Stage::Teacher,
            step: 0,
            weights: init::weights(&layout, recipe.seed),
            moments: Moments::zeros(length),
            scores: vec![0.0; length],
            teacher: vec![],
            keep: vec![true; length],
            spans: vec![],
        };
        let net =
            Net { layout, heads: recipe.network.heads as usize, epsilon: recipe.network.layer_norm_epsilon };
        let mut trainer = Trainer { recipe, vocabulary, net, state };
        trainer.advance();
        Ok(trainer)
    }

    /// A run that goes on where [`Trainer::to_bytes`] left it.
    ///
    /// # Errors
    /// The bytes are none of a run.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let (text, state) = State::from_bytes(bytes)?;
        let recipe = serde_json::from_str(&text).map_err(|error| {
            let message = format!("the recipe in it is none: {error}");
            Error::new(Kind::Input, "state of a training run", message, "train from the start")
        })?;
        let mut trainer = Trainer::new(recipe)?;
        state.check(&trainer.net.layout)?;
        trainer.state = state;
        Ok(trainer)
    }

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
        let shards = self.shards(step);
        let weights = self.effective();
        let teacher = self.teacher();
        let mut sums = sums(&self.net, &self.task(&weights, teacher.as_ref()), &shards, threads);
        self.update(&phase, &mut sums.gradient);
        self.state.step += 1;
        let progress = self.progress(stage, &phase, &sums);
        self.advance();
        Some(progress)
    }

    /// The sentences that the result is tested on.
    pub fn test_sentences(&self) -> Vec<Sentence> {
        sentences(&mut self.random(TEST), Split::Test, 0..self.recipe.test.into(), DIFFICULTIES)
    }

    /// The weights that the network is run with.
    pub(super) fn effective(&self) -> Parameters<f32> {
        let format = self.recipe.format.filter(|_| self.state.stage > Stage::Teacher);
        let all = effective(&self.net.layout, &self.state.weights, &self.state.keep, format);
        Parameters::new(&self.net.layout, all)
    }

    /// The teacher, once it is done.
    pub(super) fn teacher(&self) -> Option<Parameters<f32>> {
        let all = self.state.teacher.clone();
        (self.state.stage > Stage::Teacher).then(|| Parameters::new(&self.net.layout, all))
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

    /// Packs sentences.
    pub(super) fn batch(&self, sentences: &[Sentence]) -> Batch {
        let mut batch = Batch::default();
        for sentence in sentences {
            batch.push(&self.vocabulary.tokenise(&sentence.text), sentence.label);
        }
        batch
    }

    fn phase(&self) -> Option<&Phase> {
        match self.state.stage {
            Stage::Teacher => Some(&self.recipe.teacher),
            Stage::Student => Some(&self.recipe.student),
            Stage::Ramps => Some(&self.recipe.ramps),
            Stage::Done => None,
        }
    }

    fn random(&self, stream: u64) -> ChaCha8Rng {
        let mut random = ChaCha8Rng::seed_from_u64(self.recipe.seed);
        random.set_stream(stream);
        random
    }

    /// The sentences of a step.
    fn shards(&self, step: u32) -> Vec<Batch> {
        let mut random = self.random((self.state.stage as u64 + 1) << 32 | u64::from(step));
        let first = u64::from(step) * u64::from(self.recipe.batch);
        let numbers = first..first + u64::from(self.recipe.batch);
        let drawn = sentences(&mut random, Split::Training, numbers, self.difficulties(step));
        drawn.chunks(drawn.len().div_ceil(SHARDS)).map(|some| self.batch(some)).collect()
    }

    /// Difficulties that are drawn at a step.
    fn difficulties(&self, step: u32) -> usize {
        let whole = self.recipe.curriculum;
        if self.state.stage > Stage::Teacher || step >= whole {
            return DIFFICULTIES;
        }
        1 + (u64::from(step) * DIFFICULTIES as u64 / u64::from(whole.max(1))) as usize
    }

    fn task<'a>(&'a self, weights: &'a Parameters<f32>, teacher: Option<&'a Parameters<f32>>) -> Task<'a> {
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
            teacher: teacher.filter(|_| distils),
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
    fn advance(&mut self) {
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
