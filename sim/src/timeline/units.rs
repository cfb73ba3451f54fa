//! Commands on their units, waits at the heads of their queues, and commands in the queues.
//!
//! Counts of completed commands only grow, and a command waits for the first unit that has not completed enough. So the cycles
//! that it stood at the head of its queue lie together, right before its start, and within them it waited for one unit after
//! another in the order of [`Unit::ALL`]: the sums that a [`Span`] holds say when.

use models::program::{Program, Stage, Unit};
use serde::Serialize;

use super::levels::{Level, levels};
use crate::machine::{Run, Span};

/// A unit ran a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Busy {
    /// The unit.
    pub unit: Unit,
    /// Part of the network.
    pub stage: Stage,
    /// Program counter.
    pub command: u32,
    /// Layer, 1-based; 0 before the first.
    pub layer: u32,
    /// First cycle.
    pub start: u64,
    /// Cycle after the last.
    pub end: u64,
    /// Cycles that it had waited for the load engine, the store engine, the PU, the SFU.
    pub stalled_on: [u64; 4],
}

/// A command stood at the head of its unit's queue and waited for another unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Wait {
    /// Whose cycles were lost.
    pub unit: Unit,
    /// The unit that had not completed what the command needs.
    pub on: Unit,
    /// Program counter of the command that waited.
    pub command: u32,
    /// Layer, 1-based; 0 before the first.
    pub layer: u32,
    /// First cycle.
    pub start: u64,
    /// Cycle after the last.
    pub end: u64,
}

/// Unit and stage of a command that ran.
fn place(program: &Program, span: &Span) -> Option<(Unit, Stage)> {
    let command = program.commands.get(span.command as usize)?;
    Some((command.operation.unit()?, command.tag.stage))
}

/// Every command that ran, unit by unit, each by start.
pub fn busy(program: &Program, run: &Run) -> Vec<Busy> {
    let ran = |span: &Span| {
        let (unit, stage) = place(program, span)?;
        let Span { command, layer, start, end, stalled_on, .. } = *span;
        Some(Busy { unit, stage, command, layer, start, end, stalled_on })
    };
    let mut list: Vec<Busy> = run.spans.iter().filter_map(ran).collect();
    list.sort_by_key(|busy| (busy.unit, busy.start));
    list
}

/// Every wait, unit by unit, each by start.
pub fn waits(program: &Program, run: &Run) -> Vec<Wait> {
    busy(program, run).iter().flat_map(before).collect()
}

/// The waits of a command, in order.
fn before(busy: &Busy) -> Vec<Wait> {
    let Busy { unit, command, layer, .. } = *busy;
    let mut start = busy.start - busy.stalled_on.iter().sum::<u64>();
    let mut list = Vec::new();
    for (on, cycles) in Unit::ALL.into_iter().zip(busy.stalled_on).filter(|(_, cycles)| *cycles > 0) {
        let end = start + cycles;
        list.push(Wait { unit, on, command, layer, start, end });
        start = end;
    }
    list
}

/// Commands in the queue of each unit, in the order of [`Unit::ALL`]: dispatched and not started.
pub fn queues(program: &Program, run: &Run) -> [Vec<Level>; 4] {
    let mut stays: [Vec<(u64, u64)>; 4] = Default::default();
    for span in &run.spans {
        if let Some((unit, _)) = place(program, span) {
            stays[unit as usize].push((span.dispatched, span.start));
        }
    }
    stays.map(|stays| levels(&stays))
}
