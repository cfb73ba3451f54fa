//! Alignment, sum and requantisation against `Fixed::plus` and `encode`.

use super::requantise::few_bits;
use super::walk::field;
use super::{Draw, Failure, Plan, Tally};
use crate::hdl::{Error, Module};
use crate::unit::{self, EXPONENT_BITS, Operands, requantise, sizes};
use kernels::adaptivfloat::{Fixed, Format, encode};
use models::latency;
use std::collections::VecDeque;
use std::rc::Rc;

/// The code of the sum of two operands.
fn coded_sum(format: Format, operands: Operands) -> Result<Rc<Module>, Error> {
    let (aligner, encoder) = (unit::align(operands)?, requantise(format, operands.sum_width())?);
    let mut m = Module::new("coded_sum", "aligned, added, rounded");
    let ports = [("a", operands.a), ("a_lsb", EXPONENT_BITS), ("b", operands.b), ("b_lsb", EXPONENT_BITS)];
    let ports = ports.map(|(name, width)| (name, m.input(name, width, "")));
    let aligned = m.instance("aligned", &aligner, &ports.each_ref().map(|(name, wire)| (*name, wire)));
    let upper = aligned.out("upper");
    let sum = upper.add(aligned.out("lower").sign_extend(upper.width()));
    let out_bias = m.input("out_bias", EXPONENT_BITS, "");
    let inputs = [("value", &sum), ("lsb", &aligned.out("lsb")), ("out_bias", &out_bias)];
    let code = m.instance("encoded", &encoder, &inputs).out("code");
    let out = m.output("code", format.width().into(), "");
    m.assign(out, code);
    m.finish()
}

/// Operands of every length, a third of which cancel but for a little.
pub(super) fn align(plan: &Plan) -> Result<Tally, Failure> {
    let shape = |a, b, least| Operands { a, b, least };
    let wide = Format::new(8, 1).unwrap_or(Format::AF8_3);
    let shapes = [
        (Format::AF8_4, shape(49, 16, 0)),
        (wide, shape(42, 16, 0)),
        (Format::AF8_3, shape(12, 12, 0)),
        (Format::AF4_3, shape(9, 20, 24)),
    ];
    let mut tally = Tally::default();
    for (format, operands) in plan.shapes(&shapes, sizes::align) {
        tally += sums(plan, format, operands)?;
    }
    Ok(tally)
}

fn sums(plan: &Plan, format: Format, shape: Operands) -> Result<Tally, Failure> {
    let (mut bench, mut draw) = (plan.bench(coded_sum(format, shape))?, plan.draw(shape.a as u64));
    let mut due = VecDeque::new();
    for _ in 0..plan.vectors + latency::REQUANTISE {
        let [a, b] = operands(&mut draw, shape);
        for (name, value, width) in [("a", a, shape.a), ("b", b, shape.b)] {
            bench.set(name, value.mantissa as u64 & (u64::MAX >> (64 - width)));
            bench.set(&format!("{name}_lsb"), field(value.lsb));
        }
        let sum = a.plus(b);
        let top = sum.lsb + 127 - sum.mantissa.unsigned_abs().max(1).leading_zeros().cast_signed();
        // Now and then so far up that nothing of the sum is left, or about half of the smallest code.
        let up = if draw.once_in(8) { draw.below(24) as i32 } else { 0 };
        let bias = (top - draw.below(18) as i32 + up).clamp(-512, 511);
        bench.set("out_bias", field(bias));
        due.push_back((a, b, bias));
        let ready = if due.len() as u64 > latency::REQUANTISE { due.pop_front() } else { None };
        if let Some((a, b, bias)) = ready {
            bench.expect("code", encode(format, bias, a.plus(b)).into());
        }
        bench.step().map_err(|difference| difference.about(format!("{ready:?}, {shape:?}")))?;
    }
    plan.replay(bench)
}

/// Up to `width` bits, signed, of any length; often one, a power of two, the least, or few bits.
fn integer(draw: &mut Draw, width: usize) -> i64 {
    let any = draw.signed(width) >> draw.below(width as u64);
    match draw.below(8) {
        0 => 0,
        1 => 1,
        2 => 1 << draw.below(width as u64 - 1),
        3 => -1 << draw.below(width as u64),
        4 => (few_bits(draw, width) as i64) << (64 - width) >> (64 - width),
        _ => any,
    }
}

/// Two operands and their weights: a third of all cancel but for a little, however far their weights lie apart.
fn operands(draw: &mut Draw, shape: Operands) -> [Fixed; 2] {
    let (mut a, mut b) = (integer(draw, shape.a), integer(draw, shape.b));
    let lsb = draw.signed(10) as i32;
    let mut apart = draw.signed(7) as i32;
    let little = draw.signed(3) as i32;
    match draw.below(16) {
        0..=2 => (a, apart) = (cancel(b, apart.abs(), little, shape.a), apart.abs()),
        3..=5 => (b, apart) = (cancel(a, apart.abs(), little, shape.b), -apart.abs()),
        6 => apart *= 16,
        _ => {}
    }
    [Fixed::new(a.into(), lsb), Fixed::new(b.into(), (lsb + apart).clamp(-512, 511))]
}

/// `-(high << apart)` and a little, cut to `width` bits.
fn cancel(high: i64, apart: i32, little: i32, width: usize) -> i64 {
    let limit = (1_i128 << (width - 1)) - 1;
    ((-i128::from(high) << apart) + i128::from(little)).clamp(-limit, limit) as i64
}
