//! Beats of the bus to pieces, the part of a beat that the buffers take in one cycle: a vector, or all of the beat if that is
//! narrower.
//!
//! **Ports.** A `beat` with its data, its first piece that counts and the piece after the last; `piece` with its data.
//!
//! **Timing.** Piece i of a beat comes 1 + i cycles after it, whether or not it counts; beats are as many cycles apart as they have
//! pieces.
//!
//! **Not modelled.** A piece of which only some bytes count: addresses and lengths are whole pieces.

use crate::hdl::{Error, Expr, Module, address_bits, arm, lit};
use models::design::Design;
use std::rc::Rc;

/// Bytes of a piece.
pub fn piece_bytes(design: &Design) -> usize {
    design.axi.beat_bytes().min(design.pu.n.into()) as usize
}

/// Pieces of a beat.
pub fn pieces(design: &Design) -> usize {
    design.axi.beat_bytes() as usize / piece_bytes(design)
}

/// The unit between the bus of a design and its buffers.
///
/// # Errors
/// A fault of the description, which would be ours.
pub fn unpack(design: &Design) -> Result<Rc<Module>, Error> {
    let (bytes, count) = (piece_bytes(design), pieces(design));
    let mut m = Module::new("unpack", "beats of the bus to what the buffers take in a cycle")
        .parameter("beat_bytes", design.axi.beat_bytes())
        .parameter("piece_bytes", bytes)
        .latency("1 cycle to the first piece of a beat");
    let beat = m.input("beat", 1, "a beat comes");
    let data = m.input("beat_data", design.axi.width_bits as usize, "its bytes");
    let valid = m.output("piece", 1, "a piece comes");
    let value = m.output("piece_data", 8 * bytes, "its bytes");
    let held = m.register("held", data.width(), 0);
    m.when(&beat, |m| m.next(&held, &data));
    if count == 1 {
        let comes = m.stage("comes", beat);
        m.assign(valid, comes);
        m.assign(value, held);
        return m.finish();
    }
    let index = address_bits(count);
    let from = m.input("piece_first", index, "its first piece that counts");
    let to = m.input("piece_end", index + 1, "the piece after the last that counts");
    let [at, low] = ["at", "low"].map(|name| m.register(name, index, 0));
    let high = m.register("high", index + 1, 0);
    let running = m.register("running", 1, 0);
    let last = m.wire("at_last", at.eq(lit(index, count as u64 - 1)));
    m.next(&running, beat.or(running.and(last.not())));
    m.when(&beat, |m| {
        m.next(&at, lit(index, 0));
        m.next(&low, from);
        m.next(&high, to);
    })
    .otherwise(|m| m.next(&at, at.add(lit(index, 1))));
    m.assign(valid, running.and(at.ge(&low)).and(at.widen(index + 1).lt(&high)));
    let parts: Vec<Expr> = (0..count).map(|part| held.bits(part * 8 * bytes, 8 * bytes)).collect();
    let target = &value;
    let arms =
        (0..).zip(&parts).map(|(part, piece)| arm(part, move |m: &mut Module| m.assign(target, piece)));
    m.case(&at, arms.collect(), |m| m.assign(target, lit(8 * bytes, 0)));
    m.finish()
}
