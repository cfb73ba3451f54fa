//! The accumulator rows against plain sums.

use super::{Failure, Plan, Tally, packed};
use crate::unit;
use crate::unit::sizes;

/// Random rows, often the same one again.
pub(super) fn accumulator(plan: &Plan) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    for (index, shape) in plan.shapes(&[(2, 9, 20), (4, 40, 50)], sizes::accumulator).into_iter().enumerate()
    {
        tally += rows(plan, shape, plan.share(1 + 3 * index as u64))?;
    }
    Ok(tally)
}

fn rows(plan: &Plan, (n, sum_width, width): (u32, usize, usize), count: u64) -> Result<Tally, Failure> {
    let mut bench = plan.bench(unit::accumulator(n, sum_width, width))?;
    let (mut draw, lanes) = (plan.draw(n.into()), n as usize);
    let mut held = vec![vec![0_i64; lanes]; lanes];
    let mut due = vec![0; lanes];
    for _ in 0..count {
        let (row, valid, first) = (draw.below(n.into()) as usize, !draw.stalls(), draw.once_in(8));
        let sums: Vec<i64> = (0..n).map(|_| draw.signed(sum_width)).collect();
        bench.set("valid", valid.into());
        bench.set("row", row as u64);
        bench.set("first", first.into());
        bench.set_words("sums", &packed(&sums, sum_width));
        bench.expect_words("total", &packed(&due, width));
        if valid {
            for (held, sum) in held[row].iter_mut().zip(&sums) {
                *held = if first { *sum } else { wrapped(*held + sum, width) };
            }
            due.clone_from(&held[row]);
        }
        bench.step().map_err(|difference| difference.about(format!("n = {n}")))?;
    }
    plan.replay(bench)
}

/// A sum of a random stretch without a `first` may be longer than any reduction of a program.
fn wrapped(value: i64, width: usize) -> i64 {
    value << (64 - width) >> (64 - width)
}
