//! Sentences with a label, from a seeded grammar of graded difficulty.
//!
//! | difficulty | what has to be understood | example, label |
//! |---|---|---|
//! | 0 | polarity of an adjective | the plot is really dull: 0 |
//! | 1 | negation, double negation, denial, comparison | nobody would say that the plot is not dull: 0 |
//! | 2 | which clause of a contrast counts, negation in either | although the plot was not dull, the cast is weak: 0 |
//! | 3 | several of them at once, and which of them speak of the judged noun | no critic who denies that the plot is dull doubts that the cast is weak: 0 |
//!
//! The label is what the sentence says of its judged noun, 0 for blame and 1 for praise: the polarity of the adjective, flipped once for
//! each operator in whose scope it stands that flips ("less A than" among them). Labels take turns, and from difficulty 1 on either
//! label meets either polarity of adjectives equally often. One (noun, adjective) pair in [`HELD_OUT`] is never seen in training, and
//! testing sees no other: who memorises pairs fails.

mod templates;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeSet;
use std::ops::Range;

use rand::{Rng, RngExt};
use templates::{OPERATORS, TEMPLATES, filler, operator};
use words::{DEGREES, NEGATIVE, NOUNS, PEOPLE, PERSONS, POSITIVE, TAILS};

/// What the labels mean.
pub const LABELS: [&str; 2] = ["blame", "praise"];
/// Difficulties, from 0.
pub const DIFFICULTIES: usize = TEMPLATES.len();
/// Of so many pairs one is held out.
pub const HELD_OUT: usize = 5;
/// Most tokens of a sentence, `[CLS]` and `[SEP]` among them.
pub const LONGEST: usize = 22;

/// A sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// Words in lower case; a comma follows its word.
    pub text: String,
    /// 0 for blame, 1 for praise.
    pub label: usize,
    /// 0 to 3.
    pub difficulty: usize,
    /// Its nouns with their adjectives, the judged pair first.
    pub pairs: Vec<(&'static str, &'static str)>,
}

/// Which pairs a sentence has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// All but the held-out ones.
    Training,
    /// The held-out ones alone.
    Test,
}

/// What fills the slots of a sentence.
struct Pair {
    noun: usize,
    adjective: &'static str,
}

/// Sentences of a split, with these numbers, of the first so many difficulties: difficulties take turns, then labels, so that two rounds
/// of difficulties are balanced.
pub fn sentences(
    rng: &mut impl Rng,
    split: Split,
    numbers: Range<u64>,
    difficulties: usize,
) -> Vec<Sentence> {
    let difficulties = difficulties.clamp(1, DIFFICULTIES) as u64;
    let one = |number| {
        let (difficulty, label) = (number % difficulties, number / difficulties % 2);
        sentence(rng, split, difficulty as usize, label as usize)
    };
    numbers.map(one).collect()
}

/// All words that sentences are made of, in alphabetical order.
pub fn words() -> BTreeSet<&'static str> {
    let templates = TEMPLATES.iter().flat_map(|all| all.iter()).flat_map(|template| template.split(' '));
    let closed = templates.filter(|word| !word.starts_with(|first: char| first.is_ascii_uppercase()));
    let operators = OPERATORS.iter().filter_map(|slot| operator(slot)).flat_map(|of| [of.keeps, of.flips]);
    let lists: [&[&str]; 7] = [&NOUNS, &POSITIVE, &NEGATIVE, &DEGREES, &TAILS, &PEOPLE, &PERSONS];
    let lists = lists.into_iter().chain(operators).flatten().flat_map(|words| words.split(' '));
    closed.chain(lists).collect()
}

fn sentence(rng: &mut impl Rng, split: Split, difficulty: usize, label: usize) -> Sentence {
    let template = *one_of(rng, TEMPLATES[difficulty].iter());
    let (words, flips) = filled(rng, template);
    let judged = pair(rng, split, (label == 1) != flips.judged.unwrap_or(false), None);
    // The clauses of a contrast say opposites; elsewhere nothing binds the other pair.
    let opposite = if difficulty == 2 { label == 0 } else { rng.random_bool(0.5) };
    let other = pair(rng, split, opposite != flips.other.unwrap_or(false), Some(judged.noun));
    let mut pairs = vec![(NOUNS[judged.noun], judged.adjective)];
    if template.contains('M') {
        pairs.push((NOUNS[other.noun], other.adjective));
    }
    let words = words.into_iter().map(|word| match word {
        "N" => NOUNS[judged.noun],
        "A" => judged.adjective,
        "M" => NOUNS[other.noun],
        "B" => other.adjective,
        word => word,
    });
    Sentence { text: joined(words), label, difficulty, pairs }
}

/// Whether the operators of a sentence flip its adjectives; none where there is none in scope.
#[derive(Default)]
struct Flips {
    judged: Option<bool>,
    other: Option<bool>,
}

/// The words of a template with all slots filled but those of the pairs.
fn filled(rng: &mut impl Rng, template: &'static str) -> (Vec<&'static str>, Flips) {
    let mut flips = Flips::default();
    let mut words = Vec::new();
    for word in template.split(' ') {
        if let Some(operator) = operator(word) {
            let scope = if operator.judged { &mut flips.judged } else { &mut flips.other };
            let flip = rng.random_bool(if scope.is_some() { 0.25 } else { 0.5 });
            *scope = Some(scope.unwrap_or(false) ^ flip);
            words.push(*one_of(rng, if flip { operator.flips } else { operator.keeps }.iter()));
        } else if let Some((all, optional)) = filler(word) {
            if !optional || rng.random_bool(0.5) {
                words.push(*one_of(rng, all.iter()));
            }
        } else {
            words.push(word);
        }
    }
    (words, flips)
}

fn joined(words: impl Iterator<Item = &'static str>) -> String {
    let mut text = String::new();
    for word in words {
        if !text.is_empty() && word != "," {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}

/// A pair of a split and polarity whose noun is not `but`.
fn pair(rng: &mut impl Rng, split: Split, positive: bool, but: Option<usize>) -> Pair {
    let at = rng.random_range(0..POSITIVE.len() as u32) as usize;
    let held_out = |noun: usize| (noun + at).is_multiple_of(HELD_OUT);
    let fits = |noun: &usize| Some(*noun) != but && held_out(*noun) == (split == Split::Test);
    let noun = one_of(rng, (0..NOUNS.len()).filter(fits));
    Pair { noun, adjective: if positive { POSITIVE[at] } else { NEGATIVE[at] } }
}

/// One of some things. None of the lists here is empty.
fn one_of<T>(rng: &mut impl Rng, all: impl Iterator<Item = T>) -> T {
    let mut all: Vec<T> = all.collect();
    // The same on machines of any word width.
    let at = rng.random_range(0..all.len() as u32);
    all.swap_remove(at as usize)
}
