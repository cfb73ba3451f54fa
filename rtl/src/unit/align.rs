//! Two integers with weights of their own, made ready to be added.
//!
//! **Ports.** `a` and `b` in two's complement and the weights `a_lsb`, `b_lsb` of their lowest bits; `upper` and `lower`, whose sum
//! has the bits of `upper` and the weight `lsb`.
//!
//! **Timing.** Combinational.
//!
//! **Function.** [`kernels::fixed::Fixed::plus`] for every rounding that follows. The operand with the larger `lsb` is shifted up by the
//! distance, by `guard` bits at most, which are no fewer than the other operand has; that is shifted down by what remains, and
//! what it loses becomes its lowest bit. Without a loss the sum is exact. With a loss the upper operand, if it is not zero, is
//! at least `2^guard` units of the sum and the lower at most a quarter of that, so the sum is above `2^(guard - 1)`: its lowest
//! bit then lies below every rounding boundary of a code, `mantissa + 1` bits below the top one, since every significand is at
//! least two bits longer than its mantissa and signed. An odd lowest bit stands for all values between its even neighbours, of
//! which a boundary is one; so every rounding is that of the exact sum. A zero with the larger `lsb` would push the other out, so
//! zero never counts as the upper one. The result's `lsb` lies between those of the operands.
//!
//! **Not modelled.** A distance that eleven bits do not hold, which no two exponents have.

use super::requantise::EXPONENT_BITS;
use crate::hdl::{Error, Expr, Module, concat, lit, mux, ones};
use std::rc::Rc;

/// Bits of the difference of two exponents; two's complement.
const DISTANCE_BITS: usize = EXPONENT_BITS + 1;
/// The widths of two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operands {
    /// Bits of `a`.
    pub a: usize,
    /// Bits of `b`.
    pub b: usize,
    /// Fewest bits of the guard, where a sum is for more than a code; else zero.
    pub least: usize,
}

impl Operands {
    /// Bits that the upper operand is shifted up by at most, over a lower one of `width` bits.
    fn guard(self, width: usize) -> usize {
        width.max(self.least)
    }

    /// Bits of the sum.
    pub fn sum_width(self) -> usize {
        (self.a + self.guard(self.b)).max(self.b + self.guard(self.a)) + 1
    }
}

/// The alignment of two operands.
///
/// # Errors
/// An operand without bits besides its sign.
pub fn align(operands: Operands) -> Result<Rc<Module>, Error> {
    let Operands { a: width_a, b: width_b, least } = operands;
    if width_a.min(width_b) < 2 {
        return Err(Error::size("align", "operands", "at least two bits"));
    }
    let mut m = Module::new("align", "two integers with weights of their own, made ready to be added")
        .parameter("a", width_a)
        .parameter("b", width_b)
        .parameter("guard", least)
        .latency("none");
    let [a, b] = [("a", width_a), ("b", width_b)].map(|(name, width)| {
        let lsb = format!("{name}_lsb");
        (
            m.input(name, width, "two's complement"),
            m.input(&lsb, EXPONENT_BITS, "power of two of its lowest bit"),
        )
    });
    let distance = a.1.sign_extend(DISTANCE_BITS).sub(b.1.sign_extend(DISTANCE_BITS));
    let distance = m.wire("distance", distance);
    let above = distance.sign().not();
    let common = width_a.max(width_b);
    let wide = [&a.0, &b.0].map(|value| value.sign_extend(common));
    let upper = m.wire("upper_operand", mux(&above, &wide[0], &wide[1]));
    let lower = m.wire("lower_operand", mux(&above, &wide[1], &wide[0]));
    let (left, right) = shifts(&mut m, operands, &distance, &upper);
    let full = operands.sum_width();
    let raised = upper.sign_extend(full).shl_by(&left);
    let lsb = mux(&above, &a.1, &b.1).sub(&left);
    let kept = lower.shr_arith_by(&right);
    let lost = lower.and(ones(common).shl_by(&right).not()).reduce_or();
    let kept = concat(&[kept.bits(1, common - 1), kept.bit(0).or(lost)]);
    for (name, value, meaning) in [
        ("upper", raised, "the operand with the larger weight, shifted up"),
        ("lower", kept, "the other, shifted down; its lowest bit tells of what is lost"),
        ("lsb", lsb, "power of two of the lowest bit of both"),
    ] {
        let port = m.output(name, value.width(), meaning);
        m.assign(port, value);
    }
    m.finish()
}

/// By how much the upper operand goes up and the lower one down.
fn shifts(m: &mut Module, operands: Operands, distance: &Expr, upper: &Expr) -> (Expr, Expr) {
    let above = distance.sign().not();
    let difference = distance.bits(0, EXPONENT_BITS);
    let apart = m.wire("apart", mux(&above, &difference, difference.negate()));
    let [over_b, over_a] =
        [operands.b, operands.a].map(|lower| lit(EXPONENT_BITS, operands.guard(lower) as u64));
    let most = mux(&above, over_b, over_a);
    let near = apart.le(&most).or(upper.reduce_or().not());
    let left = m.wire("left", mux(&near, &apart, &most));
    let right = m.wire("right", apart.sub(&left));
    (left, right)
}
