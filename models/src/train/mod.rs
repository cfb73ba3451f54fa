//! Trainer.
pub mod grammar;
mod vocabulary;

pub use vocabulary::Vocabulary;
