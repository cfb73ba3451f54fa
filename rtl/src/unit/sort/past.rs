//! Masks and packed rows of a load on their way to the buffer, past the encoder.
//!
//! **Timing.** A register, as the encoder has.
//!
//! **Function.** A packed row writes the banks of the codes that are not zero, or all where nothing is gated. The masks of a tile come in
//! pieces; the first of them clears what it does not hold.
//!
//! **Not modelled.** Pieces of more than the masks of a tile.

use super::walk::{Sizes, Walk};
use crate::hdl::{Expr, Module, concat, lit, mux, ones};
use crate::unit::popcount::count_bits;

/// Masks and packed rows on their way to the buffer.
pub(super) fn past(
    m: &mut Module,
    sizes: Sizes,
    walk: &Walk,
    masks: Option<(Expr, Expr)>,
    (row_ends, codes): (&Expr, &Expr),
) {
    let g = sizes.g;
    let some: Vec<Expr> =
        (0..g.lanes).rev().map(|lane| codes.bits(lane * g.code, g.code).reduce_or()).collect();
    let banks = if g.gated { concat(&some) } else { ones(g.lanes) };
    let base = concat(&[walk.run_tile.clone(), lit(g.lane, 0)]);
    let (write, data, fields) = match masks {
        None => (lit(1, 0), lit(g.lanes * g.lanes, 0), lit(g.lanes, 0)),
        Some((takes, data)) => {
            let (words, fields) = tile_masks(sizes, walk, &data);
            (takes, words, fields)
        }
    };
    let tile = walk.run_tile.add(&walk.tile);
    let per_piece = if sizes.masks() == 0 { 0 } else { g.lanes / sizes.masks() };
    let bits = count_bits(g.lanes);
    let count = mux(&write, lit(bits, per_piece as u64), lit(bits, 0));
    for (name, value, meaning) in [
        ("count", count, "how many masks are written"),
        ("mask_write", write, "masks are written"),
        ("tile", tile, "tile of the buffer"),
        ("fields", fields, "vectors whose masks are written"),
        ("masks", data, "masks, vector 0 lowest"),
        ("enable", banks.and(row_ends.repeat(g.lanes)), "banks that are written"),
        ("row", base.add(&walk.row), "row that is written"),
        ("codes", codes.clone(), "codes, bank 0 lowest"),
    ] {
        let held = m.stage(&format!("{name}_past"), value);
        let out = m.output(&format!("past_{name}"), held.width(), meaning);
        m.assign(out, held);
    }
}

/// A piece of masks within those of a tile: the first piece clears what it does not hold.
fn tile_masks(sizes: Sizes, walk: &Walk, data: &Expr) -> (Expr, Expr) {
    let (g, count) = (sizes.g, sizes.masks());
    let bits = walk.part.width();
    let here: Vec<Expr> = (0..count).map(|at| walk.part.eq(lit(bits, at as u64))).collect();
    let words: Vec<Expr> = here.iter().rev().map(|here| data.and(here.repeat(data.width()))).collect();
    let here_or_first = |one: &Expr| one.or(&here[0]);
    let fields: Vec<Expr> =
        here.iter().rev().map(|here| here_or_first(here).repeat(g.lanes / count)).collect();
    (concat(&words), concat(&fields))
}
