//! Element-wise add against `kernels::add`, every code and every cycle.

use super::walk::{Command, MANY, field, idle, stream};
use super::{Draw, Failure, Plan, Tally, packed};
use crate::cosim::Bench;
use crate::hdl::Error;
use crate::unit::{self, Walk};
use kernels::adaptivfloat::{Format, Tensor};
use models::latency;

/// Random commands of every format that is hard, with gaps between them.
pub(super) fn add(plan: &Plan) -> Result<Tally, Failure> {
    let mut shapes = vec![(Format::AF8_4, 4), (Format::AF8_4, 16), (Format::AF8_3, 2), (Format::AF4_3, 2)];
    // One bit of exponent; the narrowest.
    shapes.extend([(3, 1), (8, 1)].into_iter().filter_map(|(w, e)| Some((Format::new(w, e).ok()?, 2))));
    let mut tally = Tally::default();
    for (index, (format, n)) in plan.shapes(&shapes, |d| (d.format, d.pu.n)).into_iter().enumerate() {
        tally += sums(plan, format, n, plan.share(if index == 0 { 1 } else { 4 }))?;
    }
    Ok(tally)
}

fn sums(plan: &Plan, format: Format, n: u32, count: u64) -> Result<Tally, Failure> {
    let (mut bench, mut draw) = (plan.bench(unit::add(format, n))?, plan.draw(stream(format, n)));
    let (mut done, wide) = (0, u64::from(n));
    // Many tiles and blocks of many lanes take long, and the counters are the same.
    let many = if n <= 4 { MANY } else { 70 };
    for shape in [(1, 1), (wide, 1), (wide + 1, 2), (2, 5), (3 * wide - 1, 1), (1, many), (many * wide, 1)] {
        command(&mut bench, &mut draw, (format, n), shape)?;
    }
    while done < count {
        let (rows, tiles) = (1 + draw.below(3 * wide), 1 + draw.below(4));
        idle(&mut bench, &mut draw)?;
        command(&mut bench, &mut draw, (format, n), (rows, tiles))?;
        done += rows * tiles;
    }
    plan.replay(bench)
}

/// A bias whose significands' weight fits the command: anywhere, or near `other`.
fn bias(draw: &mut Draw, format: Format, other: i32) -> i32 {
    let near = match draw.below(4) {
        0 => draw.signed(10) as i32,
        1 => other + draw.below(100) as i32 - 50,
        _ => other + draw.below(20) as i32 - 10,
    };
    near.clamp(i32::from(format.mantissa()) - 512, 511)
}

/// Codes of all kinds, many zeros, or the ends of the range.
fn tensor(draw: &mut Draw, format: Format, bias: i32, (length, rows): (usize, usize)) -> Tensor {
    let ends = [0, 1, format.max_code(), format.code_mask(), format.sign_mask(), format.sign_mask() | 1];
    let kind = draw.below(3);
    let mut tensor = Tensor::zeros(format, bias, length, rows);
    for code in &mut tensor.codes {
        let any = draw.bits(format.width().into()) as u8;
        *code = match kind {
            0 => any,
            1 if draw.once_in(2) => 0,
            1 => any,
            _ => draw.one(&ends),
        };
    }
    tensor
}

/// The vector of a place.
fn vector(tensor: &Tensor, n: u32, (row, tile): (u64, u64)) -> Vec<u32> {
    let n = n as usize;
    packed(&tensor.row(row as usize)[tile as usize * n..][..n], tensor.format.width().into())
}

/// One command with random operands.
fn command(
    bench: &mut Bench,
    draw: &mut Draw,
    (format, n): (Format, u32),
    (rows, tiles): (u64, u64),
) -> Result<(), Failure> {
    let shape = (tiles as usize * n as usize, rows as usize);
    let a = bias(draw, format, 0);
    let b = bias(draw, format, a);
    // Where the larger is a zero, the code of the smaller shows only under its own bias.
    let near = if draw.once_in(4) { a.min(b) } else { a.max(b) };
    let out = (near + draw.below(20) as i32 - 14).clamp(-512, 511);
    let [a, b] = [a, b].map(|bias| tensor(draw, format, bias, shape));
    let sum =
        kernels::add::add(&a, &b, format, out).map_err(|_| Error::size("add", "operands", "of one shape"))?;
    let row = |block, row| block * u64::from(n) + row;
    let command = Command {
        walk: Walk { n, passes: 1, between: 0, after: latency::ADD },
        depth: latency::DECODE + 2 + latency::REQUANTISE,
        rows,
        tiles,
        fields: &[("a_lsb", field(a.lsb())), ("b_lsb", field(b.lsb())), ("out_bias", field(out))],
        vectors: &|place| {
            let at = (row(place.block, place.row), place.tile);
            vec![("a", vector(&a, n, at)), ("b", vector(&b, n, at))]
        },
        parameter: None,
        codes: &|place| vector(&sum, n, (row(place.block, place.row), place.tile)),
    };
    let biases = (a.bias, b.bias, out);
    let about = format!("{format}, n = {n}, {rows} rows of {tiles} tiles, biases {biases:?}");
    Ok(command.run(bench, draw).map_err(|difference| difference.about(about))?)
}
