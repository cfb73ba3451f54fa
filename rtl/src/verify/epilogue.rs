//! Activation, and epilogue with requantisation behind it, against the kernels.

use super::requantise::few_bits;
use super::{Draw, Failure, Plan, Tally};
use crate::hdl::{Error, Module};
use crate::unit::{self, EXPONENT_BITS, INPUT_BITS, requantise, sizes, value_width};
use kernels::activation::{Activation, INPUT_FRACTION, INPUT_LIMIT, gelu, tanh};
use kernels::adaptivfloat::{Fixed, Format};
use kernels::epilogue::{Bias, Epilogue};
use models::latency;
use std::collections::VecDeque;
use std::rc::Rc;

const FUNCTIONS: [Activation; 4] =
    [Activation::Identity, Activation::Relu, Activation::Gelu, Activation::Tanh];

/// Where the tables bend, every seventh input there, some where they are flat; every input there where a million is asked for.
pub(super) fn activation(plan: &Plan) -> Result<Tally, Failure> {
    let mut bench = plan.bench(unit::activation())?;
    let (step, flat_step) = if plan.vectors < 1_000_000 { (7, 99_991) } else { (1, 37) };
    let flat = (6 * 4096..=INPUT_LIMIT).step_by(flat_step).chain([INPUT_LIMIT]);
    for magnitude in (0..6 * 4096).step_by(step).chain(20_300..20_500).chain(flat) {
        for (is_tanh, negative) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let x = if negative == 1 { -magnitude } else { magnitude };
            bench.set("negative", negative);
            bench.set("magnitude", u64::from(magnitude.unsigned_abs()));
            bench.set("tanh", is_tanh);
            let result = if is_tanh == 1 { tanh(x) } else { gelu(x) };
            bench.expect_signed("result", result.into());
            bench.step().map_err(|difference| difference.about(format!("{x}, tanh {is_tanh}")))?;
        }
    }
    plan.replay(bench)
}

/// The end of a lane: epilogue, then requantise.
fn end_of_pipe(format: Format, width: usize) -> Result<Rc<Module>, Error> {
    let (first, second) = (unit::epilogue(width)?, requantise(format, value_width(width))?);
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
    // What a table gives, before rounding to a code hides its lower bits.
    let value = m.output("value", value_width(width), "");
    m.assign(value, sum.out("value"));
    m.finish()
}

/// One element on its way through the pipe.
#[derive(Clone, Copy, Debug)]
struct Element {
    accumulator: i64,
    lsb: i32,
    bias: Fixed,
    function: usize,
    out_bias: i32,
}

/// Random sums, biases and exponents that sit where alignment and rounding are hard.
pub(super) fn epilogue(plan: &Plan) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    let shapes = [(Format::AF8_4, 49), (Format::AF8_3, 31), (Format::AF4_3, 12)];
    for (index, (format, width)) in plan.shapes(&shapes, sizes::epilogue).into_iter().enumerate() {
        let share = if index == 0 { 1 } else { 4 };
        tally += elements(plan, format, width, plan.share(share))?;
    }
    Ok(tally)
}

fn elements(plan: &Plan, format: Format, width: usize, count: u64) -> Result<Tally, Failure> {
    let (mut bench, mut draw) = (plan.bench(end_of_pipe(format, width))?, plan.draw(width as u64));
    let (mut due, mut out_bias) = (VecDeque::new(), 0);
    for _ in 0..count + latency::ACTIVATE + latency::REQUANTISE {
        let element = Element::draw(&mut draw, width);
        let code = element.accumulator.cast_unsigned() & (u64::MAX >> (64 - width));
        bench.set("accumulator", code);
        bench.set("bias", (element.bias.mantissa & 0xffff) as u64);
        bench.set("acc_lsb", (element.lsb & 0x3ff) as u64);
        bench.set("bias_lsb", (element.bias.lsb & 0x3ff) as u64);
        bench.set("activation", element.function as u64);
        due.push_back(element);
        // The code's tensor bias belongs to the stage three cycles on.
        let ready = due.len().checked_sub(latency::ACTIVATE as usize + 1);
        if let Some(at) = ready {
            out_bias = due[at].out_bias;
            if let Some(tabled) = due[at].tabled() {
                bench.expect_signed("value", tabled.into());
            }
        }
        bench.set("out_bias", (out_bias & 0x3ff) as u64);
        let mut about = String::new();
        if due.len() > (latency::ACTIVATE + latency::REQUANTISE) as usize
            && let Some(element) = due.pop_front()
        {
            bench.expect("code", element.code(format).into());
            about = format!("{format}, {element:?}");
        }
        bench.step().map_err(|difference| difference.about(about))?;
    }
    plan.replay(bench)
}

