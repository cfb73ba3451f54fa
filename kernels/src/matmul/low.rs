//! The terms of a product in which a low significand takes part: low * high, high * low, and low * low.
//!
//! If low elements are few, each is multiplied by the other operand's pairs at its place; else the planes are
//! multiplied like the high ones. A sum over a block stays in 32 bits: at each of 512 places at most one of low * high and
//! high * low is not zero, and it is at most (15 << 4) * (15 << 10).

use super::panel::Block;
use super::tile::{COLUMNS, ColumnPairs, Pair, ROWS, RowPairs, Tile};

/// Whether single elements are cheaper than planes. A row's element costs about as much as two steps of a tile, a column's a third of
/// that, and planes cost up to three times as many steps as the block has.
#[inline(always)]
pub(super) fn is_sparse(left: &Block<ROWS>, right: &Block<COLUMNS>) -> bool {
    2 * left.sparse.len() + 2 * right.sparse.len() / 3 < 3 * right.high.len()
}

/// Sets a tile to low * high plus high * low. `add` adds the products of a pair and each of some pairs to their sums.
#[inline(always)]
pub(super) fn multiply_sparse(
    left: &Block<ROWS>,
    right: &Block<COLUMNS>,
    add: &impl Fn(&mut [i32], Pair, &[Pair]),
    tile: &mut Tile,
) {
    let mut transposed = [[0; ROWS]; COLUMNS];
    for low in &right.sparse {
        add(&mut transposed[usize::from(low.row)], low.value, &left.high[usize::from(low.at)]);
    }
    for (i, line) in tile.iter_mut().enumerate() {
        for (sum, column) in line.iter_mut().zip(&transposed) {
            *sum = column[i];
        }
    }
    for low in &left.sparse {
        add(&mut tile[usize::from(low.row)], low.value, &right.high[usize::from(low.at)]);
    }
}

/// Sets a tile to low * low, if both have low elements. Elements of rows are taken whether they meet one of a column or not: which of
/// them do is not to be predicted, and a wrong guess costs more than products that are zero.
#[inline(always)]
pub(super) fn multiply_low(
    left: &Block<ROWS>,
    right: &Block<COLUMNS>,
    add: &impl Fn(&mut [i32], Pair, &[Pair]),
    tile: &mut Tile,
) -> bool {
    if left.sparse.is_empty() || right.sparse.is_empty() {
        return false;
    }
    *tile = [[0; COLUMNS]; ROWS];
    for low in &left.sparse {
        add(&mut tile[usize::from(low.row)], low.value, &right.low[usize::from(low.at)]);
    }
    true
}

/// The three terms as planes, with the power of two that each is multiplied by.
pub(super) fn dense_terms<'a>(
    left: &'a Block<ROWS>,
    right: &'a Block<COLUMNS>,
    shifts: (u16, u16),
) -> [(&'a [RowPairs], &'a [ColumnPairs], u16); 3] {
    [(&left.low, &right.high, shifts.1), (&left.high, &right.low, shifts.0), (&left.low, &right.low, 0)]
}
