//! The terms of a product in which a low significand takes part: low * high, high * low, and low * low.
//!
//! If low elements are few, each is multiplied by the other operand's pairs at its place; else the planes are
//! multiplied like the high ones. A sum over a block stays in 32 bits: at each of 512 places at most one of low * high and
//! high * low is not zero, and it is at most (15 << 4) * (15 << 10).

use super::panel::{Block, Low};
use super::tile::{COLUMNS, ColumnPairs, Pair, ROWS, RowPairs, Tile};

/// Whether single elements are cheaper than planes. A row's element costs about as much as one step of a tile, a column's
/// half of that, and planes cost up to three times as many steps as the block has.
#[inline(always)]
pub(super) fn is_sparse(left: &Block<ROWS>, right: &Block<COLUMNS>) -> bool {
    left.sparse.len() + right.sparse.len() / 2 < 2 * right.high.len()
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

/// Sets a tile to low * low, from the row elements that meet a low column element; false if there is none, and the tile is as it was.
#[inline(always)]
pub(super) fn multiply_low(
    left: &Block<ROWS>,
    right: &Block<COLUMNS>,
    add: &impl Fn(&mut [i32], Pair, &[Pair]),
    tile: &mut Tile,
) -> bool {
    let meets = |low: &&Low| right.present.get(usize::from(low.at)) == Some(&true);
    let mut pairs = left.sparse.iter().filter(meets).peekable();
    let some = pairs.peek().is_some();
    if some {
        *tile = [[0; COLUMNS]; ROWS];
    }
    for low in pairs {
        add(&mut tile[usize::from(low.row)], low.value, &right.low[usize::from(low.at)]);
    }
    some
}

/// The three terms as planes, with the power of two that each is multiplied by.
pub(super) fn dense_terms<'a>(
    left: &'a Block<ROWS>,
    right: &'a Block<COLUMNS>,
    shifts: (u16, u16),
) -> [(&'a [RowPairs], &'a [ColumnPairs], u16); 3] {
    [(&left.low, &right.high, shifts.1), (&left.high, &right.low, shifts.0), (&left.low, &right.low, 0)]
}
