//! The product of two codes as an integer in two's complement.
//!
//! product = significand(a) * significand(b), exact. Combinational: the register behind it belongs to the vector MAC.
//! Gating of zeros is not part of it.

use super::significand::{significand, significand_width};
use crate::hdl::{Error, Expr, Module, mux};
use kernels::adaptivfloat::Format;
use std::rc::Rc;

/// Bits of a product with its sign.
pub fn product_width(format: Format) -> usize {
    2 * significand_width(format) + 1
}

/// Codes `a` and `b` to `product`.
///
/// # Errors
/// A fault of the description, which would be ours.
pub fn multiply(format: Format) -> Result<Rc<Module>, Error> {
    let bits = usize::from(format.width());
    let decoder = significand(format)?;
    let mut m = Module::new("multiply", "product of two AdaptivFloat codes, exact")
        .parameter("width", bits)
        .parameter("exponent", format.exponent())
        .latency("none");
    let a = m.input("a", bits, "code");
    let b = m.input("b", bits, "code");
    let product = m.output("product", product_width(format), "product of the significands, two's complement");
    let a = m.instance("significand_a", &decoder, &[("code", &a)]);
    let b = m.instance("significand_b", &decoder, &[("code", &b)]);
    let magnitude =
        m.wire("magnitude", a.out("magnitude").mul(b.out("magnitude")).widen(product_width(format)));
    let negative = m.wire("negative", a.out("negative").xor(b.out("negative")));
    m.assign(product, mux(negative, magnitude.negate(), &magnitude));
    m.finish()
}

/// The exact product of two numbers in two's complement, as wide as both together, as wires under `name`.
pub(super) fn signed_product(m: &mut Module, name: &str, a: &Expr, b: &Expr) -> Expr {
    let [left, right] = [("a", a), ("b", b)]
        .map(|(side, value)| m.wire(&format!("{name}_{side}"), mux(value.sign(), value.negate(), value)));
    let magnitude = m.wire(&format!("{name}_magnitude"), left.mul(right));
    mux(a.sign().xor(b.sign()), magnitude.negate(), &magnitude)
}
