//! Cuts runs of bytes into AXI4 bursts: the address side of both DMA engines.
//!
//! **Ports.** `start` with the first byte, the number of runs, the bytes of each and from one to the next. Then, while `valid`, a burst:
//! its first byte, its length, and how far its last beat counts; `take` hands it over. Where `run_indexed` holds, as stable as the
//! command, the stride counts for nothing: `run_next` says where the next run begins, and `run_taken` that the run before it is over.
//!
//! **Function.** Runs that touch are one, but where they are indexed. A burst ends with its run, at the next multiple of 4 KiB, or
//! after `burst_beats` beats, the first of which may begin inside; whichever comes first.
//!
//! **Timing.** The first burst is valid in the cycle after `start`, the next in the cycle after `take`: one a cycle.
//!
//! **Not modelled.** Runs of no bytes, which no command has.

use super::sequencer::ADDRESS_BITS;
use crate::hdl::{Error, Expr, Module, concat, lit, mux};
use models::design::Axi;
use std::rc::Rc;

/// Bits of a number of runs.
pub const RUN_BITS: usize = 12;
/// Bits of the number of bytes of a run; with that of the runs, all of them are an address.
pub const BYTES_BITS: usize = ADDRESS_BITS - RUN_BITS;
/// Bits of the number of bytes from one run to the next.
pub const STRIDE_BITS: usize = 28;
/// Bits of the length of a burst, beats less one, as AXI4 counts.
pub const LENGTH_BITS: usize = 8;

/// What is left of a command.
struct Left {
    /// Whether there is anything.
    some: Expr,
    /// Runs, the one that is cut included.
    runs: Expr,
    /// First byte of the run, first byte that no burst has, byte after the run.
    first: Expr,
    next: Expr,
    end: Expr,
    /// Bytes of a run, and from one to the next.
    bytes: Expr,
    stride: Expr,
}

/// The burst cutter of a master, for runs of which each may be told where it begins if `indexed`.
///
/// # Errors
/// A fault of the description, which would be ours.
pub fn burst(axi: Axi, indexed: bool) -> Result<Rc<Module>, Error> {
    let mut m = Module::new("burst", "cuts runs of bytes into AXI4 bursts")
        .parameter("width_bits", axi.width_bits)
        .parameter("burst_beats", axi.burst_beats)
        .parameter("indexed", u8::from(indexed))
        .latency("1 cycle from start, or from take, to the next burst");
    let start = m.input("start", 1, "a command begins");
    let take = m.input("take", 1, "the burst is taken");
    let told = indexed.then(|| told(&mut m));
    let left = registers(&mut m);
    let stop = cut(&mut m, &left, axi);
    let ends = m.wire("ends_run", stop.eq(&left.end));
    let strided = left.first.add(left.stride.widen(ADDRESS_BITS));
    let following = match &told {
        Some((indexed, next)) => {
            let taken = m.output("run_taken", 1, "the last burst of a run is taken");
            m.assign(taken, take.and(&left.some).and(&ends));
            mux(indexed, next, strided)
        }
        None => strided,
    };
    let following = m.wire("following_run", following);
    let indexed = told.map(|(indexed, _)| indexed);
    m.when(&start, |m| begin(m, &left, indexed.as_ref())).otherwise(|m| {
        m.when(take.and(&left.some), |m| go_on(m, &left, &stop, (&ends, &following)));
    });
    m.finish()
}

/// Whether each run is told where it begins, and where the next does.
fn told(m: &mut Module) -> (Expr, Expr) {
    let next = "first byte of the run after this one, where they are indexed";
    let indexed = m.input("run_indexed", 1, "each run begins where it is told");
    (indexed, m.input("run_next", ADDRESS_BITS, next))
}

