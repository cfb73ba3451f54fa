//! Layer norm against `kernels::layernorm`, every code and every cycle.

use super::walk::{Command, Place, Shape, commands, field, stream};
use super::{Draw, Failure, Plan, Tally, packed};
use crate::cosim::Bench;
use crate::hdl::Error;
use crate::unit::{self, Walk};
use kernels::adaptivfloat::{Format, Tensor};
use kernels::layernorm::{Parameters, layernorm as kernel};
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

/// Rows as long as a command can name, with sums as large as they get.
fn longest(plan: &Plan, (format, n): (Format, u32)) -> Result<Tally, Failure> {
    let shape = Shape { rows: 5, ..Shape::longest(n.into()) };
    let length = shape.valid as usize;
    let mut x = Tensor::zeros(format, 0, length, 5);
    let (most, least) = (format.max_code(), format.code_mask());
    // One against all, both ways; half against half; the smallest alone; all but equal.
    for (at, mut element) in x.codes.row_iter_mut().enumerate() {
        element[0] = if at == 77 { least } else { most };
        element[1] = if at == length - 1 { most } else { least };
        element[2] = if at % 2 == 0 { least } else { most };
        element[3] = u8::from(at == 0);
        element[4] = if at == 3 { most - 1 } else { most };
    }
    let (mut bench, mut draw) = (plan.bench(unit::layernorm(format, n))?, plan.draw(0));
    for _ in 0..2 {
        command_on(&mut bench, &mut draw, n, shape, &x)?;
    }
    plan.count(bench)
}

/// Rows of all kinds: any codes, constant, constant but for one element, the two ends in turn, small codes.
fn tensor(draw: &mut Draw, format: Format, (length, rows): (usize, usize)) -> Tensor {
    let mut tensor = Tensor::zeros(format, draw.signed(10) as i32, length, rows);
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

/// Elements of gamma or beta with the weight of the lowest bit, near zero or anywhere that the unit takes.
fn parameter(draw: &mut Draw, length: usize, least: i32) -> (Vec<i16>, i32) {
    let ends = draw.once_in(4);
    let element = |draw: &mut Draw| match ends {
        true => draw.one(&[0, 1, -1, i16::MIN, i16::MAX]),
        false => (draw.signed(16) as i16) >> draw.below(16),
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
    let x = tensor(draw, format, ((shape.tiles * u64::from(n)) as usize, shape.rows as usize));
    command_on(bench, draw, n, shape, &x)
}

/// One command with random parameters.
fn command_on(bench: &mut Bench, draw: &mut Draw, n: u32, shape: Shape, x: &Tensor) -> Result<(), Failure> {
    let (format, lanes, length) = (x.format, n as usize, x.length());
    // Beta lies near what gamma gives, or far away; the result's bias near both.
    let (gamma, gamma_lsb) = parameter(draw, length, -496);
    let (beta, any_lsb) = parameter(draw, length, -512);
    let near_lsb = (gamma_lsb + draw.below(40) as i32 - 20).clamp(-512, 511);
    let beta_lsb = if draw.once_in(2) { any_lsb } else { near_lsb };
    let out_bias = (gamma_lsb.max(beta_lsb) + draw.below(24) as i32 - 6).clamp(-512, 511);
    let parameters = |values, lsb| Parameters { values, lsb };
    let (g, b) = (parameters(gamma.as_slice(), gamma_lsb), parameters(beta.as_slice(), beta_lsb));
    let expected = kernel(x, shape.valid as usize, g, b, format, out_bias)
        .map_err(|_| Error::size("layernorm", "parameters", "as many as elements"))?;
    let pass = latency::layernorm_pass(n);
    let vector = |tensor: &Tensor, place: Place| {
        let row = tensor.row((place.block * u64::from(n) + place.row) as usize);
        packed(&row[place.tile as usize * lanes..][..lanes], format.width().into())
    };
    let command = Command {
        walk: Walk { n, passes: 2, between: pass, after: pass },
        depth: latency::DECODE + 4 + latency::REQUANTISE,
        rows: shape.rows,
        tiles: shape.tiles,
        fields: &[
            ("valid", shape.valid),
            ("gamma_lsb", field(gamma_lsb)),
            ("beta_lsb", field(beta_lsb)),
            ("out_bias", field(out_bias)),
        ],
        vectors: &|place| vec![("x", vector(x, place))],
        parameter: Some(&|place| {
            let of = |values: &[i16]| packed(&values[place.tile as usize * lanes..][..lanes], 16);
            (place.pass == 1 && place.row == 0).then(|| [of(&gamma), of(&beta)].concat())
        }),
        codes: &|place| vector(&expected, place),
    };
    let about = format!("{format}, n = {n}, {shape:?}");
    Ok(command.run(bench, draw).map_err(|difference| difference.about(about))?)
}
