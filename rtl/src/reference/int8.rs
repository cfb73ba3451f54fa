//! Lanes of 8-bit integers, with the usual 32-bit total.

use super::mac;
use crate::hdl::{Error, Expr, Module};
use std::rc::Rc;

/// Bits of an operand and of the total.
const BITS: usize = 8;
const TOTAL: usize = 32;

/// `n` lanes of 8 x 8 bits.
///
/// # Errors
/// `n` is no power of two from 2 on; else a fault of the description, which would be ours.
pub fn int8_mac(n: u32) -> Result<Rc<Module>, Error> {
    mac("int8_mac", "n products of 8-bit integers, summed and accumulated in 32 bits", &multiply()?, n, TOTAL)
}

/// An unsigned product, less the other operand where a sign is set: x = unsigned(x) - 2^8 * sign(x).
fn multiply() -> Result<Rc<Module>, Error> {
    let mut m =
        Module::new("int8_multiply", "product of two 8-bit integers, two's complement").latency("none");
    let a = m.input("a", BITS, "two's complement");
    let b = m.input("b", BITS, "two's complement");
    let product = m.output("product", 2 * BITS, "two's complement");
    let less = |sign: &Expr, other: &Expr| other.and(sign.sign().repeat(BITS)).widen(2 * BITS).shl(BITS);
    m.assign(product, a.mul(&b).sub(less(&a, &b)).sub(less(&b, &a)));
    m.finish()
}
