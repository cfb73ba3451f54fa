//! The least and greatest value of what is no quantity: `validate` holds entries to them, and the schema tells editors.

/// `weight_bits`.
pub(super) const WEIGHT_BITS: (u32, u32) = (1, 64);
/// Layers that are kept.
pub(super) const LAYERS: (u32, u32) = (1, 1 << 10);
/// Heads of a layer that are kept; the compiler has no layer without attention.
pub(super) const HEADS: (u32, u32) = (1, 1 << 10);
/// Share of a layer's feed-forward columns that is kept.
pub(super) const SHARE: (f64, f64) = (0.0, 1.0);
/// Sides of matrices, lengths of vectors.
pub(super) const SIDE: (u32, u32) = (1, 1 << 12);
/// Words of a vocabulary.
pub(super) const VOCABULARY: (u32, u32) = (1, 1 << 24);
/// Directions in which words are multiplied: first to last, last to first.
pub(super) const DIRECTIONS: (u32, u32) = (1, 2);
/// Feed-forward networks of a layer with bottlenecks.
pub(super) const STACKED: (u32, u32) = (1, 16);
/// Published counts.
pub(super) const COUNT: (f64, f64) = (1.0, 1e15);
/// Published factors: less than 1 where the baseline is faster or smaller.
pub(super) const FACTOR: (f64, f64) = (0.01, 1000.0);
/// Per cent.
pub(super) const PERCENT: (f64, f64) = (0.0, 100.0);
/// Tokens of a published count.
pub(super) const TOKENS: (u32, u32) = (1, 1 << 16);
/// Outputs of a classifier.
pub(super) const CLASSES: (u32, u32) = (2, 1 << 10);
