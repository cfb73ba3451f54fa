//! The walk of a unit of the SFU over its vectors: row block after row block, in each pass after pass, tile after tile, row
//! after row.
//!
//! **Ports.** `start` with `rows` and `tiles`, which stay until `done`; `read` with the numbers of the vector, `done`.
//!
//! **Timing.** `start` is high in the command's cycle 0, with the first `read`; within a pass there is a `read` in every cycle. A
//! pass is followed by `between` cycles without one, the last of the command by `after`, in the last of which `done` is high.
//! The next `start` may come in the cycle after that.
//!
//! **Not modelled.** A command without rows or tiles, which no program has, and rows beyond the block number's
//! [`BLOCK_BITS`].

use super::tree::delayed;
use crate::hdl::{Error, Expr, Instance, Module, address_bits, lit, mux};
use models::program::word;
use std::rc::Rc;

/// Bits of the number of a tile, and of their count.
pub const TILE_BITS: usize = 12;
/// Bits of the number of a row block.
pub const BLOCK_BITS: usize = word::BLOCK_BITS as usize;
/// Bits of a count of rows, and of valid elements.
pub const ROWS_BITS: usize = 16;

/// The shape of a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walk {
    /// Rows of a block.
    pub n: u32,
    /// Passes over each block.
    pub passes: u32,
    /// Cycles without a read behind every pass but the command's last.
    pub between: u64,
    /// Cycles without a read behind the command's last, at least one.
    pub after: u64,
}

/// A number that runs from zero and whether it is the last.
struct Counter {
    name: &'static str,
    now: Expr,
    last: Expr,
}

/// The walker of a shape.
///
/// # Errors
/// `n` is no power of two from 2 on; no pass; no cycle after the last read.
pub fn walker(walk: Walk) -> Result<Rc<Module>, Error> {
    let Walk { n, passes, between, after } = walk;
    if n < 2 || !n.is_power_of_two() || passes == 0 || after == 0 {
        return Err(Error::size("walker", "n, passes, after", "a power of two from 2 on, one, one"));
    }
    let mut m = Module::new("walker", "which vector a unit of the SFU reads in which cycle")
        .parameter("n", n)
        .parameter("passes", passes)
        .parameter("between", between)
        .parameter("after", after)
        .latency("none from start to the first read");
    let start = m.input("start", 1, "first cycle of a command");
    let rows = m.input("rows", ROWS_BITS, "rows of the command");
    let tiles = m.input("tiles", TILE_BITS, "tiles of a row");
    let counters = counters(&mut m, walk, &rows, &tiles);
    let outputs = [("read", "a vector is read"), ("done", "last cycle of the command")];
    let [read_out, done_out] = outputs.map(|(name, meaning)| m.output(name, 1, meaning));
    let read = m.signal("reads", 1);
    let ends = advance(&mut m, &read, &counters);
    let done = pause(&mut m, walk, (&start, &read), (&ends[1], &ends[ends.len() - 1]));
    m.assign(read_out, &read);
    m.assign(done_out, done);
    ports(&mut m, &counters);
    m.finish()
}

/// Row, tile, pass and block, the fastest first; each with whether it is the last.
fn counters(m: &mut Module, walk: Walk, rows: &Expr, tiles: &Expr) -> Vec<Counter> {
    let row_bits = address_bits(walk.n as usize);
    let [row, tile, pass, block] = [row_bits, TILE_BITS, address_bits(walk.passes as usize), BLOCK_BITS];
    let mut register = |name: &str, width| m.register(name, width, 0);
    let (row, tile, block) =
        (register("row_now", row), register("tile_now", tile), register("block_now", block));
    let pass = (walk.passes > 1).then(|| register("pass_now", pass));
    let end = m.wire("end_row", rows.sub(lit(ROWS_BITS, 1)));
    // The end lies in the block of its upper bits, at the row of its lower ones.
    let blocks = BLOCK_BITS.max(ROWS_BITS - row_bits);
    let end_block = end.bits(row_bits, ROWS_BITS - row_bits).widen(blocks);
    let last_block = m.wire("last_block", block.widen(blocks).eq(end_block));
    let short = last_block.and(row.eq(end.bits(0, row_bits)));
    let last_row = m.wire("last_row_now", row.reduce_and().or(short));
    let last_tile = m.wire("last_tile_now", tile.eq(tiles.sub(lit(TILE_BITS, 1))));
    let mut counters = vec![
        Counter { name: "row", now: row, last: last_row },
        Counter { name: "tile", now: tile, last: last_tile },
    ];
    if let Some(pass) = pass {
        let last = m.wire("last_pass", pass.eq(lit(pass.width(), u64::from(walk.passes) - 1)));
        counters.push(Counter { name: "pass", now: pass, last });
    }
    counters.push(Counter { name: "block", now: block, last: last_block });
    counters
}

