//! The least and greatest value of each size of a network: `validate` holds networks to them, and the schema tells editors.

/// Encoder layers.
pub(super) const LAYERS: (u32, u32) = (1, 1 << 10);
/// Width of the hidden state.
pub(super) const HIDDEN: (u32, u32) = (1, 1 << 16);
/// Width between the two products.
pub(super) const FEED_FORWARD: (u32, u32) = (1, 1 << 18);
/// Attention heads.
pub(super) const HEADS: (u32, u32) = (1, 1 << 10);
/// Width of the embeddings.
pub(super) const EMBEDDING: (u32, u32) = (1, 1 << 16);
/// Words.
pub(super) const VOCABULARY: (u32, u32) = (1, 1 << 24);
/// Tokens.
pub(super) const POSITIONS: (u32, u32) = (1, 1 << 16);
/// Kinds of segments.
pub(super) const TOKEN_TYPES: (u32, u32) = (0, 1 << 10);
/// Outputs of the classifier.
pub(crate) const CLASSES: (u32, u32) = (2, 1 << 10);
/// Added to a variance.
pub(super) const EPSILON: (f64, f64) = (0.0, 1e-3);
