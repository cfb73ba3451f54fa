//! Weight matrices in memory: chunks of columns, each with its bias, ready for one slot of a buffer.
//!
//! A chunk lies in one run: bias (2 bytes a column), masks, codes. The codes of a chunk are packed by the mask where that
//! takes fewer bytes and `n` is at least 8. A bank is a stack of the non-zero codes of its lane, so a packed chunk takes as many rows of `n` codes
//! as its fullest bank. Where only the density `d` of `V` vectors is known, the fullest of `n` banks is taken as
//! `V·d + sqrt(2 ln n) · sqrt(V·d·(1 - d))` rows: the usual bound on the mean of the largest of `n` normal variables
//! (derived; the binomial is near enough to normal for chunks of hundreds of vectors).

use crate::program::{Encoding, Form, Parameter};
use std::ops::Range;

/// What real weights say of their zeros, so that each chunk and each table row takes the room that it needs.
pub trait Zeros {
    /// Rows of codes that the fullest bank takes for some column blocks of a matrix, in a layer or, without one, in that where it
    /// takes most.
    fn rows(&self, matrix: Parameter, layer: Option<u32>, blocks: Range<u32>) -> u64;

    /// Non-zero codes of the fullest row of an embedding table.
    fn longest(&self, table: Parameter) -> u64;
}

/// Alignment of chunks and sections, in bytes: the widest supported AXI beat is 128 bytes.
pub(super) const ALIGN: u64 = 128;

/// A matrix of weights, `columns × length` (one row of memory for each output column).
#[derive(Clone, Copy, Debug)]
pub(super) struct Matrix {
    /// Output columns that the mathematics has.
    pub columns: u32,
    /// Output columns, padded to `n`.
    pub padded_columns: u32,
    /// Reduction length that the mathematics has.
    pub length: u32,
    /// Reduction length, padded to `n`.
    pub padded_length: u32,
    /// Share of elements that are not zero.
    pub density: f64,
}

/// Some output columns of a matrix, as they lie in memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Chunk {
    /// First byte, relative to the section.
    pub offset: u64,
    /// Leading bytes that go to the auxiliary buffer (the bias).
    pub aux_bytes: u32,
    /// All bytes of the run.
    pub bytes: u64,
    /// Encoding of the codes.
    pub encoding: Encoding,
    /// First column tile and column tiles.
    pub first: u32,
    /// Column tiles.
    pub blocks: u32,
    /// Columns that the mathematics has.
    pub columns: u32,
}

impl Chunk {
    /// What lies in the chunk, of a matrix of `tiles` reduction tiles.
    pub(super) fn form(&self, tiles: u32) -> Form {
        let Chunk { first, blocks, aux_bytes, encoding, .. } = *self;
        Form::Chunk { first, blocks, tiles, aux_bytes, encoding }
    }
}

/// Rows of the fullest of `n` banks for `vectors` vectors of density `density`.
pub(super) fn packed_rows(n: u32, vectors: u64, density: f64) -> u64 {
    let v = vectors as f64;
    let spread = (2.0 * f64::from(n).ln()).sqrt() * (v * density * (1.0 - density)).sqrt();
    ((v * density + spread).ceil() as u64).min(vectors)
}

/// Smallest `n` whose chunks are packed: a byte is the mask of no more than a vector, so that what the bus brings in a cycle
/// never holds the masks of two tiles.
const SMALLEST_PACKED: u32 = 8;

/// Bytes and encoding of the masks and codes of `vectors` vectors whose fullest bank takes `rows` rows.
pub(super) fn encoded(n: u32, vectors: u64, rows: u64) -> (u64, Encoding) {
    let mask_bytes = (vectors * u64::from(n)).div_ceil(8);
    let packed = mask_bytes + rows * u64::from(n);
    let dense = vectors * u64::from(n);
    if n >= SMALLEST_PACKED && packed < dense {
        (packed, Encoding::Packed { rows: rows as u32 })
    } else {
        (dense, Encoding::Dense)
    }
}

/// Lays a matrix out in chunks of up to `tiles` column tiles from byte `start` on; returns them and the byte after the last.
/// `rows` gives the rows of the fullest bank of some column tiles, of so many vectors.
pub(super) fn place(
    n: u32,
    matrix: &Matrix,
    tiles: u32,
    start: u64,
    rows: impl Fn(Range<u32>, u64) -> u64,
) -> (Vec<Chunk>, u64) {
    let all = matrix.padded_columns / n;
    let mut offset = start;
    let mut chunks = Vec::new();
    for first in (0..all).step_by(tiles as usize) {
        let blocks = tiles.min(all - first);
        let vectors = u64::from(blocks) * u64::from(matrix.padded_length);
        let (codes, encoding) = encoded(n, vectors, rows(first..first + blocks, vectors));
        let aux_bytes = (2 * blocks * n).next_multiple_of(ALIGN as u32);
        let bytes = (u64::from(aux_bytes) + codes).next_multiple_of(ALIGN);
        let columns = matrix.columns.saturating_sub(first * n).min(blocks * n);
        chunks.push(Chunk { offset, aux_bytes, bytes, encoding, first, blocks, columns });
        offset += bytes;
    }
    (chunks, offset)
}
