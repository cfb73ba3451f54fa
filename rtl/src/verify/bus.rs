//! What stands between the bus and the buffers, and the watchdog: beats to pieces, and requests that wait.

use super::small::{SMALL, designs, quick};
use super::{Failure, Plan, Tally};
use crate::unit;

/// Random beats as far apart as they have pieces, or farther.
pub(super) fn unpack(plan: &Plan) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    for design in designs(plan, &SMALL)? {
        let (mut bench, mut draw) = (plan.bench(unit::unpack(&design))?, plan.draw(1));
        let (bytes, count) = (unit::piece_bytes(&design), unit::pieces(&design));
        let index = count.ilog2() as usize;
        for _ in 0..plan.share(4) {
            let data = draw.codes(bytes * count, 8);
            let first = draw.below(count as u64) as usize;
            let end = first + 1 + draw.below((count - first) as u64) as usize;
            bench.set("beat", 1);
            bench.set_words("beat_data", &super::packed(&data, 8));
            if index > 0 {
                bench.set("piece_first", first as u64);
                bench.set("piece_end", end as u64);
            }
            // The last piece of a beat comes in the first cycle of the next.
            for piece in 0..count {
                bench.step()?;
                bench.set("beat", 0);
                bench.set("beat_data", draw.any());
                let counts = (first..end).contains(&piece);
                bench.expect("piece", counts.into());
                if counts {
                    let value = &data[piece * bytes..][..bytes];
                    bench.expect_words("piece_data", &super::packed(value, 8));
                }
            }
            while draw.stalls() {
                bench.step()?;
                bench.expect("piece", 0);
            }
        }
        bench.step()?;
        tally += quick(plan, &design).replay(bench)?;
    }
    Ok(tally)
}

/// Requests that wait for random times, around the limit and far from it; then limits of one bit each, waited for.
pub(super) fn watchdog(plan: &Plan) -> Result<Tally, Failure> {
    let (mut bench, mut draw) = (plan.bench(unit::watchdog())?, plan.draw(2));
    let mut told = false;
    for limit in (0..plan.share(100)).map(|at| at % 9) {
        bench.set("limit", limit);
        // A cycle without a request: the count begins again.
        let mut still = 0;
        for cycle in 0..60 {
            let (waits, moves) = (cycle > 0 && draw.below(12) > 0, draw.once_in(10));
            bench.set("waits", waits.into());
            bench.set("moves", moves.into());
            bench.expect("expired", told.into());
            bench.step().map_err(|difference| difference.about(format!("limit {limit}")))?;
            told = waits && limit > 0 && still >= limit;
            still = if waits && !moves && !told { still + 1 } else { 0 };
        }
    }
    bench.set("waits", 0);
    bench.expect("expired", told.into());
    bench.step()?;
    for limit in (4..plan.vectors.max(1).ilog2()).map(|bit| 1 << bit) {
        bench.set("limit", limit);
        for cycle in 0..limit + 3 {
            bench.set("waits", u64::from(cycle > 0));
            bench.set("moves", 0);
            bench.expect("expired", u64::from(cycle == limit + 2));
            bench.step().map_err(|difference| difference.about(format!("limit {limit}, silent")))?;
        }
        bench.set("waits", 0);
        bench.expect("expired", 0);
        bench.step()?;
    }
    plan.replay(bench)
}
