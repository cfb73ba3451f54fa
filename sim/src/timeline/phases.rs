//! Where in the network a run was: before the layers, in each layer, in its off-ramp, after the layers.

use models::program::{Operation, Program, Stage};
use serde::Serialize;

use crate::machine::Run;

/// A stretch of time that belongs to a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Phase {
    /// Program counter of the control command that ends it (of a control command: its own).
    pub command: u32,
    /// Layer, 1-based; 0 before the first.
    pub layer: u32,
    /// First cycle.
    pub start: u64,
    /// Cycle after the last.
    pub end: u64,
}

/// What runs ahead of the layers (layer 0), then each layer. What follows the last one is not among them.
pub fn layers(program: &Program, run: &Run) -> Vec<Phase> {
    let body = program.body_start();
    let mut list = Vec::new();
    let mut start = 0;
    for control in &run.controls {
        let Some(command) = program.commands.get(control.command as usize) else { continue };
        let ends = match command.operation {
            Operation::Barrier => body == Some(control.command + 1),
            Operation::Repeat { .. } => true,
            // A sentence that leaves does not reach the end of the loop.
            Operation::Exit => run.layer_ends.binary_search(&control.cycle).is_ok(),
            _ => false,
        };
        if ends {
            list.push(Phase { command: control.command, layer: control.layer, start, end: control.cycle });
            start = control.cycle;
        }
    }
    list
}

/// Off-ramps, each from its first command to its decision, and whether the sentence left there.
pub fn off_ramps(program: &Program, run: &Run) -> Vec<(Phase, bool)> {
    let of_ramp = |command: u32| {
        program.commands.get(command as usize).is_some_and(|command| command.tag.stage == Stage::OffRamp)
    };
    let exit = |command: u32| {
        program.commands.get(command as usize).is_some_and(|command| command.operation == Operation::Exit)
    };
    let mut starts = vec![u64::MAX; run.layers as usize + 1];
    for span in run.spans.iter().filter(|span| of_ramp(span.command)) {
        if let Some(start) = starts.get_mut(span.layer as usize) {
            *start = span.start.min(*start);
        }
    }
    let decided = run.controls.iter().filter(|control| exit(control.command));
    let ramp = |control: &crate::machine::Control| {
        let start =
            starts.get(control.layer as usize).map_or(control.cycle, |start| control.cycle.min(*start));
        let phase = Phase { command: control.command, layer: control.layer, start, end: control.cycle };
        (phase, run.layer_ends.binary_search(&control.cycle).is_ok())
    };
    decided.map(ramp).collect()
}
