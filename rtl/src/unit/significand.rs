//! From an AdaptivFloat code to its sign and its integer significand, `(2^m + man) << exp`.
//!
//! A code is zero if exponent and mantissa are; its sign is then cleared too. Combinational. The tensor's exponent bias
//! is not part of it: it scales the whole sum, at the end of the pipe. Values: [`kernels::adaptivfloat`].

use crate::hdl::{Error, Expr, Instance, Module, concat, mux};
use kernels::adaptivfloat::Format;
use std::rc::Rc;

/// Bits of the magnitude of a significand.
pub fn significand_width(format: Format) -> usize {
    format.max_significand().ilog2() as usize + 1
}

/// `code` to `negative` and `magnitude`.
///
/// # Errors
/// A fault of the description, which would be ours.
pub fn significand(format: Format) -> Result<Rc<Module>, Error> {
    let (bits, mantissa) = (usize::from(format.width()), usize::from(format.mantissa()));
    let width = significand_width(format);
    let mut m = Module::new("significand", "AdaptivFloat code to sign and integer significand")
        .parameter("width", bits)
        .parameter("exponent", format.exponent())
        .latency("none");
    let code = m.input("code", bits, "sign, exponent, mantissa from the top");
    let negative = m.output("negative", 1, "sign; zero for the zero code");
    let magnitude = m.output("magnitude", width, "(2^m + mantissa) << exponent; zero for the zero code");
    let some = m.wire("some", code.bits(0, bits - 1).reduce_or());
    let exponent = code.bits(mantissa, usize::from(format.exponent()));
    let significant = match mantissa {
        0 => some.clone(),
        _ => concat(&[some.clone(), code.bits(0, mantissa).and(some.repeat(mantissa))]),
    };
    m.assign(negative, code.bit(bits - 1).and(&some));
    m.assign(magnitude, significant.widen(width).shl_by(exponent));
    m.finish()
}

/// The significand of `code` in two's complement, one bit wider than its magnitude, by an instance of `decoder`.
pub(super) fn signed(m: &mut Module, name: &str, decoder: &Rc<Module>, code: &Expr) -> Expr {
    with_sign(&m.instance(name, decoder, &[("code", code)]))
}

/// What a decoder gives, in two's complement.
pub(super) fn with_sign(decoded: &Instance) -> Expr {
    let magnitude = decoded.out("magnitude");
    let magnitude = magnitude.widen(magnitude.width() + 1);
    mux(decoded.out("negative"), magnitude.negate(), &magnitude)
}
