//! The one error of operands that do not fit together.

use std::fmt;

/// Two lengths that must agree, or one that must not exceed the other, and do not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShapeError {
    /// What was measured, e.g. `length of the span mask`.
    pub what: &'static str,
    /// The length found.
    pub found: usize,
    /// The length that fits, and whether shorter would do too.
    pub expected: Expected,
}

/// What would have fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Exactly this length.
    Exactly(usize),
    /// This length or less.
    AtMost(usize),
}

impl ShapeError {
    /// Passes if `found` is exactly `length`.
    pub(crate) fn exactly(what: &'static str, found: usize, length: usize) -> Result<(), ShapeError> {
        if found == length {
            Ok(())
        } else {
            Err(ShapeError { what, found, expected: Expected::Exactly(length) })
        }
    }

    /// Passes if `found` is at most `limit`.
    pub(crate) fn at_most(what: &'static str, found: usize, limit: usize) -> Result<(), ShapeError> {
        if found <= limit {
            Ok(())
        } else {
            Err(ShapeError { what, found, expected: Expected::AtMost(limit) })
        }
    }
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.expected {
            Expected::Exactly(length) => write!(f, "{} is {}, must be {length}", self.what, self.found),
            Expected::AtMost(limit) => write!(f, "{} is {}, must be at most {limit}", self.what, self.found),
        }
    }
}

impl std::error::Error for ShapeError {}
