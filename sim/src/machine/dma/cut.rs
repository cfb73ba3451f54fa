//! Cuts runs of bytes into bursts, as the fast path does.

use crate::machine::memory::{MemoryTiming, Runs};
use models::design::Axi;

/// What is left of the runs of a command.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cut {
    runs: Option<Runs>,
    next: u64,
}

impl Cut {
    /// Before the first burst of `runs`.
    pub(super) fn new(runs: Runs) -> Self {
        Cut { runs: Some(runs), next: runs.start }
    }

    /// Whether nothing is left.
    pub(super) fn is_empty(&self) -> bool {
        self.runs.is_none()
    }

    /// The beats of the next burst.
    pub(super) fn burst(&mut self, timing: &MemoryTiming) -> Option<u64> {
        let runs = self.runs.as_mut()?;
        let end = runs.start + runs.bytes;
        let longest = (self.next / timing.beat_bytes + timing.burst_beats) * timing.beat_bytes;
        let stop = end.min((self.next / Axi::BOUNDARY + 1) * Axi::BOUNDARY).min(longest);
        let beats = stop.div_ceil(timing.beat_bytes) - self.next / timing.beat_bytes;
        self.next = stop;
        if stop == end {
            runs.count -= 1;
            runs.start += runs.stride;
            self.next = runs.start;
            if runs.count == 0 {
                self.runs = None;
            }
        }
        Some(beats)
    }
}
