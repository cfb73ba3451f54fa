//! What a run found: cycles, where they went, and events.

use super::events::Events;
use models::program::{Stage, Unit};
use serde::Serialize;
use std::collections::BTreeMap;

/// Cycles of one unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UnitCycles {
    /// A command ran.
    pub busy: u64,
    /// Of those: a burst was ready and waited for the other engine's.
    pub contended: u64,
    /// A command waited for the load engine, the store engine, the PU, the SFU.
    pub stalled_on: [u64; 4],
    /// No command was there.
    pub idle: u64,
}

impl UnitCycles {
    /// Cycles in which a command waited.
    pub fn stalled(&self) -> u64 {
        self.stalled_on.iter().sum()
    }
}

/// When a command ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Span {
    /// Program counter.
    pub command: u32,
    /// Layer, 1-based; 0 before the first.
    pub layer: u32,
    /// Cycle in which it went to its unit's queue.
    pub dispatched: u64,
    /// First cycle.
    pub start: u64,
    /// Cycle after the last.
    pub end: u64,
    /// Cycles that it stood at the head of its queue and waited for the load engine, the store engine, the PU, the SFU.
    pub stalled_on: [u64; 4],
}

/// When a control command took effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Control {
    /// Program counter.
    pub command: u32,
    /// Layer that it found, 1-based; 0 before the first.
    pub layer: u32,
    /// The cycle.
    pub cycle: u64,
}

/// Cycles at one voltage; those before the first change of the supply count to the first segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Segment {
    /// Supply voltage in millivolts.
    pub vdd_mv: u32,
    /// Cycles.
    pub cycles: u64,
}

/// The result of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// Cycles from start to interrupt.
    pub cycles: u64,
    /// Layers that ran.
    pub layers: u32,
    /// Cycle at which each layer ended.
    pub layer_ends: Vec<u64>,
    /// Counters.
    pub events: Events,
    /// Cycles of each unit, in the order of [`Unit::ALL`].
    pub units: [UnitCycles; 4],
    /// Busy cycles by part of the network and unit.
    pub stages: BTreeMap<(Stage, Unit), u64>,
    /// Cycles at each voltage, in order.
    pub segments: Vec<Segment>,
    /// When each command ran, if that was asked for.
    pub spans: Vec<Span>,
    /// When each control command took effect, in order, if that was asked for.
    pub controls: Vec<Control>,
}

impl Run {
    /// Counts everything since `before`, when the run stood at cycle `start`, `times` times more; it now stands at `now`.
    pub(super) fn repeat(&mut self, before: &Run, start: u64, now: u64, times: u64) {
        let mut more = self.events;
        more.zip(&before.events, |mine, its| *mine = (*mine - its) * times);
        self.events += more;
        for (unit, old) in self.units.iter_mut().zip(&before.units) {
            unit.repeat(old, times);
        }
        for (key, cycles) in &mut self.stages {
            *cycles += (*cycles - before.stages.get(key).unwrap_or(&0)) * times;
        }
        let period = now - start;
        self.layer_ends.extend((1..=times).map(|turn| now + turn * period));
        let spans: Vec<Span> = self.spans[before.spans.len()..].to_vec();
        let controls: Vec<Control> = self.controls[before.controls.len()..].to_vec();
        for turn in 1..=times {
            self.spans.extend(spans.iter().map(|span| span.later(turn, period)));
            self.controls.extend(controls.iter().map(|control| control.later(turn, period)));
        }
    }
}

impl UnitCycles {
    /// Counts everything since `before` `times` times more.
    fn repeat(&mut self, before: &UnitCycles, times: u64) {
        let more = |mine: &mut u64, old: u64| *mine += (*mine - old) * times;
        more(&mut self.busy, before.busy);
        more(&mut self.contended, before.contended);
        more(&mut self.idle, before.idle);
        for (mine, old) in self.stalled_on.iter_mut().zip(before.stalled_on) {
            more(mine, old);
        }
    }
}

impl Span {
    /// The same command `turn` layers of `period` cycles later.
    fn later(&self, turn: u64, period: u64) -> Span {
        let shift = turn * period;
        Span {
            layer: self.layer + turn as u32,
            dispatched: self.dispatched + shift,
            start: self.start + shift,
            end: self.end + shift,
            ..*self
        }
    }
}

impl Control {
    /// The same command `turn` layers of `period` cycles later.
    fn later(&self, turn: u64, period: u64) -> Control {
        Control { layer: self.layer + turn as u32, cycle: self.cycle + turn * period, ..*self }
    }
}
