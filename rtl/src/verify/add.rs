//! Element-wise add against `kernels::add`, every code and every cycle.

use super::walk::{field, stream};
use super::{Draw, Failure, Plan, Tally};
use crate::cosim::Bench;
use crate::hdl::Error;
use crate::unit;
use kernels::adaptivfloat::{Format, Tensor};
use kernels::add::CHANNEL_BITS;
use models::latency;

/// Random sums of every format that is hard, in bursts under the same weights.
pub(super) fn add(plan: &Plan) -> Result<Tally, Failure> {
    let mut formats = vec![Format::AF8_4, Format::AF8_3, Format::AF4_3];
    // One bit of exponent; the narrowest.
    formats.extend([(3, 1), (8, 1)].into_iter().filter_map(|(w, e)| Format::new(w, e).ok()));
    let mut tally = Tally::default();
    for (index, format) in plan.shapes(&formats, |design| design.format).into_iter().enumerate() {
        tally += sums(plan, format, plan.share(if index == 0 { 1 } else { 4 }))?;
    }
    Ok(tally)
}

fn sums(plan: &Plan, format: Format, count: u64) -> Result<Tally, Failure> {
    let (mut bench, mut draw) = (plan.bench(unit::add(format))?, plan.draw(stream(format, 1)));
    let mut done = 0;
    while done < count {
        done += burst(&mut bench, &mut draw, format)?;
    }
    plan.replay(bench)
}

/// Largest weight of the first operand: a channel's exponent on top still is an exponent.
pub(super) const MOST_LSB: i32 = 511 - ((1 << CHANNEL_BITS) - 1);

/// The weight of the lowest bit of an operand: anywhere, or near `other`.
pub(super) fn lsb(draw: &mut Draw, other: i32) -> i32 {
    let near = match draw.below(4) {
        0 => draw.signed(10) as i32,
        1 => other + draw.below(100) as i32 - 50,
        _ => other + draw.below(20) as i32 - 10,
    };
    near.clamp(-512, 511)
}

/// The weight of the lowest bit of sums: so far down that they saturate, to so far up that nothing is left; now and then anywhere.
pub(super) fn sum_lsb(draw: &mut Draw, a: i32, b: i32) -> i32 {
    let upper = if draw.once_in(4) { a.min(b) } else { a.max(b) };
    let near = upper + draw.below(52) as i32 - 26;
    if draw.once_in(8) { draw.signed(10) as i32 } else { near.clamp(-512, 511) }
}

/// Codes of all kinds, many zeros, or the ends of the range.
fn codes(draw: &mut Draw, format: Format, count: usize) -> Vec<u8> {
    let ends = [0, 1, format.max_code(), format.code_mask(), format.sign_mask(), format.sign_mask() | 1];
    let kind = draw.below(3);
    let code = |draw: &mut Draw| {
        let any = draw.bits(format.width().into()) as u8;
        match kind {
            0 => any,
            1 if draw.once_in(2) => 0,
            1 => any,
            _ => draw.one(&ends),
        }
    };
    (0..count).map(|_| code(draw)).collect()
}

/// A column of these codes, the lowest bit of whose significands weighs `2^lsb`.
fn column(format: Format, lsb: i32, codes: &[u8]) -> Tensor {
    let mut tensor = Tensor::zeros(format, lsb + i32::from(format.mantissa()), codes.len(), 1);
    tensor.codes.as_mut_slice().copy_from_slice(codes);
    tensor
}

/// Sums under the same weights, one a cycle, until the last has come out; their number.
fn burst(bench: &mut Bench, draw: &mut Draw, format: Format) -> Result<u64, Failure> {
    let count = 1 + draw.below(40) as usize;
    let any = draw.signed(10) as i32;
    let a_lsb = lsb(draw, any).min(MOST_LSB);
    let b_lsb = lsb(draw, a_lsb);
    let sum_lsb = sum_lsb(draw, a_lsb, b_lsb);
    let [a, b] = [a_lsb, b_lsb].map(|lsb| column(format, lsb, &codes(draw, format, count)));
    let channels: Vec<u8> = (0..count).map(|_| draw.bits(CHANNEL_BITS as usize) as u8).collect();
    let sums = kernels::add::add(&a, &b, &channels, sum_lsb)
        .map_err(|_| Error::size("add", "operands", "of one shape"))?;
    for (name, lsb) in [("a_lsb", a_lsb), ("b_lsb", b_lsb), ("sum_lsb", sum_lsb)] {
        bench.set(name, field(lsb));
    }
    for cycle in 0..count + latency::ADD as usize {
        let any = draw.bits(8);
        let at =
            |list: &[u8]| list.get(cycle).map_or(any & u64::from(format.code_mask()), |code| (*code).into());
        bench.set("a", at(a.codes.as_slice()));
        bench.set("b", at(b.codes.as_slice()));
        bench.set("channel", channels.get(cycle).map_or(any & 7, |channel| (*channel).into()));
        let due = cycle.checked_sub(latency::ADD as usize);
        if let Some(at) = due {
            bench.expect_signed("sum", sums[at].into());
        }
        let about = || format!("{format}, weights {:?}, sum {due:?} of {count}", (a_lsb, b_lsb, sum_lsb));
        bench.step().map_err(|difference| difference.about(about()))?;
    }
    Ok(count as u64)
}
