//! The least and greatest value of each number of a recipe: `validate` holds recipes to them, and the schema tells editors.

use crate::train::grammar::LONGEST;

/// TOML's whole numbers are signed.
pub(super) const SEED: (u64, u64) = (0, i64::MAX.cast_unsigned());
/// A step holds all of its activations.
pub(super) const BATCH: (u32, u32) = (1, 1 << 12);
/// Sentences that the result is tested on: each label of each difficulty.
pub(super) const TEST: (u32, u32) = (8, 1 << 20);
/// Entropies, nats: of 1024 classes.
pub(super) const THRESHOLD: (f64, f64) = (0.0, 10.0 * std::f64::consts::LN_2);
/// Weight of an off-ramp.
pub(super) const RAMP_WEIGHT: (f64, f64) = (0.0, 10.0);
/// Early exit needs two off-ramps.
pub(super) const LAYERS: (u32, u32) = (2, 48);
/// Width of the hidden state.
pub(super) const HIDDEN: (u32, u32) = (2, 2048);
/// Width between the products of the feed-forward network.
pub(super) const FEED_FORWARD: (u32, u32) = (1, 8192);
/// Attention heads.
pub(super) const HEADS: (u32, u32) = (1, 64);
/// Tokens, of the longest sentence.
pub(super) const POSITIONS: (u32, u32) = (LONGEST as u32, 4096);
/// Added to a variance.
pub(super) const EPSILON: (f64, f64) = (0.0, 1e-3);
/// Decay of a mean of derivatives.
pub(super) const BETA1: (f64, f64) = (0.0, 0.999);
/// Decay of a mean of squares.
pub(super) const BETA2: (f64, f64) = (0.0, 0.99999);
/// Added to a root.
pub(super) const OPTIMISER_EPSILON: (f64, f64) = (1e-12, 1.0);
/// Decay of weights, and shares.
pub(super) const SHARE: (f64, f64) = (0.0, 1.0);
/// Length of a gradient.
pub(super) const CLIP: (f64, f64) = (1e-6, 1e6);
/// Steps: sentences of a step are drawn by its number.
pub(super) const STEPS: (u32, u32) = (0, 1 << 24);
/// Steps between two choices.
pub(super) const EVERY: (u32, u32) = (1, STEPS.1);
/// What a weight moves in a step.
pub(super) const RATE: (f64, f64) = (0.0, 1.0);
/// Temperature of distillation.
pub(super) const TEMPERATURE: (f64, f64) = (0.1, 100.0);
/// Share of zeros.
pub(super) const SPARSITY: (f64, f64) = (0.0, 0.99);
/// Nats a token.
pub(super) const PENALTY: (f64, f64) = (0.0, 1.0);
/// Tokens a step.
pub(super) const SPAN_RATE: (f64, f64) = (0.0, 10.0);
