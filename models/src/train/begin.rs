//! How a run begins: from nothing, from a checkpoint, or where it was left.

use std::sync::Arc;

use nalgebra::DMatrix;

use super::adam::Moments;
use super::compress::table;
use super::layout::{Layout, Words};
use super::net::Net;
use super::pool::Pool;
use super::recipe::Recipe;
use super::source::Source;
use super::start::Start;
use super::state::{Stage, State};
use super::trainer::Trainer;
use super::{Vocabulary, init};
use crate::network::Network;
use crate::record::{Error, Kind, check};

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
}
