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
//! banks from the region's first vector on.
//!
//! **Not modelled.** Packed runs where a piece holds more than the masks of a tile (n below 8): the compiler makes none.

use super::page::Geometry;
use super::popcount::count_bits;
use super::unpack::piece_bytes;
use super::word::{WORD_BITS, field};
use crate::hdl::{Error, Expr, Module, address_bits, concat, lit, mux, ones};
use models::design::Design;
use std::rc::Rc;

/// Bits of a count of pieces: those of the bytes of a run, and of an auxiliary address.
const COUNT_BITS: usize = 28;

/// What comes next in a run.
const AUX: u64 = 0;
const MASKS: u64 = 1;
const CODES: u64 = 2;
const PADDING: u64 = 3;

/// Sizes in pieces.
#[derive(Clone, Copy)]
struct Sizes {
    g: Geometry,
    bytes: usize,
}

impl Sizes {
    /// Pieces of so many units of four bytes.
    fn of_units(self, units: &Expr) -> Expr {
        let wide = units.widen(COUNT_BITS);
        if self.bytes >= 4 {
            wide.shr((self.bytes / 4).ilog2() as usize)
        } else {
            wide.shl((4 / self.bytes).ilog2() as usize)
        }
    }

    /// Pieces of a vector.
    fn vector(self) -> usize {
        self.g.lanes / self.bytes
    }

    /// Bits of the number of a part.
    fn part_bits(self) -> usize {
        address_bits(self.vector().max(self.masks()))
    }

    /// Pieces of the masks of a tile; none where a piece is more.
    fn masks(self) -> usize {
        self.g.lanes * self.g.lanes / (8 * self.bytes)
    }
}

/// Registers of the walk through a run.
struct Walk {
    phase: Expr,
    left: Expr,
    run_left: Expr,
    /// Tile of the buffer that the run begins with, and the tile within the run.
    run_tile: Expr,
    tile: Expr,
    /// Vector of the tile, or, in its low bits, of a packed row.
    row: Expr,
    /// Part of the vector, or of the masks of the tile.
    part: Expr,
}

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
    let walk = Walk {
        phase: m.register("phase", 2, 0),
        left: m.register("left", COUNT_BITS, 0),
        run_left: m.register("run_left", COUNT_BITS, 0),
        run_tile: m.register("run_tile", g.tile(), 0),
        tile: m.register("tile", g.tile(), 0),
        row: m.register("row_count", g.address(), 0),
        part: m.register("part_count", sizes.part_bits(), 0),
    };
    walk_on(&mut m, sizes, &walk, (&start, &word, &piece));
    let takes = |m: &mut Module, name: &str, phase| m.wire(name, walk.phase.eq(lit(2, phase)).and(&piece));
    let to_aux = takes(&mut m, "takes_aux", AUX);
    let codes = takes(&mut m, "takes_codes", CODES);
    aux(&mut m, sizes, (&start, &word), (&to_aux, &data));
    let (row_ends, vector) = vectors(&mut m, sizes, &walk, &word, (&codes, &data));
    let masks = (sizes.masks() > 0).then(|| takes(&mut m, "takes_masks", MASKS));
    past(&mut m, sizes, &walk, masks.map(|takes| (takes, data)), (&row_ends, &vector));
    m.finish()
}

