//! The tile that an instruction set multiplies at once, and its operands.

/// Two neighbours along the reduction dimension, of one row.
pub(super) type Pair = [i16; 2];

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
