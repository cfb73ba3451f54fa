//! A matrix in an operand buffer, and what is known of its zeros.
//!
//! A buffer is an array of vectors of `n` codes, each with its mask of `n` bits. A matrix of `blocks × n` rows and
//! `tiles × n` columns lies in it row block by row block, tile by tile, row by row: vector `(p, t, i)` is at
//! `base + p · block_stride + t · n + i`. That is the order in which the PU writes and reads, so an output is directly an
//! operand.

use std::ops::Range;

/// A matrix in an operand buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// Operand buffer, 0 or 1.
    pub buffer: u8,
    /// First vector.
    pub base: u32,
    /// Vectors from one row block to the next.
    pub block_stride: u32,
    /// Row blocks of `n` rows.
    pub blocks: u32,
    /// Tiles of `n` columns.
    pub tiles: u32,
}

impl Region {
    /// A matrix of its own: row blocks follow each other without a gap.
    pub fn new(n: u32, buffer: u8, base: u32, blocks: u32, tiles: u32) -> Self {
        Region { buffer, base, block_stride: tiles * n, blocks, tiles }
    }

    /// `tiles` column tiles from tile `first` on.
    pub fn columns(self, n: u32, first: u32, tiles: u32) -> Self {
        Region { base: self.base + first * n, tiles, ..self }
    }

    /// `blocks` row blocks from block `first` on.
    pub fn rows(self, first: u32, blocks: u32) -> Self {
        Region { base: self.base + first * self.block_stride, blocks, ..self }
    }

    /// Vectors that hold data.
    pub fn vectors(&self, n: u32) -> u64 {
        u64::from(self.blocks) * u64::from(self.tiles) * u64::from(n)
    }

    /// The vectors from the first to the last, gaps included.
    pub fn footprint(&self, n: u32) -> Range<u32> {
        self.base..self.base + self.blocks.saturating_sub(1) * self.block_stride + self.tiles * n
    }
}

/// What is known of a tensor's zeros when the program is compiled; in parts per million, so that counts are integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Occupancy {
    /// Elements that are not zero.
    pub nonzero_ppm: u32,
    /// Vectors of `n` elements that hold at least one of them.
    pub nonnull_ppm: u32,
    /// Leading column tiles of every row block that hold only zeros; the shares above are of the rest.
    pub null_tiles: u32,
}

impl Occupancy {
    /// No zero at all.
    pub const DENSE: Occupancy = Occupancy { nonzero_ppm: 1_000_000, nonnull_ppm: 1_000_000, null_tiles: 0 };

    /// Unstructured zeros: elements are non-zero independently with probability `density` (0 to 1), so that a vector of `n`
    /// is null with probability `(1 - density)^n` (derived).
    pub fn unstructured(density: f64, n: u32) -> Self {
        let ppm = |x: f64| (x * 1e6).round().clamp(0.0, 1e6) as u32;
        let nonnull_ppm = ppm(1.0 - (1.0 - density).powi(n as i32));
        Occupancy { nonzero_ppm: ppm(density), nonnull_ppm, null_tiles: 0 }
    }

    /// Non-zero elements of a region of `blocks × tiles` tiles.
    pub fn nonzeros(&self, n: u32, blocks: u64, tiles: u64) -> u64 {
        scale_ppm(blocks * self.live_tiles(tiles) * u64::from(n).pow(2), self.nonzero_ppm)
    }

    /// Non-null vectors of a region of `blocks × tiles` tiles.
    pub fn nonnull(&self, n: u32, blocks: u64, tiles: u64) -> u64 {
        scale_ppm(blocks * self.live_tiles(tiles) * u64::from(n), self.nonnull_ppm)
    }

    /// Non-null vectors of tile `(block, tile)` in a region of `blocks × tiles` tiles: the total spread evenly, in order.
    pub fn nonnull_in_tile(&self, n: u32, blocks: u64, tiles: u64, block: u64, tile: u64) -> u32 {
        let null = u64::from(self.null_tiles);
        if tile < null {
            return 0;
        }
        if self.nonnull_ppm == 1_000_000 {
            return n;
        }
        let live = self.live_tiles(tiles);
        let (all, index) = (blocks * live, block * live + tile - null);
        let total = u128::from(self.nonnull(n, blocks, tiles));
        let upto = |i: u64| (u128::from(i) * total / u128::from(all)) as u64;
        (upto(index + 1) - upto(index)) as u32
    }

    /// Whether no vector is null.
    pub fn has_no_null(&self) -> bool {
        self.nonnull_ppm == 1_000_000 && self.null_tiles == 0
    }

    fn live_tiles(&self, tiles: u64) -> u64 {
        tiles.saturating_sub(self.null_tiles.into())
    }
}

/// `count · ppm / 10^6`, rounded down, exact.
fn scale_ppm(count: u64, ppm: u32) -> u64 {
    (u128::from(count) * u128::from(ppm) / 1_000_000) as u64
}
