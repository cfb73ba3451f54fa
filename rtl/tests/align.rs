//! Alignment, sum and requantisation against `Fixed::plus` and `encode`.

mod common;

use common::{emitted, netlist_agrees, rng, vectors};
use kernels::adaptivfloat::{Fixed, Format, encode};
use models::latency;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use rtl::cosim::{Bench, lint};
use rtl::hdl::{Error, Module};
use rtl::unit::{EXPONENT_BITS, Operands, align, requantise};
use std::collections::VecDeque;
use std::rc::Rc;

/// The code of the sum of two operands.
fn coded_sum(format: Format, operands: Operands) -> Result<Rc<Module>, Error> {
    let (aligner, encoder) = (align(operands)?, requantise(format, operands.sum_width())?);
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

/// Up to `width` bits, signed, of any length; often one, a power of two or the least.
fn integer(rng: &mut ChaCha8Rng, width: usize) -> i64 {
    let draw = rng.next_u32() as usize;
    let any = rng.next_u64().cast_signed() >> (64 - width) >> ((draw >> 8) % width);
    match draw & 7 {
        0 => 0,
        1 => 1,
        2 => 1 << ((draw >> 8) % (width - 1)),
        3 => -1 << ((draw >> 8) % width),
        _ => any,
    }
}

/// Two operands and their weights: a third of all cancel but for a little, however far their weights lie apart.
fn operands(rng: &mut ChaCha8Rng, shape: Operands) -> [Fixed; 2] {
    let (mut a, mut b) = (integer(rng, shape.a), integer(rng, shape.b));
    let draw = rng.next_u32();
    let lsb = (draw & 0x3ff).cast_signed() - 512;
    let mut apart = (draw >> 10 & 0x7f).cast_signed() - 64;
    let little = (draw >> 17 & 7).cast_signed() - 4;
    match draw >> 20 & 15 {
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

fn sums(format: Format, shape: Operands, count: u64, seed: u64) {
    let design = emitted(coded_sum(format, shape));
    let mut bench = Bench::new(&design, seed as u32, 150).expect("Verilator builds it");
    let (mut rng, mut due) = (rng(seed), VecDeque::new());
    let field = |value: i32| u64::from(value.cast_unsigned() & 0x3ff);
    for _ in 0..count {
        let [a, b] = operands(&mut rng, shape);
        for (name, value, width) in [("a", a, shape.a), ("b", b, shape.b)] {
            bench.set(name, value.mantissa as u64 & (u64::MAX >> (64 - width)));
            bench.set(&format!("{name}_lsb"), field(value.lsb));
        }
        let sum = a.plus(b);
        let top = sum.lsb + 127 - sum.mantissa.unsigned_abs().max(1).leading_zeros().cast_signed();
        let bias = (top - (rng.next_u32() % 18).cast_signed()).clamp(-512, 511);
        bench.set("out_bias", field(bias));
        due.push_back((a, b, bias));
        let ready = if due.len() as u64 > latency::REQUANTISE { due.pop_front() } else { None };
        if let Some((a, b, bias)) = ready {
            bench.expect("code", encode(format, bias, a.plus(b)).into());
        }
        bench.step().unwrap_or_else(|difference| panic!("{ready:?}, {shape:?}: {difference}"));
    }
    netlist_agrees(&design, &bench);
}

#[test]
fn sums_are_rounded_as_the_exact_ones() {
    common::tools!("verilator", "align");
    let shape = |a, b| Operands { a, b, least: 0 };
    sums(Format::AF8_4, shape(49, 16), vectors(10_000), 91);
    sums(Format::new(8, 1).unwrap(), shape(42, 16), vectors(10_000), 92);
    sums(Format::AF8_3, shape(12, 12), vectors(10_000), 93);
    sums(Format::AF4_3, Operands { a: 9, b: 20, least: 24 }, vectors(10_000), 94);
}

#[test]
fn align_is_clean_and_refuses_a_sign_alone() {
    common::tools!("verilator", "lint of align");
    for (a, b, least) in [(49, 16, 24), (20, 20, 0), (2, 5, 0)] {
        let found = lint::lint(&emitted(align(Operands { a, b, least }))).unwrap();
        assert!(found.is_empty(), "{a}, {b}, {least}:\n{}", found.join("\n"));
    }
    assert!(align(Operands { a: 1, b: 8, least: 0 }).is_err());
}
