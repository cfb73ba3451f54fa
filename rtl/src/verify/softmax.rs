//! Softmax against `kernels::softmax`, every code and every cycle.

use super::walk::{Command, Place, Shape, commands, field, stream};
use super::{Draw, Failure, Plan, Tally, packed};
use crate::cosim::Bench;
use crate::hdl::Error;
use crate::unit::{self, Walk};
use kernels::adaptivfloat::{Format, Tensor};
use kernels::softmax::softmax as kernel;
use models::latency;

/// Random commands with gaps between them, and the longest rows.
pub(super) fn softmax(plan: &Plan) -> Result<Tally, Failure> {
    let shapes = [(Format::AF4_3, 2), (Format::AF8_4, 4), (Format::AF8_4, 16), (Format::AF8_3, 2)];
    let mut tally = Tally::default();
    for (format, n) in plan.shapes(&shapes, |d| (d.format, d.pu.n)) {
        let (bench, draw) = (plan.bench(unit::softmax(format, n))?, plan.draw(stream(format, n)));
        tally +=
            commands(plan, (bench, draw), n, |bench, draw, shape| command(bench, draw, (format, n), shape))?;
    }
    for shape in plan.shapes(&[(Format::AF8_4, 16)], |d| (d.format, d.pu.n)) {
        tally += longest(plan, shape)?;
    }
    Ok(tally)
}

/// Rows as long as a command can name, some of them constant: the largest sum that there is, with the largest normaliser.
fn longest(plan: &Plan, (format, n): (Format, u32)) -> Result<Tally, Failure> {
    let (mut bench, mut draw) = (plan.bench(unit::softmax(format, n))?, plan.draw(0));
    let shape = Shape::longest(n.into());
    for at in 0..3 {
        let mut x = Tensor::zeros(format, -10, shape.valid as usize, 1);
        if at > 0 {
            x.codes.fill(draw.bits(8) as u8);
        }
        command_on(&mut bench, &mut draw, n, shape, &x)?;
    }
    plan.count(bench)
}

/// Rows of all kinds: any codes, all equal, one far above the others, small codes, zeros of both signs.
fn tensor(draw: &mut Draw, format: Format, (length, rows): (usize, usize)) -> Tensor {
    let near = draw.below(16) as i32 - 13;
    let bias = if draw.once_in(8) { draw.below(1000) as i32 - 500 } else { near };
    let mut tensor = Tensor::zeros(format, bias, length, rows);
    for mut row in tensor.codes.column_iter_mut() {
        let (kind, fill, odd) = (draw.below(16), draw.bits(8) as u8, draw.below(length as u64) as usize);
        for (at, code) in row.iter_mut().enumerate() {
            let any = draw.bits(8) as u8;
            *code = format.code_mask()
                & match kind {
                    0 => fill,
                    1 if at == odd => format.max_code(),
                    1 => any | format.sign_mask(),
                    2 => any & (format.sign_mask() | 3),
                    3 => any & format.sign_mask(),
                    _ => any,
                };
        }
    }
    tensor
}

/// No span, or weights of a column: none and one, or anything that 8 bits hold.
fn span(draw: &mut Draw, length: usize) -> Option<Vec<u8>> {
    let kind = draw.below(3);
    let weight = |any: u8| if kind == 1 { (any & 1) << 7 } else { any };
    (kind > 0).then(|| draw.codes(length, 8).into_iter().map(weight).collect())
}

/// One command with random rows.
fn command(
    bench: &mut Bench,
    draw: &mut Draw,
    (format, n): (Format, u32),
    shape: Shape,
) -> Result<(), Failure> {
    let x = tensor(draw, format, ((shape.tiles * u64::from(n)) as usize, shape.rows as usize));
    command_on(bench, draw, n, shape, &x)
}

/// One command with a random span.
fn command_on(bench: &mut Bench, draw: &mut Draw, n: u32, shape: Shape, x: &Tensor) -> Result<(), Failure> {
    let (format, lanes) = (x.format, n as usize);
    let span = span(draw, x.length());
    let near = -(draw.below(30) as i32);
    let bias = if draw.once_in(8) { draw.signed(10) as i32 } else { near };
    let expected = kernel(x, shape.valid as usize, span.as_deref(), format, bias)
        .map_err(|_| Error::size("softmax", "span", "as long as a row"))?;
    let pass = latency::softmax_pass(n);
    let vector = |tensor: &Tensor, place: Place| {
        let row = tensor.row((place.block * u64::from(n) + place.row) as usize);
        packed(&row[place.tile as usize * lanes..][..lanes], format.width().into())
    };
    let command = Command {
        walk: Walk { n, passes: 3, between: pass, after: pass },
        depth: latency::DECODE + 1 + latency::EXP2 + latency::MULTIPLY + latency::REQUANTISE,
        rows: shape.rows,
        tiles: shape.tiles,
        fields: &[
            ("valid", shape.valid),
            ("has_span", span.is_some().into()),
            ("lsb", field(x.lsb())),
            ("out_bias", field(bias)),
        ],
        vectors: &|place| vec![("x", vector(x, place))],
        parameter: Some(&|place| {
            let weights = span.as_ref().filter(|_| place.pass == 2)?;
            Some(packed(&weights[place.tile as usize * lanes..][..lanes], 8))
        }),
        codes: &|place| vector(&expected, place),
    };
    let about = format!("{format}, n = {n}, {shape:?}, biases {} {bias}, span {}", x.bias, span.is_some());
    Ok(command.run(bench, draw).map_err(|difference| difference.about(about))?)
}
