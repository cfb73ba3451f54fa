//! Training of networks with early exits, as EdgeBERT prepares its own (Tambe et al., MICRO 2021): distillation, pruning, learned spans
//! and AdaptivFloat in the loop, then off-ramps alone; with derivatives written by hand. A small ALBERT is trained from nothing, or a
//! checkpoint further.
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
//! them. The sentences are those of a [`grammar`], or for a checkpoint those that are given; its word embeddings stay as they are. The same recipe gives the same bits on one machine, whatever the number of threads and
//! wherever it was stopped; on another machine, products may be summed in another order.
//!
//! Measured, on 2000 sentences of held-out pairs, at 0.1 nats; all at AdaptivFloat<8,4> and 80 % zeros, by magnitude unless stated:
//!
//! | `albert-mini` | teacher | last off-ramp | where they leave | mean exit of difficulty 0, 1, 2, 3 | spans |
//! |---|---|---|---|---|---|
//! | seed 1 (the preset) | 99.1 % | 99.6 % | 99.6 % | 1.04, 1.74, 2.33, 3.29 of 6 | 12, 16, 12, 13 |
//! | seed 1, penalty 0.02 | 99.1 % | 99.5 % | 99.4 % | 1.05, 1.60, 2.26, 3.28 | 16, 17, 14, 14 |
//! | seed 2, penalty 0.06 | 95.3 % | 96.0 % | 96.0 % | 1.10, 1.69, 3.65, 4.13 | 11, 9, 16, 6 |
//! | seed 3, movement | 97.6 % | 88.2 % | 88.1 % | 1.37, 2.75, 5.06, 5.25 | 14, 8, 5, 8 |
//!
//! A run takes about 300 CPU seconds on a busy two-core machine, 25 for 1000 steps. Seeds differ in how soon the teacher gets over chance
//! at difficulty 3: one that falls short needs more steps.
//!
//! Of a checkpoint on real text, see docs/models.md.
//!
//! Not modelled: rounded activations, biases and norms; dropout; networks without GELU or without a pooler, MobileBERT.
pub mod grammar;

mod adam;
mod begin;
mod compress;
mod export;
mod init;
mod layout;
mod loss;
mod net;
mod pool;
mod recipe;
mod result;
mod source;
mod start;
mod state;
mod step;
mod trainer;
mod update;
mod vocabulary;

#[cfg(test)]
mod tests;

pub use recipe::{Distillation, Grammar, Method, Optimiser, Phase, Pruning, Recipe, Sizes, Spans};
pub use result::{Exits, Metrics, Trained};
pub use source::Example;
pub use start::Start;
pub use state::Stage;
pub use trainer::{Progress, Trainer};
pub use vocabulary::Vocabulary;
