//! Sorts the pieces of a load: bias and norm parameters to the auxiliary buffer, masks and codes to an operand buffer.
//!
//! **Ports.** `start` with a `command`; `piece` with its data, in the order of memory. `aux_write` with a place that counts pieces; a
//! `vector` of codes for the encoder; masks and rows of a packed region, which go past it, as the [writer's ports](super::page) of
//! the buffer.
//!
//! **Timing.** What goes to the auxiliary buffer or to the encoder leaves with its last piece, masks and packed rows a cycle later, as
//! from the encoder.
//!
//! **Function.** A run is, of the first run alone, `aux_bytes` of auxiliary data; if packed, the masks of its tiles; then a vector for
//! each of its tiles' vectors, or if packed `rows` rows of the banks; and bytes that pad it. The rows of a packed run lie in the
//! banks from the region's first vector on. Of the rows of a table every piece is of a vector; its tile and row are those of the
//! [walk of rows](super::row_walk()), not these.
//!
//! **Not modelled.** Packed runs where a piece holds more than the masks of a tile (n below 8): the compiler makes none.

mod past;
mod walk;

use super::page::Geometry;
use super::unpack::piece_bytes;
use super::word::{WORD_BITS, field};
use crate::hdl::{Error, Expr, Module, concat, lit};
use models::design::Design;
use past::past;
use std::rc::Rc;
use walk::{AUX, CODES, COUNT_BITS, MASKS, Sizes, Walk, walk_on};

/// The sorter of a design's loads.
///
/// # Errors
/// A fault of the description, which would be ours.
pub fn sort(design: &Design) -> Result<Rc<Module>, Error> {
    let sizes = Sizes { g: Geometry::new(design), bytes: piece_bytes(design) };
    let g = sizes.g;
    let mut m = Module::new("sort", "pieces of a load to the buffers that they are for")
        .parameter("n", g.lanes)
        .parameter("piece_bytes", sizes.bytes)
        .latency("none to the encoder, 1 cycle past it");
    let start = m.input("start", 1, "first busy cycle of a load");
    let word = m.input("command", WORD_BITS, "the command, stable until done");
    let piece = m.input("piece", 1, "a piece comes");
    let data = m.input("piece_data", 8 * sizes.bytes, "its bytes");
    let walk = Walk::new(&mut m, sizes, &word);
    walk_on(&mut m, sizes, &walk, (&start, &word, &piece));
    let takes = |m: &mut Module, name: &str, phase| m.wire(name, walk.phase.eq(lit(2, phase)).and(&piece));
    let to_aux = takes(&mut m, "takes_aux", AUX);
    let codes = takes(&mut m, "takes_codes", CODES);
    aux(&mut m, sizes, (&start, &word), (&to_aux, &data));
    let (row_ends, vector) = vectors(&mut m, sizes, &walk, (&codes, &data));
    let masks = (sizes.masks() > 0).then(|| takes(&mut m, "takes_masks", MASKS));
    past(&mut m, sizes, &walk, masks.map(|takes| (takes, data)), (&row_ends, &vector));
    m.finish()
}

/// Auxiliary data, from the place that the command says.
fn aux(m: &mut Module, sizes: Sizes, (start, word): (&Expr, &Expr), (takes, data): (&Expr, &Expr)) {
    let place = m.register("aux_place", COUNT_BITS, 0);
    let first = sizes.of_units(&field(word, "load", "aux_start"));
    m.when(start, |m| m.next(&place, first)).otherwise(|m| {
        m.when(takes, |m| m.next(&place, place.add(lit(COUNT_BITS, 1))));
    });
    for (name, value, meaning) in [
        ("aux_write", takes.clone(), "auxiliary buffer: a piece is written"),
        ("aux_address", place, "auxiliary buffer: where, in pieces"),
        ("aux_data", data.clone(), "auxiliary buffer: its bytes"),
    ] {
        let out = m.output(name, value.width(), meaning);
        m.assign(out, value);
    }
}

/// The vector whose last part comes: to the encoder, or to the banks as it is. Whether it is of the latter, and its codes.
fn vectors(m: &mut Module, sizes: Sizes, walk: &Walk, (takes, data): (&Expr, &Expr)) -> (Expr, Expr) {
    let (g, count) = (sizes.g, sizes.vector());
    let mut parts = vec![data.clone()];
    for at in 0..count - 1 {
        let held = m.register(&format!("part_{at}"), data.width(), 0);
        let here = takes.and(walk.part.eq(lit(walk.part.width(), at as u64)));
        m.when(here, |m| m.next(&held, data));
        parts.insert(at + 1, held);
    }
    // The first part lies lowest; the last is the one that comes.
    parts[1..].reverse();
    let bytes = concat(&parts);
    let bytes = m.wire("vector_bytes", bytes);
    let codes: Vec<Expr> = (0..g.lanes).rev().map(|lane| bytes.bits(8 * lane, g.code)).collect();
    let codes = m.wire("vector_codes", concat(&codes));
    let ends = takes.and(walk.part.eq(lit(walk.part.width(), count as u64 - 1)));
    let ends = m.wire("vector_ends", ends);
    let tile = walk.run_tile.add(&walk.tile);
    for (name, value, meaning) in [
        ("vector_valid", ends.and(walk.packed.not()), "encoder: a vector"),
        ("to_tile", tile, "encoder: tile of the buffer that it goes to"),
        ("to_row", walk.row.bits(0, g.lane), "encoder: vector of the tile"),
        ("vector", codes.clone(), "encoder: its codes, lane 0 lowest"),
    ] {
        let out = m.output(name, value.width(), meaning);
        m.assign(out, value);
    }
    (m.wire("row_ends", ends.and(&walk.packed)), codes)
}
