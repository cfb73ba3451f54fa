//! Sentences with a label, from a seeded grammar of graded difficulty.
//!
//! | difficulty | what has to be understood | example, label |
//! |---|---|---|
//! | 0 | polarity of an adjective | the plot is really dull: 0 |
//! | 1 | negation, its scope, double negation | nobody would say that the plot is not dull: 0 |
//! | 2 | which clause of a contrast counts, negation in either | although the plot is dull, the cast is not weak: 1 |
//! | 3 | attribution, denial, comparison, distracting relative clauses | critics who found the plot dull deny that the cast is weak: 1 |
//!
//! Labels are 0 (blame) and 1 (praise) in turn, and at difficulties 1 to 3 either label meets either polarity of adjectives equally
//! often. One (noun, adjective) pair in [`HELD_OUT`] is never seen in training, and testing sees no other: who memorises pairs fails.
//! What is judged is what the sentence asserts of its main noun; "less A than" counts as not A.

mod templates;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeSet;
use std::ops::Range;

use rand::{Rng, RngExt};
use templates::{Other, TEMPLATES, Template};
use words::{DEGREES, NEGATIVE, NOUNS, PEOPLE, PERSONS, POSITIVE, TAILS};

/// Difficulties, from 0.
pub const DIFFICULTIES: usize = TEMPLATES.len();
/// Of so many pairs one is held out.
pub const HELD_OUT: usize = 5;
/// Most tokens of a sentence, `[CLS]` and `[SEP]` among them.
pub const LONGEST: usize = 19;

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

/// Sentences of a split, with these numbers: difficulties take turns, then labels, so that 8 in a row are balanced.
pub fn sentences(rng: &mut impl Rng, split: Split, numbers: Range<u64>) -> Vec<Sentence> {
    let turn = |number: u64, of: usize| (number % of as u64) as usize;
    let one =
        |number| sentence(rng, split, turn(number, DIFFICULTIES), turn(number / DIFFICULTIES as u64, 2));
    numbers.map(one).collect()
}

/// All words that sentences are made of, in alphabetical order.
pub fn words() -> BTreeSet<&'static str> {
    let templates = TEMPLATES.iter().flat_map(|all| all.iter()).flat_map(|template| template.text.split(' '));
    let closed = templates.filter(|word| !word.starts_with(|first: char| first.is_ascii_uppercase()));
    let lists: [&[&str]; 6] = [&NOUNS, &POSITIVE, &NEGATIVE, &DEGREES, &PEOPLE, &PERSONS];
    let tails = TAILS.iter().flat_map(|tail| tail.split(' '));
    closed.chain(lists.into_iter().flatten().copied()).chain(tails).collect()
}

fn sentence(rng: &mut impl Rng, split: Split, difficulty: usize, label: usize) -> Sentence {
    let flipped = difficulty > 0 && rng.random_bool(0.5);
    let template = one_of(rng, TEMPLATES[difficulty].iter().filter(|template| template.flips == flipped));
    let positive = (label == 1) != template.flips;
    let judged = pair(rng, split, positive, None);
    let other_positive = match template.other {
        Other::Free => rng.random_bool(0.5),
        Other::Contrast(flips) => (label == 0) != flips,
    };
    let other = pair(rng, split, other_positive, Some(judged.noun));
    let mut pairs = vec![(NOUNS[judged.noun], judged.adjective)];
    if template.text.contains('M') {
        pairs.push((NOUNS[other.noun], other.adjective));
    }
    Sentence { text: filled(rng, template, &judged, &other), label, difficulty, pairs }
}

/// A pair of a split and polarity whose noun is not `but`.
fn pair(rng: &mut impl Rng, split: Split, positive: bool, but: Option<usize>) -> Pair {
    let at = rng.random_range(0..POSITIVE.len() as u32) as usize;
    let held_out = |noun: usize| (noun + at).is_multiple_of(HELD_OUT);
    let fits = |noun: &usize| Some(*noun) != but && held_out(*noun) == (split == Split::Test);
    let noun = one_of(rng, (0..NOUNS.len()).filter(fits));
    Pair { noun, adjective: if positive { POSITIVE[at] } else { NEGATIVE[at] } }
}

fn filled(rng: &mut impl Rng, template: &Template, judged: &Pair, other: &Pair) -> String {
    let mut text = String::new();
    for word in template.text.split(' ') {
        let word = match word {
            "N" => NOUNS[judged.noun],
            "A" => judged.adjective,
            "M" => NOUNS[other.noun],
            "B" => other.adjective,
            "D" => perhaps(rng, &DEGREES),
            "T" => perhaps(rng, &TAILS),
            "P" => one_of(rng, PEOPLE.iter()),
            "S" => one_of(rng, PERSONS.iter()),
            word => word,
        };
        if !text.is_empty() && !word.is_empty() && word != "," {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}

/// One of some words, or in half of the cases nothing.
fn perhaps(rng: &mut impl Rng, words: &'static [&'static str]) -> &'static str {
    if rng.random_bool(0.5) { one_of(rng, words.iter()) } else { "" }
}

/// One of some things. None of the lists here is empty.
fn one_of<T>(rng: &mut impl Rng, all: impl Iterator<Item = T>) -> T {
    let mut all: Vec<T> = all.collect();
    // The same on machines of any word width.
    let at = rng.random_range(0..all.len() as u32);
    all.swap_remove(at as usize)
}
