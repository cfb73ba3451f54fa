//! Cycles of a DMA command that has the port to itself, burst by burst without events.
//!
//! **Timing.** With `o` bursts that may be under way, burst `i` can be requested from `over(i−o)` on, is ready a delay later, served
//! until `end(i) = max(end(i−1), over(i−o) + delay) + beats(i) · beat_cycles`, and over then, or, a write, when it is acknowledged.
//! That an engine requests one burst a cycle does not show: a burst takes a cycle at least, so the one requested a cycle later is
//! ready in time. A command that follows another by whole pages takes the same cycles.

use super::cut::Cut;
use super::{Job, tail};
use crate::machine::memory::{MemoryTiming, Runs};
use models::design::Axi;
use models::latency;
use std::collections::HashMap;

/// Cycles of commands that have been asked for at one timing.
#[derive(Clone, Debug)]
pub(super) struct Alone {
    timing: MemoryTiming,
    known: HashMap<(usize, Job), u64>,
}

impl Alone {
    pub(super) fn new(timing: MemoryTiming) -> Self {
        Alone { timing, known: HashMap::new() }
    }

    /// From the start of `job` on an engine to its end.
    pub(super) fn cycles(&mut self, engine: usize, job: Job) -> u64 {
        let timing = &self.timing;
        *self
            .known
            .entry((engine, within_page(job)))
            .or_insert_with_key(|(_, job)| cycles(timing, engine, *job))
    }
}

/// The same job in the first page.
fn within_page(job: Job) -> Job {
    match job {
        Job::Bus(runs, lookup) => Job::Bus(Runs { start: runs.start % Axi::BOUNDARY, ..runs }, lookup),
        Job::Nvm(_) => job,
    }
}

/// Cycles of `job` on an engine, alone.
pub(in crate::machine) fn cycles(timing: &MemoryTiming, engine: usize, job: Job) -> u64 {
    match job {
        Job::Nvm(cycles) => cycles + tail(engine),
        Job::Bus(runs, lookup) => bursts(timing, engine, Cut::new(runs), 1 + lookup) + tail(engine),
    }
}

/// When the last burst is over, the first requested at `from`.
fn bursts(timing: &MemoryTiming, engine: usize, mut left: Cut, from: u64) -> u64 {
    let (delay, acknowledged) =
        if engine == 0 { (timing.read_latency, 0) } else { (latency::DMA_READ, timing.write_latency) };
    let mut over = vec![from; timing.outstanding as usize];
    let (mut end, mut slot) = (0, 0);
    while let Some(beats) = left.burst(timing) {
        end = end.max(over[slot] + delay) + beats * timing.beat_cycles;
        over[slot] = end + acknowledged;
        slot = if slot + 1 == over.len() { 0 } else { slot + 1 };
    }
    end + acknowledged
}
