//! End of the processing unit's pipe, before requantisation: one accumulator, its bias, the activation.
//!
//! **Ports.** `accumulator` and its weight `acc_lsb` (the operands' plus the shift), `bias` and `bias_lsb`, `activation`
//! (0 identity, 1 ReLU, 2 GELU, 3 tanh); `value` and `lsb` for [`requantise`](super::requantise()).
//!
//! **Timing.** [`latency::ACTIVATE`] = 3 cycles, one accumulator a cycle: alignment; sum and rounding to the table; table.
//!
//! **Function.** [`kernels::epilogue::Epilogue::apply`] up to its `encode`: the same code for every input. The operand with the
//! larger `lsb` is shifted up by the distance, by [`guard`] bits at most; the other is shifted down by what remains, and what it
//! loses becomes its lowest bit. Without a loss the sum is exact. With a loss the upper operand, if it is not zero, is at least
//! `2^guard` units of the sum and the lower at most half of that, so the sum is at least `2^(guard - 1)`: its lowest bit then lies
//! below every rounding boundary of a code (seven bits below the top one) and of a table's input (2^-13, or the sum saturates).
//! An odd lowest bit stands for all values between its even neighbours, of which a boundary is one; so every rounding is that of
//! the exact sum. A zero with the larger `lsb` would push the other out, so zero never counts as the upper one. The result's `lsb`
//! lies between those of the operands.
//!
//! **Not modelled.** Shift and tensor `lsb` are added by the PU, once per command.

use super::activation::{INPUT_BITS, RESULT_BITS, activation};
use super::requantise::EXPONENT_BITS;
use crate::hdl::{Error, Expr, Module, concat, lit, mux, ones};
use kernels::activation::{INPUT_FRACTION, OUTPUT_FRACTION};
use models::latency;
use std::rc::Rc;

/// Bits of an element of the bias.
pub const BIAS_BITS: usize = 16;
/// Bits that select the activation.
pub const ACTIVATION_BITS: usize = 2;
/// Bits of the difference of two exponents; two's complement.
const DISTANCE_BITS: usize = EXPONENT_BITS + 1;

const _: () = assert!(latency::ACTIVATE == 3, "aligned, sum and value are the three registers");

/// Bits that the upper operand is shifted up by at most, over a lower one of `width` bits: four more than that has, and enough for
/// a sum that has lost bits, in units above 2^-14, to saturate the table's input of [`INPUT_BITS`].
fn guard(width: usize) -> usize {
    width.max(INPUT_BITS) + 4
}

/// Bits of the value from accumulators of `width` bits.
pub fn value_width(width: usize) -> usize {
    (width + guard(BIAS_BITS)).max(BIAS_BITS + guard(width)) + 1
}

/// A value with the weight of its lowest bit and the activation that it is for.
struct Weighted {
    value: Expr,
    lsb: Expr,
    activation: Expr,
}

/// The epilogue of accumulators of `width` bits.
///
/// # Errors
/// A fault of the description, which would be ours.
pub fn epilogue(width: usize) -> Result<Rc<Module>, Error> {
    let mut m = Module::new("epilogue", "scale, bias and activation of an accumulator")
        .parameter("accumulator_width", width)
        .latency(format!("{} cycles", latency::ACTIVATE));
    let sum = sum(&mut m, width);
    let (negative, magnitude) = table_input(&mut m, &sum);
    let held = Weighted {
        value: m.stage("sum_held", &sum.value),
        lsb: m.stage("lsb_held", &sum.lsb),
        activation: m.stage("activation_held", &sum.activation),
    };
    let function = activation()?;
    let tanh = held.activation.bit(0);
    let inputs = [("negative", &negative), ("magnitude", &magnitude), ("tanh", &tanh)];
    let tabled = m.instance("by_table", &function, &inputs).out("result");
    finish(&mut m, &held, &tabled);
    m.finish()
}

