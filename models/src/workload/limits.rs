//! The least and greatest value of what is no quantity: `validate` holds workloads to them, and the schema tells editors.

/// `sequence_length`, tokens.
pub(super) const TOKENS: (u32, u32) = (1, 1 << 16);
/// `classes`.
pub(super) const CLASSES: (u32, u32) = (2, 1 << 10);
/// `exits.sentences`.
pub(super) const SENTENCES: (u32, u32) = (1, u32::MAX);
/// Share of sentences in a histogram, per cent.
pub(super) const PERCENT: (f64, f64) = (0.0, 100.0);
