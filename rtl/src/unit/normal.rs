//! One element of the second pass of layer norm: normal value, gamma, beta, code.
//!
//! **Ports.** `x` with the `gain` and `centre` of its row, with `octaves` a cycle later; `gamma` and `beta` with it, and the
//! weights of their lowest bits; `result`.
//!
//! **Timing.** [`CYCLES`], one element a cycle: gain * x - centre; normal value; gamma; alignment and sum; then
//! [`latency::REQUANTISE`].
//!
//! **Function.** `kernels::layernorm` from the moments on: the normal value is rounded to 16 fraction bits, to nearest even,
//! gamma and beta are applied exactly. With `count` below 2^16 the normal value is below 2^8 in magnitude.
//!
//! **Not modelled.** A weight of gamma below -496: with the normal value's 16 fraction bits it leaves the ten bits of an
//! exponent.

use super::add::SUM_BITS;
use super::align::{Operands, align};
use super::moments::{CENTRE_BITS, GAIN_BITS, SPREAD_BITS};
use super::multiply::signed_product;
use super::requantise::{EXPONENT_BITS, requantise};
use super::rounding::rounds_up;
use super::rsqrt::octave_bits;
use super::tree::delayed;
use super::walker::ROWS_BITS;
use crate::hdl::{Error, Expr, Module, lit, ones};
use kernels::adaptivfloat::Format;
use kernels::fixed::RSQRT_FRACTION;
use kernels::layernorm::{GAMMA_BITS, NORMAL_FRACTION};
use models::latency;
use std::rc::Rc;

/// Bits of an element of gamma and of beta.
pub(super) const GAMMA: usize = GAMMA_BITS as usize;
pub(super) const BETA: usize = 16;
/// Cycles from a sum to its result.
pub(super) const CYCLES: u64 = 4 + latency::REQUANTISE;
/// Bits of a normal value: its error may lift the root of the count above 2^8, and the sign.
const NORMAL_BITS: usize = NORMAL_FRACTION as usize + ROWS_BITS / 2 + 2;
/// Bits of a root below the lowest of a normal value, without the octaves.
const BELOW: usize = (RSQRT_FRACTION - NORMAL_FRACTION) as usize;

/// The lane.
///
/// # Errors
/// A fault of the description, which would be ours.
pub(super) fn normal(format: Format) -> Result<Rc<Module>, Error> {
    let bits = usize::from(format.width());
    let mut m = Module::new("normal", "one element of the second pass of layer norm")
        .parameter("width", bits)
        .parameter("exponent", format.exponent())
        .latency(format!("{CYCLES} cycles"));
    let deviation = deviation(&mut m);
    let value = normal_value(&mut m, &deviation);
    let [gamma, beta] =
        [("gamma", GAMMA), ("beta", BETA)].map(|(name, width)| m.input(name, width, "two's complement"));
    let gamma = delayed(&mut m, "gamma_after", &gamma, 2);
    let beta = delayed(&mut m, "beta_after", &beta, 3);
    let scaled = signed_product(&mut m, "scaled_now", &value, &gamma);
    let scaled = m.stage("scaled", scaled);
    let [gamma_lsb, beta_lsb, out_bias] = ["gamma_lsb", "beta_lsb", "out_bias"]
        .map(|name| m.input(name, EXPONENT_BITS, "power of two, two's complement"));
    let lsb = gamma_lsb.sub(lit(EXPONENT_BITS, NORMAL_FRACTION.into()));
    let operands = Operands { a: scaled.width(), b: BETA, least: 0 };
    let inputs = [("a", &scaled), ("a_lsb", &lsb), ("b", &beta), ("b_lsb", &beta_lsb)];
    let aligned = m.instance("aligned", &align(operands)?, &inputs);
    let upper = aligned.out("upper");
    let sum = m.stage("sum", upper.add(aligned.out("lower").sign_extend(upper.width())));
    let lsb = m.stage("sum_lsb", aligned.out("lsb"));
    let encoder = requantise(format, sum.width())?;
    let inputs = [("value", &sum), ("lsb", &lsb), ("out_bias", &out_bias)];
    let encoded = m.instance("encoded", &encoder, &inputs).out("code");
    let result = m.output("result", bits, "code");
    m.assign(result, encoded);
    m.finish()
}

/// (N*x - S) * r: the first register.
fn deviation(m: &mut Module) -> Expr {
    let x = m.input("x", SUM_BITS, "two's complement");
    let gain = m.input("gain", GAIN_BITS, "N times the root, 20 fraction bits");
    let centre = m.input("centre", CENTRE_BITS, "S times the root, two's complement");
    let scaled = signed_product(m, "x_scaled", &x, &gain.widen(GAIN_BITS + 1));
    // An element and the mean are twice the largest apart at most, and a root's top bit is only set in 1.0.
    let scaled = m.wire("x_scaled_top_unused", scaled).bits(0, CENTRE_BITS);
    m.stage("deviation", scaled.sub(centre))
}

/// The normal value: the second register.
fn normal_value(m: &mut Module, deviation: &Expr) -> Expr {
    let octaves = m.input("octaves", octave_bits(SPREAD_BITS), "as of the x before");
    let width = deviation.width();
    let fine = m.wire("fine_top_unused", deviation.shr_arith_by(&octaves));
    let lost = deviation.and(ones(width).shl_by(&octaves).not()).reduce_or();
    let floor = fine.bits(BELOW, NORMAL_BITS);
    let sticky = fine.bits(0, BELOW - 1).reduce_or().or(lost);
    let up = rounds_up(&floor, &fine.bit(BELOW - 1), &sticky);
    m.stage("normal_value", floor.add(up.widen(NORMAL_BITS)))
}
