//! The terms of a product in which a low significand takes part: low * high, high * low, and low * low.
//!
//! If low elements are few, each is multiplied by the other operand's pairs at its place; else the planes are
//! multiplied like the high ones. A sum over a block stays in 32 bits: at each of 512 places at most one of low * high and
//! high * low is not zero, and it is at most (15 << 4) * (15 << 10).

use super::panel::Block;
use super::tile::{COLUMNS, ColumnPairs, Pair, ROWS, RowPairs, Tile};

/// Whether single elements are cheaper than planes. A row's element costs about as much as one step of a tile, a column's
/// half of that, and planes cost up to three times as many steps as the block has.
#[inline(always)]
pub(super) fn is_sparse(left: &Block<ROWS>, right: &Block<COLUMNS>) -> bool {
    left.sparse.len() + right.sparse.len() / 2 < 2 * right.high.len()
}

/// Sets a tile to low * high plus high * low.
#[inline(always)]
pub(super) fn multiply_sparse(left: &Block<ROWS>, right: &Block<COLUMNS>, tile: &mut Tile) {
    let mut transposed = [[0; ROWS]; COLUMNS];
    for low in &right.sparse {
        add_products(&mut transposed[usize::from(low.row)], low.value, &left.high[usize::from(low.at)]);
    }
    for (i, line) in tile.iter_mut().enumerate() {
        for (sum, column) in line.iter_mut().zip(&transposed) {
            *sum = column[i];
        }
    }
    for low in &left.sparse {
        add_products(&mut tile[usize::from(low.row)], low.value, &right.high[usize::from(low.at)]);
    }
}

#[inline(always)]
fn add_products<const N: usize>(sums: &mut [i32; N], low: Pair, pairs: &[Pair; N]) {
    let [low0, low1] = low.map(i32::from);
    for (sum, pair) in sums.iter_mut().zip(pairs) {
        *sum += low0 * i32::from(pair[0]) + low1 * i32::from(pair[1]);
    }
}

/// Hands low * low to `add`, line by line of the tile: from the row elements that meet a low column element.
#[inline(always)]
pub(super) fn each_low_product(
    left: &Block<ROWS>,
    right: &Block<COLUMNS>,
    mut add: impl FnMut(usize, &[i32; COLUMNS]),
) {
    for low in &left.sparse {
        if right.present.get(usize::from(low.at)) == Some(&true) {
            let mut sums = [0; COLUMNS];
            add_products(&mut sums, low.value, &right.low[usize::from(low.at)]);
            add(usize::from(low.row), &sums);
        }
    }
}

/// The three terms as planes, with the power of two that each is multiplied by.
pub(super) fn dense_terms<'a>(
    left: &'a Block<ROWS>,
    right: &'a Block<COLUMNS>,
    shifts: (u16, u16),
) -> [(&'a [RowPairs], &'a [ColumnPairs], u16); 3] {
    [(&left.low, &right.high, shifts.1), (&left.high, &right.low, shifts.0), (&left.low, &right.low, 0)]
}
