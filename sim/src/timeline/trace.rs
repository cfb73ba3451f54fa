//! A recording in the Trace Event Format, as ui.perfetto.dev and chrome://tracing open it.
//!
//! **Form.** One JSON object: `displayTimeUnit`, `otherData` (what the caller says of the run), and `traceEvents`, one event a
//! line, written as they come. Process 1 is the design. `ts` and `dur` are microseconds with three decimals: the difference of
//! two cycles, each at its nearest nanosecond ([`Clock`](super::Clock)); exact cycles stand in `args`. An event of a counter has no such
//! place, since a viewer draws everything in its `args`.
//!
//! | track | events |
//! |---|---|
//! | layers | a range for what runs ahead of the layers, for each layer, and for what follows; within a layer its off-ramp and an instant for its decision; where the exit is predicted an instant for that, and a range in which the core stands until its supply has settled |
//! | sequencer, sequencer waits | control commands with the fetch behind them; cycles in which the next command could not go |
//! | UNIT, UNIT waits | commands; cycles in which the command at the head of the queue waited for another unit |
//!
//! Counters: pages in use of each operand buffer, commands in each queue, supply, clock.
//!
//! Format: "Trace Event Format", Google, document CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};

use super::clock::Clock;
use super::levels::Level;

/// The one process.
const PROCESS: u32 = 1;

/// An event; a field that its phase does not have is left out.
#[derive(Serialize)]
struct Event<'a> {
    name: &'a str,
    ph: &'static str,
    ts: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    dur: Option<f64>,
    /// Scope of an instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    s: Option<&'static str>,
    pid: u32,
    tid: u32,
    args: Value,
}

/// Writes events.
pub(super) struct Writer<'a> {
    out: &'a mut dyn Write,
    clock: &'a Clock,
    /// Events so far.
    pub events: u64,
}

/// A whole number of nanoseconds as microseconds; the shortest decimal of the nearest double is exact up to 104 days.
fn microseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1000.0
}

impl<'a> Writer<'a> {
    /// Begins the object; `about` is its `otherData`.
    pub(super) fn begin(out: &'a mut dyn Write, clock: &'a Clock, about: &Value) -> io::Result<Self> {
        writeln!(out, "{{\"displayTimeUnit\":\"ns\",\n\"otherData\":{about},\n\"traceEvents\":[")?;
        Ok(Writer { out, clock, events: 0 })
    }

    /// Ends the object; the number of events.
    pub(super) fn end(self) -> io::Result<u64> {
        writeln!(self.out, "\n]}}")?;
        Ok(self.events)
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        if self.events > 0 {
            self.out.write_all(b",\n")?;
        }
        self.events += 1;
        Ok(serde_json::to_writer(&mut *self.out, event)?)
    }

    fn metadata(&mut self, name: &str, tid: u32, args: Value) -> io::Result<()> {
        self.event(&Event { name, ph: "M", ts: 0.0, dur: None, s: None, pid: PROCESS, tid, args })
    }

    /// Names the process.
    pub(super) fn process(&mut self, name: &str) -> io::Result<()> {
        self.metadata("process_name", 0, json!({ "name": name }))
    }

    /// Names a track and keeps it in its place.
    pub(super) fn track(&mut self, tid: u32, name: &str) -> io::Result<()> {
        self.metadata("thread_name", tid, json!({ "name": name }))?;
        self.metadata("thread_sort_index", tid, json!({ "sort_index": tid }))
    }

    /// A range of cycles; its first cycle and its length are added to `args`.
    pub(super) fn complete(
        &mut self,
        tid: u32,
        name: &str,
        (start, end): (u64, u64),
        mut args: Value,
    ) -> io::Result<()> {
        args["start_cycle"] = json!(start);
        args["cycles"] = json!(end.saturating_sub(start));
        let [from, to] = [start, end].map(|cycle| self.clock.nanoseconds(cycle));
        let (ts, dur) = (microseconds(from), Some(microseconds(to.saturating_sub(from))));
        self.event(&Event { name, ph: "X", ts, dur, s: None, pid: PROCESS, tid, args })
    }

    /// A range of nanoseconds in which no cycle passes.
    pub(super) fn stands(
        &mut self,
        tid: u32,
        name: &str,
        (from, to): (u64, u64),
        args: Value,
    ) -> io::Result<()> {
        let (ts, dur) = (microseconds(from), Some(microseconds(to.saturating_sub(from))));
        self.event(&Event { name, ph: "X", ts, dur, s: None, pid: PROCESS, tid, args })
    }

    /// A moment on a track.
    pub(super) fn instant(&mut self, tid: u32, name: &str, cycle: u64) -> io::Result<()> {
        let (ts, args) = (microseconds(self.clock.nanoseconds(cycle)), json!({ "cycle": cycle }));
        self.event(&Event { name, ph: "i", ts, dur: None, s: Some("t"), pid: PROCESS, tid, args })
    }

    /// A counter's value from a cycle on; the counter's only series has the name of its unit.
    pub(super) fn counter(&mut self, name: &str, unit: &str, cycle: u64, value: Value) -> io::Result<()> {
        let (ts, args) = (microseconds(self.clock.nanoseconds(cycle)), json!({ unit: value }));
        self.event(&Event { name, ph: "C", ts, dur: None, s: None, pid: PROCESS, tid: 0, args })
    }

    /// A counter over the whole run.
    pub(super) fn levels(&mut self, name: &str, unit: &str, levels: &[Level]) -> io::Result<()> {
        levels.iter().try_for_each(|level| self.counter(name, unit, level.cycle, json!(level.count)))
    }
}
