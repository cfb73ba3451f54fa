//! The walk through the runs of a load: which kind of data the next piece is, and where it goes.
//!
//! **Timing.** The registers say what the piece of this cycle is; it moves them on.
//!
//! **Function.** Auxiliary data of the first run, masks, codes, padding, run by run. Of the rows of a table every piece is of a vector;
//! their places are the [walk's](crate::unit::row_walk()) of rows.
//!
//! **Not modelled.** Runs that end within a vector.

use crate::hdl::{Expr, Module, address_bits, lit, mux};
use crate::unit::page::Geometry;
use crate::unit::word::{field, is};

/// Bits of a count of pieces: those of the bytes of a run, and of an auxiliary address.
pub(super) const COUNT_BITS: usize = 28;

/// What comes next in a run.
pub(super) const AUX: u64 = 0;
pub(super) const MASKS: u64 = 1;
pub(super) const CODES: u64 = 2;
const PADDING: u64 = 3;

/// Sizes in pieces.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    pub(super) g: Geometry,
    pub(super) bytes: usize,
}

impl Sizes {
    /// Pieces of so many units of four bytes.
    pub(super) fn of_units(self, units: &Expr) -> Expr {
        let wide = units.widen(COUNT_BITS);
        if self.bytes >= 4 {
            wide.shr((self.bytes / 4).ilog2() as usize)
        } else {
            wide.shl((4 / self.bytes).ilog2() as usize)
        }
    }

    /// Pieces of a vector.
    pub(super) fn vector(self) -> usize {
        self.g.lanes / self.bytes
    }

    /// Bits of the number of a part.
    fn part_bits(self) -> usize {
        address_bits(self.vector().max(self.masks()))
    }

    /// Pieces of the masks of a tile; none where a piece is more.
    pub(super) fn masks(self) -> usize {
        self.g.lanes * self.g.lanes / (8 * self.bytes)
    }
}

/// Registers of the walk through a run.
pub(super) struct Walk {
    /// Whether rows of a table come, and whether a packed run does.
    gathers: Expr,
    pub(super) packed: Expr,
    pub(super) phase: Expr,
    left: Expr,
    run_left: Expr,
    /// Tile of the buffer that the run begins with, and the tile within the run.
    pub(super) run_tile: Expr,
    pub(super) tile: Expr,
    /// Vector of the tile, or, in its low bits, of a packed row.
    pub(super) row: Expr,
    /// Part of the vector, or of the masks of the tile.
    pub(super) part: Expr,
}

impl Walk {
    /// Its registers, for the load or gather in `word`.
    pub(super) fn new(m: &mut Module, sizes: Sizes, word: &Expr) -> Walk {
        let g = sizes.g;
        let gathers = m.wire("gathers", is(word, "gather"));
        Walk {
            packed: m.wire("is_packed", field(word, "load", "packed").and(gathers.not())),
            gathers,
            phase: m.register("phase", 2, 0),
            left: m.register("left", COUNT_BITS, 0),
            run_left: m.register("run_left", COUNT_BITS, 0),
            run_tile: m.register("run_tile", g.tile(), 0),
            tile: m.register("tile", g.tile(), 0),
            row: m.register("row_count", g.address(), 0),
            part: m.register("part_count", sizes.part_bits(), 0),
        }
    }
}

/// Which kind of data the next piece is, and where it goes.
pub(super) fn walk_on(
    m: &mut Module,
    sizes: Sizes,
    walk: &Walk,
    (start, word, piece): (&Expr, &Expr, &Expr),
) {
    let g = sizes.g;
    let part = |name: &str| field(word, "load", name);
    let tiles = part("run_tiles").widen(COUNT_BITS);
    let times = |value: Expr, by: usize| value.shl(by.ilog2() as usize);
    let packed = walk.packed.clone();
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
        m.next(&walk.phase, mux(&walk.gathers, lit(2, CODES), mux(&aux, lit(2, AUX), &run_phase)));
        m.next(&walk.left, mux(&aux, sizes.of_units(&part("aux_bytes")), &run_first));
        m.next(&walk.run_left, &run_length);
        m.next(&walk.run_tile, g.tiles(part("region.base")));
        clear(m);
    })
    .otherwise(|m| {
        m.when(piece.and(&walk.gathers), |m| {
            let last = walk.part.eq(lit(walk.part.width(), sizes.vector() as u64 - 1));
            m.next(
                &walk.part,
                mux(last, lit(walk.part.width(), 0), walk.part.add(lit(walk.part.width(), 1))),
            );
        });
        m.when(piece.and(walk.gathers.not()), |m| {
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
