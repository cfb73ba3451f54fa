//! Why an inference has no program on a design.

/// Why an inference has no program on a design.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompileError {
    /// A memory is too small even for the smallest tiling.
    DoesNotFit(Box<Shortage>),
    /// Nothing is left to compute.
    Empty {
        /// Part of the network.
        stage: String,
    },
}

/// A memory that is too small.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// Part of the network.
    pub stage: String,
    /// Which memory.
    pub buffer: String,
    /// What the smallest tiling needs.
    pub need: u64,
    /// What the design has.
    pub size: u64,
    /// Unit of both.
    pub unit: &'static str,
    /// What lies in it.
    pub contents: String,
    /// What to change.
    pub remedy: String,
}

impl std::fmt::Display for CompileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CompileError::DoesNotFit(s) => write!(
                f,
                "{} does not fit: {} needs {} {} at the smallest tiling ({}), the design has {} {}; try {}",
                s.stage, s.buffer, s.need, s.unit, s.contents, s.size, s.unit, s.remedy
            ),
            CompileError::Empty { stage } => {
                write!(
                    f,
                    "{stage}: every head is switched off, so there is nothing to compute; give a head a span"
                )
            }
        }
    }
}

impl std::error::Error for CompileError {}
