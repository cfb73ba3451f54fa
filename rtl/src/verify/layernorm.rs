//! Layer norm of a sum against `kernels::add` and `kernels::layernorm`, every code and every cycle.

use super::add::{MOST_LSB, lsb, sum_lsb};
use super::walk::{Command, Place, Shape, commands, field, stream};
use super::{Draw, Failure, Plan, Tally, packed};
use crate::cosim::Bench;
use crate::hdl::Error;
use crate::unit::{self, Walk};
use kernels::adaptivfloat::{Format, Tensor};
use kernels::add::{CHANNEL_BITS, add};
use kernels::layernorm::{GAMMA_BITS, Parameters, gamma_word, layernorm as kernel};
use models::latency;

/// Random commands with gaps between them, and the longest rows.
pub(super) fn layernorm(plan: &Plan) -> Result<Tally, Failure> {
    let shapes = [(Format::AF4_3, 2), (Format::AF8_4, 4), (Format::AF8_4, 16), (Format::AF8_3, 2)];
    let mut tally = Tally::default();
    for (format, n) in plan.shapes(&shapes, |d| (d.format, d.pu.n)) {
        let (bench, draw) = (plan.bench(unit::layernorm(format, n))?, plan.draw(stream(format, n)));
        tally +=
            commands(plan, (bench, draw), n, |bench, draw, shape| command(bench, draw, (format, n), shape))?;
    }
    for shape in plan.shapes(&[(Format::AF8_4, 16)], |d| (d.format, d.pu.n)) {
        tally += longest(plan, shape)?;
    }
    Ok(tally)
}

/// Both operands of a command, and how their sums are made.
struct Operands {
    a: Tensor,
    b: Tensor,
    channels: Vec<u8>,
    sum_lsb: i32,
}

/// Rows as long as a command can name, with sums as large as they get: all but saturated, and saturated.
fn longest(plan: &Plan, (format, n): (Format, u32)) -> Result<Tally, Failure> {
    let shape = Shape { rows: 5, ..Shape::longest(n.into()) };
    let length = shape.valid as usize;
    let mut a = Tensor::zeros(format, 0, length, 5);
    let (most, least) = (format.max_code(), format.code_mask());
    // One against all, both ways; half against half; the smallest alone; all but equal.
    for (at, mut element) in a.codes.row_iter_mut().enumerate() {
        element[0] = if at == 77 { least } else { most };
        element[1] = if at == length - 1 { most } else { least };
        element[2] = if at % 2 == 0 { least } else { most };
        element[3] = u8::from(at == 0);
        element[4] = if at == 3 { most - 1 } else { most };
    }
    let (mut bench, mut draw) = (plan.bench(unit::layernorm(format, n))?, plan.draw(0));
    // The largest sum takes all bits of a magnitude, or one more.
    let bits = format.max_significand().ilog2().cast_signed() + 1;
    for over in [0, 1] {
        let (b, channels) = (Tensor::zeros(format, 0, length, 5), vec![0; length]);
        let sum_lsb = a.lsb() + bits - (kernels::add::SUM_BITS.cast_signed() - 1) - over;
        command_on(&mut bench, &mut draw, n, shape, &Operands { a: a.clone(), b, channels, sum_lsb })?;
    }
    plan.count(bench)
}

/// Rows of all kinds: any codes, constant, constant but for one element, the two ends in turn, small codes.
fn tensor(draw: &mut Draw, format: Format, lsb: i32, (length, rows): (usize, usize)) -> Tensor {
    let mut tensor = Tensor::zeros(format, lsb + i32::from(format.mantissa()), length, rows);
    for mut row in tensor.codes.column_iter_mut() {
        let any = draw.bits(8) as u8;
        let fill = draw.one(&[0, any, format.max_code(), format.code_mask()]);
        let (kind, odd) = (draw.below(16), draw.below(length as u64) as usize);
        for (at, code) in row.iter_mut().enumerate() {
            let any = draw.bits(8) as u8;
            *code = format.code_mask()
                & match kind {
                    0 | 1 => fill,
                    2 if at == odd => any,
                    2 => fill,
                    3 if at % 2 == 0 => fill,
                    3 => fill ^ format.sign_mask(),
                    4 => any & (format.sign_mask() | 3),
                    _ => any,
                };
        }
    }
    tensor
}

/// Exponents of channels: none, of a few, or any.
fn channels(draw: &mut Draw, length: usize) -> Vec<u8> {
    let kind = draw.below(3);
    let channel = |draw: &mut Draw| match kind {
        0 => 0,
        1 if !draw.once_in(16) => 0,
        _ => draw.bits(CHANNEL_BITS as usize) as u8,
    };
    (0..length).map(|_| channel(draw)).collect()
}

