//! Where parameters lie in memory, chunk by chunk: what an image is built from.
//!
//! Commands say what is moved; a placement says what has to lie there. Offsets are relative to the base register, so that one
//! placement stands for all layers that have the same commands. A vector of a chunk is at `p · tiles · n + t · n + i` for row `i` of column block `p` and
//! reduction tile `t`, as in a [`Region`](super::Region).

use super::command::{Base, Encoding, Space};
use serde::Serialize;

/// A parameter tensor of a network; numbers are those of heads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Parameter {
    /// Word embeddings.
    Word,
    /// Position embeddings, the token-type row of segment 0 added.
    Position,
    /// Norm of the embeddings.
    EmbeddingNorm,
    /// From the embeddings' width to the encoder's.
    EmbeddingMap,
    /// Query projection of a head.
    Query(u32),
    /// Key projection of a head.
    Key(u32),
    /// Value projection of a head.
    Value(u32),
    /// Span mask of a head.
    Span(u32),
    /// Output projection; its reduction runs over the heads that are on, each padded to whole tiles.
    Output,
    /// Norm after attention.
    AttentionNorm,
    /// First feed-forward matrix.
    FeedForward1,
    /// Second feed-forward matrix.
    FeedForward2,
    /// Norm after the feed-forward network.
    OutputNorm,
    /// Dense layer of an off-ramp.
    Pooler,
    /// Classifier of an off-ramp.
    Classifier,
}

impl Parameter {
    /// Whether it is a table of embeddings.
    pub fn is_embedding(&self) -> bool {
        matches!(self, Parameter::Word | Parameter::Position)
    }

    /// Whether it is a matrix of the encoder's layers.
    pub fn is_encoder(&self) -> bool {
        use Parameter::{FeedForward1, FeedForward2, Key, Output, Query, Value};
        matches!(self, Query(_) | Key(_) | Value(_) | Output | FeedForward1 | FeedForward2)
    }
}

/// A run of bytes that holds (a part of) a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Placement {
    /// Which.
    pub parameter: Parameter,
    /// Layer, from 0, of which it is; none where it lies alike in all that have one.
    pub layer: Option<u32>,
    /// Memory that it lies in.
    pub space: Space,
    /// Base register of its section.
    pub base: Base,
    /// First byte, relative to the base register.
    pub offset: u64,
    /// All bytes.
    pub bytes: u64,
    /// What the bytes are.
    pub form: Form,
}

/// How a parameter lies in its bytes. Integers of 16 bits are little endian.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// Some column blocks of a matrix: the bias (16 bits a column) in `aux_bytes`, then masks if packed, then codes.
    Chunk {
        /// First column block.
        first: u32,
        /// Column blocks.
        blocks: u32,
        /// Reduction tiles.
        tiles: u32,
        /// Bytes ahead of the codes.
        aux_bytes: u32,
        /// How the codes lie.
        encoding: Encoding,
    },
    /// For each of `tiles` tiles of columns gamma above the exponent of its channel, then beta, 16 bits each.
    Norm {
        /// Column tiles.
        tiles: u32,
    },
    /// For each word or position, in the NVM group by group of `n` elements (8 if `n` is less): a bit for each, then the codes
    /// that are not zero; in external memory every code, in whole tiles.
    Table {
        /// Rows.
        rows: u32,
        /// Elements of a row.
        elements: u32,
        /// Bytes from one row to the next.
        pitch: u64,
    },
    /// A byte for each of `bytes` columns: full weight for the last `span` of `sequence` keys, zero elsewhere.
    Span {
        /// Keys that count.
        sequence: u32,
        /// Keys that the head sees.
        span: u32,
    },
}

/// A matrix of activations in external memory, in the order of a region without gaps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stored {
    /// First byte.
    pub offset: u64,
    /// Row blocks.
    pub blocks: u32,
    /// Column tiles.
    pub tiles: u32,
}

impl Stored {
    /// Bytes of all tiles.
    pub fn bytes(&self, n: u32) -> u64 {
        u64::from(self.blocks) * u64::from(self.tiles) * u64::from(n).pow(2)
    }
}
