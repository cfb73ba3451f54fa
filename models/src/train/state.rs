//! What changes in training, and its bytes: a run that stops and goes on gives the same bits as one that does not.
//!
//! Sentences of a step are drawn from a stream of random numbers of its own, so that the number of the step is the generator's position.
//!
//! Bytes, little-endian: `OFFRAMPT`, version, then each vector with its length ahead: the recipe as JSON, the hash of a checkpoint and
//! sentences that were given (none: the grammar), weights, both means of the optimiser, scores of pruning, the teacher's weights, kept
//! weights as bytes, spans; stage and step stand before the vectors.

use super::adam::Moments;
use super::layout::Layout;
use crate::record::{Error, Kind};

const MAGIC: &[u8; 8] = b"OFFRAMPT";
const VERSION: u32 = 2;

/// Where training stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The dense teacher.
    Teacher,
    /// The compressed student.
    Student,
    /// Its off-ramps but the last.
    Ramps,
    /// Nothing is left to do.
    Done,
}

/// What changes in training.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct State {
    /// Hash of the checkpoint and the sentences that were given, else empty.
    pub(super) given: Vec<u8>,
    pub(super) stage: Stage,
    /// Steps done of the stage.
    pub(super) step: u32,
    /// In full precision, ahead of pruning and rounding.
    pub(super) weights: Vec<f32>,
    pub(super) moments: Moments,
    /// Movement of each weight.
    pub(super) scores: Vec<f32>,
    /// Weights of the teacher once it is done, else empty.
    pub(super) teacher: Vec<f32>,
    /// Whether each weight is kept.
    pub(super) keep: Vec<bool>,
    /// Hard spans once they are, tokens, else empty.
    pub(super) spans: Vec<u32>,
}

impl State {
    pub(super) fn to_bytes(&self, recipe: &str) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        for number in [VERSION, self.stage as u32, self.step] {
            bytes.extend(number.to_le_bytes());
        }
        put(&mut bytes, recipe.bytes().map(|byte| [byte]));
        put(&mut bytes, self.given.iter().map(|byte| [*byte]));
        let vectors = [&self.weights, &self.moments.first, &self.moments.second, &self.scores, &self.teacher];
        for vector in vectors {
            put(&mut bytes, vector.iter().map(|x| x.to_le_bytes()));
        }
        put(&mut bytes, self.keep.iter().map(|keep| [u8::from(*keep)]));
        put(&mut bytes, self.spans.iter().map(|span| span.to_le_bytes()));
        bytes
    }

    /// The recipe, and the state.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<(String, State), Error> {
        let mut reader = Reader(bytes);
        if reader.take(MAGIC.len())? != MAGIC || reader.number()? != VERSION {
            return Err(wrong("does not begin as one of this version does"));
        }
        let stages = [Stage::Teacher, Stage::Student, Stage::Ramps, Stage::Done];
        let stage = *stages.get(reader.number()? as usize).ok_or_else(|| wrong("has an unknown stage"))?;
        let step = reader.number()?;
        let recipe = reader.vector(|[byte]: [u8; 1]| byte)?;
        let recipe = String::from_utf8(recipe).map_err(|_| wrong("has a recipe that is no text"))?;
        let given = reader.vector(|[byte]: [u8; 1]| byte)?;
        let mut reals = || reader.vector(f32::from_le_bytes);
        let (weights, first, second, scores, teacher) = (reals()?, reals()?, reals()?, reals()?, reals()?);
        let keep = reader.vector(|[byte]: [u8; 1]| byte != 0)?;
        let spans = reader.vector(u32::from_le_bytes)?;
        if !reader.0.is_empty() {
            return Err(wrong("goes on behind its end"));
        }
        let moments = Moments { first, second };
        Ok((recipe, State { given, stage, step, weights, moments, scores, teacher, keep, spans }))
    }

    /// Whether the vectors are as long as the network asks.
    pub(super) fn check(&self, layout: &Layout) -> Result<(), Error> {
        let length = layout.len();
        let whole = [&self.weights, &self.moments.first, &self.moments.second, &self.scores];
        let teacher = if self.stage == Stage::Teacher { 0 } else { length };
        let spans = [0, layout.spans.range().len()].contains(&self.spans.len())
            && (self.stage < Stage::Ramps || !self.spans.is_empty());
        let fits = whole.iter().all(|vector| vector.len() == length)
            && self.keep.len() == length
            && self.teacher.len() == teacher
            && spans;
        if fits { Ok(()) } else { Err(wrong("does not fit its recipe")) }
    }
}

fn wrong(what: &str) -> Error {
    Error::new(Kind::Input, "state of a training run", format!("the state {what}"), "train from the start")
}

fn put<const N: usize>(bytes: &mut Vec<u8>, items: impl ExactSizeIterator<Item = [u8; N]>) {
    bytes.extend((items.len() as u64).to_le_bytes());
    items.for_each(|item| bytes.extend(item));
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or_else(|| wrong("ends early"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        self.take(N)?.try_into().map_err(|_| wrong("ends early"))
    }

    fn number(&mut self) -> Result<u32, Error> {
        self.array().map(u32::from_le_bytes)
    }

    fn vector<const N: usize, T>(&mut self, item: impl Fn([u8; N]) -> T) -> Result<Vec<T>, Error> {
        let count = usize::try_from(u64::from_le_bytes(self.array()?)).unwrap_or(usize::MAX);
        let bytes = self.take(count.saturating_mul(N))?;
        let (items, _) = bytes.as_chunks::<N>();
        Ok(items.iter().copied().map(item).collect())
    }
}
