//! The walk against loops over block, pass, tile and row, cycle by cycle.

use super::walk::schedule;
use super::{Failure, Plan, Tally};
use crate::cosim::Bench;
use crate::unit::{self, BLOCK_BITS, Walk, sizes};

const WALKS: [Walk; 4] = [
    Walk { n: 4, passes: 3, between: 10, after: 10 },
    Walk { n: 16, passes: 1, between: 0, after: 9 },
    Walk { n: 2, passes: 2, between: 9, after: 46 },
    Walk { n: 2, passes: 2, between: 0, after: 1 },
];

/// Random commands with gaps between them, then the longest rows and the most.
pub(super) fn walker(plan: &Plan) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    for walk in plan.shapes(&WALKS, sizes::walker) {
        let (mut bench, mut draw) = (plan.bench(unit::walker(walk))?, plan.draw(walk.n.into()));
        let (mut read, n) = (0, u64::from(walk.n));
        for (rows, tiles) in [(1, 1), (n, 1), (n + 1, 2), (1, 3), (2 * n, 2), (3 * n - 1, 1)] {
            command(&mut bench, walk, rows, tiles)?;
        }
        while read < plan.share(2) {
            let (rows, tiles) = (1 + draw.below(4 * n), 1 + draw.below(6));
            for _ in 0..draw.below(4) {
                bench.expect("read", 0);
                bench.expect("done", 0);
                bench.step().map_err(|difference| difference.about("idle"))?;
            }
            command(&mut bench, walk, rows, tiles)?;
            read += rows * tiles * u64::from(walk.passes);
        }
        tally += plan.replay(bench)?;
    }
    tally += last_counts(plan)?;
    Ok(tally)
}

/// Counts reach their last value.
fn last_counts(plan: &Plan) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    for walk in plan.shapes(&[Walk { n: 32, passes: 1, between: 0, after: 3 }], sizes::walker) {
        let mut bench = plan.bench(unit::walker(walk))?;
        command(&mut bench, walk, (u64::from(walk.n) << BLOCK_BITS).min(65_535), 1)?;
        command(&mut bench, walk, 33, 4095)?;
        tally += plan.count(bench)?;
    }
    Ok(tally)
}

fn command(bench: &mut Bench, walk: Walk, rows: u64, tiles: u64) -> Result<(), Failure> {
    let places = schedule(walk, rows, tiles);
    bench.set("rows", rows);
    bench.set("tiles", tiles);
    for (cycle, place) in places.iter().enumerate() {
        bench.set("start", u64::from(cycle == 0));
        bench.expect("done", u64::from(cycle + 1 == places.len()));
        bench.expect("read", place.is_some().into());
        if let Some(place) = place {
            bench.expect("block", place.block);
            if walk.passes > 1 {
                bench.expect("pass", place.pass);
            }
            for (name, now, count) in [("tile", place.tile, tiles), ("row", place.row, place.height)] {
                bench.expect(name, now);
                bench.expect(&format!("first_{name}"), u64::from(now == 0));
                bench.expect(&format!("last_{name}"), u64::from(now + 1 == count));
            }
        }
        bench.step().map_err(|difference| difference.about(format!("{walk:?}, {rows} x {tiles}")))?;
    }
    bench.set("start", 0);
    Ok(())
}
