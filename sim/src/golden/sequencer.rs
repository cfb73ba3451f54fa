//! Sequencer: what control commands do to the order of commands and to the base addresses.
//!
//! Off-ramps are taken by entropy and by prediction, as in the machine, not by a layer that is told.

use super::Sentence;
use super::execute::Machine;
use super::fault::Cause;
use kernels::dvfs::{Prediction, row};
use kernels::entropy::exit_decision;
use models::program::{Operation, Program};

/// What follows a control command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The next command.
    Command,
    /// The same, where a layer ends or the first begins.
    Layer,
    /// Nothing.
    End,
}

/// Where the program stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Sequencer {
    /// Next command.
    pub pc: usize,
    /// Layers that have ended.
    ended: u32,
    /// Layer at whose off-ramp the sentence left, if it has.
    pub left: Option<u32>,
    /// What was predicted, if anything.
    pub predicted: Option<Prediction>,
}

impl Sequencer {
    /// Carries out the control command at the program counter.
    pub(super) fn control(
        &mut self,
        program: &Program,
        sentence: &Sentence,
        machine: &mut Machine,
    ) -> Result<Next, Cause> {
        let layer = self.ended + 1;
        let operation = program.commands.get(self.pc).map(|command| &command.operation);
        self.pc += 1;
        match operation {
            Some(Operation::Barrier) => Ok(Next::Layer),
            Some(Operation::Exit) => {
                let entropy = *machine.entropies.last().ok_or(Cause::Empty)?;
                let foretold = self.predicted.is_some_and(|p| u32::from(p.exit_layer) == layer);
                if !exit_decision(entropy, sentence.threshold) && !foretold {
                    return Ok(Next::Command);
                }
                self.left = Some(layer);
                self.pc = program.behind_layers(self.pc);
                Ok(Next::Layer)
            }
            Some(Operation::Predict { layer: after }) => {
                if *after == layer {
                    let entropy = *machine.entropies.last().ok_or(Cause::Empty)?;
                    let row = sentence.predictions.get(row(entropy));
                    self.predicted = Some(*row.ok_or(Cause::Empty)?);
                }
                Ok(Next::Command)
            }
            Some(&Operation::Repeat { to, layer_stride, ramp_stride }) => {
                machine.layer_base += layer_stride;
                machine.ramp_base += ramp_stride;
                self.ended = layer;
                if layer < program.layers {
                    self.pc = to as usize;
                }
                Ok(Next::Layer)
            }
            Some(Operation::End) | None => Ok(Next::End),
            Some(_) => Ok(Next::Command),
        }
    }
}
