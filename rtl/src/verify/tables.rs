//! The units of powers, logarithms and quotients against the integers of `kernels`.

use super::{Draw, Failure, Plan, Tally};
use crate::unit;
use crate::unit::sizes;
use kernels::fixed;
use models::latency;
use std::collections::VecDeque;
use std::num::NonZeroU64;

/// Every fraction once, whole parts up to beyond the last that leaves anything, and random numbers.
pub(super) fn exp2(plan: &Plan) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    for width in plan.shapes(&[24], sizes::exp2) {
        let (mut bench, mut draw) = (plan.bench(unit::exp2(width))?, plan.draw(width as u64));
        let all = u32::MAX >> (32 - width);
        let edges = (0..256).flat_map(|whole| [0, 1, 0xffff].map(|fraction| whole << 16 | fraction));
        let directed = (0..1 << 16).chain(edges).filter(|t| *t <= all);
        // Beyond so many octaves little or nothing is left.
        let random = (0..plan.vectors).map(|_| (draw.below(28) << 16 | draw.bits(16)) as u32 & all);
        let mut due = VecDeque::new();
        // The last go in once more, so that all come out.
        for t in random.chain(directed).chain([0; latency::EXP2 as usize]) {
            due.push_back(t);
            bench.set("t", t.into());
            if due.len() as u64 > latency::EXP2
                && let Some(t) = due.pop_front()
            {
                bench.expect("value", fixed::exp2_neg(t).into());
                bench.expect("fraction", fixed::exp2_fraction(t as u16).into());
                bench.expect("whole", (t >> 16).into());
            }
            bench.step().map_err(|difference| difference.about(format!("last {t}")))?;
        }
        tally += plan.replay(bench)?;
    }
    Ok(tally)
}

/// Each highest bit with nothing and with everything below it, and random numbers of every magnitude.
pub(super) fn log2(plan: &Plan) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    for (index, width) in plan.shapes(&[40, 64, 5], sizes::log2).into_iter().enumerate() {
        tally += logarithms(plan, width, plan.share(1 + 4 * index as u64))?;
    }
    Ok(tally)
}

fn logarithms(plan: &Plan, width: usize, count: u64) -> Result<Tally, Failure> {
    let (mut bench, mut draw) = (plan.bench(unit::log2(width))?, plan.draw(width as u64));
    let edges = (0..width).flat_map(|top| [1 << top, (1 << top) | ((1 << top) - 1)]);
    let random = (0..count).map(|_| draw.bits(width) >> draw.below(width as u64));
    let mut due = VecDeque::new();
    for x in edges.chain(random).chain([1; latency::LOG2 as usize]).filter_map(NonZeroU64::new) {
        due.push_back(x);
        bench.set("x", x.get());
        if due.len() as u64 > latency::LOG2
            && let Some(x) = due.pop_front()
        {
            bench.expect("value", fixed::log2(x).into());
        }
        bench.step().map_err(|difference| difference.about(format!("{width} bits, last {x}")))?;
    }
    plan.replay(bench)
}

/// Exact multiples, ties, and any numerators; the denominator may change once it is taken.
pub(super) fn divide(plan: &Plan) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    for width in plan.shapes(&[30, 3], sizes::divide) {
        let (mut bench, mut draw) = (plan.bench(unit::divide(width))?, plan.draw(width as u64));
        for count in 0..plan.share(10) {
            let (numerator, denominator) = fraction(&mut draw, width, count % 2 == 0);
            bench.set_words("numerator", &[0, 32, 64, 96].map(|shift| (numerator >> shift) as u32));
            bench.set("denominator", denominator);
            bench.set("start", 1);
            bench.step()?;
            bench.set("start", 0);
            bench.set("denominator", draw.bits(width));
            for _ in 1..latency::DIVIDE {
                bench.step()?;
            }
            let quotient = fixed::divide(numerator, denominator.into()) as u32;
            bench.expect("quotient", quotient.into());
            bench.step().map_err(|difference| difference.about(format!("{numerator} / {denominator}")))?;
        }
        tally += plan.replay(bench)?;
    }
    Ok(tally)
}

/// Half of all: an exact multiple and half a denominator above, for ties.
fn fraction(draw: &mut Draw, width: usize, tie: bool) -> (u128, u64) {
    let denominator = (draw.bits(width) >> draw.below(width as u64)).max(1);
    let whole = u128::from(denominator);
    let any = u128::from(draw.any()) << 64 | u128::from(draw.any());
    let numerator = match tie {
        true => u128::from(draw.bits(27)) * whole + whole / 2,
        false => any % (whole << 32),
    };
    (numerator, denominator)
}
