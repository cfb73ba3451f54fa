//! Bit-mask decoder: an operand of the PU, vector by vector of a tile whose masks are known.
//!
//! **Ports.** `enter` with the first tile of the region, at the start of a command. `read` of vector `row` of the tile whose `masks` and whose
//! place `tile` are given; the [reader's ports](super::page) of the buffer; `vector`. `is_packed` tells the layout. `turn` at the end of a tile, with
//! `mark` or `rewind`. `codes_read` counts the banks that are read.
//!
//! **Timing.** 2 cycles from a read to its vector, one a cycle: bank read, zero fill; the mask read is the third of
//! [`latency::DECODE`] and comes before, once a tile.
//!
//! **Function.** A region lies in the banks row by row, or packed: each bank a stack of its lane's non-zero codes in the order of
//! vectors. A pointer for each bank stands at the tile's first code; the codes of vector i lie as many rows on as the masks of the
//! vectors before it have ones in that lane. `turn` moves the pointers behind the tile, to where a skipped tile would leave them too;
//! with `mark` they are remembered there, with `rewind` they go back to where they were remembered last.
//!
//! **Not modelled.** A stack that is longer than its region: the loader writes no such.

use super::dense_decoder::{fill, mask_of};
use super::page::Geometry;
use super::popcount::popcount;
use crate::hdl::{Error, Expr, Module, concat, lit, mux, ones};
use models::design::Design;
use models::latency;
use std::rc::Rc;

const _: () = assert!(latency::DECODE == 3, "mask memory, bank and vector are the three registers");

/// A decoder of a design's PU.
///
/// # Errors
/// A fault of the description, which would be ours.
pub fn bitmask_decoder(design: &Design) -> Result<Rc<Module>, Error> {
    let g = Geometry::new(design);
    let mut m =
        Module::new("bitmask_decoder", "an operand of the PU: vectors of a tile whose masks are known")
            .parameter("n", g.lanes)
            .parameter("code_width", g.code)
            .latency(format!("{} cycles from a read to its vector", latency::DECODE - 1));
    let read = m.input("read", 1, "a vector is read");
    let row = m.input("row", g.lane, "vector of the tile");
    let tile = m.input("tile", g.tile(), "tile of the buffer");
    let words = m.input("masks", g.lanes * g.lanes, "masks of the tile, vector 0 lowest");
    let packed = m.input("is_packed", 1, "banks are stacks");
    let mask = mask_of(&mut m, g, &words, &row);
    let wanted = if g.gated { mask.clone() } else { mux(&packed, &mask, ones(g.lanes)) };
    let banks = m.wire("banks", wanted.and(read.repeat(g.lanes)));
    let count = popcount(&mut m, "count", &banks);
    let address = addresses(&mut m, g, (&words, &row), &packed, &concat(&[tile, row.clone()]));
    let masked = m.wire("mask_now", mask.and(read.repeat(g.lanes)));
    let vector = fill(&mut m, g, &masked);
    for (name, value, meaning) in [
        ("enable", banks, "buffer: banks that are read"),
        ("address", address, "buffer: row of each bank, bank 0 lowest"),
        ("vector", vector, "n codes, lane 0 lowest"),
        ("codes_read", count, "banks that are read"),
    ] {
        let out = m.output(name, value.width(), meaning);
        m.assign(out, value);
    }
    m.finish()
}

/// The row of each bank; and the pointers' way from tile to tile.
fn addresses(m: &mut Module, g: Geometry, (words, row): (&Expr, &Expr), packed: &Expr, plain: &Expr) -> Expr {
    let enter = m.input("enter", 1, "a command begins");
    let first = m.input("first_tile", g.tile(), "first tile of its region");
    let [turn, mark, rewind] = [
        ("turn", "the tile ends"),
        ("mark", "remember where the next begins"),
        ("rewind", "the next begins at the place remembered last"),
    ]
    .map(|(name, meaning)| m.input(name, 1, meaning));
    // Vectors ahead of the one that is read; the last of a tile is ahead of none.
    let mut before: Vec<Expr> = (0..g.lanes - 1).rev().map(|at| row.gt(lit(g.lane, at as u64))).collect();
    before.insert(0, lit(1, 0));
    let before = m.wire("earlier", concat(&before));
    let start = m.wire("start_row", concat(&[first, lit(g.lane, 0)]));
    let bits = g.address();
    let mut rows = Vec::new();
    for bank in 0..g.lanes {
        let column: Vec<Expr> = (0..g.lanes).rev().map(|at| words.bit(at * g.lanes + bank)).collect();
        let column = m.wire(&format!("column_{bank}"), concat(&column));
        let ahead = m.wire(&format!("ahead_{bank}"), column.and(&before));
        let ahead = popcount(m, &format!("ahead_{bank}"), &ahead);
        let all = popcount(m, &format!("all_{bank}"), &column);
        let pointer = m.register(&format!("pointer_{bank}"), bits, 0);
        let kept = m.register(&format!("kept_{bank}"), bits, 0);
        let behind = m.wire(&format!("behind_{bank}"), pointer.add(all.widen(bits)));
        m.when(&enter, |m| {
            m.next(&pointer, &start);
            m.next(&kept, &start);
        })
        .otherwise(|m| {
            m.when(&turn, |m| {
                m.next(&pointer, mux(&rewind, &kept, &behind));
                m.next(&kept, mux(&mark, &behind, &kept));
            });
        });
        let stacked = m.wire(&format!("stacked_{bank}"), pointer.add(ahead.widen(bits)));
        rows.push(mux(packed, stacked, plain));
    }
    rows.reverse();
    concat(&rows)
}
