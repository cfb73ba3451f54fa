//! Why an inference has no program on a design.

/// Why an inference has no program on a design.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompileError {
    /// A buffer is too small even for the smallest tiling.
    DoesNotFit {
        /// Part of the network.
        stage: String,
        /// Which memory.
        buffer: String,
        /// What the smallest tiling needs.
        need: u64,
        /// What the design has.
        size: u64,
        /// Unit of both.
        unit: &'static str,
        /// What lies in it.
        contents: String,
        /// What to change.
        remedy: String,
    },
    /// Nothing is left to compute.
    Empty {
        /// Part of the network.
        stage: String,
    },
}

impl std::fmt::Display for CompileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CompileError::DoesNotFit { stage, buffer, need, size, unit, contents, remedy } => write!(
                f,
                "{stage} does not fit: {buffer} needs {need} {unit} at the smallest tiling ({contents}), the design has \
                 {size} {unit}; try {remedy}"
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