/// Which kind of data the next piece is, and where it goes.
fn walk_on(m: &mut Module, sizes: Sizes, walk: &Walk, (start, word, piece): (&Expr, &Expr, &Expr)) {
    let g = sizes.g;
    let part = |name: &str| field(word, "load", name);
    let tiles = part("run_tiles").widen(COUNT_BITS);
    let times = |value: Expr, by: usize| value.shl(by.ilog2() as usize);
    let packed = part("packed");
    let dense = times(tiles.clone(), g.lanes * sizes.vector());
    let stacked = times(part("rows").widen(COUNT_BITS), sizes.vector());
    let code_length = m.wire("code_length", mux(&packed, stacked, dense));
    let run_length = m.wire("run_length", sizes.of_units(&part("bytes")));
    let some = m.wire("some_codes", code_length.reduce_or());
    let to_codes = mux(&some, lit(2, CODES), lit(2, PADDING));
    let (mut run_phase, mut run_length_of) = (to_codes.clone(), code_length.clone());
    if sizes.masks() > 0 {
        run_phase = mux(&packed, lit(2, MASKS), run_phase);
        run_length_of = mux(&packed, times(tiles, sizes.masks()), run_length_of);
    }
    let run_phase = m.wire("run_phase", run_phase);
    let run_first = m.wire("run_first", run_length_of);
    let one = lit(COUNT_BITS, 1);
    let run_ends = m.wire("run_ends", walk.run_left.eq(&one));
    let part_ends = m.wire("part_ends", walk.left.eq(&one));
    let stride = g.tiles(part("region.stride"));
    let clear = |m: &mut Module| {
        m.next(&walk.tile, lit(g.tile(), 0));
        m.next(&walk.row, lit(g.address(), 0));
        m.next(&walk.part, lit(walk.part.width(), 0));
    };
    m.when(start, |m| {
        let aux = part("has_aux");
        m.next(&walk.phase, mux(&aux, lit(2, AUX), &run_phase));
        m.next(&walk.left, mux(&aux, sizes.of_units(&part("aux_bytes")), &run_first));
        m.next(&walk.run_left, &run_length);
        m.next(&walk.run_tile, g.tiles(part("region.base")));
        clear(m);
    })
    .otherwise(|m| {
        m.when(piece, |m| {
            m.next(&walk.run_left, mux(&run_ends, &run_length, walk.run_left.sub(&one)));
            m.when(&run_ends, |m| {
                m.next(&walk.phase, &run_phase);
                m.next(&walk.left, &run_first);
                m.next(&walk.run_tile, walk.run_tile.add(stride));
                clear(m);
            })
            .otherwise(|m| {
                m.when(&part_ends, |m| {
                    let after_codes = mux(walk.phase.eq(lit(2, AUX)), &run_phase, lit(2, PADDING));
                    m.next(&walk.phase, mux(walk.phase.eq(lit(2, MASKS)), to_codes, after_codes));
                    m.next(&walk.left, mux(walk.phase.eq(lit(2, AUX)), &run_first, &code_length));
                    clear(m);
                })
                .otherwise(|m| {
                    m.next(&walk.left, walk.left.sub(&one));
                    count(m, sizes, walk, &packed);
                });
            });
        });
    });
}

/// To the next part, vector or tile.
fn count(m: &mut Module, sizes: Sizes, walk: &Walk, packed: &Expr) {
    let (g, bits) = (sizes.g, walk.part.width());
    let one = |width: usize| lit(width, 1);
    let last = |parts: usize| walk.part.eq(lit(bits, parts.max(1) as u64 - 1));
    let in_masks = walk.phase.eq(lit(2, MASKS));
    let full = mux(&in_masks, last(sizes.masks()), last(sizes.vector()));
    let bottom = walk.row.bits(0, g.lane).reduce_and();
    let next_tile = in_masks.or(bottom.and(packed.not()));
    m.next(&walk.part, mux(&full, lit(bits, 0), walk.part.add(one(bits))));
    m.when(full, |m| {
        m.when(in_masks.not(), |m| m.next(&walk.row, walk.row.add(one(g.address()))));
        m.when(next_tile, |m| m.next(&walk.tile, walk.tile.add(one(g.tile()))));
    });
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
fn vectors(
    m: &mut Module,
    sizes: Sizes,
    walk: &Walk,
    word: &Expr,
    (takes, data): (&Expr, &Expr),
) -> (Expr, Expr) {
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
    let packed = field(word, "load", "packed");
    let tile = walk.run_tile.add(&walk.tile);
    for (name, value, meaning) in [
        ("vector_valid", ends.and(packed.not()), "encoder: a vector"),
        ("to_tile", tile, "encoder: tile of the buffer that it goes to"),
        ("to_row", walk.row.bits(0, g.lane), "encoder: vector of the tile"),
        ("vector", codes.clone(), "encoder: its codes, lane 0 lowest"),
    ] {
        let out = m.output(name, value.width(), meaning);
        m.assign(out, value);
    }
    (m.wire("row_ends", ends.and(packed)), codes)
}

/// Masks and packed rows on their way to the buffer.
fn past(
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
