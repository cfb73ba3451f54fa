//! Training of a small ALBERT with early exits, as EdgeBERT prepares its networks (Tambe et al., MICRO 2021): distillation, pruning,
//! learned spans and AdaptivFloat in the loop, then off-ramps alone; with derivatives written by hand.
//!
//! ```text
//! let mut trainer = Trainer::new(record::preset("albert-mini")?)?;
//! while let Some(progress) = trainer.step(threads) { show(progress); save(trainer.to_bytes()); }
//! let trained = trainer.trained(threads);
//! ```
//!
//! | stage | minimised | what is compressed |
//! |---|---|---|
//! | teacher | cross-entropy of the last off-ramp + `ramp_weight` · that of each other | nothing |
//! | student | the same, a share of the last off-ramp's replaced by distillation, + `penalty` · mean span | weights pruned and rounded, spans narrowed, in every step |
//! | ramps | cross-entropy of all off-ramps but the last, the encoder frozen | stays so |
//!
//! Weights, spans and zeros of the result are those that the last steps trained with, and [`crate::forward`] computes its logits from
//! them. The sentences are those of a [`grammar`]. The same recipe gives the same bits on one machine, whatever the number of threads and
//! wherever it was stopped; on another machine, products may be summed in another order.
//!
//! Not modelled: rounded activations, biases and norms; dropout; networks of other families; text from elsewhere.
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
mod update;
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
