//! Phases of a matrix product: which vectors fill the lanes of the PU and which stream past them, cycle by cycle.
//!
//! **Ports.** `start` and the fields of the command; `rows_masks` and `columns_masks`, the masks of the tiles fetched last. Out: the
//! fetch of the next tile of both operands; a `fill_read` of a column vector and a `stream_read` of a row vector, with the places of their
//! tiles; what the decoders do at the end of a tile; what the datapath needs to know of a streamed vector.
//!
//! **Timing.** Cycle 0 takes the command, cycle 1 fetches the first tile's masks, then phase follows phase. In phase t the vectors of tile
//! t fill the lanes beside those of tile t - 1 that stream; it lasts as long as the longer of both, one cycle at least. In its last
//! cycle the masks of tile t + 1 are fetched. The order is row block, column block, reduction tile.
//!
//! **Function.** `skip` leaves null vectors out, and both operands of a tile where either is null; on the last reduction tile all
//! rows stream, since all leave. Otherwise all `n` vectors of both fill and stream.

mod outputs;

use super::page::Geometry;
use super::word::{WORD_BITS, field};
use crate::hdl::{Error, Expr, Module, concat, lit, mux, ones};
use models::design::{Design, Sparsity};
use outputs::{fetches, tags, turns};
use std::rc::Rc;

/// Bits of a count of blocks or tiles.
const COUNT_BITS: usize = 12;

/// Counters of the tile that fills.
struct Fill {
    valid: Expr,
    rows: Expr,
    columns: Expr,
    last_tile: Expr,
    last_column: Expr,
    /// Place of the tile that follows, of both operands, and whether there is one.
    next: [Expr; 2],
    more: Expr,
}

/// The tile that streams.
struct Stream {
    valid: Expr,
    rows: Expr,
    masks: Expr,
    /// Vectors that have not streamed yet.
    left: Expr,
    last_tile: Expr,
    last_column: Expr,
    /// Lanes whose column is not null.
    lanes: Expr,
    /// Rows of the output tile that hold a sum.
    touched: Expr,
}

/// The controller of a design's PU.
///
/// # Errors
/// A fault of the description, which would be ours.
pub fn phases(design: &Design) -> Result<Rc<Module>, Error> {
    let g = Geometry::new(design);
    let skip = design.pu.sparsity == Sparsity::Skip;
    let mut m = Module::new("phases", "which vectors fill the lanes and which stream, cycle by cycle")
        .parameter("n", g.lanes)
        .parameter("skip", u8::from(skip))
        .latency("2 cycles from start to the first vector");
    let start = m.input("start", 1, "first busy cycle of a command");
    let word = m.input("command", WORD_BITS, "the command, stable until done");
    let mut masks =
        |name| m.input(name, g.lanes * g.lanes, "buffer: masks of the tile fetched, vector 0 lowest");
    let rows_masks = masks("rows_masks");
    let columns_masks = g.gated.then(|| masks("columns_masks"));
    let begun = m.stage("begun", &start);
    let running = m.register("running", 1, 0);
    let first = m.register("phase_begins", 1, 0);
    let ends = m.signal("phase_ends", 1);
    let fill = fill(&mut m, g, &word, &start, &ends);
    let every = ones(g.lanes);
    let columns_set =
        columns_masks.map_or_else(|| every.clone(), |masks| flags(&mut m, g, "columns_set", &masks));
    let (mut fills, mut streams) = (every.clone(), every.clone());
    if skip {
        let rows_set = flags(&mut m, g, "rows_set", &rows_masks);
        let some = m.wire("some", rows_set.reduce_or().and(columns_set.reduce_or()).repeat(g.lanes));
        (fills, streams) = (columns_set.and(&some), rows_set.and(&some));
    }
    let fills = m.wire("fills", fills.and(fill.valid.repeat(g.lanes)));
    let streams = m.wire("streams", mux(&fill.last_tile, &every, streams));
    let fill_left = m.register("fill_left", g.lanes, 0);
    let fill_now = m.wire("fill_now", mux(&first, &fills, &fill_left));
    let stream = stream(&mut m, g, &fill, &ends, (&rows_masks, &streams, &columns_set));
    let stream_now = m.wire("stream_now", stream.left.and(stream.valid.repeat(g.lanes)));
    let fill_rest = pick(&mut m, g, "fill", &fill_now, &running);
    let stream_rest = pick(&mut m, g, "stream", &stream_now, &running);
    m.assign(&ends, running.and(fill_rest.reduce_or().not()).and(stream_rest.reduce_or().not()));
    m.next(&fill_left, &fill_rest);
    m.when(ends.not(), |m| m.next(&stream.left, &stream_rest));
    let over = m.wire("over", ends.and(fill.valid.not()));
    m.next(&running, begun.or(running.and(over.not())));
    m.next(&first, begun.or(ends.and(over.not())));
    fetches(&mut m, &begun, &ends, &fill);
    turns(&mut m, &ends, &fill, &stream);
    tags(&mut m, g, &stream, (&stream_now, &running, &ends));
    m.finish()
}

/// Which vectors of a tile are not null.
fn flags(m: &mut Module, g: Geometry, name: &str, words: &Expr) -> Expr {
    let flags: Vec<Expr> =
        (0..g.lanes).rev().map(|at| words.bits(at * g.lanes, g.lanes).reduce_or()).collect();
    m.wire(name, concat(&flags))
}

