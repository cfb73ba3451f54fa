//! Why an inference has no program on a design.

use crate::record::{Error, Kind};

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
    /// Layers are described neither all at once nor one by one.
    Layers {
        /// Descriptions.
        found: usize,
        /// Layers of the network.
        layers: u32,
        /// Whether they share their weights.
        shared: bool,
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

impl From<CompileError> for Error {
    fn from(error: CompileError) -> Self {
        match error {
            CompileError::DoesNotFit(s) => {
                let Shortage { stage, buffer, need, size, unit, contents, remedy } = *s;
                let message = format!(
                    "{stage} does not fit: {buffer} needs {need} {unit} at the smallest tiling ({contents}), the design has \
                     {size} {unit}"
                );
                Error::new(Kind::Fit, "design", message, remedy)
            }
            CompileError::Empty { stage } => Error::new(
                Kind::Fit,
                "workload",
                format!("{stage} has nothing to compute: the span of every head is 0"),
                "give at least one head a span of 1 or more in spans.tokens of the workload",
            ),
            CompileError::Layers { found, layers, shared } => {
                let sharing = if shared { " that share their weights" } else { "" };
                let message = format!("{found} layers are described, the network has {layers}{sharing}");
                let remedy = if shared { "describe one for all" } else { "describe one for all, or each" };
                Error::new(Kind::Fit, "layers", message, remedy)
            }
        }
    }
}

impl std::fmt::Display for CompileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", Error::from(self.clone()))
    }
}

impl std::error::Error for CompileError {}

/// The change of the design that makes room: the key's next power of two.
pub(super) fn remedy(key: &str, need: u64) -> String {
    format!("try --set {key}={}", need.next_power_of_two())
}
