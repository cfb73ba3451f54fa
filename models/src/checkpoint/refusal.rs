//! What is wrong with a part of a file, said without knowing which file it is.

use std::fmt::Display;

use crate::record::{Error, Kind};

/// What was found and expected, and what to do; the places around it are put before it on the way out.
#[derive(Debug)]
pub(crate) struct Refusal {
    message: String,
    remedy: String,
}

impl Refusal {
    /// One that is wrong here.
    pub(crate) fn new(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { message: message.into(), remedy: remedy.into() }
    }

    /// Bytes that break the format, which no user has chosen.
    pub(crate) fn damage(message: impl Into<String>) -> Self {
        Self::new(message, "the file is damaged or of another format: download or save it again")
    }

    /// The same at a place, e.g. `tensor a.bias`.
    pub(crate) fn at(self, place: impl Display) -> Self {
        Self { message: format!("{place}: {}", self.message), ..self }
    }

    /// The error about a file.
    pub(crate) fn of(self, source: &str) -> Error {
        Error::new(Kind::Input, source, format!("{source}: {}", self.message), self.remedy)
    }
}

/// The start of a text of a file, which may be long or hold anything.
pub(crate) fn shown(text: &str) -> String {
    const SHOWN: usize = 80;
    let start: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN).is_some() { start + "..." } else { start }
}
