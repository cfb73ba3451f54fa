//! Operands of the fast product: the streamed one, always packed, and the stationary one, packed for many products or as codes.
//!
//! Packing turns each code into 16-bit significands (see `panel`): four bytes a code, which pays where an operand takes part in
//! several products, as weights do and as the tokens of a layer do.

use super::panel::{Block, PAIRS, RUN, Scratch};
use super::simd::{Path, Work};
use super::tile::{COLUMNS, ROWS};
use crate::adaptivfloat::{Format, Tensor};

/// The streamed operand, packed.
pub struct Rows {
    pub(super) format: Format,
    /// Weight of a significand's lowest bit, as a power of two.
    pub(super) lsb: i32,
    pub(super) length: usize,
    pub(super) count: usize,
    /// Panel by panel, and in a panel along the reduction dimension.
    pub(super) packed: Vec<Block<ROWS>>,
    /// For each block and run, the largest sum of squares in any panel.
    pub(super) bounds: Vec<[u32; PAIRS / RUN]>,
}

/// The stationary operand, packed.
pub struct Columns {
    format: Format,
    /// Weight of a significand's lowest bit, as a power of two.
    pub(super) lsb: i32,
    pub(super) length: usize,
    pub(super) count: usize,
    /// Panel by panel, and in a panel along the reduction dimension.
    pub(super) blocks: Vec<Block<COLUMNS>>,
}

/// The stationary operand of a product.
#[derive(Clone, Copy)]
pub(super) enum Stationary<'a> {
    /// To be packed on the way.
    Codes(&'a Tensor),
    /// Packed before.
    Packed(&'a Columns),
}

impl Rows {
    /// Packs an operand [length x rows].
    pub fn new(tensor: &Tensor) -> Self {
        let packed = Path::best().widen(Pack(tensor));
        let bounds = largest_squares(&packed, blocks(tensor.length()));
        let (format, lsb) = (tensor.format, tensor.lsb());
        Rows { format, lsb, length: tensor.length(), count: tensor.rows(), packed, bounds }
    }

    /// Blocks of a panel.
    pub(super) fn blocks(&self) -> usize {
        blocks(self.length)
    }
}

impl Columns {
    /// Packs an operand [length x columns].
    pub fn new(tensor: &Tensor) -> Self {
        let blocks = Path::best().widen(Pack(tensor));
        let (format, lsb) = (tensor.format, tensor.lsb());
        Columns { format, lsb, length: tensor.length(), count: tensor.rows(), blocks }
    }
}

impl Stationary<'_> {
    /// Format and number of columns.
    pub(super) fn shape(self) -> (Format, usize) {
        match self {
            Stationary::Codes(tensor) => (tensor.format, tensor.rows()),
            Stationary::Packed(columns) => (columns.format, columns.count),
        }
    }
}

/// Blocks along the reduction dimension.
fn blocks(length: usize) -> usize {
    length.div_ceil(2 * PAIRS)
}

/// Packing of all blocks of an operand.
struct Pack<'a, const N: usize>(&'a Tensor);

impl<const N: usize> Work for Pack<'_, N> {
    type Output = Vec<Block<N>>;

    #[inline(always)]
    fn run(self) -> Vec<Block<N>> {
        let blocks = blocks(self.0.length());
        let mut packed = Vec::with_capacity(self.0.rows().div_ceil(N) * blocks);
        let mut scratch = Scratch::default();
        for first in (0..self.0.rows()).step_by(N) {
            for block in 0..blocks {
                let mut new = Block::default();
                new.pack(self.0, first, block * 2 * PAIRS, &mut scratch);
                packed.push(new);
            }
        }
        packed
    }
}

fn largest_squares(packed: &[Block<ROWS>], blocks: usize) -> Vec<[u32; PAIRS / RUN]> {
    let mut largest = vec![[0; PAIRS / RUN]; blocks];
    for panel in packed.chunks(blocks.max(1)) {
        for (largest, block) in largest.iter_mut().zip(panel) {
            for (largest, &square) in largest.iter_mut().zip(&block.squares) {
                *largest = square.max(*largest);
            }
        }
    }
    largest
}
