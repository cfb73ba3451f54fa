//! Decoder of regions with a row of the banks for each vector: what the store engine and the SFU read through.
//!
//! **Ports.** `read` of vector `row` of a `tile`; the [reader's ports](super::page) of the buffer; `vector`. `vectors` and `codes_read` count
//! what is read of masks and banks.
//!
//! **Timing.** [`latency::DECODE`] = 3 cycles from a read to its vector, one a cycle: mask read, bank read, zero fill.
//!
//! **Function.** A bank is read where the mask has a one; everywhere else the code is zero, whatever the bank holds.
//!
//! **Not modelled.** Packed regions, which only the PU reads: [`bitmask_decoder`](super::bitmask_decoder()).

use super::page::Geometry;
use super::popcount::popcount;
use crate::hdl::{Error, Expr, Module, arm, concat, lit, ones};
use models::design::Design;
use models::latency;
use std::rc::Rc;

const _: () = assert!(latency::DECODE == 3, "mask memory, bank and vector are the three registers");

/// A decoder of a design's operand buffers.
///
/// # Errors
/// A fault of the description, which would be ours.
pub fn dense_decoder(design: &Design) -> Result<Rc<Module>, Error> {
    let g = Geometry::new(design);
    let mut m = Module::new("dense_decoder", "reads vectors of a region whose banks are rows")
        .parameter("n", g.lanes)
        .parameter("code_width", g.code)
        .latency(format!("{} cycles", latency::DECODE));
    let read = m.input("read", 1, "a vector is read");
    let tile = m.input("tile", g.tile(), "its tile of the buffer");
    let row = m.input("row", g.lane, "vector of the tile");
    let words = m.input("masks", g.lanes * g.lanes, "buffer: masks of the tile fetched");
    let valid = m.stage("valid_1", &read);
    let (tile_1, row_1) = (m.stage("tile_1", &tile), m.stage("row_1", row));
    let mask = mask_of(&mut m, g, &words, &row_1);
    let banks = if g.gated { mask.clone() } else { ones(g.lanes) };
    let banks = m.wire("banks", banks.and(valid.repeat(g.lanes)));
    let count = popcount(&mut m, "count", &banks);
    let vector = fill(&mut m, g, &mask);
    for (name, value, meaning) in [
        ("fetch", read, "buffer: masks of a tile are read"),
        ("out_tile", tile, "buffer: which tile"),
        ("enable", banks, "buffer: banks that are read"),
        ("address", concat(&[tile_1, row_1]), "buffer: row that is read"),
        ("vector", vector, "n codes, lane 0 lowest"),
        ("vectors", valid, "a mask is used"),
        ("codes_read", count, "banks that are read"),
    ] {
        let out = m.output(name, value.width(), meaning);
        m.assign(out, value);
    }
    m.finish()
}

/// The mask of vector `row` among those of a tile.
pub(super) fn mask_of(m: &mut Module, g: Geometry, words: &Expr, row: &Expr) -> Expr {
    let mask = m.signal("mask", g.lanes);
    let target = &mask;
    let arms = (0..g.lanes).map(|at| {
        let word = words.bits(at * g.lanes, g.lanes);
        arm(at as u64, move |m: &mut Module| m.assign(target, word))
    });
    m.case(row, arms.collect(), |m| m.assign(target, lit(g.lanes, 0)));
    mask
}

/// The codes that the banks give, zeros where the mask has none: the last register. The mask is that of the cycle before.
pub(super) fn fill(m: &mut Module, g: Geometry, mask: &Expr) -> Expr {
    let codes = m.input("codes", g.lanes * g.code, "buffer: codes of the row read");
    let some = m.stage("mask_2", mask);
    let lanes: Vec<Expr> = (0..g.lanes).rev().map(|lane| some.bit(lane).repeat(g.code)).collect();
    m.stage("filled", codes.and(concat(&lanes)))
}
