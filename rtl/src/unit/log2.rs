//! `log2 x` of an integer by a table of 128 segments and one linear interpolation.
//!
//! **Ports.** `x`, unsigned; `value`, log2 x with 16 fraction bits.
//!
//! **Timing.** [`latency::LOG2`] = 3 cycles, one value a cycle: normalisation, table, interpolation.
//!
//! **Function.** [`kernels::fixed::log2`], bit for bit, for x from 1 on. Not modelled: x = 0, which no sum has.

use super::rounding::rounds_up;
use crate::hdl::{Error, Expr, Module, address_bits, concat, lit, mux, rom};
use kernels::fixed::LOG2_TABLE;
use models::latency;
use std::rc::Rc;

/// Bits of a place within a segment.
const REST_BITS: usize = 16;
/// Fraction bits of the table.
const TABLE_FRACTION: usize = 24;
/// Fraction bits of the result.
const FRACTION: usize = 16;

const _: () = assert!(latency::LOG2 == 3, "normal, segment and value are the three registers");

/// Bits of the logarithm of a number of `width` bits.
pub fn log2_width(width: usize) -> usize {
    address_bits(width) + FRACTION + 1
}

/// The unit for `x` of `width` bits.
///
/// # Errors
/// A width of no bits, or more than 64.
pub fn log2(width: usize) -> Result<Rc<Module>, Error> {
    if !(1..=64).contains(&width) {
        return Err(Error::size("log2", "width", "from 1 to 64 bits"));
    }
    let mut m = Module::new("log2", "logarithm of an integer to the base of two")
        .parameter("width", width)
        .latency(format!("{} cycles", latency::LOG2));
    let x = m.input("x", width, "unsigned, not zero");
    let (top, below) = normalise(&mut m, &x);
    let (from, rise) = segment(&mut m, &below)?;
    let rest = m.stage("rest", below.bits(0, REST_BITS));
    let top = m.stage("top_2", top);
    let product = m.wire("product", rise.mul(&rest));
    // A comparison rather than one bit, so that no wire has bits without a reader.
    let nearest = product.bits(0, REST_BITS).ge(lit(REST_BITS, 1 << (REST_BITS - 1)));
    let step = product.bits(REST_BITS, rise.width()).widen(TABLE_FRACTION + 1);
    let mantissa = m.wire("mantissa", from.add(step).add(nearest.widen(TABLE_FRACTION + 1)));
    let cut = TABLE_FRACTION - FRACTION;
    let floor = mantissa.bits(cut, FRACTION + 1);
    let up = rounds_up(&floor, &mantissa.bit(cut - 1), &mantissa.bits(0, cut - 1).reduce_or());
    let bits = log2_width(width);
    let whole = concat(&[top, lit(FRACTION, 0)]).widen(bits);
    let sum = m.stage("sum", whole.add(floor.widen(bits)).add(up.widen(bits)));
    let value = m.output("value", bits, "16 fraction bits");
    m.assign(value, sum);
    m.finish()
}

/// The first stage: the number of the top bit, and the bits below it that the table and the interpolation take.
fn normalise(m: &mut Module, x: &Expr) -> (Expr, Expr) {
    let (width, bits) = (x.width(), address_bits(x.width()));
    let taken = (LOG2_TABLE.len() - 1).ilog2() as usize + REST_BITS;
    let top = (1..width).fold(lit(bits, 0), |top, at| mux(x.bit(at), lit(bits, at as u64), top));
    let top = m.wire("top", top);
    let zeros = m.wire("zeros", lit(bits, width as u64 - 1).sub(&top));
    // The top bit is one and the lowest decide nothing; Verilator takes the name as a word that this is meant.
    let normal = m.wire("normal_ends_unused", concat(&[x.clone(), lit(taken, 0)]).shl_by(zeros));
    let below = normal.bits(width - 1, taken);
    (m.stage("top_1", top), m.stage("below", below))
}

/// The second stage: height and rise of the segment.
fn segment(m: &mut Module, below: &Expr) -> Result<(Expr, Expr), Error> {
    let rises: Vec<u32> = LOG2_TABLE.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let rise_bits = rises.iter().max().map_or(1, |rise| rise.ilog2() as usize + 1);
    let words =
        LOG2_TABLE.iter().zip(&rises).map(|(&from, &rise)| u64::from(from) << rise_bits | u64::from(rise));
    let words: Vec<u64> = words.collect();
    let table = rom("log2_table", "height and rise of each segment", TABLE_FRACTION + 1 + rise_bits, &words)?;
    let at = below.bits(REST_BITS, below.width() - REST_BITS);
    let word = m.instance("segments", &table, &[("address", &at)]).out("value");
    let word = m.stage("segment", word);
    Ok((word.bits(rise_bits, TABLE_FRACTION + 1), word.bits(0, rise_bits)))
}
