//! What a bench found that is not as it should be.

use std::fmt;
use std::path::PathBuf;

/// The first thing that is not as expected, and where.
#[derive(Debug)]
pub struct Difference {
    /// The unit.
    pub unit: String,
    /// Clock cycle since the start, resets included.
    pub cycle: u64,
    /// What differs.
    pub what: What,
    /// What the bench was about, e.g. the operands; may be empty.
    pub about: String,
    /// Seed of the model's start values.
    pub seed: u32,
    /// Where the wave lies, or why there is none.
    pub wave: Result<PathBuf, String>,
}

/// What differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A value of an output.
    Value {
        /// The output.
        port: String,
        /// Expected value, 32-bit words, lowest first.
        expected: Vec<u32>,
        /// Value found.
        found: Vec<u32>,
    },
    /// A rule, in words, that does not hold.
    Rule(String),
    /// Nothing: the bench reacts to the unit, and there is no model of it.
    NoModel,
}

impl Difference {
    /// The same, with what the bench was about.
    #[must_use]
    pub fn about(mut self: Box<Self>, about: impl fmt::Display) -> Box<Self> {
        self.about = about.to_string();
        self
    }
}

fn hex(words: &[u32]) -> String {
    let digits: String = words.iter().rev().map(|word| format!("{word:08x}")).collect();
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() { "0".to_owned() } else { digits.to_owned() }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Value { port, expected, found } => {
                write!(f, "port {port}: expected {}, found {} (hex)", hex(expected), hex(found))
            }
            What::Rule(rule) => write!(f, "{rule}"),
            What::NoModel => write!(f, "the bench needs a model"),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { unit, cycle, what, about, seed, .. } = self;
        write!(f, "{unit}, cycle {cycle}, {what}, seed {seed}; ")?;
        if !about.is_empty() {
            write!(f, "at {about}; ")?;
        }
        match &self.wave {
            Ok(path) => write!(f, "wave: {}", path.display()),
            Err(why) => write!(f, "no wave: {why}"),
        }
    }
}

impl std::error::Error for Difference {}
