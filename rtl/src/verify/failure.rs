//! Why a check failed.

use crate::cosim::tools::ToolError;
use crate::cosim::{BuildError, Difference, ReplayError, What};
use crate::hdl::Error;
use std::fmt;

/// Why a bench ended.
#[derive(Debug)]
pub enum Failure {
    /// The unit cannot be described at these sizes.
    Description(Error),
    /// There is no model.
    Build(BuildError),
    /// A tool does not run.
    Tool(ToolError),
    /// The model is not as expected.
    Difference(Box<Difference>),
    /// Icarus or the netlist is not as Verilator's model.
    Replay {
        /// Which.
        engine: &'static str,
        /// The unit.
        unit: String,
        /// What the replay said: cycle, port, expected and found.
        said: String,
    },
}

/// A failed check.
#[derive(Debug)]
pub struct Failed {
    /// Its unit.
    pub unit: &'static str,
    /// The command line that repeats it.
    pub command: String,
    /// Why.
    pub failure: Failure,
}

impl Failure {
    pub(super) fn replay(engine: &'static str, unit: &str, error: ReplayError) -> Failure {
        match error {
            ReplayError::Tool(error) => Failure::Tool(error),
            ReplayError::Differs(said) => Failure::Replay { engine, unit: unit.to_owned(), said },
        }
    }

    /// Whether the hardware is wrong, rather than a tool.
    pub fn is_difference(&self) -> bool {
        matches!(self, Failure::Difference(_) | Failure::Replay { .. })
    }

    /// Whether the bench reacts to the unit, and has no model of it.
    pub fn needs_model(&self) -> bool {
        matches!(self, Failure::Difference(difference) if difference.what == What::NoModel)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Description(error) => write!(f, "{error}"),
            Failure::Build(error) => write!(f, "{error}"),
            Failure::Tool(error) => write!(f, "{error}"),
            Failure::Difference(difference) => write!(f, "{difference}"),
            Failure::Replay { engine, unit, said } => write!(f, "{unit}: {engine} says {said}"),
        }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  repeat: {}", self.failure, self.command)
    }
}

impl std::error::Error for Failure {}
impl std::error::Error for Failed {}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Description(error)
    }
}

impl From<BuildError> for Failure {
    fn from(error: BuildError) -> Failure {
        Failure::Build(error)
    }
}

impl From<ToolError> for Failure {
    fn from(error: ToolError) -> Failure {
        Failure::Tool(error)
    }
}

impl From<Box<Difference>> for Failure {
    fn from(difference: Box<Difference>) -> Failure {
        Failure::Difference(difference)
    }
}
