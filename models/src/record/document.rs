//! A TOML text on its way to a record: the text with its deltas applied, and where each part came from.

use std::ops::Range;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, Deserializer};

use super::explain::{self, Explained};
use super::{Error, Kind, Place, Problem, Problems, Record, tree};

/// The text of a record and the arguments that changed it.
pub(super) struct Document {
    /// What a person calls the text: a path, or `preset NAME`.
    pub(super) name: String,
    pub(super) text: String,
    /// The text is a preset's, so that whatever is wrong came in by an argument.
    pub(super) preset: bool,
    patches: Vec<Patch>,
}

/// A part of the text that an argument wrote.
struct Patch {
    span: Range<usize>,
    argument: String,
}

impl Document {
    pub(super) fn new(name: &str, text: &str, preset: bool) -> Self {
        Self { name: name.to_owned(), text: text.to_owned(), preset, patches: Vec::new() }
    }

    /// The record that the text describes, or everything that is wrong with it.
    pub(super) fn read<T: Record>(&self) -> Result<T, Error> {
        let root = self.parse()?;
        let record: T = self.deserialize(root.get_ref())?;
        let mut problems = Problems::default();
        record.validate(&mut problems);
        let list = problems.into_list();
        if list.is_empty() {
            return Ok(record);
        }
        let problems = list.into_iter().map(|found| Problem {
            place: Some(self.place(tree::span(root.get_ref(), &found.key))),
            message: found.message,
            remedy: Some(found.remedy),
        });
        Err(self.error::<T>(problems.collect()))
    }

    /// The text as a tree whose parts know their bytes.
    pub(super) fn parse(&self) -> Result<Spanned<DeTable<'_>>, Error> {
        DeTable::parse(&self.text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            let Explained { message, remedy } = explain::syntax(error.message());
            Error::at(Kind::Input, self.place(span), message, remedy)
        })
    }

    fn deserialize<T: Record + DeserializeOwned>(&self, root: &DeTable<'_>) -> Result<T, Error> {
        let tree = Spanned::new(0..0, root.clone());
        T::deserialize(Deserializer::from(tree)).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            let found = self.text.get(span.clone()).unwrap_or_default();
            let Explained { message, remedy } = explain::shape(root, error.message(), &span, found);
            self.error::<T>(vec![Problem {
                message,
                remedy: Some(remedy),
                place: Some(self.place_in_table(root, span)),
            }])
        })
    }

    /// As [`Document::place`], but for a table that does not hold as a whole: the last argument that changed a key of it.
    fn place_in_table(&self, root: &DeTable<'_>, span: Range<usize>) -> Place {
        let table = format!("{}.", tree::key_at(root, &span));
        match self.patches.iter().rev().find(|patch| patch.argument.starts_with(&table)) {
            Some(patch) => argument_place(&patch.argument),
            None => self.place(span),
        }
    }

    fn error<T: Record>(&self, problems: Vec<Problem>) -> Error {
        let of_argument =
            |problem: &Problem| problem.place.as_ref().is_some_and(|place| place.source() != self.name);
        let kind = if self.preset || problems.iter().all(of_argument) { Kind::Usage } else { Kind::Input };
        Error { kind, subject: format!("{} {}", T::KIND, self.name), problems }
    }

    /// Where a part of the text stands for the reader: in the argument that wrote it, else in the text.
    fn place(&self, span: Range<usize>) -> Place {
        let wrote = |patch: &&Patch| patch.span.start <= span.start && span.end <= patch.span.end;
        match self.patches.iter().rev().find(wrote) {
            Some(patch) => argument_place(&patch.argument),
            None => Place::new(&self.name, &Arc::from(self.text.as_str()), span),
        }
    }

    /// Replaces `span` by what `argument` says and remembers that it did.
    pub(super) fn splice(&mut self, span: Range<usize>, new: &str, argument: &str) {
        self.text.replace_range(span.clone(), new);
        self.patches.retain(|patch| patch.span.start < span.start || patch.span.end > span.end);
        for patch in &mut self.patches {
            for end in [&mut patch.span.start, &mut patch.span.end] {
                if *end >= span.end {
                    *end = *end - span.len() + new.len();
                }
            }
        }
        self.patches.push(Patch { span: span.start..span.start + new.len(), argument: argument.to_owned() });
    }
}

/// A place in an argument of the command line.
pub(super) fn argument_place(argument: &str) -> Place {
    Place::new("--set", &Arc::from(argument), 0..argument.len())
}