fn registers(m: &mut Module) -> Left {
    let mut address = |name: &str| m.register(name, ADDRESS_BITS, 0);
    let (first, next, end, bytes) =
        (address("first"), address("next"), address("run_ends"), address("bytes"));
    let stride = m.register("stride", STRIDE_BITS, 0);
    Left {
        some: m.register("some", 1, 0),
        runs: m.register("runs", RUN_BITS, 0),
        first,
        next,
        end,
        bytes,
        stride,
    }
}

/// The burst at the front: its outputs, and the byte after it.
fn cut(m: &mut Module, left: &Left, axi: Axi) -> Expr {
    let valid = m.output("valid", 1, "there is a burst");
    let address = m.output("burst_address", ADDRESS_BITS, "its first byte");
    let length = m.output("burst_length", LENGTH_BITS, "its beats less one, partly used ones included");
    let page = (Axi::BOUNDARY.ilog2() as usize, 1);
    let beat = (axi.beat_bytes().ilog2() as usize, u64::from(axi.burst_beats));
    let boundary = m.wire("boundary", ahead(&left.next, page));
    let mut stop = m.wire("stop_at_boundary", mux(left.end.lt(&boundary), &left.end, &boundary));
    // The longest burst that reaches the boundary from anywhere never ends before it.
    if axi.beat_bytes() * u64::from(axi.burst_beats) < Axi::BOUNDARY {
        let longest = m.wire("longest", ahead(&left.next, beat));
        stop = m.wire("stop_at_longest", mux(longest.lt(&stop), &longest, &stop));
    }
    let end = m.output("burst_end", beat.0, "bytes of its last beat that count; 0 for all");
    let floor = |address: &Expr| address.bits(beat.0, LENGTH_BITS);
    let whole = stop.bits(0, beat.0).reduce_or().not().widen(LENGTH_BITS);
    let less_one = m.wire("less_one", floor(&stop).sub(whole).sub(floor(&left.next)));
    m.assign(valid, &left.some);
    m.assign(address, &left.next);
    m.assign(end, stop.bits(0, beat.0));
    m.assign(length, less_one);
    stop
}

/// The multiple of `2^bits` that lies `count` of them ahead of the one at or below `from`.
fn ahead(from: &Expr, (bits, count): (usize, u64)) -> Expr {
    let above = ADDRESS_BITS - bits;
    concat(&[from.bits(bits, above).add(lit(above, count)), lit(bits, 0)])
}

/// Takes a command; runs that touch become one.
fn begin(m: &mut Module, left: &Left, indexed: Option<&Expr>) {
    let first = m.input("run_first", ADDRESS_BITS, "first byte of the first run");
    let runs = m.input("run_count", RUN_BITS, "runs");
    let bytes = m.input("run_bytes", BYTES_BITS, "bytes of a run");
    let stride = m.input("run_stride", STRIDE_BITS, "bytes from the start of one run to the next");
    let touch = stride.eq(bytes.widen(STRIDE_BITS));
    let touch = m.wire("touch", indexed.map_or_else(|| touch.clone(), |indexed| touch.and(indexed.not())));
    let all = m.wire("all_bytes", runs.mul(&bytes));
    let bytes = m.wire("begin_bytes", mux(&touch, all, bytes.widen(ADDRESS_BITS)));
    m.next(&left.some, lit(1, 1));
    m.next(&left.runs, mux(&touch, lit(RUN_BITS, 1), runs));
    m.next(&left.first, &first);
    m.next(&left.next, &first);
    m.next(&left.end, first.add(&bytes));
    m.next(&left.bytes, bytes);
    m.next(&left.stride, stride);
}

/// To the next burst, of this run or the next.
fn go_on(m: &mut Module, left: &Left, stop: &Expr, (ends, following): (&Expr, &Expr)) {
    m.next(&left.next, mux(ends, following, stop));
    m.when(ends, |m| {
        m.next(&left.first, following);
        m.next(&left.end, following.add(&left.bytes));
        m.next(&left.runs, left.runs.sub(lit(RUN_BITS, 1)));
        m.next(&left.some, left.runs.ne(lit(RUN_BITS, 1)));
    });
}
