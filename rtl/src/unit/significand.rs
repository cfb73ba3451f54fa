//! From an AdaptivFloat code to its integer significand, `±(2^m + man) << exp`, in two's complement.
//!
//! A code is zero if exponent and mantissa are, whatever its sign. The sign is applied before the shift, where the number
//! is a mantissa wide. Combinational. The tensor's exponent bias is not part of it: it scales the whole sum, at the end of the pipe.
//! Values: [`kernels::adaptivfloat`].

use crate::hdl::{Error, Expr, Module, concat, mux};
use kernels::adaptivfloat::Format;
use std::rc::Rc;

/// Bits of the magnitude of a significand.
pub fn significand_width(format: Format) -> usize {
    format.max_significand().ilog2() as usize + 1
}

/// A number taken apart: `±mantissa << exponent`.
pub(crate) struct Parts {
    /// Its sign, which zero may have too.
    pub negative: Expr,
    /// The hidden bit and those below it; zero for zero.
    pub mantissa: Expr,
    /// How far the mantissa is shifted.
    pub exponent: Expr,
}

impl Parts {
    /// The number in two's complement of `width` bits, by a wire under `name`.
    pub(crate) fn value(&self, m: &mut Module, name: &str, width: usize) -> Expr {
        let mantissa = self.mantissa.widen(self.mantissa.width() + 1);
        let signed = m.wire(&format!("{name}_signed"), mux(&self.negative, mantissa.negate(), &mantissa));
        signed.sign_extend(width).shl_by(&self.exponent)
    }
}

/// The parts of `code`, by a wire under `name`.
pub(crate) fn parts(m: &mut Module, name: &str, format: Format, code: &Expr) -> Parts {
    let (bits, mantissa) = (usize::from(format.width()), usize::from(format.mantissa()));
    let some = m.wire(&format!("{name}_some"), code.bits(0, bits - 1).reduce_or());
    Parts {
        negative: code.sign(),
        mantissa: if mantissa == 0 { some } else { concat(&[some, code.bits(0, mantissa)]) },
        exponent: code.bits(mantissa, usize::from(format.exponent())),
    }
}

/// `code` to `value`.
///
/// # Errors
/// A fault of the description, which would be ours.
pub fn significand(format: Format) -> Result<Rc<Module>, Error> {
    let (bits, width) = (usize::from(format.width()), significand_width(format) + 1);
    let mut m = Module::new("significand", "AdaptivFloat code to its integer significand")
        .parameter("width", bits)
        .parameter("exponent", format.exponent())
        .latency("none");
    let code = m.input("code", bits, "sign, exponent, mantissa from the top");
    let value =
        m.output("value", width, "(2^m + mantissa) << exponent with its sign, two's complement; or zero");
    let parts = parts(&mut m, "code", format, &code);
    let significand = parts.value(&mut m, "code", width);
    m.assign(value, significand);
    m.finish()
}

/// The significand of `code` in two's complement, by an instance of `decoder`.
pub(super) fn signed(m: &mut Module, name: &str, decoder: &Rc<Module>, code: &Expr) -> Expr {
    m.instance(name, decoder, &[("code", code)]).out("value")
}
