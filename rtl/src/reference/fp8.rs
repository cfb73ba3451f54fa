//! Lanes of FP8 E4M3: mantissas are multiplied, exponents added, and the product shifted to fixed point.
//!
//! value = ±mantissa << exponent in units of the smallest subnormal, 2^-9: mantissa = 8 + man, exponent = exp - 1; of a subnormal,
//! whose exp is 0, mantissa = man, exponent = 0.

use super::mac;
use crate::hdl::{Error, Expr, Module, concat};
use crate::unit::{Parts, largest_reduction, shifted_product};
use models::design::Design;
use std::rc::Rc;

/// Bits of E4M3: the code, its exponent, its mantissa.
const CODE: usize = 8;
const EXPONENT: usize = 4;
const MANTISSA: usize = 3;

/// The value of a code in units of the smallest subnormal; NaN has what its bits say.
pub fn e4m3(code: u8) -> i64 {
    let (exponent, mantissa) = (i64::from(code >> MANTISSA & 0xf), i64::from(code & 0x7));
    let magnitude = if exponent == 0 { mantissa } else { (8 + mantissa) << (exponent - 1) };
    if code >> (CODE - 1) == 1 { -magnitude } else { magnitude }
}

/// The largest product.
fn largest() -> u128 {
    u128::from(e4m3(0x7f).unsigned_abs()).pow(2)
}

/// Bits of a magnitude with its sign.
fn bits(magnitude: u128) -> usize {
    magnitude.ilog2() as usize + 2
}

/// `n` lanes, the total exact over the design's longest reduction.
///
/// # Errors
/// `n` is no power of two from 2 on; else a fault of the description, which would be ours.
pub fn fp8_mac(design: &Design) -> Result<Rc<Module>, Error> {
    let total = bits(largest() * u128::from(largest_reduction(design)));
    let purpose = "n products of FP8 E4M3 codes, summed and accumulated exactly";
    mac("fp8_mac", purpose, &multiply()?, design.pu.n, total)
}

/// The product of two codes.
fn multiply() -> Result<Rc<Module>, Error> {
    let width = bits(largest());
    let mut m = Module::new("fp8_multiply", "product of two FP8 E4M3 codes, exact").latency("none");
    let [a, b] = ["a", "b"].map(|name| m.input(name, CODE, "code"));
    let product = m.output("product", width, "two's complement");
    let [a, b] = [("a", a), ("b", b)].map(|(name, code)| parts(&mut m, name, &code));
    let value = shifted_product(&mut m, &a, &b, width);
    m.assign(product, value);
    m.finish()
}

/// The parts of `code`, as wires under `name`.
fn parts(m: &mut Module, name: &str, code: &Expr) -> Parts {
    let exponent = code.bits(MANTISSA, EXPONENT);
    let normal = m.wire(&format!("{name}_normal"), exponent.reduce_or());
    Parts {
        negative: code.sign(),
        mantissa: concat(&[normal.clone(), code.bits(0, MANTISSA)]),
        exponent: m.wire(&format!("{name}_exponent"), exponent.sub(normal.widen(EXPONENT))),
    }
}
