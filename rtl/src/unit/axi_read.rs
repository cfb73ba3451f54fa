//! Read side of the AXI4 master: asks for bursts, hands their beats on with the bytes that count.
//!
//! **Ports.** `start` with runs of bytes, as [`burst`](super::burst()) takes them; `done`. The AXI4 read channels, prefixed `axi_`; the constant
//! signals (size, burst type, identifier) belong to the top. To the buffers: `beat`, its data, its first byte that counts, the byte after
//! the last one. To the look-up of rows: `run_taken`. `error`, high for a cycle, after which the command ends early.
//!
//! **Timing.** The first request goes out in the cycle after `start`, then one a cycle while fewer than `axi.outstanding` are under
//! way. A beat is handed on in the cycle in which it is taken; the next is taken when its pieces are in, one a cycle. `done` follows
//! [`latency::DMA_WRITE`] cycles after the last piece: what lies between is the way into the page.
//!
//! **Errors.** A response other than OKAY, another identifier than was asked with, a last beat that comes early or late: the command asks for nothing more, waits for what
//! it has asked for, and ends. Not modelled: a memory that never answers, which the watchdog of the top sees.

use super::burst::{BYTES_BITS, LENGTH_BITS, RUN_BITS, STRIDE_BITS, burst};
use super::fifo::fifo;
use super::sequencer::ADDRESS_BITS;
use super::store::pass;
use crate::hdl::{Error, Expr, Instance, Module, address_bits, concat, lit, mux};
use models::design::Axi;
use models::latency;
use std::rc::Rc;

const _: () = assert!(latency::DMA_WRITE == 2, "done is two registers behind the last beat");

/// The read side of a master whose beats are `pieces` pieces for the buffers.
///
/// # Errors
/// A fault of the description, which would be ours.
pub fn axi_read(axi: Axi, pieces: usize) -> Result<Rc<Module>, Error> {
    let mut m = Module::new("axi_read", "read side of the AXI4 master")
        .parameter("width_bits", axi.width_bits)
        .parameter("burst_beats", axi.burst_beats)
        .parameter("outstanding", axi.outstanding)
        .parameter("pieces", pieces)
        .latency(format!("done {} cycles after the last piece", latency::DMA_WRITE));
    let start = m.input("start", 1, "first busy cycle of a command");
    let failed = m.register("failed", 1, 0);
    let asked = request(&mut m, axi, READS, &start, &failed)?;
    let fault = beats(&mut m, (axi, pieces), &asked)?;
    m.when(&start, |m| m.next(&failed, lit(1, 0))).otherwise(|m| {
        m.when(&fault, |m| m.next(&failed, lit(1, 1)));
    });
    m.finish()
}

/// The address channel of either side: what it has asked for, and what the other channels need to know.
pub(super) struct Request {
    /// The command begins; it has failed.
    pub(super) start: Expr,
    failed: Expr,
    cutter: Instance,
    /// A burst is taken by the memory.
    pub(super) take: Expr,
    /// Bursts under way, to be assigned.
    pub(super) used: Expr,
    /// There is more to ask for.
    pub(super) more: Expr,
}

impl Request {
    /// The burst that is offered: length, bytes of its last beat that count, first byte in its first beat.
    pub(super) fn burst(&self, bits: usize) -> Expr {
        let first = self.cutter.out("burst_address").bits(0, bits);
        concat(&[self.cutter.out("burst_length"), self.cutter.out("burst_end"), first])
    }
}

/// Prefix of the address channel of reads.
const READS: &str = "ar";

/// What the cutter says to its master.
const CUT: [&str; 4] = ["valid", "burst_address", "burst_length", "burst_end"];

/// The address channel with prefix `channel`, `ar` or `aw`.
pub(super) fn request(
    m: &mut Module,
    axi: Axi,
    channel: &str,
    start: &Expr,
    failed: &Expr,
) -> Result<Request, Error> {
    let fields = [
        ("run_first", ADDRESS_BITS, "first byte of the first run"),
        ("run_count", RUN_BITS, "runs"),
        ("run_bytes", BYTES_BITS, "bytes of a run"),
        ("run_stride", STRIDE_BITS, "bytes from the start of one run to the next"),
    ]
    .map(|(name, width, meaning)| (name, m.input(name, width, meaning)));
    let ready = m.input(&format!("axi_{channel}ready"), 1, "AXI4");
    let take = m.signal("take", 1);
    let mut inputs: Vec<(&str, &Expr)> = fields.iter().map(|(name, wire)| (*name, wire)).collect();
    inputs.extend([("start", start), ("take", &take)]);
    // Only rows of a table begin where they are told, and those are only read.
    let reads = channel == READS;
    let shape = burst(axi, reads)?;
    let cutter = if reads {
        pass(m, "burst", &shape, &inputs, &["run_indexed", "run_next"], &CUT)?
    } else {
        m.instance("burst", &shape, &inputs)
    };
    let used = m.signal("under_way", super::used_bits(axi.outstanding));
    let offered = m.register("offered", 1, 0);
    let room = used.lt(lit(used.width(), axi.outstanding.into()));
    // What has been offered stays, as AXI demands, even if the command has failed since.
    let more = m.wire("more", cutter.out("valid").and(failed.not().or(&offered)));
    let valid = m.wire("asks", more.and(room));
    m.assign(&take, valid.and(&ready));
    m.next(&offered, valid.and(ready.not()));
    for (name, value) in
        [("valid", valid), ("addr", cutter.out("burst_address")), ("len", cutter.out("burst_length"))]
    {
        let out = m.output(&format!("axi_{channel}{name}"), value.width(), "AXI4");
        m.assign(out, value);
    }
    Ok(Request { start: start.clone(), failed: failed.clone(), cutter, take, used, more })
}

