//! What is wrong with a described module.

use std::fmt;

/// A fault of a described module, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The module.
    pub module: String,
    /// The signal, port or instance.
    pub signal: String,
    /// What is wrong with it.
    pub problem: Problem,
}

impl Error {
    /// A size of a unit that makes no hardware, and what it `must` be.
    pub fn size(module: &str, parameter: &str, must: &'static str) -> Error {
        Error { module: module.to_owned(), signal: parameter.to_owned(), problem: Problem::Size(must) }
    }
}

/// What can be wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Nothing drives it.
    Undriven,
    /// Some path through its conditions leaves it without a value.
    Latch,
    /// It is driven a second time without condition.
    TwoDrivers,
    /// Its value depends on itself within a cycle.
    Loop,
    /// The name is in use already.
    NameTaken,
    /// The name is no Verilog identifier of letters, digits and underscores, or is a keyword.
    NotAName,
    /// `assign` was given what is neither an output nor a wire.
    NotAssignable,
    /// `next` was given what is not a register.
    NotARegister,
    /// The value has another width, in bits, than what it goes to.
    Width {
        /// Bits of the target.
        expected: usize,
        /// Bits of the value.
        found: usize,
    },
    /// The module has no such signal, or one of another width.
    Unknown,
    /// The child module has no such input.
    NoSuchPort,
    /// Several different modules carry this name and the same parameters.
    Ambiguous,
    /// The size asked for makes no hardware: what it must be.
    Size(&'static str),
    /// rust_hdl's own check refused it.
    Refused(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "module {}, {}: {}", self.module, self.signal, self.problem)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Undriven => write!(f, "nothing drives it"),
            Problem::Latch => write!(f, "some path leaves it without a value, which would be a latch"),
            Problem::TwoDrivers => write!(f, "it is driven twice"),
            Problem::Loop => write!(f, "its value depends on itself within a cycle"),
            Problem::NameTaken => write!(f, "the name is in use already"),
            Problem::NotAName => write!(f, "the name is no Verilog identifier, or a keyword"),
            Problem::NotAssignable => write!(f, "only outputs and wires can be assigned"),
            Problem::NotARegister => write!(f, "only a register has a next value"),
            Problem::Width { expected, found } => write!(f, "is {expected} bits wide, its value {found}"),
            Problem::Unknown => write!(f, "the module has no such signal of that width"),
            Problem::NoSuchPort => write!(f, "the child has no such input"),
            Problem::Ambiguous => write!(f, "different modules share this name and its parameters"),
            Problem::Size(must) => write!(f, "must be {must}"),
            Problem::Refused(why) => write!(f, "rust_hdl refuses it: {why}"),
        }
    }
}

impl std::error::Error for Error {}
