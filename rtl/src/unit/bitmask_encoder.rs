//! Bit-mask encoder: a vector of codes on its way into a page of an operand buffer.
//!
//! **Ports.** `valid` with `vector` number `to_row` of tile `to_tile`; in the next cycle the [writer's ports](super::page) of the buffer, and
//! `written`, how many codes go into the banks.
//!
//! **Timing.** One stage of [`latency::ENCODE`] = 2; the other one is the write into the page. One vector a cycle.
//!
//! **Function.** [`kernels::bitmask::mask`]: bit j of the mask is one if code j is not zero. The first vector of a tile clears the masks of
//! the others: vectors that nobody writes are null. Zero codes are not written, but where nothing is gated.
//!
//! **Not modelled.** A negative zero, which no rounding unit makes; it would count as a code, as in the kernel.

use super::page::Geometry;
use super::popcount::popcount;
use crate::hdl::{Error, Expr, Module, concat, lit, mux, ones};
use models::design::Design;
use models::latency;
use std::rc::Rc;

const _: () = assert!(latency::ENCODE == 2, "a register here and the write into the page");

/// Its outputs: those of a writer of the buffer, and a count.
pub(super) const PORTS: [&str; 8] =
    ["mask_write", "tile", "fields", "masks", "enable", "row", "codes", "written"];

/// The encoder of a design's vectors.
///
/// # Errors
/// A fault of the description, which would be ours.
pub fn bitmask_encoder(design: &Design) -> Result<Rc<Module>, Error> {
    let g = Geometry::new(design);
    let mut m = Module::new("bitmask_encoder", "mask of a vector of codes, and its write into a page")
        .parameter("n", g.lanes)
        .parameter("code_width", g.code)
        .latency("1 cycle; the write into the page is the second one");
    let valid = m.input("valid", 1, "a vector is handed on");
    let tile = m.input("to_tile", g.tile(), "tile of the buffer that it goes to");
    let row = m.input("to_row", g.lane, "vector of the tile");
    let codes = m.input("vector", g.lanes * g.code, "its codes, lane 0 lowest");
    let bits: Vec<Expr> =
        (0..g.lanes).rev().map(|lane| codes.bits(lane * g.code, g.code).reduce_or()).collect();
    let mask = m.wire("mask", concat(&bits));
    let valid = m.stage("valid_1", valid);
    let tile = m.stage("tile_1", tile);
    let row = m.stage("row_1", row);
    let mask = m.stage("mask_1", mask);
    let codes = m.stage("codes_1", codes);
    let banks = if g.gated { mask.clone() } else { ones(g.lanes) };
    let banks = m.wire("banks", banks.and(valid.repeat(g.lanes)));
    let fields: Vec<Expr> = (0..g.lanes).rev().map(|at| row.eq(lit(g.lane, at as u64))).collect();
    let this = m.wire("own", concat(&fields));
    let masks: Vec<Expr> = (0..g.lanes).rev().map(|at| mask.and(this.bit(at).repeat(g.lanes))).collect();
    let first = this.bit(0);
    let count = popcount(&mut m, "count", &banks);
    for (name, value, meaning) in [
        ("mask_write", valid, "masks are written"),
        ("tile", tile.clone(), "tile of the buffer"),
        (
            "fields",
            mux(first, ones(g.lanes), this),
            "vectors whose masks are written: the first clears the others",
        ),
        ("masks", concat(&masks), "masks, vector 0 lowest"),
        ("enable", banks, "banks that are written"),
        ("row", concat(&[tile, row]), "row that is written"),
        ("codes", codes, "codes, bank 0 lowest"),
        ("written", count, "codes that are written"),
    ] {
        let out = m.output(name, value.width(), meaning);
        m.assign(out, value);
    }
    m.finish()
}
