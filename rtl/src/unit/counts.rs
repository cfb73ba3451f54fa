//! Which elements of a vector count.

use super::tree::delayed;
use super::walker::{ROWS_BITS, TILE_BITS};
use crate::hdl::{Expr, Module, address_bits, concat, lit};
use models::latency;

/// A bit for each of the `n` elements of the vector that is here, [`latency::DECODE`] cycles after its `tile` was read:
/// whether its column is below `valid`. Lane 0 lowest.
pub(super) fn counts(m: &mut Module, n: u32, tile: &Expr, valid: &Expr) -> Expr {
    let lane_bits = address_bits(n as usize);
    let tile = delayed(m, "tile_here", tile, latency::DECODE);
    let width = ROWS_BITS.max(TILE_BITS + lane_bits);
    let column = |lane| concat(&[tile.clone(), lit(lane_bits, lane)]).widen(width);
    let lanes: Vec<Expr> = (0..u64::from(n)).rev().map(|lane| column(lane).lt(valid.widen(width))).collect();
    m.wire("counts", concat(&lanes))
}
