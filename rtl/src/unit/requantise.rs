//! From a fixed-point value to the nearest AdaptivFloat code: the last unit of every datapath.
//!
//! **Ports.** `value`, two's complement, and the weight `lsb` of its lowest bit; `out_bias`, the tensor's exponent bias; `code`.
//!
//! **Timing.** [`latency::REQUANTISE`] = 2 cycles, one value a cycle: normalisation, rounding.
//!
//! **Function.** [`kernels::adaptivfloat::encode()`], bit for bit: nearest, ties to the even code, saturating; up to half of the
//! smallest magnitude zero, from there on at least the smallest. With the magnitude shifted up until its top bit is set, the
//! code is the `mantissa` bits below that bit, under the exponent `top + lsb - out_bias - zeros`, rounded by what is left.
//! The difference of two exponents and the position of a top bit fit [`DIFFERENCE_BITS`].
//!
//! **Not modelled.** Nothing of the kernel, within these widths.

use crate::hdl::{Error, Expr, Module, concat, lit, mux};
use kernels::adaptivfloat::Format;
use models::latency;
use std::rc::Rc;

/// Bits of an exponent: the weight of a lowest bit, or a bias; two's complement.
pub const EXPONENT_BITS: usize = 10;
/// Bits of the exponent of a value in units of its tensor's bias; two's complement.
const DIFFERENCE_BITS: usize = EXPONENT_BITS + 2;
/// What is added to such an exponent, so that exponents compare like their bits.
const OFFSET: u64 = 1 << (DIFFERENCE_BITS - 1);
/// Widest value, in bits, whose top bit's number [`DIFFERENCE_BITS`] still holds.
const WIDEST: usize = 1 << EXPONENT_BITS;

const _: () = assert!(latency::REQUANTISE == 2, "normalised and code are the two registers");

/// A value with its top bit set, as the first register stage holds it.
struct Normal {
    /// The value is not zero.
    some: Expr,
    negative: Expr,
    /// Exponent of the top bit, in units of the bias, plus [`OFFSET`].
    exponent: Expr,
    /// The top bit and the mantissa.
    kept: Expr,
    /// The bit below, and whether any further below is one.
    half: Expr,
    sticky: Expr,
}

/// The encoder of values of `width` bits.
///
/// # Errors
/// A width of no bits, or beyond 1024.
pub fn requantise(format: Format, width: usize) -> Result<Rc<Module>, Error> {
    if !(1..=WIDEST).contains(&width) {
        return Err(Error::size("requantise", "width", "from 1 to 1024 bits"));
    }
    let mut m = Module::new("requantise", "fixed-point value to the nearest AdaptivFloat code")
        .parameter("value_width", width)
        .parameter("width", format.width())
        .parameter("exponent", format.exponent())
        .latency(format!("{} cycles", latency::REQUANTISE));
    let value = m.input("value", width, "two's complement");
    let lsb = m.input("lsb", EXPONENT_BITS, "power of two of its lowest bit, two's complement");
    let bias = m.input("out_bias", EXPONENT_BITS, "exponent bias of the tensor, two's complement");
    let normal = normalise(&mut m, format, &value, (&lsb, &bias));
    let magnitude = round(&mut m, format, &normal);
    let magnitude = m.wire("nearest_code", magnitude);
    let some = magnitude.reduce_or();
    let rounded = m.stage("rounded", concat(&[normal.negative.and(some), magnitude]));
    let code = m.output("code", usize::from(format.width()), "sign, exponent, mantissa from the top");
    m.assign(code, rounded);
    m.finish()
}

/// The first stage: magnitude, shifted up by as many zeros as it has, in powers of two.
fn normalise(m: &mut Module, format: Format, value: &Expr, (lsb, bias): (&Expr, &Expr)) -> Normal {
    let mantissa = usize::from(format.mantissa());
    // Room for mantissa, half and sticky below the top bit of the narrowest value.
    let width = value.width().max(mantissa + 3);
    let magnitude = mux(value.sign(), value.negate(), value);
    let padding = width - value.width();
    let mut shifted =
        m.wire("magnitude", if padding == 0 { magnitude } else { concat(&[magnitude, lit(padding, 0)]) });
    let mut zeros = Vec::new();
    for level in (0..=(width - 1).ilog2()).rev() {
        let by = 1 << level;
        let empty = m.wire(&format!("empty_{by}"), shifted.bits(width - by, by).reduce_or().not());
        shifted = m.wire(&format!("shifted_{by}"), mux(&empty, shifted.shl(by), &shifted));
        zeros.push(empty);
    }
    let [lsb, bias] = [lsb, bias].map(|exponent| exponent.sign_extend(DIFFERENCE_BITS));
    let top = lit(DIFFERENCE_BITS, OFFSET + value.width() as u64 - 1);
    let exponent = lsb.sub(bias).add(top).sub(concat(&zeros).widen(DIFFERENCE_BITS));
    let rest = width - mantissa - 1;
    Normal {
        some: m.stage("some", shifted.bit(width - 1)),
        negative: m.stage("negative", value.sign()),
        exponent: m.stage("power", exponent),
        kept: m.stage("kept", shifted.bits(rest, mantissa + 1)),
        half: m.stage("half", shifted.bit(rest - 1)),
        sticky: m.stage("sticky", shifted.bits(0, rest - 1).reduce_or()),
    }
}

/// The second stage: exponent and mantissa of the code.
fn round(m: &mut Module, format: Format, normal: &Normal) -> Expr {
    let (exponent, mantissa) = (usize::from(format.exponent()), usize::from(format.mantissa()));
    let power = |value: i64| lit(DIFFERENCE_BITS, OFFSET.wrapping_add_signed(value));
    // The smallest magnitude: without a mantissa, exponent 1; else mantissa 1, exponent 0.
    let (first, least) = if mantissa == 0 { (1, 1) } else { (0, (1 << mantissa) + 1) };
    let least = lit(mantissa + 1, least);
    let exact = normal.half.or(&normal.sticky).not();
    let no_more = m.wire("no_more", normal.kept.lt(&least).or(normal.kept.eq(&least).and(exact)));
    let up_to = |of: i64| normal.exponent.lt(power(of)).or(normal.exponent.eq(power(of)).and(&no_more));
    let nothing = m.wire("nothing", normal.some.not().or(up_to(first - 1)));
    let smallest = m.wire("smallest", up_to(first));
    let largest = m.wire("largest", normal.exponent.gt(power(format.max_exponent().into())));
    let field = normal.exponent.bits(0, exponent);
    let floor = if mantissa == 0 { field } else { concat(&[field, normal.kept.bits(0, mantissa)]) };
    let floor = m.wire("floor", floor);
    let up = normal.half.and(normal.sticky.or(floor.bit(0))).and(floor.reduce_and().not());
    let bits = floor.width();
    let nearest = m.wire("nearest", floor.add(up.widen(bits)));
    let saturated = mux(&largest, lit(bits, format.max_code().into()), nearest);
    mux(&nothing, lit(bits, 0), mux(&smallest, lit(bits, 1), saturated))
}
