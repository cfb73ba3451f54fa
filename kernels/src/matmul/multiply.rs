//! The loops of the fast product, around a tile that some instruction set multiplies.
//!
//! A tile is `ROWS` operand rows by `COLUMNS` operand columns. Tiles are summed in 32 bits over as many runs of pairs
//! as the norms allow, and then added to the 64-bit result. Planes are combined as
//! (high * 2^s + low) * (high' * 2^s' + low'): the first term is dense, the others take only the pairs that have a
//! low element, so their cost grows with the number of those.

use super::panel::{Block, PAIRS, Pair, RUN, split};
use crate::adaptivfloat::Tensor;
use std::ops::Range;

/// Rows of a tile.
pub(super) const ROWS: usize = 8;
/// Columns of a tile.
pub(super) const COLUMNS: usize = 32;

/// One step of the reduction: a pair of each row of the tile.
pub(super) type RowPairs = [Pair; ROWS];
/// One step of the reduction: a pair of each column of the tile.
pub(super) type ColumnPairs = [Pair; COLUMNS];
/// Sums of a tile.
pub(super) type Tile = [[i32; COLUMNS]; ROWS];

/// The product [C x R], column after column, of operands of equal length. `multiply_tile` sets a tile to the sum over
/// all steps of its operands. Inlined as a whole into each instruction set, so that packing gets its instructions too.
#[inline(always)]
pub(super) fn multiply(
    rows: &Tensor,
    columns: &Tensor,
    multiply_tile: impl Fn(&[RowPairs], &[ColumnPairs], &mut Tile),
) -> Vec<i64> {
    let blocks = rows.length().div_ceil(2 * PAIRS);
    let packed = pack_all(rows, blocks);
    let bounds = largest_norms(&packed, blocks);
    let mut out = Output {
        values: vec![0; rows.rows() * columns.rows()],
        width: columns.rows(),
    };
    let (high, mixed) = shifts(split(rows.format), split(columns.format));
    let mut right = Block::new();
    let mut steps = Steps::default();
    for column in (0..columns.rows()).step_by(COLUMNS) {
        for (block, bounds) in bounds.iter().enumerate() {
            right.pack(columns, column, block * 2 * PAIRS);
            let ranges = ranges(bounds, &right.norms, right.high.len());
            for (panel, left) in packed.iter().skip(block).step_by(blocks).enumerate() {
                let corner = (panel * ROWS, column);
                for range in &ranges {
                    let (a, b) = (&left.high[range.clone()], &right.high[range.clone()]);
                    out.accumulate(corner, high, a, b, &multiply_tile);
                }
                steps.gather_mixed(left, &right);
                for (a, b) in steps.rows.chunks(PAIRS).zip(steps.columns.chunks(PAIRS)) {
                    out.accumulate(corner, mixed, a, b, &multiply_tile);
                }
                steps.gather_low(left, &right);
                if !steps.rows.is_empty() {
                    out.accumulate(corner, 0, &steps.rows, &steps.columns, &multiply_tile);
                }
            }
        }
    }
    out.values
}

/// Powers of two that high times high and high times low are multiplied by. Only a format with a low plane has a split
/// other than zero, so where low times high exists, its power is that of the other operand; two splits are equal.
fn shifts(rows: u16, columns: u16) -> (u16, u16) {
    (rows + columns, rows.min(columns))
}

/// All blocks of the row operand: panel by panel, and in a panel along the reduction dimension.
#[inline(always)]
fn pack_all(rows: &Tensor, blocks: usize) -> Vec<Block<ROWS>> {
    let mut packed = Vec::with_capacity(rows.rows().div_ceil(ROWS) * blocks);
    for first in (0..rows.rows()).step_by(ROWS) {
        for block in 0..blocks {
            let mut new = Block::new();
            new.pack(rows, first, block * 2 * PAIRS);
            packed.push(new);
        }
    }
    packed
}

/// For each block and run, the largest norm in any panel.
fn largest_norms(packed: &[Block<ROWS>], blocks: usize) -> Vec<[u32; PAIRS / RUN]> {
    let mut largest = vec![[0; PAIRS / RUN]; blocks];
    for panel in packed.chunks(blocks.max(1)) {
        for (largest, block) in largest.iter_mut().zip(panel) {
            for (largest, &norm) in largest.iter_mut().zip(&block.norms) {
                *largest = norm.max(*largest);
            }
        }
    }
    largest
}

/// Ranges of all `pairs` over which no partial sum leaves 32 bits: |sum over runs| <= sum of norm * norm.
fn ranges(left: &[u32], right: &[u32], pairs: usize) -> Vec<Range<usize>> {
    let limit = i32::MAX.unsigned_abs().into();
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut total = u64::MAX / 2;
    for (run, (&a, &b)) in left.iter().zip(right).enumerate() {
        let bound = u64::from(a) * u64::from(b);
        let end = pairs.min((run + 1) * RUN);
        total += bound;
        match ranges.last_mut() {
            Some(range) if total <= limit => range.end = end,
            _ => {
                ranges.push(run * RUN..end);
                total = bound;
            }
        }
    }
    ranges
}

/// Steps that take part in a term other than high times high, gathered from both operands.
#[derive(Default)]
struct Steps {
    rows: Vec<RowPairs>,
    columns: Vec<ColumnPairs>,
}

impl Steps {
    #[inline(always)]
    fn push(&mut self, row: &RowPairs, column: &ColumnPairs) {
        self.rows.push(*row);
        self.columns.push(*column);
    }

    /// Low times high and high times low. `PAIRS` such steps stay in 32 bits: 512 products of 480 and 7680 at most.
    #[inline(always)]
    fn gather_mixed(&mut self, left: &Block<ROWS>, right: &Block<COLUMNS>) {
        self.rows.clear();
        self.columns.clear();
        for (low, &at) in left.low.iter().zip(&left.low_index) {
            self.push(low, &right.high[usize::from(at)]);
        }
        for (low, &at) in right.low.iter().zip(&right.low_index) {
            self.push(&left.high[usize::from(at)], low);
        }
    }

    /// Low times low: the steps in both lists.
    #[inline(always)]
    fn gather_low(&mut self, left: &Block<ROWS>, right: &Block<COLUMNS>) {
        self.rows.clear();
        self.columns.clear();
        let mut rest = right.low.iter().zip(&right.low_index).peekable();
        for (low, at) in left.low.iter().zip(&left.low_index) {
            while rest.next_if(|(_, other)| *other < at).is_some() {}
            if let Some((other, _)) = rest.next_if(|(_, other)| *other == at) {
                self.push(low, other);
            }
        }
    }
}

/// The product under way.
struct Output {
    values: Vec<i64>,
    width: usize,
}

impl Output {
    /// Adds the product of two lists of steps, times 2^shift, to the tile whose corner is (row, column).
    #[inline(always)]
    fn accumulate(
        &mut self,
        (row, column): (usize, usize),
        shift: u16,
        a: &[RowPairs],
        b: &[ColumnPairs],
        multiply_tile: impl Fn(&[RowPairs], &[ColumnPairs], &mut Tile),
    ) {
        let mut tile = [[0; COLUMNS]; ROWS];
        multiply_tile(a, b, &mut tile);
        let columns = COLUMNS.min(self.width - column);
        for (line, sums) in self.values.chunks_exact_mut(self.width).skip(row).zip(&tile) {
            for (value, &sum) in line[column..column + columns].iter_mut().zip(sums) {
                *value += i64::from(sum) << shift;
            }
        }
    }
}
