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
    /// What was counted in them.
    pub events: Events,
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

/// What one layer adds to a run in which all take the same cycles.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    /// Cycles.
    pub cycles: u64,
    events: Events,
    units: [UnitCycles; 4],
    stages: BTreeMap<(Stage, Unit), u64>,
}

impl Layer {
    /// The layer that brought a run from `before` to `after` in `cycles` cycles.
    pub(super) fn new(after: &Run, before: &Run, cycles: u64) -> Self {
        let mut layer =
            Layer { cycles, events: after.events, units: after.units, stages: after.stages.clone() };
        layer.events.zip(&before.events, |mine, its| *mine -= its);
        for (unit, old) in layer.units.iter_mut().zip(&before.units) {
            unit.zip(old, |mine, its| *mine -= its);
        }
        for (key, cycles) in &mut layer.stages {
            *cycles -= before.stages.get(key).unwrap_or(&0);
        }
        layer
    }
}

impl Run {
    /// Counts a layer `times` times more; the run has been at `before` at its start and stands at cycle `now`.
    pub(super) fn repeat(&mut self, layer: &Layer, before: &Run, now: u64, times: u64) {
        let first = self.clone();
        self.layer_ends.extend((1..=times).map(|turn| now + turn * layer.cycles));
        for turn in 1..=times {
            self.again((before, &first), layer, turn, layer.cycles);
        }
    }

    /// Counts once more what lies between two moments of this run, `part`, `turn` layers of `period` cycles after it was counted.
    pub(super) fn again(&mut self, (from, to): (&Run, &Run), part: &Layer, turn: u64, period: u64) {
        self.apply(part, |mine, its| *mine += its);
        let (spans, controls) = (&to.spans[from.spans.len()..], &to.controls[from.controls.len()..]);
        self.spans.extend(spans.iter().map(|span| span.later(turn, period)));
        self.controls.extend(controls.iter().map(|control| control.later(turn, period)));
    }

    /// The run, without spans and controls, of a sentence that leaves `fewer` layers earlier, by the same way out and with its supply
    /// changed as early.
    pub(super) fn earlier(&self, layer: &Layer, fewer: u32) -> Run {
        let times = u64::from(fewer);
        let mut run = Run { spans: Vec::new(), controls: Vec::new(), ..self.clone() };
        run.apply(layer, |mine, its| *mine -= its * times);
        run.cycles -= layer.cycles * times;
        run.layers -= fewer;
        let last = run.layer_ends.pop();
        run.layer_ends.truncate(run.layers as usize - 1);
        run.layer_ends.extend(last.map(|end| end - layer.cycles * times));
        if let Some(segment) = run.segments.last_mut() {
            segment.cycles -= layer.cycles * times;
            segment.events.zip(&layer.events, |mine, its| *mine -= its * times);
        }
        run
    }

    /// Changes every count by the layer's.
    fn apply(&mut self, layer: &Layer, change: impl Fn(&mut u64, u64)) {
        self.events.zip(&layer.events, &change);
        for (unit, its) in self.units.iter_mut().zip(&layer.units) {
            unit.zip(its, &change);
        }
        for (key, its) in &layer.stages {
            change(self.stages.entry(*key).or_default(), *its);
        }
    }
}

impl UnitCycles {
    /// Every count of this beside the same count of `other`.
    fn zip(&mut self, other: &UnitCycles, f: impl Fn(&mut u64, u64)) {
        f(&mut self.busy, other.busy);
        f(&mut self.contended, other.contended);
        f(&mut self.idle, other.idle);
        for (mine, its) in self.stalled_on.iter_mut().zip(other.stalled_on) {
            f(mine, its);
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
