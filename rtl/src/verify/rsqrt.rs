//! Reciprocal square roots against `kernels::fixed::rsqrt`.

use super::requantise::few_bits;
use super::{Failure, Plan, Tally};
use crate::unit::{self, sizes};
use kernels::fixed::{RSQRT_FRACTION, rsqrt as root};
use models::latency;
use std::collections::VecDeque;
use std::num::NonZeroU128;

/// Mantissa and octaves; the octaves of zero do not count.
fn expected(x: u128) -> (u64, Option<u64>) {
    let Some(x) = NonZeroU128::new(x) else { return (0, None) };
    let value = root(x);
    (value.mantissa as u64, Some(u64::from((-value.lsb).cast_unsigned() - RSQRT_FRACTION)))
}

/// Every bit alone, with its neighbours, with all below; the ends of every segment in both parities.
fn edges(width: usize) -> Vec<u128> {
    let all = u128::MAX >> (128 - width);
    let tops = (0..width).map(|bit| 1_u128 << bit);
    let near = tops.flat_map(|top| [top - 1, top, top | 1, top | top >> 1, (top - 1) | top]);
    let segments = (64..256_u128).flat_map(|segment| {
        [0, 0x7fff, 0x8000, 0x8001, 0xffff].map(|rest| (segment << 16 | rest) << width.saturating_sub(25))
    });
    near.chain(segments).chain([0, all]).map(|x| x & all).collect()
}

/// Edges, and random numbers of every magnitude.
pub(super) fn rsqrt(plan: &Plan) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    for (index, width) in plan.shapes(&[70, 48, 7], sizes::rsqrt).into_iter().enumerate() {
        let (mut bench, mut draw) = (plan.bench(unit::rsqrt(width))?, plan.draw(width as u64));
        let random = (0..plan.share(1 + 3 * index as u64)).map(|_| {
            let x = u128::from(draw.any()) << 64 | u128::from(draw.any());
            let any = x >> (128 - width) >> draw.below(width as u64);
            if draw.once_in(3) {
                few_bits(&mut draw, width).unsigned_abs() & u128::MAX >> (128 - width)
            } else {
                any
            }
        });
        let mut due = VecDeque::new();
        for x in edges(width).into_iter().chain(random).chain([0; latency::RSQRT as usize]) {
            due.push_back(x);
            bench.set_words("x", &[0, 32, 64, 96].map(|shift| (x >> shift) as u32));
            if due.len() as u64 > latency::RSQRT
                && let Some(x) = due.pop_front()
            {
                let (mantissa, octaves) = expected(x);
                bench.expect("mantissa", mantissa);
                if let Some(octaves) = octaves {
                    bench.expect("octaves", octaves);
                }
            }
            bench.step().map_err(|difference| difference.about(format!("{width} bits, last {x}")))?;
        }
        tally += plan.replay(bench)?;
    }
    Ok(tally)
}
