//! The lanes of the PU, and what goes with a vector through them.

use crate::hdl::{Error, Expr, Instance, Module, concat, lit, mux};
use crate::unit::page::Geometry;
use crate::unit::popcount::popcount;
use crate::unit::{delayed, vector_mac};
use models::design::Design;
use models::latency;

/// What goes with a vector through the lanes.
pub(super) struct Tag {
    pub(super) valid: Expr,
    pub(super) row: Expr,
    pub(super) first: Expr,
    pub(super) last: Expr,
}

impl Tag {
    /// The tag `cycles` later.
    fn delayed(self, m: &mut Module, cycles: u64) -> Tag {
        let mut late = |part: &str, value: Expr| delayed(m, &format!("summed_{part}"), &value, cycles);
        Tag {
            valid: late("valid", self.valid),
            row: late("row", self.row),
            first: late("first", self.first),
            last: late("last", self.last),
        }
    }
}

/// The lanes: two register sets for the stationary vectors, a vector MAC each. The dot products with the tag of their vector.
pub(super) fn lanes(
    m: &mut Module,
    design: &Design,
    walk: &Instance,
    streamed: &Expr,
    filled: &Expr,
) -> Result<(Expr, Tag), Error> {
    let g = Geometry::new(design);
    let width = g.lanes * g.code;
    let mut late = |name: &str| delayed(m, name, &walk.out(name), latency::DECODE - 1);
    let [fills, fill_row, streams] = ["fill_read", "fill_row", "stream_read"].map(&mut late);
    let [row, first, last, on, parity] =
        ["stream_row", "stream_first", "stream_last", "stream_lanes_on", "parity_now"].map(&mut late);
    let shape = vector_mac(design.format, design.pu.n)?;
    let mut sums = Vec::new();
    for lane in 0..g.lanes {
        let here = m.wire(&format!("fills_{lane}"), fills.and(fill_row.eq(lit(g.lane, lane as u64))));
        let sets = [0, 1].map(|set| {
            let register = m.register(&format!("lane_{lane}_set_{set}"), width, 0);
            let its = parity.eq(lit(1, set)).and(&here);
            m.when(its, |m| m.next(&register, filled));
            register
        });
        // The set that does not fill multiplies; a lane that is off, or meets a null vector, does not toggle.
        let column = mux(&parity, &sets[0], &sets[1]).and(on.bit(lane).repeat(width));
        let row = streamed.and(on.bit(lane).repeat(width));
        let (row, column) = (m.wire(&format!("row_{lane}"), row), m.wire(&format!("column_{lane}"), column));
        let mac = m.instance(&format!("lane_{lane}"), &shape, &[("a", &row), ("b", &column)]);
        sums.push(mac.out("sum"));
    }
    let dots = popcount(m, "lanes_on", &on);
    let dots = m.wire("dots_now", dots.and(streams.repeat(dots.width())));
    for (name, value, meaning) in [
        ("dots", dots, "dot products of n that run"),
        ("active", walk.out("active"), "the lanes are clocked"),
        ("tile_ends", walk.out("stream_turn"), "a tile has streamed"),
    ] {
        let out = m.output(name, value.width(), meaning);
        m.assign(out, value);
    }
    sums.reverse();
    let cycles = latency::MULTIPLY + latency::tree(design.pu.n);
    let tag = Tag { valid: streams, row, first, last }.delayed(m, cycles);
    Ok((m.wire("sums", concat(&sums)), tag))
}
