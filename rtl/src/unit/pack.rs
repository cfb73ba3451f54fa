//! Vectors to beats of the bus: what the store engine reads ahead, in the order of memory.
//!
//! **Ports.** `start` with a `command`; `vector_valid` with a vector of codes; `beat_valid` with `beat_data`, `beat_take`; `vector_taken` when a
//! vector has left. `drop` between stores: what still waits, after a bus error, leaves a vector a cycle and goes nowhere.
//!
//! **Timing.** A vector can be part of a beat in the cycle in which it comes.
//!
//! **Function.** A code takes a byte. A vector is several beats, or several vectors are one: then a run begins at the vector of a beat
//! that its address says, and its last beat leaves when its last vector has come. Runs that touch are one, as in [`burst`](super::burst()).
//!
//! **Not modelled.** More vectors than the FIFO holds: the store engine asks for no more.

use super::page::Geometry;
use super::word::{WORD_BITS, field};
use super::{fifo, used_bits};
use crate::hdl::{Error, Expr, Module, address_bits, arm, concat, lit, mux};
use models::design::Design;
use std::rc::Rc;

/// Vectors that are read ahead: those on their way through the decoder, and as many again.
pub(super) const AHEAD: u32 = 2 * models::latency::DECODE as u32;
/// Bits of a count of vectors of all runs.
const COUNT_BITS: usize = 28;

/// The packer of a design's stores.
///
/// # Errors
/// A fault of the description, which would be ours.
pub fn pack(design: &Design) -> Result<Rc<Module>, Error> {
    let g = Geometry::new(design);
    let beat = design.axi.beat_bytes() as usize;
    let mut m = Module::new("pack", "vectors of a store to beats of the bus")
        .parameter("n", g.lanes)
        .parameter("beat_bytes", beat)
        .latency("none");
    let comes = m.input("vector_valid", 1, "a vector comes");
    let codes = m.input("vector", g.lanes * g.code, "its codes, lane 0 lowest");
    let take = m.input("beat_take", 1, "the beat is taken");
    let drop = m.input("drop", 1, "no store runs: what waits goes nowhere");
    let bytes: Vec<Expr> =
        (0..g.lanes).rev().map(|lane| codes.bits(lane * g.code, g.code).widen(8)).collect();
    let bytes = m.wire("bytes", concat(&bytes));
    let pop = m.signal("pop", 1);
    let (some, head) = ahead(&mut m, &comes, &bytes, &pop)?;
    let (valid, data) = if g.lanes >= beat {
        divide(&mut m, beat, (&some, &head), (&take, &drop, &pop))
    } else {
        join(&mut m, g, beat, (&some, &head), (&take, &drop, &pop))
    };
    for (name, value, meaning) in [
        ("beat_valid", valid, "a beat can go"),
        ("beat_data", data, "its bytes"),
        ("vector_taken", pop, "a vector has left"),
    ] {
        let out = m.output(name, value.width(), meaning);
        m.assign(out, value);
    }
    m.finish()
}

/// The vectors that wait, or the one that comes if none does.
fn ahead(m: &mut Module, comes: &Expr, bytes: &Expr, pop: &Expr) -> Result<(Expr, Expr), Error> {
    let none = m.signal("none_waits", 1);
    let push = m.wire("push", comes.and(none.and(pop).not()));
    let popped = m.wire("popped", pop.and(none.not()));
    let shape = fifo(AHEAD, bytes.width())?;
    let waiting = m.instance("waiting", &shape, &[("push", &push), ("data", bytes), ("pop", &popped)]);
    m.assign(&none, waiting.out("used").eq(lit(used_bits(AHEAD), 0)));
    let head = mux(&none, bytes, waiting.out("head"));
    Ok((m.wire("some", none.not().or(comes)), m.wire("head", head)))
}

