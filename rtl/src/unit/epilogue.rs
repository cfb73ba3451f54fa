//! End of the processing unit's pipe, before requantisation: one accumulator, its bias, the activation.
//!
//! **Ports.** `accumulator` and its weight `acc_lsb` (the operands' plus the shift), `bias` and `bias_lsb`, `activation`
//! (0 identity, 1 ReLU, 2 GELU, 3 tanh); `value` and `lsb` for [`requantise`](super::requantise()).
//!
//! **Timing.** [`latency::ACTIVATE`] = 3 cycles, one accumulator a cycle: alignment; sum and rounding to the table; table.
//!
//! **Function.** [`kernels::epilogue::Epilogue::apply`] up to its `encode`: the same code for every input. [`align`](super::align()) keeps
//! what a far smaller operand decides; with a guard beyond [`INPUT_BITS`], a sum that has lost bits has its lowest bit below
//! every boundary of the table's input too (2^-13), or saturates it.
//!
//! **Not modelled.** Shift and tensor `lsb` are added by the PU, once per command.

use super::activation::{INPUT_BITS, RESULT_BITS, activation};
use super::align::{Operands, align};
use super::requantise::EXPONENT_BITS;
use crate::hdl::{Error, Expr, Module, concat, lit, mux, ones};
use kernels::activation::{INPUT_FRACTION, OUTPUT_FRACTION};
use models::latency;
use std::rc::Rc;

/// Bits of an element of the bias.
pub const BIAS_BITS: usize = 16;
/// Bits that select the activation.
pub const ACTIVATION_BITS: usize = 2;
/// Bits of the distance of an exponent from the table's; two's complement.
const DISTANCE_BITS: usize = EXPONENT_BITS + 1;

const _: () = assert!(latency::ACTIVATE == 3, "aligned, sum and value are the three registers");

/// Accumulator and bias. The guard is enough for a sum that has lost bits, in units above 2^-14, to saturate the table's input.
pub(super) fn operands(width: usize) -> Operands {
    Operands { a: width, b: BIAS_BITS, least: INPUT_BITS + 4 }
}

/// Bits of the value from accumulators of `width` bits.
pub fn value_width(width: usize) -> usize {
    operands(width).sum_width()
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
    let sum = sum(&mut m, width)?;
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
fn sum(m: &mut Module, width: usize) -> Result<Weighted, Error> {
    let acc = m.input("accumulator", width, "two's complement");
    let acc_lsb = m.input("acc_lsb", EXPONENT_BITS, "power of two of its lowest bit, two's complement");
    let bias = m.input("bias", BIAS_BITS, "element of the bias, two's complement");
    let bias_lsb = m.input("bias_lsb", EXPONENT_BITS, "power of two of its lowest bit, two's complement");
    let activation = m.input("activation", ACTIVATION_BITS, "0 identity, 1 ReLU, 2 GELU, 3 tanh");
    let inputs = [("a", &acc), ("a_lsb", &acc_lsb), ("b", &bias), ("b_lsb", &bias_lsb)];
    let aligned = m.instance("aligned", &align(operands(width))?, &inputs);
    let upper = m.stage("upper_aligned", aligned.out("upper"));
    let lower = m.stage("lower_aligned", aligned.out("lower"));
    Ok(Weighted {
        value: m.wire("sum", upper.add(lower.sign_extend(upper.width()))),
        lsb: m.stage("sum_lsb", aligned.out("lsb")),
        activation: m.stage("activation_of_sum", activation),
    })
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