impl Element {
    fn draw(draw: &mut Draw, width: usize) -> Element {
        if draw.once_in(8) {
            return Element::tie(draw, width);
        }
        let tabled = draw.once_in(3);
        let (accumulator, element) = if tabled {
            (draw.signed(width), draw.signed(16))
        } else {
            (integer(draw, width), integer(draw, 16))
        };
        // Below 8 in magnitude, with a bias below a half: every segment of the tables is as likely.
        let lsb = if tabled { 4 - width as i32 } else { exponent(draw, -20) };
        let bias = Fixed::new(element.into(), if tabled { -16 } else { exponent(draw, lsb) });
        let function = draw.below(4) as usize;
        let sum = Fixed::new(accumulator.into(), lsb).plus(bias);
        let top = 127 - sum.mantissa.unsigned_abs().max(1).leading_zeros().cast_signed() + sum.lsb;
        let wanted = if function >= 2 { -(draw.below(20) as i32) } else { top - draw.below(16) as i32 };
        Element { accumulator, lsb, bias, function, out_bias: wanted.clamp(-512, 511) }
    }

    /// A sum half-way between two inputs of a table, at any place of the accumulator, or one bit above that.
    fn tie(draw: &mut Draw, width: usize) -> Element {
        let bits = 2 + draw.below((INPUT_BITS + 1).min(width - 2) as u64) as usize;
        let (up, odd) = (draw.below((width - bits) as u64 + 1), draw.signed(bits) | 1);
        let above = if up > 0 && draw.once_in(2) { 1 << draw.below(up) } else { 0 };
        let lsb = -(INPUT_FRACTION.cast_signed() + 1) - up as i32;
        let bias = Fixed::new(0, exponent(draw, lsb));
        let function = 2 + draw.below(2) as usize;
        Element { accumulator: (odd << up) + above, lsb, bias, function, out_bias: -(draw.below(20) as i32) }
    }

    /// What the table gives, if one is asked.
    fn tabled(self) -> Option<i32> {
        let sum = Fixed::new(self.accumulator.into(), self.lsb).plus(self.bias);
        let input = sum.round_to(-INPUT_FRACTION.cast_signed(), INPUT_LIMIT.into()) as i32;
        match FUNCTIONS[self.function] {
            Activation::Gelu => Some(gelu(input)),
            Activation::Tanh => Some(tanh(input)),
            Activation::Identity | Activation::Relu => None,
        }
    }

    fn code(self, format: Format) -> u8 {
        let (activation, out_bias) = (FUNCTIONS[self.function], self.out_bias);
        let epilogue = Epilogue { shift: 0, bias: Bias::None, activation, format, out_bias };
        epilogue.apply(self.accumulator, self.lsb, self.bias)
    }
}

/// Up to `width` bits, signed: any, few ones, or near a power of two.
fn integer(draw: &mut Draw, width: usize) -> i64 {
    let any = draw.signed(width) >> draw.below(width as u64);
    let limit = (1 << (width - 1)) - 1;
    let power = 1 << draw.below(width as u64 - 1);
    match draw.below(7) {
        0 => 0,
        1 => power,
        2 => (-power - 1).max(-limit),
        3 => (3 * power - 1).clamp(-limit, limit),
        4 => (power * 9).clamp(-limit, limit),
        5 => (few_bits(draw, width) as i64) << (64 - width) >> (64 - width),
        _ => any,
    }
}

/// An exponent: near zero, near `other`, or anywhere.
fn exponent(draw: &mut Draw, other: i32) -> i32 {
    let below = draw.below(160) as i32;
    let near = match draw.below(4) {
        0 => draw.signed(10) as i32,
        1 => other + below - 80,
        2 => other + below % 8 - 4,
        _ => below % 60 - 50,
    };
    near.clamp(-512, 511)
}
