//! What the phases tell the buffers, the decoders and the datapath.

use super::{Fill, Geometry, Stream, flags};
use crate::hdl::{Expr, Module, lit, mux, ones};

/// The masks of the tile that fills next.
pub(super) fn fetches(m: &mut Module, begun: &Expr, ends: &Expr, fill: &Fill) {
    let fetch = begun.or(ends.and(&fill.more));
    let now = [&fill.rows, &fill.columns];
    for ((name, next), now) in ["rows_tile", "columns_tile"].into_iter().zip(&fill.next).zip(now) {
        let out = m.output(name, next.width(), "tile whose masks are fetched");
        m.assign(out, mux(begun, now, next));
    }
    let out = m.output("fetch", 1, "masks of the next tile are read, of both operands");
    m.assign(out, fetch);
}

/// What the decoders do at the end of a phase.
pub(super) fn turns(m: &mut Module, ends: &Expr, fill: &Fill, stream: &Stream) {
    let block = stream.last_tile.and(&stream.last_column);
    for (name, value, meaning) in [
        ("fill_tile", fill.columns.clone(), "tile that fills"),
        ("fill_turn", ends.and(&fill.valid), "the tile that fills ends"),
        ("fill_rewind", fill.last_tile.and(&fill.last_column), "the next is the first of the region"),
        ("stream_tile", stream.rows.clone(), "tile that streams"),
        ("stream_masks", stream.masks.clone(), "its masks"),
        ("stream_turn", ends.and(&stream.valid), "the tile that streams ends"),
        ("stream_mark", block, "the next begins a row block"),
        (
            "stream_rewind",
            stream.last_tile.and(stream.last_column.not()),
            "the next begins this row block again",
        ),
    ] {
        let out = m.output(name, value.width(), meaning);
        m.assign(out, value);
    }
}

/// What goes with a streamed vector.
pub(super) fn tags(m: &mut Module, g: Geometry, stream: &Stream, now: (&Expr, &Expr, &Expr)) {
    let (left, running, ends) = now;
    let lowest =
        m.wire("stream_this", left.and(left.sub(lit(g.lanes, 1)).not()).and(running.repeat(g.lanes)));
    let first = m.wire("is_first", stream.touched.and(&lowest).reduce_or().not());
    let begins = m.wire("output_ends", ends.and(&stream.last_tile).and(&stream.valid));
    let kept = stream.touched.or(&lowest);
    m.next(&stream.touched, mux(begins, lit(g.lanes, 0), kept));
    let mut lanes = ones(g.lanes);
    if g.gated {
        let set = flags(m, g, "stream_set", &stream.masks);
        let some = set.and(&lowest).reduce_or();
        lanes = stream.lanes.and(some.repeat(g.lanes));
    }
    let parity = m.register("parity", 1, 0);
    m.next(&parity, parity.xor(ends));
    for (name, value, meaning) in [
        ("stream_first", first, "nothing was added to its row of the output tile yet"),
        ("stream_last", stream.last_tile.clone(), "its row is complete with it"),
        ("stream_lanes_on", lanes, "lanes that multiply"),
        ("parity_now", parity, "set of the lanes' registers that fills; the other one multiplies"),
        ("active", running.clone(), "a phase runs"),
    ] {
        let out = m.output(name, value.width(), meaning);
        m.assign(out, value);
    }
}
