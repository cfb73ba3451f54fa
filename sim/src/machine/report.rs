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
    /// First cycle.
    pub start: u64,
    /// Cycle after the last.
    pub end: u64,
    /// Cycles that it stood at the head of its queue and waited for the load engine, the store engine, the PU, the SFU.
    pub stalled_on: [u64; 4],
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
}
