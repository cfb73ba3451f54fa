//! The FIFO against a queue, with every mix of push and pop that its users make.

use super::{Failure, Plan, Tally};
use crate::unit;
use crate::unit::sizes;
use std::collections::VecDeque;

/// Random pushes and pops, never a push into a full one without a pop.
pub(super) fn fifo(plan: &Plan) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    for (depth, width) in plan.shapes(&[(8, 40), (1, 5), (3, 64)], sizes::fifo) {
        let (mut bench, mut draw) = (plan.bench(unit::fifo(depth, width))?, plan.draw(depth.into()));
        let mut held: VecDeque<Vec<u32>> = VecDeque::new();
        for _ in 0..plan.share(3) {
            let data: Vec<u32> = (0..width.div_ceil(32)).map(|_| draw.bits(32) as u32).collect();
            let pop = !held.is_empty() && !draw.stalls();
            let push = (held.len() < depth as usize || pop) && !draw.stalls();
            bench.set_words("data", &data);
            bench.set("push", push.into());
            bench.set("pop", pop.into());
            bench.expect("used", held.len() as u64);
            if let Some(head) = held.front() {
                bench.expect_words("head", head);
            }
            bench.step().map_err(|difference| difference.about(format!("depth {depth}")))?;
            if pop {
                held.pop_front();
            }
            if push {
                held.push_back(data);
            }
        }
        tally += plan.replay(bench)?;
    }
    Ok(tally)
}
