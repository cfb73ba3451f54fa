//! `2^-t` by a table of 128 segments and one linear interpolation.
//!
//! **Ports.** `t`, unsigned with 16 fraction bits; `fraction`, 2^-(t mod 1), and `value`, 2^-t, with 24 fraction bits;
//! `whole`, the whole part of t.
//!
//! **Timing.** [`latency::EXP2`] = 3 cycles, one value a cycle: table, interpolation, shift. The range reduction is a cut
//! of wires.
//!
//! **Function.** [`kernels::fixed::exp2_fraction`] and [`kernels::fixed::exp2_neg`], bit for bit. The curve falls, so a
//! segment is kept as its height and its fall: from - (fall * rest + 255) / 512, which is the kernel's rounding turned
//! round.

use super::rounding::rounds_up;
use crate::hdl::{Error, Expr, Module, concat, lit, rom};
use kernels::fixed::{EXP2_FRACTION, EXP2_TABLE};
use models::latency;
use std::rc::Rc;

/// Bits of a power: 1.0 takes one above the fraction.
pub const POWER_BITS: usize = EXP2_FRACTION as usize + 1;
/// Fraction bits of an exponent.
const T_FRACTION: usize = 16;
/// Bits of a place within a segment.
const REST_BITS: usize = T_FRACTION - (EXP2_TABLE.len() - 1).ilog2() as usize;

const _: () = assert!(latency::EXP2 == 3, "from and fall, fraction, value are the three registers");

/// The unit for `t` of `width` bits.
///
/// # Errors
/// A width without a whole part.
pub fn exp2(width: usize) -> Result<Rc<Module>, Error> {
    if width <= T_FRACTION {
        return Err(Error::size("exp2", "width", "more than 16 bits"));
    }
    let mut m = Module::new("exp2", "two to the power of a negative number")
        .parameter("width", width)
        .latency(format!("{} cycles", latency::EXP2));
    let t = m.input("t", width, "unsigned, 16 fraction bits");
    let (from, fall) = segment(&mut m, &t)?;
    let rest = m.stage("rest", t.bits(0, REST_BITS));
    let whole = m.stage("whole_1", t.bits(T_FRACTION, width - T_FRACTION));
    let product = m.wire("product", fall.mul(&rest));
    let up = product.bits(0, REST_BITS).gt(lit(REST_BITS, 1 << (REST_BITS - 1)));
    let step = product.bits(REST_BITS, fall.width()).widen(POWER_BITS);
    let fraction = m.stage("fraction_2", from.sub(step).sub(up.widen(POWER_BITS)));
    let whole = m.stage("whole_2", whole);
    let value = shifted(&mut m, &fraction, &whole);
    for (name, value, meaning) in [
        ("value", value, "2^-t, 24 fraction bits"),
        ("fraction", fraction, "2^-(t mod 1), 24 fraction bits"),
        ("whole", whole, "whole part of t"),
    ] {
        let last = m.stage(&format!("{name}_3"), value);
        let port = m.output(name, last.width(), meaning);
        m.assign(port, last);
    }
    m.finish()
}

/// The first stage: height and fall of the segment of `t`.
fn segment(m: &mut Module, t: &Expr) -> Result<(Expr, Expr), Error> {
    let falls: Vec<u32> = EXP2_TABLE.windows(2).map(|pair| pair[0] - pair[1]).collect();
    let fall_bits = falls.iter().max().map_or(1, |fall| fall.ilog2() as usize + 1);
    let words =
        EXP2_TABLE.iter().zip(&falls).map(|(&from, &fall)| u64::from(from) << fall_bits | u64::from(fall));
    let words: Vec<u64> = words.collect();
    let table = rom("exp2_table", "height and fall of each segment", POWER_BITS + fall_bits, &words)?;
    let at = t.bits(REST_BITS, T_FRACTION - REST_BITS);
    let word = m.instance("segments", &table, &[("address", &at)]).out("value");
    let word = m.stage("segment", word);
    Ok((word.bits(fall_bits, POWER_BITS), word.bits(0, fall_bits)))
}

/// `fraction / 2^whole`, to nearest even; what leaves the lower end of the shifter was below half anyway.
fn shifted(m: &mut Module, fraction: &Expr, whole: &Expr) -> Expr {
    let room = POWER_BITS + 1;
    let wide = m.wire("wide", concat(&[fraction.clone(), lit(room, 0)]).shr_by(whole));
    let floor = wide.bits(room, POWER_BITS);
    let up = rounds_up(&floor, &wide.bit(room - 1), &wide.bits(0, room - 1).reduce_or());
    floor.add(up.widen(POWER_BITS))
}
