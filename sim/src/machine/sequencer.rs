//! Sequencer: dispatches commands in program order, one a cycle, and executes control commands itself.
//!
//! **Ports.** The command memory; four queues of `sequencer.queue` commands; the units' completion counts; the exit decision.
//!
//! **Timing.** The first command is dispatched `latency::FETCH` cycles after the start. One command a cycle goes to its queue
//! if the queue had room at the start of the cycle; the unit sees it in the next. A control command waits until all queues
//! are empty and all units idle, takes effect in that cycle, resets the completion counts, and the next command follows
//! `latency::FETCH` cycles later. A prediction is a change of the supply that the values ask for; the port follows
//! `latency::DVFS` cycles behind, when nothing uses the memories yet. With `overlap = false` every command waits like that, but without the fetch penalty.

use models::latency;
use models::program::{Command, Operation, Program};

/// What the sequencer did in a cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Nothing.
    None,
    /// Command `.0` goes to the queue of its unit.
    Dispatch(u32),
    /// The layer has ended; base registers move on by these strides.
    EndLayer { layer_stride: u64, ramp_stride: u64 },
    /// The supply changes.
    SetPoint { vdd_mv: u32 },
    /// A control command that changed nothing outside.
    Control,
    /// The program has ended.
    End,
}

/// Program counter, layer and the cycle from which the next command may go.
#[derive(Clone, Debug)]
pub(super) struct Sequencer {
    pc: u32,
    /// Layer, 1-based; 0 before the first.
    pub layer: u32,
    ready: u64,
    exit_layer: u32,
    predicted_mv: Option<u32>,
}

impl Sequencer {
    /// At the start of a sentence that leaves after `exit_layer` and for which a prediction asks for `predicted_mv`.
    pub(super) fn new(exit_layer: u32, predicted_mv: Option<u32>) -> Self {
        Sequencer { pc: 0, layer: 0, ready: latency::FETCH, exit_layer, predicted_mv }
    }

    /// The command that comes next.
    pub(super) fn pc(&self) -> u32 {
        self.pc
    }

    /// The cycle before which nothing can happen.
    pub(super) fn ready(&self) -> u64 {
        self.ready
    }

    /// The layer from which on all take the same cycles, if there is one: those of one loop, entered by the barrier before it, in
    /// which the supply changes by a prediction alone; behind that.
    pub(super) fn alike_from(&self, program: &Program) -> Option<u32> {
        let loops = program.commands.iter().filter(|c| matches!(c.operation, Operation::Repeat { .. }));
        let start = program.body_start().map(|to| to as usize);
        let (before, body) = program.commands.split_at_checked(start?)?;
        let entered = before.last().is_some_and(|c| c.operation == Operation::Barrier);
        let alike = loops.count() == 1 && entered;
        let behind = |c: &Command| match c.operation {
            Operation::SetPoint { .. } => None,
            Operation::Predict { layer } => Some(self.predicted_mv.map_or(1, |_| layer + 1)),
            _ => Some(1),
        };
        body.iter().try_fold(1, |from, command| Some(behind(command)?.max(from))).filter(|_| alike)
    }

    /// Layers between this one and the last that the sentence runs.
    pub(super) fn between(&self, program: &Program) -> u64 {
        self.exit_layer.min(program.layers).saturating_sub(self.layer).into()
    }

    /// Whether an exit is what comes next, once all is idle.
    pub(super) fn at_exit(&self, program: &Program, now: u64) -> bool {
        now >= self.ready && matches!(self.operation(program), Some(Operation::Exit))
    }

    /// Stands as it does now, `layers` layers and `cycles` cycles later.
    pub(super) fn jump(&mut self, layers: u64, cycles: u64) {
        self.layer += layers as u32;
        self.ready += cycles;
    }

    /// The command at the program counter.
    fn operation<'p>(&self, program: &'p Program) -> Option<&'p Operation> {
        program.commands.get(self.pc as usize).map(|c| &c.operation)
    }

    /// One cycle. `room` tells whether a unit's queue has room; `drained` that all is idle.
    pub(super) fn tick(
        &mut self,
        program: &Program,
        now: u64,
        overlap: bool,
        room: impl Fn(usize) -> bool,
        drained: bool,
    ) -> Action {
        if now < self.ready {
            return Action::None;
        }
        let Some(operation) = self.operation(program) else { return Action::End };
        match operation.unit() {
            Some(unit) if room(unit as usize) && (overlap || drained) => {
                self.pc += 1;
                Action::Dispatch(self.pc - 1)
            }
            None if drained => self.control(program, operation, now),
            _ => Action::None,
        }
    }

    fn control(&mut self, program: &Program, operation: &Operation, now: u64) -> Action {
        self.ready = now + latency::FETCH;
        self.pc += 1;
        match *operation {
            Operation::SetPoint { vdd_mv } => Action::SetPoint { vdd_mv },
            Operation::Predict { layer } => match self.predicted_mv {
                Some(vdd_mv) if self.layer == layer => Action::SetPoint { vdd_mv },
                _ => Action::Control,
            },
            Operation::Barrier => {
                self.layer += u32::from(program.body_start() == Some(self.pc));
                Action::Control
            }
            Operation::Exit => {
                if self.layer == self.exit_layer {
                    self.pc = program.behind_layers(self.pc as usize) as u32;
                    return Action::EndLayer { layer_stride: 0, ramp_stride: 0 };
                }
                Action::Control
            }
            Operation::Repeat { to, layer_stride, ramp_stride } => {
                if self.layer < program.layers {
                    self.layer += 1;
                    self.pc = to;
                }
                Action::EndLayer { layer_stride, ramp_stride }
            }
            _ => Action::End,
        }
    }
}