/// The aligned operands, registered, and their sum.
fn sum(m: &mut Module, width: usize) -> Weighted {
    let full = value_width(width);
    let acc = m.input("accumulator", width, "two's complement");
    let acc_lsb = m.input("acc_lsb", EXPONENT_BITS, "power of two of its lowest bit, two's complement");
    let bias = m.input("bias", BIAS_BITS, "element of the bias, two's complement");
    let bias_lsb = m.input("bias_lsb", EXPONENT_BITS, "power of two of its lowest bit, two's complement");
    let activation = m.input("activation", ACTIVATION_BITS, "0 identity, 1 ReLU, 2 GELU, 3 tanh");
    let common = width.max(BIAS_BITS);
    let (acc_wide, bias_wide) = (acc.sign_extend(common), bias.sign_extend(common));
    let distance = acc_lsb.sign_extend(DISTANCE_BITS).sub(bias_lsb.sign_extend(DISTANCE_BITS));
    let distance = m.wire("distance", distance);
    let above = distance.sign().not();
    let upper = m.wire("upper", mux(&above, &acc_wide, &bias_wide));
    let lower = m.wire("lower", mux(&above, &bias_wide, &acc_wide));
    let difference = distance.bits(0, EXPONENT_BITS);
    let apart = m.wire("apart", mux(&above, &difference, difference.negate()));
    let [over_bias, over_acc] = [BIAS_BITS, width].map(|lower| lit(EXPONENT_BITS, guard(lower) as u64));
    let most = mux(&above, over_bias, over_acc);
    let near = apart.le(&most).or(upper.reduce_or().not());
    let left = m.wire("left", mux(&near, &apart, &most));
    let right = m.wire("right", apart.sub(&left));
    let kept = lower.shr_arith_by(&right);
    let lost = lower.and(ones(common).shl_by(&right).not()).reduce_or();
    let low = concat(&[kept.bits(1, common - 1), kept.bit(0).or(lost)]);
    let upper = m.stage("upper_aligned", upper.sign_extend(full).shl_by(&left));
    let low = m.stage("lower_aligned", low);
    let lsb = mux(&above, &acc_lsb, &bias_lsb).sub(&left);
    Weighted {
        value: m.wire("sum", upper.add(low.sign_extend(full))),
        lsb: m.stage("sum_lsb", lsb),
        activation: m.stage("activation_of_sum", activation),
    }
}

/// Sign and magnitude of the sum, rounded to the table's input and saturated: registered.
fn table_input(m: &mut Module, sum: &Weighted) -> (Expr, Expr) {
    let full = sum.value.width();
    let magnitude = m.wire("magnitude", mux(sum.value.sign(), sum.value.negate(), &sum.value));
    let unit = (1 << DISTANCE_BITS) - u64::from(INPUT_FRACTION);
    let down = m.wire("down", lit(DISTANCE_BITS, unit).sub(sum.lsb.sign_extend(DISTANCE_BITS)));
    let up = m.wire("up", down.negate());
    // One bit below the integer tells half from nothing.
    let fine = concat(&[magnitude.clone(), lit(1, 0)]);
    let floor = m.wire("table_floor", fine.shr_by(&down));
    let rest = m.wire("table_rest", fine.and(ones(full + 1).shl_by(&down).not()).reduce_or());
    let carry = floor.bit(0).and(rest.or(floor.bit(1)));
    let rounded = m.wire("table_rounded", floor.bits(1, full).add(carry.widen(full)));
    let some = magnitude.reduce_or();
    let small = magnitude.bits(0, INPUT_BITS);
    let raised = m.wire("raised", small.widen(2 * INPUT_BITS).shl_by(&up));
    let over = |value: &Expr| value.bits(INPUT_BITS, value.width() - INPUT_BITS).reduce_or();
    let far = up.ge(lit(DISTANCE_BITS, INPUT_BITS as u64)).and(some);
    let raised_over = far.or(over(&magnitude)).or(over(&raised));
    let raises = down.sign();
    let saturates = m.wire("saturates", mux(&raises, raised_over, over(&rounded)));
    let input = mux(&raises, raised.bits(0, INPUT_BITS), rounded.bits(0, INPUT_BITS));
    let input = m.wire("table_input", mux(saturates, ones(INPUT_BITS), input));
    (m.stage("table_negative", sum.value.sign()), m.stage("table_magnitude", input))
}

/// The value that is handed on, registered.
fn finish(m: &mut Module, sum: &Weighted, tabled: &Expr) {
    let full = sum.value.width();
    let table = sum.activation.bit(1);
    let cut = sum.activation.bit(0).and(sum.value.sign());
    let straight = sum.value.and(cut.not().repeat(full));
    debug_assert!(full >= RESULT_BITS, "the guard alone is wider than a table's result");
    let value = mux(&table, tabled.sign_extend(full), straight);
    let unit = (1 << EXPONENT_BITS) - u64::from(OUTPUT_FRACTION);
    let lsb = mux(&table, lit(EXPONENT_BITS, unit), &sum.lsb);
    let (value, lsb) = (m.stage("value_held", value), m.stage("value_lsb", lsb));
    let out = m.output("value", full, "two's complement");
    let weight = m.output("lsb", EXPONENT_BITS, "power of two of its lowest bit, two's complement");
    m.assign(out, value);
    m.assign(weight, lsb);
}
