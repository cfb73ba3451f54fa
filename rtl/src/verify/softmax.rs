//! Softmax against `kernels::softmax`, every code and every cycle.

use super::walk::{Command, Place, field, idle};
use super::{Draw, Failure, Plan, Tally, packed};
use crate::cosim::Bench;
use crate::hdl::Error;
use crate::unit::{self, Walk};
use kernels::adaptivfloat::{Format, Tensor};
use kernels::softmax::softmax as kernel;
use models::latency;

/// Rows, tiles and valid columns of a command.
#[derive(Clone, Copy, Debug)]
struct Shape {
    rows: u64,
    tiles: u64,
    valid: u64,
}

/// Random commands with gaps between them, and the longest rows.
pub(super) fn softmax(plan: &Plan) -> Result<Tally, Failure> {
    let shapes = [(Format::AF4_3, 2), (Format::AF8_4, 4), (Format::AF8_4, 16), (Format::AF8_3, 2)];
    let mut tally = Tally::default();
    for (format, n) in plan.shapes(&shapes, |d| (d.format, d.pu.n)) {
        tally += rows(plan, format, n)?;
    }
    if plan.design.is_none() {
        tally += longest(plan)?;
    }
    Ok(tally)
}

fn rows(plan: &Plan, format: Format, n: u32) -> Result<Tally, Failure> {
    let stream = u64::from(n) << 16 | u64::from(format.width()) << 8 | u64::from(format.exponent());
    let (mut bench, mut draw) = (plan.bench(unit::softmax(format, n))?, plan.draw(stream));
    let (mut written, wide) = (0, u64::from(n));
    for (rows, tiles, valid) in [
        (1, 1, wide),
        (1, 1, 1),
        (wide, 1, wide),
        (wide + 1, 3, 2 * wide + 1),
        (2, 2, 0),
        (3 * wide - 1, 1, wide),
        (1, 64, 63 * wide + 1),
    ] {
        command(&mut bench, &mut draw, (format, n), Shape { rows, tiles, valid })?;
    }
    while written < plan.share(2) {
        let shape = Shape::draw(&mut draw, wide);
        idle(&mut bench, &mut draw)?;
        command(&mut bench, &mut draw, (format, n), shape)?;
        written += shape.rows * shape.tiles;
    }
    // The gates of many lanes take Yosys minutes.
    if n <= 2 { plan.replay(bench) } else { Plan { netlist: false, ..plan.clone() }.replay(bench) }
}

/// Rows as long as a command can name, some of them constant: the largest sum that there is, with the largest normaliser.
fn longest(plan: &Plan) -> Result<Tally, Failure> {
    let (n, format) = (16, Format::AF8_4);
    let (mut bench, mut draw) = (plan.bench(unit::softmax(format, n))?, plan.draw(0));
    let shape = Shape { rows: 1, tiles: 4095, valid: 16 * 4095 };
    for at in 0..3 {
        let mut x = Tensor::zeros(format, -10, 16 * 4095, 1);
        if at > 0 {
            x.codes.fill(draw.bits(8) as u8);
        }
        command_on(&mut bench, &mut draw, n, shape, &x)?;
    }
    plan.count(bench)
}

impl Shape {
    fn draw(draw: &mut Draw, n: u64) -> Shape {
        let (rows, tiles) = (1 + draw.below(3 * n), 1 + draw.below(5));
        let valid = if draw.once_in(4) { draw.below(tiles * n + 1) } else { tiles * n - draw.below(n) };
        Shape { rows, tiles, valid }
    }
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
