//! The sentences of a run: those of the [`grammar`](super::grammar), or those of a file.
//!
//! Sentences of the grammar are drawn anew in each step. Those of a file are gone through in an order that is shuffled for each pass.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::Vocabulary;
use super::grammar::{DIFFICULTIES, LABELS, Sentence, Split, sentences};
use super::recipe::{Grammar, Recipe};
use super::start::Start;
use super::state::{Stage, State};

/// Stream of random numbers of the test sentences of the grammar.
const TEST: u64 = u64::MAX;

/// A sentence with its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// As it is read.
    pub text: String,
    /// Numbers of its words, the tokens included that begin and end a sentence.
    pub words: Vec<u32>,
    /// Its class.
    pub label: usize,
    /// 0 to 3 in the grammar, 0 in a file.
    pub difficulty: usize,
}

/// Where sentences are from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// The grammar, with its words.
    Grammar(Grammar, Vocabulary),
    /// A file, with the checkpoint that it is trained on.
    Text(Box<Start>),
}

impl Source {
    /// The words of the grammar.
    pub(super) fn vocabulary(&self) -> Option<&Vocabulary> {
        match self {
            Source::Grammar(_, vocabulary) => Some(vocabulary),
            Source::Text(_) => None,
        }
    }

    /// What the classes mean.
    pub(super) fn labels(&self) -> Vec<String> {
        match self {
            Source::Grammar(..) => LABELS.map(str::to_owned).to_vec(),
            Source::Text(start) => start.labels.clone(),
        }
    }

    /// Hash of what was given, to see whether a run that goes on is given the same.
    pub(super) fn given(&self) -> Vec<u8> {
        match self {
            Source::Grammar(..) => vec![],
            Source::Text(start) => start.fingerprint().to_vec(),
        }
    }

    /// How hard sentences can be, from 0.
    pub(super) fn difficulties(&self) -> usize {
        match self {
            Source::Grammar(..) => DIFFICULTIES,
            Source::Text(_) => 1,
        }
    }

    /// The sentences of the state's step.
    pub(super) fn step(&self, recipe: &Recipe, state: &State) -> Vec<Example> {
        let batch = u64::from(recipe.batch);
        let first = u64::from(state.step) * batch;
        match self {
            Source::Grammar(grammar, vocabulary) => {
                let mut random = stream(recipe, state.stage, state.step);
                let numbers = first..first + batch;
                let drawn = sentences(&mut random, Split::Training, numbers, difficulties(grammar, state));
                drawn.into_iter().map(|sentence| example(vocabulary, sentence)).collect()
            }
            Source::Text(start) => (first..first + batch)
                .scan(None, |pass, number| Some(nth(start, recipe, state.stage, number, pass)))
                .collect(),
        }
    }

    /// The sentences that the result is tested on.
    pub(super) fn test(&self, recipe: &Recipe) -> Vec<Example> {
        match self {
            Source::Grammar(grammar, vocabulary) => {
                let mut random = ChaCha8Rng::seed_from_u64(recipe.seed);
                random.set_stream(TEST);
                let drawn = sentences(&mut random, Split::Test, 0..grammar.test.into(), DIFFICULTIES);
                drawn.into_iter().map(|sentence| example(vocabulary, sentence)).collect()
            }
            Source::Text(start) => start.test.clone(),
        }
    }
}

fn example(vocabulary: &Vocabulary, sentence: Sentence) -> Example {
    let words = vocabulary.tokenise(&sentence.text);
    Example { words, label: sentence.label, difficulty: sentence.difficulty, text: sentence.text }
}

/// Random numbers of their own for each step, or pass, of each stage.
fn stream(recipe: &Recipe, stage: Stage, number: u32) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(recipe.seed);
    random.set_stream((stage as u64 + 1) << 32 | u64::from(number));
    random
}

/// Difficulties that are drawn at a step: they join one after the other while the teacher learns.
fn difficulties(grammar: &Grammar, state: &State) -> usize {
    let whole = grammar.curriculum;
    if state.stage > Stage::Teacher || state.step >= whole {
        return DIFFICULTIES;
    }
    1 + (u64::from(state.step) * DIFFICULTIES as u64 / u64::from(whole.max(1))) as usize
}

/// The sentence of a number, counted over all passes; `pass` keeps the order of the last one that was asked for.
fn nth(
    start: &Start,
    recipe: &Recipe,
    stage: Stage,
    number: u64,
    pass: &mut Option<(u64, Vec<usize>)>,
) -> Example {
    let count = start.training.len() as u64;
    let asked = number / count;
    if pass.as_ref().is_none_or(|(at, _)| *at != asked) {
        let mut order: Vec<usize> = (0..start.training.len()).collect();
        order.shuffle(&mut stream(recipe, stage, asked as u32));
        *pass = Some((asked, order));
    }
    let at = pass.as_ref().map_or(0, |(_, order)| order[(number % count) as usize]);
    start.training[at].clone()
}
