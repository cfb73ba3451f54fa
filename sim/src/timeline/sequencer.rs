//! The sequencer's own commands, and what kept it from its next.
//!
//! Every cycle of the sequencer is one of three: it dispatches a command; it fetches, at the start and after each control
//! command, for `latency::FETCH` cycles; or it is held, by a full queue or until all is idle.

use models::latency::FETCH;
use models::program::{Operation, Program, Unit};
use serde::Serialize;

use super::phases::Phase;
use crate::machine::Run;

/// Why the sequencer did not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// The queue of the next command's unit was full, or, where commands do not overlap, another one ran.
    Room(Unit),
    /// The next command is a control command: all must be idle.
    Idle,
}

/// Cycles in which the sequencer was held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Held {
    /// Why.
    pub reason: Reason,
    /// Program counter of the command that comes next.
    pub command: u32,
    /// First cycle.
    pub start: u64,
    /// Cycle after the last.
    pub end: u64,
}

/// Control commands with the fetch that follows them; the end has none.
pub fn controls(program: &Program, run: &Run) -> Vec<Phase> {
    let last = |command: u32| {
        program.commands.get(command as usize).is_none_or(|command| command.operation == Operation::End)
    };
    let phase = |control: &crate::machine::Control| {
        let end = control.cycle + if last(control.command) { 0 } else { FETCH };
        Phase { command: control.command, layer: control.layer, start: control.cycle, end }
    };
    run.controls.iter().map(phase).collect()
}

/// Whenever the sequencer was held, in order.
pub fn held(program: &Program, run: &Run) -> Vec<Held> {
    // Cycle in which the sequencer acted, the command, and from when on it could act again.
    let mut acts: Vec<(u64, u32, u64)> =
        run.spans.iter().map(|span| (span.dispatched, span.command, span.dispatched + 1)).collect();
    acts.extend(run.controls.iter().map(|control| (control.cycle, control.command, control.cycle + FETCH)));
    acts.sort_unstable();
    let mut ready = FETCH;
    let mut list = Vec::new();
    for (cycle, command, next) in acts {
        if ready < cycle {
            let unit = program.commands.get(command as usize).and_then(|c| c.operation.unit());
            let reason = unit.map_or(Reason::Idle, Reason::Room);
            list.push(Held { reason, command, start: ready, end: cycle });
        }
        ready = next;
    }
    list
}
