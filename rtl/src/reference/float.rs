//! Lanes of small floating-point codes: mantissas are multiplied, exponents added, and the product shifted to fixed point.
//!
//! product = ±(mantissa(a) * mantissa(b)) << (shift(a) + shift(b)), in units of the smallest product.
//!
//! AdaptivFloat: mantissa = (2^m + man), shift = exp, both zero for the zero code. E4M3: mantissa = (8 + man) and shift = exp - 1, or man and
//! 0 for a subnormal, whose exponent is 0.

use super::mac;
use crate::hdl::{Error, Expr, Module, concat, lit, mux};
use crate::unit::{accumulator_width, largest_reduction};
use models::design::Design;
use std::rc::Rc;

/// Bits of E4M3: the code, its exponent, its mantissa.
const CODE: usize = 8;
const EXPONENT: usize = 4;
const MANTISSA: usize = 3;

/// A code taken apart.
struct Parts {
    negative: Expr,
    mantissa: Expr,
    shift: Expr,
}

/// The value of an E4M3 code in units of the smallest subnormal, 2^-9; NaN has what its bits say.
pub fn e4m3(code: u8) -> i64 {
    let (exponent, mantissa) = (i64::from(code >> MANTISSA & 0xf), i64::from(code & 0x7));
    let magnitude = if exponent == 0 { mantissa } else { (8 + mantissa) << (exponent - 1) };
    if code >> (CODE - 1) == 1 { -magnitude } else { magnitude }
}

/// `n` lanes of FP8 E4M3, the total exact over the design's longest reduction.
///
/// # Errors
/// `n` is no power of two from 2 on; else a fault of the description, which would be ours.
pub fn fp8_mac(design: &Design) -> Result<Rc<Module>, Error> {
    let largest = u128::from(e4m3(0x7f).unsigned_abs()).pow(2);
    let total = largest * u128::from(largest_reduction(design));
    let lane =
        lane("fp8_multiply", "product of two FP8 E4M3 codes, exact", CODE, largest, &|m, side, code| {
            let exponent = code.bits(MANTISSA, EXPONENT);
            let normal = m.wire(&format!("{side}_normal"), exponent.reduce_or());
            Parts {
                negative: code.sign(),
                mantissa: concat(&[normal.clone(), code.bits(0, MANTISSA)]),
                shift: m.wire(&format!("{side}_shift"), exponent.sub(normal.widen(EXPONENT))),
            }
        })?;
    mac(
        "fp8_mac",
        "n products of FP8 E4M3 codes, summed and accumulated exactly",
        &lane,
        design.pu.n,
        bits(total) + 1,
    )
}

/// The machine's product, the shift behind the multiplier.
///
/// # Errors
/// A fault of the description, which would be ours.
pub fn adaptivfloat_shift_mac(design: &Design) -> Result<Rc<Module>, Error> {
    let format = design.format;
    let (width, mantissa) = (usize::from(format.width()), usize::from(format.mantissa()));
    let largest = u128::from(format.max_significand().unsigned_abs()).pow(2);
    let purpose = "product of two AdaptivFloat codes, exact, shifted behind the multiplier";
    let lane = lane("shift_multiply", purpose, width, largest, &|m, side, code| {
        let some = m.wire(&format!("{side}_some"), code.bits(0, width - 1).reduce_or());
        Parts {
            negative: code.sign(),
            mantissa: if mantissa == 0 { some } else { concat(&[some, code.bits(0, mantissa)]) },
            shift: code.bits(mantissa, usize::from(format.exponent())),
        }
    })?;
    let total = accumulator_width(format, largest_reduction(design));
    let purpose = "n products of AdaptivFloat codes, shifted, summed and accumulated";
    mac("adaptivfloat_shift_mac", purpose, &lane, design.pu.n, total)
}

/// Bits of a magnitude.
fn bits(magnitude: u128) -> usize {
    magnitude.ilog2() as usize + 1
}

/// The product of two codes of `width` bits whose magnitude is at most `largest`.
fn lane(
    name: &str,
    purpose: &str,
    width: usize,
    largest: u128,
    parts: &dyn Fn(&mut Module, &str, &Expr) -> Parts,
) -> Result<Rc<Module>, Error> {
    let out = bits(largest) + 1;
    let mut m = Module::new(name, purpose).latency("none");
    let codes = ["a", "b"].map(|side| (side, m.input(side, width, "code")));
    let product = m.output("product", out, "two's complement");
    let [a, b] = codes.map(|(side, code)| parts(&mut m, side, &code));
    let mantissas = m.wire("mantissas", a.mantissa.mul(&b.mantissa));
    let shift = m.wire("shift", a.shift.add_full(&b.shift));
    let magnitude =
        m.wire("magnitude", mantissas.widen(out.max(mantissas.width())).shl_by(shift).bits(0, out));
    let negative = m.wire("negative", a.negative.xor(&b.negative));
    m.assign(product, mux(negative, lit(out, 0).sub(&magnitude), &magnitude));
    m.finish()
}
