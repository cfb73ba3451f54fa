//! A training run, step by step.

use std::sync::Arc;

use nalgebra::DMatrix;

use super::adam::Moments;
use super::compress::{effective, table};
use super::layout::{Layout, Words};
use super::loss::Terms;
use super::net::{Batch, Mask, Net, Parameters, Reach};
use super::pool::Pool;
use super::recipe::{Phase, Recipe};
use super::source::{Example, Source};
use super::start::Start;
use super::state::{Stage, State};
use super::step::{SHARDS, Sums, Task, sums};
use super::{Vocabulary, init};
use crate::network::Network;
use crate::record::{Error, Kind, check};

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
    pool: Pool,
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
    /// A run from nothing, on the sentences of the grammar.
    ///
    /// # Errors
    /// The recipe breaks its rules, or is one for a checkpoint.
    pub fn new(recipe: Recipe) -> Result<Self, Error> {
        check(&recipe)?;
        let (Some(sizes), Some(grammar)) = (&recipe.network, &recipe.grammar) else {
            let message = format!("`{}` trains a checkpoint further, and there is none", recipe.name);
            let remedy = "give a model and sentences, or take a recipe with [network] and [grammar]";
            return Err(Error::new(Kind::Usage, "recipe", message, remedy));
        };
        let vocabulary = Vocabulary::of_grammar();
        let network = recipe.albert(sizes, vocabulary.words().len());
        let net = Net { layout: Layout::new(&network, Words::Trained), epsilon: network.layer_norm_epsilon };
        let weights = init::weights(&net.layout, recipe.seed);
        let source = Source::Grammar(grammar.clone(), vocabulary);
        let tables = [(); 2].map(|()| Arc::new(DMatrix::zeros(0, 0)));
        Ok(Trainer::begin(recipe, network, net, source, tables, weights))
    }

    /// A run that trains a checkpoint further, on the sentences that are given. Its word embeddings stay as they are, but for being pruned
    /// and rounded; EdgeBERT keeps them so, to share them among tasks.
    ///
    /// # Errors
    /// The recipe breaks its rules, or is one from nothing; the checkpoint is of a kind that is not trained; sentences are not of it.
    pub fn fine_tune(recipe: Recipe, start: Start) -> Result<Self, Error> {
        check(&recipe)?;
        if recipe.network.is_some() {
            let message = format!("`{}` has the table [network], and the model brings its own", recipe.name);
            let remedy = "take a recipe without [network] and [grammar], as fine-tune is";
            return Err(Error::new(Kind::Usage, "recipe", message, remedy));
        }
        start.check()?;
        let network = start.network(&recipe);
        let net = Net { layout: Layout::new(&network, Words::Frozen), epsilon: network.layer_norm_epsilon };
        let mut weights = init::weights(&net.layout, recipe.seed);
        start.put(&net.layout, &mut weights);
        let words = start.model.weights.words.clone();
        let student = table(&words, recipe.pruning.embedding_sparsity, recipe.format);
        let tables = [words, student].map(Arc::new);
        Ok(Trainer::begin(recipe, network, net, Source::Text(Box::new(start)), tables, weights))
    }

    fn begin(
        recipe: Recipe,
        network: Network,
        net: Net,
        source: Source,
        tables: [Arc<DMatrix<f32>>; 2],
        weights: Vec<f32>,
    ) -> Self {
        let length = net.layout.len();
        let state = State {
            given: source.given(),
            stage: Stage::Teacher,
            step: 0,
            weights,
            moments: Moments::zeros(length),
            scores: vec![0.0; length],
            teacher: vec![],
            keep: vec![true; length],
            spans: vec![],
        };
        let (teacher, pool) = (None, Pool::default());
        let mut trainer = Trainer { recipe, network, net, source, tables, teacher, state, pool };
        trainer.advance();
        trainer
    }

    /// A run that goes on where [`Trainer::to_bytes`] left it; one of a checkpoint with what it was given.
    ///
    /// # Errors
    /// The bytes are none of a run, or of one that was given something else.
    pub fn from_bytes(bytes: &[u8], start: Option<Start>) -> Result<Self, Error> {
        let (text, state) = State::from_bytes(bytes)?;
        let recipe = serde_json::from_str(&text).map_err(|error| {
            let message = format!("the recipe in it is none: {error}");
            Error::new(Kind::Input, "state of a training run", message, "train from the start")
        })?;
        let mut trainer = match start {
            Some(start) => Trainer::fine_tune(recipe, start)?,
            None => Trainer::new(recipe)?,
        };
        if state.given != trainer.state.given {
            let message = "the state is of another model, or of other sentences";
            let remedy = "give those that the run began with, or train from the start";
            return Err(Error::new(Kind::Fit, "state of a training run", message, remedy));
        }
        state.check(&trainer.net.layout)?;
        trainer.state = state;
        trainer.take_teacher();
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
    fn take_teacher(&mut self) {
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
