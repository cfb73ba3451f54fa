//! Training of a small ALBERT as EdgeBERT prepares its networks.
pub mod grammar;

mod adam;
mod compress;
mod export;
mod init;
mod layout;
mod loss;
mod net;
mod recipe;
mod result;
mod state;
mod step;
mod trainer;
mod vocabulary;

#[cfg(test)]
mod tests;

pub use recipe::{Distillation, Method, Optimiser, Phase, Pruning, Recipe, Sizes, Spans};
pub use result::{Exits, Metrics, Trained};
pub use state::Stage;
pub use trainer::{Progress, Trainer};
pub use vocabulary::Vocabulary;

/// Classes of the task: blame and praise.
pub const CLASSES: usize = 2;