/// Each counter goes on where all faster ones end; behind its last it is zero again, as the next command needs it. Gives the
/// ends: with this read, the counter and all faster ones have come to their last.
fn advance(m: &mut Module, read: &Expr, counters: &[Counter]) -> Vec<Expr> {
    let mut goes = read.clone();
    let ends = counters.iter().map(|Counter { name, now, last }| {
        let following = mux(last, lit(now.width(), 0), now.add(lit(now.width(), 1)));
        m.next(now, mux(&goes, following, now));
        goes = m.wire(&format!("{name}_ends"), goes.and(last));
        goes.clone()
    });
    ends.collect()
}

/// When there is a read, and `done`: a count of the cycles that are left without one.
fn pause(m: &mut Module, walk: Walk, (start, read): (&Expr, &Expr), ends: (&Expr, &Expr)) -> Expr {
    let (of_pass, of_all) = ends;
    let bits = address_bits(walk.between.max(walk.after) as usize + 1);
    let running = m.register("running", 1, 0);
    let ending = m.register("ending", 1, 0);
    let left = m.register("left", bits, 0);
    let over = m.wire("over", left.reduce_or().not());
    m.assign(read, start.or(running.and(&over)));
    let one_less = mux(&over, &left, left.sub(lit(bits, 1)));
    let rest = mux(of_all, lit(bits, walk.after), mux(of_pass, lit(bits, walk.between), one_less));
    m.next(&left, rest);
    let done = m.wire("ended", ending.and(left.eq(lit(bits, 1))));
    m.next(&running, start.or(&running).and(done.not()));
    m.next(&ending, of_all.or(&ending).and(done.not()));
    done
}

/// The numbers of the vector that is read, and what begins or ends with it.
fn ports(m: &mut Module, counters: &[Counter]) {
    for Counter { name, now, .. } in counters {
        let out = m.output(name, now.width(), &format!("number of the {name}, with read"));
        m.assign(out, now);
    }
    for Counter { name, now, last } in &counters[..2] {
        let first = m.output(&format!("first_{name}"), 1, &format!("it is the first {name} of the block"));
        m.assign(first, now.reduce_or().not());
        let out = m.output(&format!("last_{name}"), 1, &format!("it is the last {name} of the block"));
        m.assign(out, last);
    }
}

/// The ports of a unit that walks: `read` and the numbers of the vector; the same of the `write` that follows a read, where
/// `writes` holds, `depth` cycles later; `done`.
pub(super) fn places(m: &mut Module, walk: &Instance, writes: &Expr, depth: u64) {
    let done = m.output("done", 1, "last cycle of the command");
    m.assign(done, walk.out("done"));
    let read = m.output("read", 1, "a vector is read");
    m.assign(read, walk.out("read"));
    let write = m.output("write", 1, "a vector of codes is written");
    let then = delayed(m, "writes", &walk.out("read").and(writes), depth);
    m.assign(write, then);
    for name in ["block", "tile", "row"] {
        let now = walk.out(name);
        let out = m.output(&format!("read_{name}"), now.width(), &format!("number of its {name}"));
        m.assign(out, &now);
        let out = m.output(&format!("write_{name}"), now.width(), &format!("number of its {name}"));
        let then = delayed(m, &format!("{name}_written"), &now, depth);
        m.assign(out, then);
    }
}
