//! `1/sqrt(x)` of an integer by a table of 192 segments over two octaves and one linear interpolation.
//!
//! **Ports.** `x`, unsigned; `mantissa`, 2^19 to 2^20, or zero for x = 0; `octaves`: the root is
//! mantissa * 2^-(20 + octaves).
//!
//! **Timing.** [`latency::RSQRT`] = 4 cycles, one value a cycle: normalisation, table, interpolation, scaling.
//!
//! **Function.** [`kernels::fixed::rsqrt`], bit for bit, and zero for zero. With x shifted up by pairs of zeros, its top eight bits
//! are 64 to 255 and select a segment; the 16 below are the place within. Those of zero are zero and select, 64 below the first
//! segment, the word behind the last, which is zero. The curve falls, so a segment is kept as its
//! height and its fall, as in [`exp2`](super::exp2()).

use crate::hdl::{Error, Expr, Module, address_bits, concat, lit, mux, rom};
use kernels::fixed::{RSQRT_FRACTION, RSQRT_TABLE};
use models::latency;
use std::rc::Rc;

/// Bits of a mantissa: 1.0 takes one above the fraction.
pub const ROOT_BITS: usize = RSQRT_FRACTION as usize + 1;
/// Bits of a place within a segment.
const REST_BITS: usize = 16;
/// Bits that select a segment, and the value of the first.
const SEGMENT_BITS: usize = 8;
const FIRST: u64 = 64;

const _: () = assert!(latency::RSQRT == 4, "normal, segment, root and mantissa are the four registers");
const _: () = assert!(RSQRT_TABLE.len() as u64 == (1 << SEGMENT_BITS) - FIRST + 1, "segments and their end");

/// Bits of the octaves of a number of `width` bits.
pub fn octave_bits(width: usize) -> usize {
    address_bits(width.div_ceil(2))
}

/// The unit for `x` of `width` bits.
///
/// # Errors
/// A width of less than 3 bits, or more than 128.
pub fn rsqrt(width: usize) -> Result<Rc<Module>, Error> {
    if !(3..=128).contains(&width) {
        return Err(Error::size("rsqrt", "width", "from 3 to 128 bits"));
    }
    let mut m = Module::new("rsqrt", "reciprocal of the square root of an integer")
        .parameter("width", width)
        .latency(format!("{} cycles", latency::RSQRT));
    let x = m.input("x", width, "unsigned");
    let (normal, octaves) = normalise(&mut m, &x);
    let (from, fall) = segment(&mut m, &normal)?;
    let rest = m.stage("rest", normal.bits(0, REST_BITS));
    let octaves = m.stage("octaves_2", octaves);
    let octaves = m.stage("octaves_3", octaves);
    let product = m.wire("product", fall.mul(&rest));
    let up = product.bits(0, REST_BITS).gt(lit(REST_BITS, 1 << (REST_BITS - 1)));
    let step = product.bits(REST_BITS, fall.width()).widen(ROOT_BITS);
    let root = m.stage("root", from.sub(step).sub(up.widen(ROOT_BITS)));
    let scaled = [
        ("mantissa", root, "20 fraction bits; zero for zero"),
        ("octaves", octaves, "what the root is divided by, as a power of two"),
    ];
    for (name, value, meaning) in scaled {
        let last = m.stage(&format!("{name}_4"), value);
        let port = m.output(name, last.width(), meaning);
        m.assign(port, last);
    }
    m.finish()
}

/// The first stage: the bits that table and interpolation take, and half the number of the pair's lower bit.
fn normalise(m: &mut Module, x: &Expr) -> (Expr, Expr) {
    let taken = SEGMENT_BITS + REST_BITS;
    let pairs = x.width().div_ceil(2);
    let width = (2 * pairs).max(taken);
    let padding = width - 2 * pairs;
    let even = x.widen(2 * pairs);
    let mut shifted = m.wire("even", if padding == 0 { even } else { concat(&[even, lit(padding, 0)]) });
    let mut zeros = Vec::new();
    for level in (0..=(pairs - 1).ilog2()).rev() {
        let by = 2 << level;
        let empty = m.wire(&format!("empty_{by}"), shifted.bits(width - by, by).reduce_or().not());
        // The lowest bits of the last one decide nothing; Verilator takes the name as a word that this is meant.
        let name = if level == 0 { "normal_ends_unused".to_owned() } else { format!("shifted_{by}") };
        shifted = m.wire(&name, mux(&empty, shifted.shl(by), &shifted));
        zeros.push(empty);
    }
    let bits = octave_bits(x.width());
    let octaves = lit(bits, pairs as u64 - 1).sub(concat(&zeros));
    (m.stage("normal", shifted.bits(width - taken, taken)), m.stage("octaves_1", octaves))
}

/// The second stage: height and fall of the segment.
fn segment(m: &mut Module, normal: &Expr) -> Result<(Expr, Expr), Error> {
    let falls: Vec<u32> = RSQRT_TABLE.windows(2).map(|pair| pair[0] - pair[1]).collect();
    let fall_bits = falls.iter().max().map_or(1, |fall| fall.ilog2() as usize + 1);
    let words =
        RSQRT_TABLE.iter().zip(&falls).map(|(&from, &fall)| u64::from(from) << fall_bits | u64::from(fall));
    let words: Vec<u64> = words.chain([0]).collect();
    let table = rom("rsqrt_table", "height and fall of each segment", ROOT_BITS + fall_bits, &words)?;
    let at = normal.bits(REST_BITS, SEGMENT_BITS).sub(lit(SEGMENT_BITS, FIRST));
    let word = m.instance("segments", &table, &[("address", &at)]).out("value");
    let word = m.stage("segment", word);
    Ok((word.bits(fall_bits, ROOT_BITS), word.bits(0, fall_bits)))
}
