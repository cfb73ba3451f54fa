//! What commands meet in the buffers: counted by the golden kernels, taken by the machine in place of expectations.
//!
//! A program is compiled from statistics of zeros, and [`machine`](crate::machine) counts with them. Where the values are
//! known, so are the zeros: then cycles and events are those of the very sentence, as hardware counts them.

/// Zeros of one tile of an operand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tile {
    /// Vectors that are not null.
    pub vectors: u64,
    /// Codes that are not zero.
    pub codes: u64,
}

/// What one run of a command has met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Of a product, the tiles of both operands, row block by row block, tile by tile.
    pub tiles: [Vec<Tile>; 2],
    /// Of the other commands, codes that are not zero in the rows of each operand that they read.
    pub read: [u64; 2],
    /// Codes that are not zero among those written.
    pub written: u64,
}

/// What all commands of a run have met: for each program counter, run after run.
pub type Met = Vec<Vec<Contents>>;
