//! The loops of the fast product, around a tile that some instruction set multiplies.
//!
//! A tile is `ROWS` operand rows by `COLUMNS` operand columns. Tiles are summed in 32 bits over as many runs of pairs
//! as their sums of squares allow, and then added to the 64-bit result. The planes of wide significands give four
//! terms, (high * 2^s + low) * (high' * 2^s' + low'): the first is always dense, the others are up to `low`.

use super::decode::split;
use super::low;
use super::operand::{Rows, Stationary};
use super::panel::{Block, PAIRS, RUN, SAFE, Scratch};
use super::tile::{COLUMNS, ColumnPairs, Pair, ROWS, RowPairs, Tile};
use std::ops::Range;

/// The product [C x R], column after column, of operands of equal length. `multiply_tile` sets a tile to the sum over
/// all steps of its operands; `add` adds the products of a pair and each of some pairs to their sums. Inlined as a whole into each instruction set, so that packing gets its instructions too.
#[inline(always)]
pub(super) fn multiply(
    rows: &Rows,
    columns: Stationary,
    multiply_tile: impl Fn(&[RowPairs], &[ColumnPairs], &mut Tile),
    add: impl Fn(&mut [i32], Pair, &[Pair]),
) -> Vec<i64> {
    let (format, width) = columns.shape();
    let blocks = rows.blocks();
    let mut out = Output { values: vec![0; rows.count * width], width };
    let shifts = (split(rows.format), split(format));
    let (mut room, mut scratch) = (Block::default(), Scratch::default());
    let mut tile = [[0; COLUMNS]; ROWS];
    for column in (0..width).step_by(COLUMNS) {
        for (block, bounds) in rows.bounds.iter().enumerate() {
            let right = match columns {
                Stationary::Packed(packed) => &packed.blocks[column / COLUMNS * blocks + block],
                Stationary::Codes(tensor) => {
                    room.pack(tensor, column, block * 2 * PAIRS, &mut scratch);
                    &room
                }
            };
            let ranges = ranges(bounds, &right.squares, right.high.len());
            for (panel, left) in rows.packed.iter().skip(block).step_by(blocks).enumerate() {
                let corner = (panel * ROWS, column);
                for range in &ranges {
                    multiply_tile(&left.high[range.clone()], &right.high[range.clone()], &mut tile);
                    out.add(corner, &tile, shifts.0 + shifts.1);
                }
                out.add_low_terms(corner, shifts, (left, right), &multiply_tile, &add);
            }
        }
    }
    out.values
}

/// Ranges of all `pairs` over which no partial sum leaves 32 bits. `left` and `right` are sums of squares per run, in
/// units of 2^16. Runs are joined as long as the sums allow; a run that is too large by itself is cut into safe parts.
fn ranges(left: &[u32], right: &[u32], pairs: usize) -> Vec<Range<usize>> {
    let runs = pairs.div_ceil(RUN);
    let limit = u64::from(i32::MAX.unsigned_abs()).pow(2) >> 32;
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut sums = (0, 0);
    for (run, (&a, &b)) in left.iter().zip(right).take(runs).enumerate() {
        let (start, end) = (run * RUN, pairs.min((run + 1) * RUN));
        let joined = (sums.0 + u64::from(a), sums.1 + u64::from(b));
        match ranges.last_mut() {
            Some(range) if joined.0 * joined.1 <= limit => {
                range.end = end;
                sums = joined;
            }
            _ if u64::from(a) * u64::from(b) <= limit => {
                ranges.push(start..end);
                sums = (a.into(), b.into());
            }
            _ => {
                ranges.extend((start..end).step_by(SAFE).map(|at| at..end.min(at + SAFE)));
                sums = (limit, limit);
            }
        }
    }
    ranges
}

/// The product under way.
struct Output {
    values: Vec<i64>,
    width: usize,
}

impl Output {
    /// Adds a tile times 2^shift at the corner (row, column); what lies beyond the edges is zero and dropped.
    #[inline(always)]
    fn add(&mut self, (row, column): (usize, usize), tile: &Tile, shift: u16) {
        for (row, line) in (row..).zip(tile) {
            self.add_line((row, column), line, shift);
        }
    }

    /// Adds the three terms in which a low element takes part. Only a wide operand has a low plane and a shift other
    /// than zero, so where low times high exists, its shift is that of the other operand; two wide ones have the same.
    #[inline(always)]
    fn add_low_terms(
        &mut self,
        corner: (usize, usize),
        shifts: (u16, u16),
        (left, right): (&Block<ROWS>, &Block<COLUMNS>),
        multiply_tile: impl Fn(&[RowPairs], &[ColumnPairs], &mut Tile),
        add: &impl Fn(&mut [i32], Pair, &[Pair]),
    ) {
        if left.sparse.is_empty() && right.sparse.is_empty() {
            return;
        }
        let mut tile = [[0; COLUMNS]; ROWS];
        if low::is_sparse(left, right) {
            low::multiply_sparse(left, right, add, &mut tile);
            self.add(corner, &tile, shifts.0.min(shifts.1));
            if low::multiply_low(left, right, add, &mut tile) {
                self.add(corner, &tile, 0);
            }
        } else {
            for (a, b, shift) in low::dense_terms(left, right, shifts) {
                multiply_tile(a, b, &mut tile);
                self.add(corner, &tile, shift);
            }
        }
    }

    #[inline(always)]
    fn add_line(&mut self, (row, column): (usize, usize), line: &[i32; COLUMNS], shift: u16) {
        let end = self.width.min(column + COLUMNS);
        if let Some(values) = self.values.get_mut(row * self.width + column..row * self.width + end) {
            for (value, &sum) in values.iter_mut().zip(line) {
                *value += i64::from(sum) << shift;
            }
        }
    }
}
