//! Significands, products and dot products against the integers of `kernels`.

use super::{Failure, Plan, Tally, packed};
use crate::unit;
use kernels::adaptivfloat::Format;
use std::collections::VecDeque;

const FORMATS: [Format; 3] = [Format::AF8_4, Format::AF8_3, Format::AF4_3];

/// Every code of every format.
pub(super) fn significand(plan: &Plan) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    let all: Vec<Format> = Format::all().collect();
    for format in plan.shapes(&all, |design| design.format) {
        let mut bench = plan.bench(unit::significand(format))?;
        for code in 0..=format.code_mask() {
            bench.set("code", code.into());
            bench.expect_signed("value", format.significand(code).into());
            bench.step().map_err(|difference| difference.about(format))?;
        }
        tally += if FORMATS.contains(&format) { plan.replay(bench)? } else { plan.count(bench)? };
    }
    Ok(tally)
}

/// Pairs of 8-bit codes.
const PAIRS: u64 = 1 << 16;

/// Every pair of codes; of every format, if so many vectors are asked for.
pub(super) fn multiply(plan: &Plan) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    let formats = if plan.vectors < PAIRS { FORMATS.to_vec() } else { Format::all().collect() };
    for format in plan.shapes(&formats, |design| design.format) {
        let mut bench = plan.bench(unit::multiply(format))?;
        let codes = 0..=format.code_mask();
        for (a, b) in codes.clone().flat_map(|a| codes.clone().map(move |b| (a, b))) {
            bench.set("a", a.into());
            bench.set("b", b.into());
            let product = i128::from(format.significand(a)) * i128::from(format.significand(b));
            bench.expect_signed("product", product);
            bench.step().map_err(|difference| difference.about(format!("{format}, {a} x {b}")))?;
        }
        tally += plan.replay(bench)?;
    }
    Ok(tally)
}

/// Random vectors, one a cycle; each sum comes its latency after its operands.
pub(super) fn vector_mac(plan: &Plan) -> Result<Tally, Failure> {
    let shapes = [(Format::AF8_4, 16), (Format::AF8_3, 4), (Format::AF4_3, 2)];
    let mut tally = Tally::default();
    for (index, (format, n)) in plan.shapes(&shapes, |d| (d.format, d.pu.n)).into_iter().enumerate() {
        let share = if index == 0 { 1 } else { 10 };
        tally += dot_products(plan, format, n, plan.share(share))?;
    }
    Ok(tally)
}

fn dot_products(plan: &Plan, format: Format, n: u32, count: u64) -> Result<Tally, Failure> {
    let latency = (models::latency::MULTIPLY + models::latency::tree(n)) as usize;
    let (mut bench, mut draw) = (plan.bench(unit::vector_mac(format, n))?, plan.draw(n.into()));
    let (mut due, width) = (VecDeque::new(), usize::from(format.width()));
    for _ in 0..count + latency as u64 {
        let [a, b] = [0; 2].map(|_: u8| draw.codes(n as usize, format.width()));
        let lanes = a.iter().zip(&b);
        let sum = lanes.map(|(&a, &b)| i128::from(format.significand(a)) * i128::from(format.significand(b)));
        due.push_back(sum.sum::<i128>());
        bench.set_words("a", &packed(&a, width));
        bench.set_words("b", &packed(&b, width));
        if due.len() > latency
            && let Some(sum) = due.pop_front()
        {
            bench.expect_signed("sum", sum);
        }
        bench.step().map_err(|difference| difference.about(format!("{format}, n = {n}")))?;
    }
    plan.replay(bench)
}