/// A vector as one beat or several.
fn divide(
    m: &mut Module,
    beat: usize,
    (some, head): (&Expr, &Expr),
    (take, drop, pop): (&Expr, &Expr, &Expr),
) -> (Expr, Expr) {
    let dropped = m.wire("dropped", drop.and(some));
    let parts = head.width() / (8 * beat);
    if parts == 1 {
        m.assign(pop, take.or(dropped));
        return (some.clone(), head.clone());
    }
    let bits = address_bits(parts);
    let part = m.register("part", bits, 0);
    let next = mux(take, part.add(lit(bits, 1)), &part);
    m.next(&part, mux(drop, lit(bits, 0), next));
    m.assign(pop, take.and(part.reduce_and()).or(dropped));
    let data = m.signal("part_bytes", 8 * beat);
    let target = &data;
    let arms = (0..parts).map(|at| {
        let bytes = head.bits(8 * beat * at, 8 * beat);
        arm(at as u64, move |m: &mut Module| m.assign(target, bytes))
    });
    m.case(&part, arms.collect(), |m| m.assign(target, lit(8 * beat, 0)));
    (some.clone(), data)
}

/// Several vectors as one beat.
fn join(
    m: &mut Module,
    g: Geometry,
    beat: usize,
    (some, head): (&Expr, &Expr),
    (take, drop, pop): (&Expr, &Expr, &Expr),
) -> (Expr, Expr) {
    let (lanes, width) = (beat / g.lanes, head.width());
    let bits = address_bits(lanes);
    let (at, ends) = runs(m, g, bits, pop);
    let full = m.wire("beat_ends", at.reduce_and().or(ends));
    m.assign(pop, some.and(full.not().or(take).or(drop)));
    let keeps = m.wire("keeps", some.and(full.not()));
    let parts: Vec<Expr> = (0..lanes)
        .map(|lane| {
            if lane + 1 == lanes {
                return head.clone();
            }
            let here = m.wire(&format!("is_{lane}"), at.eq(lit(bits, lane as u64)));
            let held = m.register(&format!("held_{lane}"), width, 0);
            m.when(keeps.and(&here), |m| m.next(&held, head));
            mux(&here, head, held)
        })
        .rev()
        .collect();
    (m.wire("beat_full", some.and(&full)), concat(&parts))
}

/// Which vector of a beat the next one is, and whether it is the last of its run.
fn runs(m: &mut Module, g: Geometry, bits: usize, pop: &Expr) -> (Expr, Expr) {
    let start = m.input("start", 1, "first busy cycle of a store");
    let word = m.input("command", WORD_BITS, "the command, stable until done");
    let first = m.input("run_first", bits, "vector of a beat that the first run begins with");
    let part = |name: &str| field(&word, "store", name);
    let touch = part("stride").eq(part("bytes").widen(part("stride").width()));
    let one_run = part("run_tiles").widen(COUNT_BITS).shl(g.lane);
    let all = m.wire("all_vectors", one_run.bits(0, COUNT_BITS - 12).mul(part("runs")));
    let length = m.wire("run_length", mux(touch, all, one_run));
    let (at, left) = (m.register("lane", bits, 0), m.register("run_left", COUNT_BITS, 0));
    let begins = m.register("run_begins", bits, 0);
    let one = lit(COUNT_BITS, 1);
    let ends = m.wire("run_ends", left.eq(&one));
    // The stride counts four bytes, a vector has n.
    let stride = concat(&[part("stride"), lit(2, 0)]).bits(g.lane, bits);
    let following = m.wire("next_begins", begins.add(stride));
    m.when(start, |m| {
        m.next(&at, &first);
        m.next(&begins, &first);
        m.next(&left, &length);
    })
    .otherwise(|m| {
        m.when(pop, |m| {
            m.next(&at, mux(&ends, &following, at.add(lit(bits, 1))));
            m.next(&begins, mux(&ends, &following, &begins));
            m.next(&left, mux(&ends, &length, left.sub(&one)));
        });
    });
    (at, ends)
}