/// The data channel; whether the beat of this cycle is wrong.
fn beats(m: &mut Module, (axi, pieces): (Axi, usize), asked: &Request) -> Result<Expr, Error> {
    let bits = axi.beat_bytes().ilog2() as usize;
    let [rvalid, rlast] = ["axi_rvalid", "axi_rlast"].map(|name| m.input(name, 1, "AXI4"));
    let response = m.input("axi_rresp", 2, "AXI4");
    let identifier = m.input("axi_rid", 1, "AXI4; the master asks with 0");
    let data = m.input("axi_rdata", axi.width_bits as usize, "AXI4");
    let some = m.wire("some_under_way", asked.used.ne(lit(asked.used.width(), 0)));
    let beat = m.signal("takes_beat", 1);
    let (held, ends) = hold(m, pieces, &beat, &rlast);
    let free = m.wire("free", some.and(held.not()));
    m.assign(&beat, rvalid.and(&free));
    let pushed = asked.burst(bits);
    let shape = fifo(axi.outstanding, pushed.width())?;
    let inputs = [("push", &asked.take), ("data", &pushed), ("pop", &ends)];
    let under_way = m.instance("bursts", &shape, &inputs);
    m.assign(&asked.used, under_way.out("used"));
    let head = under_way.out("head");
    let index = m.register("beat_index", LENGTH_BITS, 0);
    let following = index.add(lit(LENGTH_BITS, 1));
    m.when(&beat, |m| m.next(&index, mux(&rlast, lit(LENGTH_BITS, 0), following)));
    let last = m.wire("is_last", index.eq(head.bits(2 * bits, LENGTH_BITS)));
    let wrong = rlast.xor(&last).or(response.reduce_or()).or(identifier);
    let fault = m.wire("fault", beat.and(wrong));
    hand_on(m, &beat.and(asked.failed.not()), &data, (&index, &last), (&head, bits));
    let ready = m.output("axi_rready", 1, "AXI4");
    m.assign(ready, &free);
    finish(m, asked, &some.or(&held), &fault);
    bus_state(m, asked, &some, &beat);
    Ok(fault)
}

/// Whether a beat of several pieces still goes into the buffers, one piece a cycle; and whether a burst ends, with the last
/// piece of its last beat.
fn hold(m: &mut Module, pieces: usize, beat: &Expr, last: &Expr) -> (Expr, Expr) {
    if pieces == 1 {
        return (lit(1, 0), m.wire("ends_burst", beat.and(last)));
    }
    let bits = address_bits(pieces);
    let (left, of_last) = (m.register("pieces_left", bits, 0), m.register("pieces_of_last", 1, 0));
    let some = m.wire("pieces_wait", left.reduce_or());
    m.next(&left, mux(beat, lit(bits, pieces as u64 - 1), left.sub(some.widen(bits))));
    m.when(beat, |m| m.next(&of_last, last));
    let ends = m.wire("ends_burst", left.eq(lit(bits, 1)).and(of_last));
    (some, ends)
}

/// The beat as the buffers get it.
fn hand_on(m: &mut Module, beat: &Expr, data: &Expr, at: (&Expr, &Expr), burst: (&Expr, usize)) {
    let ((index, last), (head, bits)) = (at, burst);
    let out = m.output("beat", 1, "a beat is handed on");
    let value = m.output("beat_data", data.width(), "its bytes");
    let from = m.output("beat_first", bits, "its first byte that counts");
    let to = m.output("beat_end", bits + 1, "the byte after the last that counts");
    m.assign(out, beat);
    m.assign(value, data);
    let first = index.eq(lit(LENGTH_BITS, 0));
    m.assign(from, mux(first, head.bits(0, bits), lit(bits, 0)));
    let end = head.bits(bits, bits);
    let partly = last.and(end.reduce_or());
    let whole = concat(&[lit(1, 1), lit(bits, 0)]);
    m.assign(to, mux(partly, end.widen(bits + 1), whole));
}

/// What the watchdog looks at: whether something is asked for, and whether something happens.
pub(super) fn bus_state(m: &mut Module, asked: &Request, some: &Expr, moves: &Expr) {
    let waits = m.output("bus_waits", 1, "something is asked of the bus");
    let happens = m.output("bus_moves", 1, "something happens on it");
    m.assign(waits, asked.more.or(some));
    m.assign(happens, asked.take.or(moves));
}

/// The end of the command, and its error.
fn finish(m: &mut Module, asked: &Request, some: &Expr, fault: &Expr) {
    let active = m.register("active", 1, 0);
    let closing = m.register("closing", 1, 0);
    let drained = active.and(closing.not()).and(some.not()).and(asked.more.not());
    m.next(&closing, drained);
    m.next(&active, asked.start.or(active.and(closing.not())));
    let (done, error) =
        (m.output("done", 1, "last busy cycle of the command"), m.output("error", 1, "the bus failed"));
    m.assign(done, &closing);
    let told = m.stage("told", fault);
    m.assign(error, told);
}