/// Elements of gamma or beta of so many bits with the weight of the lowest one, near zero or anywhere that the unit takes.
fn parameter(draw: &mut Draw, length: usize, bits: usize, least: i32) -> (Vec<i16>, i32) {
    let ends = draw.once_in(4);
    let half = 1_i32 << (bits - 1);
    let element = |draw: &mut Draw| match ends {
        true => draw.one(&[0, 1, -1, -half, half - 1]) as i16,
        false => (draw.signed(bits) as i16) >> draw.below(bits as u64),
    };
    let values = (0..length).map(|_| element(draw)).collect();
    let near = if draw.once_in(3) { draw.signed(10) as i32 } else { -10 - draw.below(8) as i32 };
    (values, near.max(least))
}

/// One command with random rows and parameters.
fn command(
    bench: &mut Bench,
    draw: &mut Draw,
    (format, n): (Format, u32),
    shape: Shape,
) -> Result<(), Failure> {
    let size = ((shape.tiles * u64::from(n)) as usize, shape.rows as usize);
    let any = draw.signed(10) as i32;
    let a_lsb = lsb(draw, any).min(MOST_LSB);
    let b_lsb = lsb(draw, a_lsb);
    let [a, b] = [a_lsb, b_lsb].map(|lsb| tensor(draw, format, lsb, size));
    let (channels, sum_lsb) = (channels(draw, size.0), sum_lsb(draw, a_lsb, b_lsb));
    command_on(bench, draw, n, shape, &Operands { a, b, channels, sum_lsb })
}

/// One command with random parameters.
fn command_on(
    bench: &mut Bench,
    draw: &mut Draw,
    n: u32,
    shape: Shape,
    operands: &Operands,
) -> Result<(), Failure> {
    let Operands { a, b, channels, sum_lsb } = operands;
    let (format, lanes, length) = (a.format, n as usize, a.length());
    // Beta lies near what gamma gives, or far away; the result's bias near both.
    let (gamma, gamma_lsb) = parameter(draw, length, GAMMA_BITS as usize, -496);
    let (beta, any_lsb) = parameter(draw, length, 16, -512);
    let near_lsb = (gamma_lsb + draw.below(40) as i32 - 20).clamp(-512, 511);
    let beta_lsb = if draw.once_in(2) { any_lsb } else { near_lsb };
    let out_bias = (gamma_lsb.max(beta_lsb) + draw.below(24) as i32 - 6).clamp(-512, 511);
    let of = |values, lsb| Parameters { values, lsb };
    let parameters = (of(gamma.as_slice(), gamma_lsb), of(beta.as_slice(), beta_lsb));
    let expected = add(a, b, channels, *sum_lsb)
        .and_then(|x| kernel(&x, shape.valid as usize, parameters.0, parameters.1, format, out_bias))
        .map_err(|_| Error::size("layernorm", "operands", "of one shape, parameters for each element"))?;
    let words: Vec<i16> = gamma.iter().zip(channels).map(|(gamma, k)| gamma_word(*gamma, *k)).collect();
    let pass = latency::layernorm_pass(n);
    let vector = |tensor: &Tensor, place: Place| {
        let row = tensor.row((place.block * u64::from(n) + place.row) as usize);
        packed(&row[place.tile as usize * lanes..][..lanes], format.width().into())
    };
    let command = Command {
        walk: Walk { n, passes: 2, between: pass, after: pass },
        depth: latency::DECODE + latency::ADD + 4 + latency::REQUANTISE,
        rows: shape.rows,
        tiles: shape.tiles,
        fields: &[
            ("valid", shape.valid),
            ("a_lsb", field(a.lsb())),
            ("b_lsb", field(b.lsb())),
            ("sum_lsb", field(*sum_lsb)),
            ("gamma_lsb", field(gamma_lsb)),
            ("beta_lsb", field(beta_lsb)),
            ("out_bias", field(out_bias)),
        ],
        vectors: &|place| vec![("a", vector(a, place)), ("b", vector(b, place))],
        parameter: Some(&|place| {
            let of = |values: &[i16]| packed(&values[place.tile as usize * lanes..][..lanes], 16);
            (place.row == 0).then(|| [of(&words), of(&beta)].concat())
        }),
        codes: &|place| vector(&expected, place),
    };
    let about = format!("{format}, n = {n}, {shape:?}, weights {:?}", (a.lsb(), b.lsb(), sum_lsb));
    Ok(command.run(bench, draw).map_err(|difference| difference.about(about))?)
}
