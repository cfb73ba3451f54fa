//! Activation, and epilogue with requantisation behind it, against the kernels.

mod common;

use common::{emitted, netlist_agrees, rng, vectors};
use kernels::activation::{self, Activation, INPUT_LIMIT};
use kernels::adaptivfloat::{Fixed, Format};
use kernels::epilogue::{Bias, Epilogue};
use models::latency;
use rand_chacha::rand_core::Rng;
use rtl::cosim::{Bench, lint};
use rtl::hdl::{Error, Module};
use rtl::unit::{EXPONENT_BITS, activation, epilogue, requantise, value_width};
use std::collections::VecDeque;
use std::rc::Rc;

const FUNCTIONS: [Activation; 4] =
    [Activation::Identity, Activation::Relu, Activation::Gelu, Activation::Tanh];

#[test]
fn every_input_of_the_tables_has_its_result() {
    common::tools!("verilator", "activation");
    let design = emitted(activation());
    let mut bench = Bench::new(&design, 1, 300).unwrap();
    let flat = (6 * 4096..=INPUT_LIMIT).step_by(99_991).chain([INPUT_LIMIT]);
    for magnitude in (0..6 * 4096).step_by(7).chain(20_300..20_500).chain(flat) {
        for (tanh, negative) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let x = if negative == 1 { -magnitude } else { magnitude };
            bench.set("negative", negative);
            bench.set("magnitude", u64::from(magnitude.unsigned_abs()));
            bench.set("tanh", tanh);
            let result = if tanh == 1 { activation::tanh(x) } else { activation::gelu(x) };
            bench.expect_signed("result", result.into());
            bench.step().unwrap_or_else(|difference| panic!("{x}, tanh {tanh}: {difference}"));
        }
    }
    netlist_agrees(&design, &bench);
}

/// The end of a lane: epilogue, then requantise.
fn end_of_pipe(format: Format, width: usize) -> Result<Rc<Module>, Error> {
    let (first, second) = (epilogue(width)?, requantise(format, value_width(width))?);
    let mut m = Module::new("end_of_pipe", "epilogue and requantise");
    let ports = [
        ("accumulator", width),
        ("acc_lsb", EXPONENT_BITS),
        ("bias", 16),
        ("bias_lsb", EXPONENT_BITS),
        ("activation", 2),
    ]
    .map(|(name, width)| (name, m.input(name, width, "")));
    let inputs = ports.each_ref().map(|(name, wire)| (*name, wire));
    let sum = m.instance("epilogue", &first, &inputs);
    let out_bias = m.input("out_bias", EXPONENT_BITS, "");
    let inputs = [("value", &sum.out("value")), ("lsb", &sum.out("lsb")), ("out_bias", &out_bias)];
    let rounded = m.instance("requantise", &second, &inputs).out("code");
    let code = m.output("code", format.width().into(), "");
    m.assign(code, rounded);
    m.finish()
}

/// Random numbers that sit where alignment and rounding are hard.
struct Draw<R>(R);

impl<R: Rng> Draw<R> {
    fn below(&mut self, bound: i32) -> i32 {
        (self.0.next_u32() % bound.cast_unsigned()).cast_signed()
    }

    /// Up to `width` bits, signed: any, few ones, or near a power of two.
    fn integer(&mut self, width: u32) -> i64 {
        let any = self.0.next_u64().cast_signed() >> (64 - width) >> self.below(width.cast_signed());
        let limit = (1 << (width - 1)) - 1;
        let power = 1 << self.below(width.cast_signed() - 1);
        match self.below(6) {
            0 => 0,
            1 => power,
            2 => (-power - 1).max(-limit),
            3 => (3 * power - 1).clamp(-limit, limit),
            4 => (power * 9).clamp(-limit, limit),
            _ => any,
        }
    }

    /// An exponent: near zero, near `other`, or anywhere.
    fn exponent(&mut self, other: i32) -> i32 {
        let near = match self.below(4) {
            0 => self.below(1024) - 512,
            1 => other + self.below(160) - 80,
            2 => other + self.below(8) - 4,
            _ => self.below(60) - 50,
        };
        near.clamp(-512, 511)
    }
}

fn epilogues(format: Format, width: usize, count: u64, seed: u64) {
    let design = emitted(end_of_pipe(format, width));
    let mut bench = Bench::new(&design, seed as u32, 120).expect("Verilator builds it");
    let (mut draw, mut due) = (Draw(rng(seed)), VecDeque::new());
    let mut out_bias = 0;
    for _ in 0..count {
        let (acc, element) = (draw.integer(width as u32), draw.integer(16));
        let lsb = draw.exponent(-20);
        let bias_lsb = draw.exponent(lsb);
        let function = draw.below(4) as usize;
        let bias = Fixed::new(element.into(), bias_lsb);
        bench.set("accumulator", acc.cast_unsigned() & (u64::MAX >> (64 - width)));
        bench.set("bias", (element & 0xffff).cast_unsigned());
        bench.set("acc_lsb", (lsb & 0x3ff) as u64);
        bench.set("bias_lsb", (bias_lsb & 0x3ff) as u64);
        bench.set("activation", function as u64);
        // The code's tensor bias belongs to the stage three cycles on.
        let sum = Fixed::new(acc.into(), lsb).plus(bias);
        let top = 127 - sum.mantissa.unsigned_abs().max(1).leading_zeros().cast_signed() + sum.lsb;
        let wanted = if function >= 2 { -draw.below(20) } else { top - draw.below(16) };
        due.push_back((acc, lsb, bias, FUNCTIONS[function], wanted.clamp(-512, 511)));
        let ready = due.len().checked_sub(latency::ACTIVATE as usize + 1);
        if let Some(at) = ready {
            out_bias = due[at].4;
        }
        bench.set("out_bias", (out_bias & 0x3ff) as u64);
        if due.len() > (latency::ACTIVATE + latency::REQUANTISE) as usize {
            let (acc, lsb, bias, activation, out_bias) = due.pop_front().expect("one is due");
            let epilogue = Epilogue { shift: 0, bias: Bias::None, activation, format, out_bias };
            bench.expect("code", epilogue.apply(acc, lsb, bias).into());
            bench.step().unwrap_or_else(|difference| {
                panic!("{acc} * 2^{lsb} + {bias:?}, {epilogue:?}, seed {seed}: {difference}")
            });
        } else {
            bench.step().expect("nothing is compared yet");
        }
    }
    netlist_agrees(&design, &bench);
}

#[test]
fn epilogue_and_requantise_give_the_kernels_code() {
    common::tools!("verilator", "epilogue");
    epilogues(Format::AF8_4, 49, vectors(10_000), 41);
    epilogues(Format::AF8_3, 31, vectors(10_000) / 4, 42);
    epilogues(Format::AF4_3, 12, vectors(10_000) / 4, 43);
}

#[test]
fn epilogue_and_activation_are_clean() {
    common::tools!("verilator", "lint of the epilogue");
    for design in [emitted(activation()), emitted(epilogue(49)), emitted(epilogue(12))] {
        let found = lint::lint(&design).unwrap();
        assert!(found.is_empty(), "{}:\n{}\n{}", design.top, found.join("\n"), design.text());
    }
}
