//! What stops a run of values: a command that no unit could carry out.

use kernels::ShapeError;
use kernels::bitmask::PackError;

/// A command that cannot be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its program counter.
    pub command: u32,
    /// Why.
    pub cause: Cause,
}

/// Why a command cannot be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It reaches behind the end of a memory or a buffer.
    OutOfRange {
        /// Address behind its last byte.
        end: u64,
        /// Bytes that there are.
        size: u64,
    },
    /// Operands do not fit together.
    Shape(ShapeError),
    /// A chunk that is no code of vectors.
    Packed(PackError),
    /// Runs that do not fill whole row blocks, or more rows than there are.
    Ragged,
    /// The numeric settings know nothing of its operands.
    Numbers,
    /// It needs what no command has produced: an entropy, a word of the sentence, a buffer.
    Empty,
    /// It waits for commands that never complete.
    Deadlock,
}

impl From<ShapeError> for Cause {
    fn from(error: ShapeError) -> Cause {
        Cause::Shape(error)
    }
}

impl From<PackError> for Cause {
    fn from(error: PackError) -> Cause {
        Cause::Packed(error)
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "command {}: {}", self.command, self.cause)
    }
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Cause::OutOfRange { end, size } => write!(f, "it reaches to byte {end} of {size}"),
            Cause::Shape(error) => write!(f, "{error}"),
            Cause::Packed(error) => write!(f, "{error}"),
            Cause::Ragged => f.write_str("its runs or rows do not fill its region"),
            Cause::Numbers => f.write_str("the numeric settings know nothing of its operands"),
            Cause::Empty => f.write_str("it needs what no command has produced"),
            Cause::Deadlock => f.write_str("it waits for commands that never complete"),
        }
    }
}

impl std::error::Error for Fault {}
