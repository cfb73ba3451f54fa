//! Write side of the AXI4 master: asks for bursts, sends their beats with the bytes that count, waits for the answers.
//!
//! **Ports.** `start` with runs of bytes, as [`burst`](super::burst()) takes them; `done`. The AXI4 write channels, prefixed `axi_`; the
//! constant signals belong to the top. From the buffers: `beat_data`, where `beat_valid`; `beat_take` asks for the next. `error`, high
//! for a cycle, after which the command ends early.
//!
//! **Timing.** The first request goes out in the cycle after `start`, then one a cycle while fewer than `axi.outstanding` are under
//! way. The beats of a burst can go from [`latency::DMA_READ`] cycles after its request on, bursts in order, a beat a cycle. A burst is
//! under way until its answer; `done` is high in the cycle of the last answer.
//!
//! **Errors.** An answer other than OKAY, or to another identifier than was asked with: the command asks for nothing more, sends what it has asked for, and ends.
//! Not modelled: a memory that never answers, which the watchdog of the top sees.

use super::axi_read::{Request, bus_state, request};
use super::burst::LENGTH_BITS;
use super::fifo::fifo;
use crate::hdl::{Error, Expr, Module, lit, mux, ones};
use models::design::Axi;
use models::latency;
use std::rc::Rc;

const _: () =
    assert!(latency::DMA_READ == 2, "one register, then the FIFO, from a request to its first beat");

/// The write side of a master.
///
/// # Errors
/// A fault of the description, which would be ours.
pub fn axi_write(axi: Axi) -> Result<Rc<Module>, Error> {
    let mut m = Module::new("axi_write", "write side of the AXI4 master")
        .parameter("width_bits", axi.width_bits)
        .parameter("burst_beats", axi.burst_beats)
        .parameter("outstanding", axi.outstanding)
        .latency(format!("a burst's first beat {} cycles after its request", latency::DMA_READ));
    let start = m.input("start", 1, "first busy cycle of a command");
    let failed = m.register("failed", 1, 0);
    let asked = request(&mut m, axi, "aw", &start, &failed)?;
    let sent = beats(&mut m, axi, &asked)?;
    let fault = answers(&mut m, &asked, &sent);
    m.when(&start, |m| m.next(&failed, lit(1, 0))).otherwise(|m| {
        m.when(&fault, |m| m.next(&failed, lit(1, 1)));
    });
    m.finish()
}

/// The data channel.
fn beats(m: &mut Module, axi: Axi, asked: &Request) -> Result<Expr, Error> {
    let bits = axi.beat_bytes().ilog2() as usize;
    let burst = asked.burst(bits);
    // A register ahead of the FIFO: its head is there two cycles after the request.
    let (pushed, data) = (m.stage("pushed", &asked.take), m.stage("pushed_burst", &burst));
    let take = m.signal("takes_beat", 1);
    let ends = m.signal("ends_burst", 1);
    let shape = fifo(axi.outstanding, burst.width())?;
    let waiting = m.instance("bursts", &shape, &[("push", &pushed), ("data", &data), ("pop", &ends)]);
    let (head, used) = (waiting.out("head"), waiting.out("used"));
    let [ready, given] = [("axi_wready", "AXI4"), ("beat_valid", "beat_data is there")]
        .map(|(name, meaning)| m.input(name, 1, meaning));
    let value = m.input("beat_data", axi.width_bits as usize, "the next beat");
    let valid = m.wire("sends", used.ne(lit(used.width(), 0)).and(given));
    let index = m.register("beat_index", LENGTH_BITS, 0);
    let last = m.wire("is_last", index.eq(head.bits(2 * bits, LENGTH_BITS)));
    m.assign(&take, valid.and(ready));
    m.assign(&ends, take.and(&last));
    m.when(&take, |m| m.next(&index, mux(&last, lit(LENGTH_BITS, 0), index.add(lit(LENGTH_BITS, 1)))));
    let strobe = strobe(m, &head, bits, &index, &last);
    let outputs = [
        ("axi_wvalid", valid, "AXI4"),
        ("axi_wdata", value, "AXI4"),
        ("axi_wstrb", strobe, "AXI4"),
        ("axi_wlast", last, "AXI4"),
        ("beat_take", take.clone(), "the next beat is taken"),
    ];
    for (name, value, meaning) in outputs {
        let out = m.output(name, value.width(), meaning);
        m.assign(out, value);
    }
    Ok(take)
}

/// The bytes of a beat that count: from where the burst begins, to where it ends.
fn strobe(m: &mut Module, head: &Expr, bits: usize, index: &Expr, last: &Expr) -> Expr {
    let bytes = 1 << bits;
    let begins = index.eq(lit(LENGTH_BITS, 0)).repeat(bits);
    let first = m.wire("first_byte", head.bits(0, bits).and(begins));
    let end = m.wire("end_byte", head.bits(bits, bits).and(last.repeat(bits)));
    let from = m.wire("bytes_from", ones(bytes).shl_by(first));
    let beyond = m.wire("bytes_beyond", mux(end.reduce_or(), ones(bytes).shl_by(&end), lit(bytes, 0)));
    from.and(beyond.not())
}

/// The answers; whether that of this cycle is an error.
fn answers(m: &mut Module, asked: &Request, sent: &Expr) -> Expr {
    let valid = m.input("axi_bvalid", 1, "AXI4");
    let response = m.input("axi_bresp", 2, "AXI4");
    let identifier = m.input("axi_bid", 1, "AXI4; the master asks with 0");
    let ready = m.output("axi_bready", 1, "AXI4");
    let bits = asked.used.width();
    let under_way = m.register("bursts_under_way", bits, 0);
    m.assign(&asked.used, &under_way);
    let some = m.wire("some_under_way", under_way.ne(lit(bits, 0)));
    let answer = m.wire("takes_answer", valid.and(&some));
    m.assign(ready, &some);
    m.next(&under_way, under_way.add(asked.take.widen(bits)).sub(answer.widen(bits)));
    let only = under_way.eq(lit(bits, 1)).and(asked.more.not());
    let (done, error) =
        (m.output("done", 1, "last busy cycle of the command"), m.output("error", 1, "the bus failed"));
    // An error with nothing else under way ends the command in the cycle after its answer.
    let active = m.register("active", 1, 0);
    let given_up = active.and(some.not()).and(asked.more.not());
    let ends = m.wire("ends", answer.and(only).or(given_up));
    m.next(&active, asked.start.or(active.and(ends.not())));
    m.assign(done, &ends);
    bus_state(m, asked, &some, &sent.or(&answer));
    let fault = m.wire("fault", answer.and(response.reduce_or().or(identifier)));
    let told = m.stage("told", &fault);
    m.assign(error, told);
    fault
}
