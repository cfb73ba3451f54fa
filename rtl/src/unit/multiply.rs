//! The product of two codes as an integer in two's complement.
//!
//! product = significand(a) * significand(b) = ±(mantissa(a) * mantissa(b)) << (exponent(a) + exponent(b)), exact: small
//! numbers are multiplied and given their sign, and one shift follows. Combinational: the register behind it belongs to the vector
//! MAC. Gating of zeros is not part of it.

use super::significand::{Parts, parts, significand_width};
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
    let mut m = Module::new("multiply", "product of two AdaptivFloat codes, exact")
        .parameter("width", bits)
        .parameter("exponent", format.exponent())
        .latency("none");
    let [a, b] = ["a", "b"].map(|name| m.input(name, bits, "code"));
    let product = m.output("product", product_width(format), "product of the significands, two's complement");
    let [a, b] = [("a", a), ("b", b)].map(|(name, code)| parts(&mut m, name, format, &code));
    let value = shifted_product(&mut m, &a, &b, product_width(format));
    m.assign(product, value);
    m.finish()
}

/// The exact product of two numbers taken apart, in two's complement of `width` bits.
pub(crate) fn shifted_product(m: &mut Module, a: &Parts, b: &Parts, width: usize) -> Expr {
    let both = Parts {
        negative: m.wire("negative", a.negative.xor(&b.negative)),
        mantissa: m.wire("mantissas", a.mantissa.mul(&b.mantissa)),
        exponent: m.wire("exponents", a.exponent.add_full(&b.exponent)),
    };
    both.value(m, "mantissas", width)
}

/// The exact product of two numbers in two's complement, as wide as both together, as wires under `name`.
pub(super) fn signed_product(m: &mut Module, name: &str, a: &Expr, b: &Expr) -> Expr {
    let [left, right] = [("a", a), ("b", b)]
        .map(|(side, value)| m.wire(&format!("{name}_{side}"), mux(value.sign(), value.negate(), value)));
    let magnitude = m.wire(&format!("{name}_magnitude"), left.mul(right));
    mux(a.sign().xor(b.sign()), magnitude.negate(), &magnitude)
}