/// The walk of the tile that fills, in the order of the loop nest.
fn fill(m: &mut Module, g: Geometry, word: &Expr, start: &Expr, ends: &Expr) -> Fill {
    let part = |name: &str| field(word, "matmul", name);
    let base = |operand: &str| g.tiles(part(&format!("{operand}.base")));
    let stride = |operand: &str| g.tiles(part(&format!("{operand}.stride")));
    let count = |m: &mut Module, name: &str| m.register(name, COUNT_BITS, 0);
    let (tile, column, row) = (count(m, "tile"), count(m, "column_block"), count(m, "row_block"));
    let is_last = |counter: &Expr, field: &str| counter.add(lit(COUNT_BITS, 1)).eq(part(field));
    let last_tile = m.wire("last_tile", is_last(&tile, "tiles"));
    let last_column = m.wire("last_column", is_last(&column, "column_blocks"));
    let last_row = m.wire("last_row", is_last(&row, "row_blocks"));
    let valid = m.register("fill_valid", 1, 0);
    let [rows, rows_block, columns, columns_block] =
        ["fill_rows", "rows_block", "fill_columns", "columns_block"]
            .map(|name| m.register(name, g.tile(), 0));
    let turns_column = m.wire("turns_column", last_tile.and(last_column.not()));
    let turns_row = m.wire("turns_row", last_tile.and(&last_column));
    let one = lit(g.tile(), 1);
    let next_rows_block = mux(&turns_row, rows_block.add(stride("rows")), &rows_block);
    let next_rows_block = m.wire("next_rows_block", next_rows_block);
    let following = mux(&turns_row, base("columns"), columns_block.add(stride("columns")));
    let next_columns_block = m.wire("next_columns_block", mux(&last_tile, following, &columns_block));
    let next_rows = m.wire("next_rows", mux(&last_tile, &next_rows_block, rows.add(&one)));
    let next_columns = m.wire("next_columns", mux(&last_tile, &next_columns_block, columns.add(&one)));
    let more = m.wire("more", valid.and(last_row.and(&turns_row).not()));
    let up = |counter: &Expr| counter.add(lit(COUNT_BITS, 1));
    let zero = lit(COUNT_BITS, 0);
    m.when(start, |m| {
        for counter in [&tile, &column, &row] {
            m.next(counter, &zero);
        }
        m.next(&valid, lit(1, 1));
        m.next(&rows, base("rows"));
        m.next(&rows_block, base("rows"));
        m.next(&columns, base("columns"));
        m.next(&columns_block, base("columns"));
    })
    .otherwise(|m| {
        m.when(ends, |m| {
            m.next(&tile, mux(&last_tile, &zero, up(&tile)));
            m.next(&column, mux(&turns_column, up(&column), mux(&turns_row, &zero, &column)));
            m.next(&row, mux(&turns_row, up(&row), &row));
            m.next(&valid, &more);
            m.next(&rows, &next_rows);
            m.next(&rows_block, &next_rows_block);
            m.next(&columns, &next_columns);
            m.next(&columns_block, &next_columns_block);
        });
    });
    Fill { valid, rows, columns, last_tile, last_column, next: [next_rows, next_columns], more }
}

/// The tile that has filled streams next.
fn stream(m: &mut Module, g: Geometry, fill: &Fill, ends: &Expr, given: (&Expr, &Expr, &Expr)) -> Stream {
    let stream = Stream {
        valid: m.register("stream_valid", 1, 0),
        rows: m.register("stream_rows", g.tile(), 0),
        masks: m.register("stream_words", g.lanes * g.lanes, 0),
        left: m.register("stream_left", g.lanes, 0),
        last_tile: m.register("stream_last_tile", 1, 0),
        last_column: m.register("stream_last_column", 1, 0),
        lanes: if g.gated { m.register("stream_lanes", g.lanes, 0) } else { ones(g.lanes) },
        touched: m.register("touched", g.lanes, 0),
    };
    let (masks, left, lanes) = given;
    m.when(ends, |m| {
        m.next(&stream.valid, &fill.valid);
        m.next(&stream.rows, &fill.rows);
        m.next(&stream.masks, masks);
        m.next(&stream.left, left);
        m.next(&stream.last_tile, &fill.last_tile);
        m.next(&stream.last_column, &fill.last_column);
        if g.gated {
            m.next(&stream.lanes, lanes);
        }
    });
    stream
}

/// Reads the first of the vectors that are left, as `NAME_read` and `NAME_row`; those behind it.
fn pick(m: &mut Module, g: Geometry, name: &str, left: &Expr, running: &Expr) -> Expr {
    let rest = m.wire(&format!("{name}_rest"), left.and(left.sub(lit(g.lanes, 1))));
    let lowest = m.wire(&format!("{name}_lowest"), left.and(rest.not()));
    let row = (0..g.lane).rev().map(|bit| {
        let ones = (0..g.lanes).filter(|at| at >> bit & 1 == 1).map(|at| lowest.bit(at));
        ones.reduce(|any, one| any.or(one)).unwrap_or_else(|| lit(1, 0))
    });
    let row = concat(&row.collect::<Vec<_>>());
    let read = m.output(&format!("{name}_read"), 1, "a vector is read");
    m.assign(read, running.and(lowest.reduce_or()));
    let out = m.output(&format!("{name}_row"), g.lane, "which of its tile");
    m.assign(out, row);
    rest
}
