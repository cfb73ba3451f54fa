//! Element-wise add of two codes, the sum kept wide: a lane ahead of a norm.
//!
//! **Ports.** Codes `a` and `b` with the `channel`'s exponent of `a`; the weights `a_lsb` and `b_lsb` of their lowest bits and `sum_lsb` of the
//! result's, which stay while a command runs; `sum`.
//!
//! **Timing.** [`latency::ADD`] = 4 cycles, one sum a cycle: alignment, sum, shift to the unit of the result, rounding.
//!
//! **Function.** [`kernels::add::add`], bit for bit: the exact sum, `a` times two to its channel's exponent, to the nearest multiple of
//! `2^sum_lsb`, ties to even, saturated to [`MAX_SUM`] on both sides. One shift to the right does both ways: the sum has as many zeros
//! below it as a result has bits, and what lies farther up saturates.
//!
//! The alignment loses bits only from a guard of [`SUM_BITS`] + 1 bits on. What it loses then lies below the first bit that the rounding
//! cuts, or else the sum, at least three quarters of `2^(SUM_BITS + 1)` of its units, saturates.
//!
//! **Not modelled.** A weight of `a` so large that with a channel's exponent it leaves the ten bits of an exponent: above 504.

use super::align::{Operands, align};
use super::requantise::EXPONENT_BITS;
use super::rounding::rounds_up;
use super::significand::{signed, significand, significand_width};
use crate::hdl::{Error, Expr, Module, concat, lit, mux, ones};
use kernels::adaptivfloat::Format;
use kernels::add::{CHANNEL_BITS, MAX_SUM};
use models::latency;
use std::rc::Rc;

/// Bits of a sum.
pub(super) const SUM_BITS: usize = kernels::add::SUM_BITS as usize;
/// Bits of a channel's exponent.
pub(super) const CHANNEL: usize = CHANNEL_BITS as usize;
/// Bits of a shift, the difference of two exponents and the width of a sum; two's complement.
const SHIFT_BITS: usize = EXPONENT_BITS + 2;

const _: () = assert!(latency::ADD == 4, "aligned, sum, shifted and rounded are the four registers");

/// A sum in the unit of the result, as the third register stage holds it.
struct Shifted {
    floor: Expr,
    /// The bit below, and whether any further below is one.
    half: Expr,
    sticky: Expr,
    negative: Expr,
    /// It lies beyond all that a result can hold.
    far: Expr,
}

/// The lane.
///
/// # Errors
/// A fault of the description, which would be ours.
pub fn add(format: Format) -> Result<Rc<Module>, Error> {
    let width = significand_width(format) + 1;
    let operands = Operands { a: width, b: width, least: SUM_BITS + 1 };
    let (decoder, aligner) = (significand(format)?, align(operands)?);
    let mut m = Module::new("add", "sum of two codes as a fixed-point integer")
        .parameter("width", format.width())
        .parameter("exponent", format.exponent())
        .latency(format!("{} cycles", latency::ADD));
    let [a, b] = ["a", "b"].map(|name| {
        let code = m.input(name, format.width().into(), "code");
        signed(&mut m, &format!("significand_{name}"), &decoder, &code)
    });
    let [a_lsb, b_lsb, sum_lsb] = ["a_lsb", "b_lsb", "sum_lsb"]
        .map(|name| m.input(name, EXPONENT_BITS, "power of two, two's complement"));
    let channel = m.input("channel", CHANNEL, "exponent of a's channel");
    let a_lsb = m.wire("a_lsb_here", a_lsb.add(channel.widen(EXPONENT_BITS)));
    let inputs = [("a", &a), ("a_lsb", &a_lsb), ("b", &b), ("b_lsb", &b_lsb)];
    let aligned = m.instance("aligned", &aligner, &inputs);
    let [upper, lower, lsb] = ["upper", "lower", "lsb"].map(|name| m.stage(name, aligned.out(name)));
    let value = m.stage("value", upper.add(lower.sign_extend(upper.width())));
    let shift = shift(&mut m, &sum_lsb, &lsb);
    let shifted = shifted(&mut m, &value, &shift);
    let rounded = rounded(&mut m, &shifted);
    let sum = m.output("sum", SUM_BITS, "two's complement");
    m.assign(sum, rounded);
    m.finish()
}

/// By how much a sum with [`SUM_BITS`] zeros below goes down, so that half a unit of the result is the lowest bit; in the second
/// register.
fn shift(m: &mut Module, sum_lsb: &Expr, lsb: &Expr) -> Expr {
    let [sum_lsb, lsb] = [sum_lsb, lsb].map(|exponent| exponent.sign_extend(SHIFT_BITS));
    let shift = sum_lsb.sub(lsb).add(lit(SHIFT_BITS, SUM_BITS as u64 - 1));
    m.stage("shift", shift)
}

/// The third register stage.
fn shifted(m: &mut Module, value: &Expr, shift: &Expr) -> Shifted {
    let wide = m.wire("value_wide", concat(&[value.clone(), lit(SUM_BITS, 0)]));
    let down = shift.bits(0, SHIFT_BITS - 1);
    let fine = m.wire("fine", wide.shr_arith_by(&down));
    let lost = wide.and(ones(wide.width()).shl_by(&down).not()).reduce_or();
    let beyond = m.wire("beyond", fine.bits(SUM_BITS, fine.width() - SUM_BITS));
    let fits = beyond.reduce_and().or(beyond.reduce_or().not());
    let far = mux(shift.sign(), value.reduce_or(), fits.not());
    Shifted {
        floor: m.stage("floor", fine.bits(1, SUM_BITS)),
        half: m.stage("half", fine.bit(0)),
        sticky: m.stage("sticky", lost),
        negative: m.stage("negative", value.sign()),
        far: m.stage("far", far),
    }
}

/// The fourth register stage. Below the least result lies one more number, to which what is just too large rounds as well.
fn rounded(m: &mut Module, shifted: &Shifted) -> Expr {
    let up = rounds_up(&shifted.floor, &shifted.half, &shifted.sticky);
    let nearest = m.wire("nearest", shifted.floor.add(up.widen(SUM_BITS)));
    let most = MAX_SUM.unsigned_abs().into();
    let most = mux(&shifted.negative, lit(SUM_BITS, most).negate(), lit(SUM_BITS, most));
    let edge = nearest.eq(lit(SUM_BITS, 1 << (SUM_BITS - 1)));
    m.stage("rounded", mux(shifted.far.or(edge), most, nearest))
}
