//! How every TOML record is read: designs, technologies, memories, networks and workloads.
//!
//! A record is a preset (its text is part of the program) or a file, plus deltas `KEY=VALUE`. Its text is read by `toml`
//! with no unknown keys and no defaults, then validated; validation collects every problem. What comes out is plain
//! data. Errors name source, line and column and say what was found, what is expected, why, and what to do.
//!
//! A record may name another one ([`Named`]): a technology its memories.
//!
//! Not modelled: includes and inheritance between files. A file is complete, as `show` prints it.

mod delta;
mod document;
mod error;
mod explain;
mod named;
mod nearest;
mod quantities;
mod quantity;
mod source;
mod template;
mod tree;

pub use error::{Error, Kind, Place, Problem};
pub use named::Named;
pub use nearest::nearest;
pub use quantities::AnyQuantity;
pub(crate) use quantities::{Visit, quantities};
pub use quantity::*;
pub use source::{is_path, read_bytes, read_file, read_text, unreadable};
pub use template::Template;

use std::collections::BTreeSet;

use document::Document;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A kind of record.
pub trait Record: DeserializeOwned + Serialize {
    /// The word for it in messages and commands, e.g. "design".
    const KIND: &'static str;
    /// Name and text of each preset, in the order they are listed.
    const PRESETS: &'static [(&'static str, &'static str)];

    /// What it is called.
    fn name(&self) -> &str;

    /// One line that says what it is.
    fn summary(&self) -> &str;

    /// Pushes everything that is wrong with the values.
    fn validate(&self, problems: &mut Problems);
}

/// Where a record came from, enough to make it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// A path, or `preset NAME`.
    pub source: String,
    /// The deltas, in order.
    pub sets: Vec<String>,
    /// The TOML text with the deltas applied.
    pub text: String,
}

/// What validation found: the key that is wrong, why, and the remedy.
#[derive(Debug, Default)]
pub struct Problems(Vec<Invalid>);

/// A value that breaks a rule.
#[derive(Debug)]
struct Invalid {
    key: String,
    message: String,
    remedy: String,
}

impl Problems {
    /// Adds a problem with the value at a dotted key.
    pub fn push(&mut self, key: impl Into<String>, message: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(Invalid { key: key.into(), message: message.into(), remedy: remedy.into() });
    }

    /// Adds a problem unless `value` is from `least` to `greatest`.
    pub fn range<V: PartialOrd + std::fmt::Display>(
        &mut self,
        key: &str,
        value: V,
        least: V,
        greatest: V,
        reason: &str,
    ) {
        if !(least <= value && value <= greatest) {
            self.push(
                key,
                format!("{key} = {value} must be from {least} to {greatest} ({reason})"),
                format!("choose a value from {least} to {greatest}"),
            );
        }
    }

    /// Adds a problem unless `value` is a power of two from `least` to `greatest`.
    pub fn power_of_two(&mut self, key: &str, value: u64, least: u64, greatest: u64, reason: &str) {
        if !value.is_power_of_two() || !(least..=greatest).contains(&value) {
            let powers: Vec<String> = powers_of_two((least, greatest)).iter().map(u64::to_string).collect();
            self.push(
                key,
                format!("{key} = {value} must be a power of two from {least} to {greatest} ({reason})"),
                format!("choose one of {}", powers.join(", ")),
            );
        }
    }

    /// Adds a problem if `text` says nothing.
    pub fn not_empty(&mut self, key: &str, text: &str) {
        if text.trim().is_empty() {
            self.push(
                key,
                format!("{key} is empty (reports and listings show it)"),
                "write a word or a line",
            );
        }
    }

    /// Nothing, or everything that was found, of a file of which no place is known.
    ///
    /// # Errors
    /// There is a problem.
    pub fn into_result(self, source: &str) -> Result<(), Error> {
        let problem = |invalid: Invalid| Problem {
            message: format!("{source}: {}", invalid.message),
            remedy: Some(invalid.remedy),
            place: None,
        };
        let problems: Vec<Problem> = self.0.into_iter().map(problem).collect();
        if problems.is_empty() {
            return Ok(());
        }
        Err(Error { kind: Kind::Input, subject: format!("`{source}`"), problems })
    }

    fn into_list(self) -> Vec<Invalid> {
        self.0
    }
}

/// The powers of two from a least to a greatest value, for a rule and for a schema.
pub fn powers_of_two((least, greatest): (u64, u64)) -> Vec<u64> {
    (0..u64::BITS).map(|bit| 1 << bit).filter(|power| (least..=greatest).contains(power)).collect()
}

/// The names of the presets of a kind, in the order they are listed.
pub fn names<T: Record>() -> impl Iterator<Item = &'static str> {
    T::PRESETS.iter().map(|(name, _)| *name)
}

/// The preset of that name.
///
/// # Errors
/// Nothing has that name: the error lists what exists and the nearest.
pub fn preset<T: Record>(name: &str) -> Result<T, Error> {
    source::preset::<T>(name)?.read()
}

/// The record that a text describes; `source` is what a person calls the text.
///
/// # Errors
/// The text is not TOML, not the record, or breaks its rules: every broken rule is in the error.
pub fn parse<T: Record>(source: &str, text: &str) -> Result<T, Error> {
    Document::new(source, text, false).read()
}

/// Holds a record that no text describes to its rules.
///
/// # Errors
/// It breaks its rules: every broken one is in the error.
pub fn check<T: Record>(record: &T) -> Result<(), Error> {
    let mut problems = Problems::default();
    record.validate(&mut problems);
    let problems: Vec<Problem> = problems
        .into_list()
        .into_iter()
        .map(|found| Problem { message: found.message, remedy: Some(found.remedy), place: None })
        .collect();
    let subject = format!("{} {}", T::KIND, record.name());
    if problems.is_empty() { Ok(()) } else { Err(Error { kind: Kind::Input, subject, problems }) }
}

/// The keys at the top of a text, whatever record it is.
///
/// # Errors
/// The text is not TOML.
pub fn top_keys(source: &str, text: &str) -> Result<Vec<String>, Error> {
    let document = Document::new(source, text, false);
    let root = document.parse()?;
    Ok(root.get_ref().keys().map(|key| key.get_ref().to_string()).collect())
}

/// The keys at the top of a kind's presets but those that every kind has.
pub fn known_keys<T: Record>() -> BTreeSet<String> {
    let presets = T::PRESETS.iter().filter_map(|(name, text)| top_keys(name, text).ok());
    presets.flatten().filter(|key| key != "name" && key != "summary").collect()
}

/// A preset by name or a file by path (anything with a `/` or that ends in `.toml`), with deltas applied in order.
///
/// # Errors
/// As [`preset`] and [`parse`]; the file cannot be read; a delta is not `KEY=VALUE` or does not hold. What a delta broke
/// is shown in the delta.
pub fn resolve<T: Record>(base: &str, sets: &[impl AsRef<str>]) -> Result<(T, Origin), Error> {
    let mut document = source::open::<T>(base)?;
    for argument in sets {
        delta::apply(&mut document, argument.as_ref())?;
    }
    let record = document.read()?;
    let sets = sets.iter().map(|set| set.as_ref().to_owned()).collect();
    Ok((record, Origin { source: document.name, sets, text: document.text }))
}
