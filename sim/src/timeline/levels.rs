//! A count that changes now and then, by the ranges that each count one.

use std::collections::BTreeMap;

use serde::Serialize;

/// From this cycle on, until the next level, the count is this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Level {
    /// First cycle.
    pub cycle: u64,
    /// The count.
    pub count: u64,
}

/// How many of the ranges (first cycle, cycle after the last) hold each cycle: changes only, and the state at cycle 0.
pub(super) fn levels(ranges: &[(u64, u64)]) -> Vec<Level> {
    let mut changes: BTreeMap<u64, (u64, u64)> = BTreeMap::from([(0, (0, 0))]);
    for (start, end) in ranges.iter().filter(|(start, end)| start < end) {
        changes.entry(*start).or_default().0 += 1;
        changes.entry(*end).or_default().1 += 1;
    }
    let mut list: Vec<Level> = Vec::new();
    let mut count = 0;
    for (cycle, (more, fewer)) in changes {
        // Whatever ends here had begun before.
        count = count + more - fewer;
        if list.last().is_none_or(|last| last.count != count) {
            list.push(Level { cycle, count });
        }
    }
    list
}

/// The ranges joined where they touch or overlap, by start.
pub(super) fn union(mut ranges: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    ranges.sort_unstable();
    let mut joined: Vec<(u64, u64)> = Vec::new();
    for (start, end) in ranges {
        match joined.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => joined.push((start, end)),
        }
    }
    joined
}
