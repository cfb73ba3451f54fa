//! How far an element lies below the largest of its row, as a number and as a power of two.
//!
//! **Ports.** `code` of an element, `most`, the largest significand of its row, and `lsb`, the weight of the lowest bit of both;
//! `natural`, the distance, unsigned with 16 fraction bits; `power`, the same times log2(e), with as many.
//!
//! **Timing.** One cycle, one element a cycle. The multiplication stands behind the register, so that it shares the next
//! cycle with the table of [`exp2`](super::exp2()).
//!
//! **Function.** [`kernels::softmax::distance`] and [`kernels::softmax::power`], bit for bit: to nearest even, saturated just
//! below 64. Not modelled: an element above `most`.

use super::requantise::EXPONENT_BITS;
use super::rounding::rounds_up;
use super::significand::{signed, significand, significand_width};
use crate::hdl::{Error, Expr, Module, concat, lit, mux, ones};
use kernels::adaptivfloat::Format;
use kernels::fixed::LOG2E_Q17;
use kernels::softmax::{DISTANCE_FRACTION, DISTANCE_LIMIT, power};
use std::rc::Rc;

/// Bits of a distance.
pub const DISTANCE_BITS: usize = DISTANCE_LIMIT.ilog2() as usize + 1;
/// Bits of a distance as a power of two.
pub const T_BITS: usize = power(DISTANCE_LIMIT).ilog2() as usize + 1;
/// Fraction bits of log2(e).
const LOG2E_FRACTION: usize = 17;

const _: () = assert!(DISTANCE_LIMIT + 1 == 1 << DISTANCE_BITS, "the largest distance is all ones");
const _: () = assert!(Format::AF8_4.max_significand().ilog2() + 2 < DISTANCE_LIMIT.ilog2(), "see `nearest`");

/// The unit for elements of `format`.
///
/// # Errors
/// A fault of the description, which would be ours.
pub fn distance(format: Format) -> Result<Rc<Module>, Error> {
    let width = significand_width(format) + 1;
    let decoder = significand(format)?;
    let mut m = Module::new("distance", "distance of an element from the largest of its row")
        .parameter("width", format.width())
        .parameter("exponent", format.exponent())
        .latency("1 cycle");
    let code = m.input("code", format.width().into(), "element");
    let most = m.input("most", width, "largest significand of the row, two's complement");
    let lsb = m.input("lsb", EXPONENT_BITS, "power of two of its lowest bit, two's complement");
    let element = signed(&mut m, "element", &decoder, &code);
    // Not negative, so that the bit of the sign is one of the magnitude.
    let difference = m.wire("difference", most.sub(element));
    let nearest = nearest(&mut m, &difference, &lsb);
    let distance = m.stage("nearest", nearest);
    let scaled = m.wire("scaled", distance.mul(lit(LOG2E_Q17.ilog2() as usize + 1, LOG2E_Q17.into())));
    let whole = scaled.bits(LOG2E_FRACTION, T_BITS);
    let half = lit(LOG2E_FRACTION, 1 << (LOG2E_FRACTION - 1));
    let up = scaled.bits(0, LOG2E_FRACTION).ge(half);
    let port = m.output("natural", DISTANCE_BITS, "16 fraction bits");
    m.assign(port, &distance);
    let port = m.output("power", T_BITS, "times log2(e), 16 fraction bits");
    m.assign(port, whole.add(up.widen(T_BITS)));
    m.finish()
}

/// `difference * 2^lsb` with the fraction bits of a distance, by a shift down from the furthest place up that leaves one
/// within range. What leaves the lower end was below half; and where bits are cut at all, fewer than those of a
/// distance are left, so that rounding never comes to the end of the range.
fn nearest(m: &mut Module, difference: &Expr, lsb: &Expr) -> Expr {
    let (furthest, room) = (DISTANCE_BITS - 1, difference.width());
    let bits = EXPONENT_BITS + 1;
    let start = lit(bits, furthest as u64 - u64::from(DISTANCE_FRACTION));
    let down = m.wire("down", start.sub(lsb.sign_extend(bits)));
    let wide = concat(&[difference.clone(), lit(furthest + room, 0)]).shr_by(down.bits(0, EXPONENT_BITS));
    let wide = m.wire("wide", wide);
    let floor = wide.bits(room, DISTANCE_BITS);
    let above = wide.bits(room + DISTANCE_BITS, wide.width() - room - DISTANCE_BITS).reduce_or();
    let up = rounds_up(&floor, &wide.bit(room - 1), &wide.bits(0, room - 1).reduce_or());
    let full = m.wire("full", mux(down.sign(), difference.reduce_or(), above));
    mux(full, ones(DISTANCE_BITS), floor.add(up.widen(DISTANCE_BITS)))
}
