//! A restoring divider: one bit of the quotient a cycle.
//!
//! **Ports.** `start`, high with `numerator` and `denominator`; `quotient`, 32 bits.
//!
//! **Timing.** The quotient stands [`latency::DIVIDE`] = 32 cycles after `start`, the first of which already gives a bit,
//! until one cycle has passed. A `start` in between begins anew.
//!
//! **Function.** [`kernels::fixed::divide`] as 32 bits, to nearest, ties to even, for quotients below 2^32. Not modelled:
//! larger quotients, and a denominator of zero, which no sum of powers is.

use super::rounding::rounds_up;
use crate::hdl::{Error, Expr, Module, concat, lit, mux};
use models::latency;
use std::rc::Rc;

/// Bits of a quotient.
pub const QUOTIENT_BITS: usize = latency::DIVIDE as usize;

/// The divider by numbers of `width` bits; the numerator has [`QUOTIENT_BITS`] more.
///
/// # Errors
/// A width of no bits.
pub fn divide(width: usize) -> Result<Rc<Module>, Error> {
    if width == 0 {
        return Err(Error::size("divide", "width", "at least one bit"));
    }
    let mut m = Module::new("divide", "restoring division, one bit a cycle")
        .parameter("width", width)
        .latency(format!("{} cycles", latency::DIVIDE));
    let start = m.input("start", 1, "operands are here");
    let numerator = m.input("numerator", width + QUOTIENT_BITS, "unsigned, below denominator * 2^32");
    let denominator = m.input("denominator", width, "unsigned, not zero");
    let held = m.register("held", width, 0);
    let divisor = m.wire("divisor", mux(&start, &denominator, &held));
    m.next(&held, &divisor);
    let state = step(&mut m, &start, &numerator, &divisor);
    let (rest, floor) = (state.bits(QUOTIENT_BITS, width), state.bits(0, QUOTIENT_BITS));
    let twice = m.wire("twice", concat(&[rest, lit(1, 0)]));
    let held = held.widen(width + 1);
    let up = rounds_up(&floor, &twice.ge(&held), &twice.gt(&held));
    let quotient = m.output("quotient", QUOTIENT_BITS, "to nearest, ties to even");
    m.assign(quotient, floor.add(up.widen(QUOTIENT_BITS)));
    m.finish()
}

/// Rest above, numerator bits that are left and quotient bits that are known below: shifted up by one each cycle.
fn step(m: &mut Module, start: &Expr, numerator: &Expr, divisor: &Expr) -> Expr {
    let width = divisor.width();
    let state = m.register("state", numerator.width(), 0);
    let current = m.wire("current", mux(start, numerator, &state));
    let rest = m.wire("rest", current.bits(QUOTIENT_BITS - 1, width + 1));
    let fits = m.wire("fits", rest.ge(divisor.widen(width + 1)));
    let low_rest = rest.bits(0, width);
    let left = m.wire("left", mux(&fits, low_rest.sub(divisor), &low_rest));
    let low = current.bits(0, QUOTIENT_BITS - 1);
    m.next(&state, concat(&[left, low, fits]));
    state
}
