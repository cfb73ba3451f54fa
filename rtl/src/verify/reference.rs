//! The units of [`reference`](crate::reference) against integers: random vectors, one a cycle, reductions of random length.

use super::{Check, Draw, Failure, Plan, Tally, packed};
use crate::hdl::Error;
use crate::reference::{REFERENCES, e4m3};
use kernels::adaptivfloat::Format;
use models::design::Design;
use models::latency;
use models::record::preset;
use std::collections::VecDeque;

/// Their benches; apart from those of the machine.
pub const REFERENCE_CHECKS: &[Check] = &[
    Check { unit: "adaptivfloat_mac", parts: &[], bench: adaptivfloat },
    Check {
        unit: "int8_mac",
        parts: &[],
        bench: |plan| bench(plan, "int8_mac", 8, |_, code| code.cast_signed().into()),
    },
    Check { unit: "fp8_mac", parts: &[], bench: |plan| bench(plan, "fp8_mac", 8, |_, code| e4m3(code)) },
];

fn adaptivfloat(plan: &Plan) -> Result<Tally, Failure> {
    bench(plan, "adaptivfloat_mac", 0, |format, code| format.significand(code).into())
}

/// The unit at several lanes; `width` bits a code, or 0 for the design's format.
fn bench(plan: &Plan, unit: &'static str, width: u8, value: fn(Format, u8) -> i64) -> Result<Tally, Failure> {
    let shipped = preset::<Design>("offramp").map_err(|_| Error::size(unit, "design", "shipped"))?;
    let of = |n: u32, format| {
        let mut design = shipped.clone();
        (design.pu.n, design.format) = (n, format);
        design
    };
    let all = [of(16, Format::AF8_4), of(2, Format::AF4_3)];
    let mut tally = Tally::default();
    for design in plan.shapes(&all, Clone::clone) {
        tally += reductions(plan, unit, &design, width, value)?;
    }
    Ok(tally)
}

fn reductions(
    plan: &Plan,
    unit: &'static str,
    design: &Design,
    width: u8,
    value: fn(Format, u8) -> i64,
) -> Result<Tally, Failure> {
    let entry = REFERENCES.iter().find(|entry| entry.name == unit);
    let entry = entry.ok_or_else(|| Error::size(unit, "name", "one of the references"))?;
    let (n, format) = (design.pu.n, design.format);
    let width = if width == 0 { format.width() } else { width };
    let latency = (latency::MULTIPLY + latency::tree(n) + latency::ACCUMULATE) as usize;
    let (mut bench, mut draw) = (plan.bench((entry.module)(design))?, plan.draw(n.into()));
    let (mut due, mut total) = (VecDeque::new(), 0_i128);
    for cycle in 0..plan.vectors + latency as u64 {
        let first = cycle == 0 || draw.once_in(20);
        let [a, b] = [0; 2].map(|_: u8| vector(&mut draw, n as usize, width));
        let sum =
            a.iter().zip(&b).map(|(&a, &b)| i128::from(value(format, a)) * i128::from(value(format, b)));
        total = if first { 0 } else { total } + sum.sum::<i128>();
        due.push_back(total);
        bench.set("first", first.into());
        bench.set_words("a", &packed(&a, width.into()));
        bench.set_words("b", &packed(&b, width.into()));
        if due.len() > latency
            && let Some(total) = due.pop_front()
        {
            bench.expect_signed("total", total);
        }
        bench.step().map_err(|difference| difference.about(format!("{format}, n = {n}")))?;
    }
    plan.replay(bench)
}

/// Random codes; once in a while all of one code, so that extremes meet.
fn vector(draw: &mut Draw, n: usize, width: u8) -> Vec<u8> {
    if draw.once_in(8) { vec![draw.bits(width.into()) as u8; n] } else { draw.codes(n, width) }
}
