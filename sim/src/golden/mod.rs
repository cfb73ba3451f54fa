//! The values of a program: every command carried out by the golden kernels on byte-accurate memories and buffers.
//!
//! | module | what |
//! |---|---|
//! | [`quantised`] | a network's parameters as a design holds them |
//! | [`numbers`] | exponent biases of all operands |
//! | [`image`](mod@image), [`memory`] | the bytes that a program reads |
//! | [`direct`] | the same values on whole tensors, without a program |
//! | [`ramps`] | logits of random sentences at every off-ramp |
//! | `sequencer` | layer loop, off-ramps, prediction |
//! | this one | a program: order of commands between two control commands |
//!
//! Commands are atomic here and have no duration. Any order is legal in which each unit carries its own commands out in
//! order and none starts ahead of what it waits for; all legal orders must give the same values.

mod buffers;
pub mod channels;
pub mod direct;
mod execute;
pub mod fault;
pub mod image;
pub mod memory;
mod met;
pub mod numbers;
pub mod quantised;
pub mod ramps;
mod sequencer;
pub mod tiny;

use crate::contents::Met;
use execute::Machine;
use fault::{Cause, Fault};
use kernels::adaptivfloat::Tensor;
use kernels::dvfs::Prediction;
use memory::Memory;
use models::design::Design;
use models::forward::Point;
use models::program::Program;
use numbers::Numbers;
use sequencer::{Next, Sequencer};
use std::collections::VecDeque;

/// What is inferred, and how sure it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// Number of the word at each position.
    pub words: Vec<u32>,
    /// Entropy below which it leaves, nats with 16 fraction bits.
    pub threshold: u32,
    /// What is predicted for each row of the table, if there is one.
    pub predictions: Vec<Prediction>,
}

/// What lies in memory at the end of a layer. Rows and columns are padded to whole tiles; what stands there is undefined.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// [hidden x tokens].
    pub tokens: Tensor,
    /// [classes x 1], in the first row.
    pub logits: Tensor,
}

/// What a store has written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its program counter.
    pub command: u32,
    /// Its runs of bytes, in order: the first address of each, and the bytes.
    pub runs: Vec<(u64, Vec<u8>)>,
}

/// What a program has computed.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Tokens ahead of the first layer, then at the end of each; the logits are those of its off-ramp if it has one.
    pub layers: Vec<Snapshot>,
    /// At the end of the program.
    pub last: Snapshot,
    /// Entropy of each off-ramp, nats with 16 fraction bits.
    pub entropies: Vec<u32>,
    /// Layer after which the sentence left, 1-based.
    pub exit_layer: u32,
    /// Whether it left at an off-ramp, and did not run to the end of the loop.
    pub left: bool,
    /// What was predicted, if anything.
    pub predicted: Option<Prediction>,
    /// External memory and NVM at the end.
    pub memory: Memory,
    /// What the commands have met in the buffers.
    pub met: Met,
    /// What the stores have written, in order.
    pub stores: Vec<Stored>,
}

/// Runs a program on an image. `pick` chooses among so many commands that may go next, in program order; the first is always
/// the next in program order. `fill` is what the buffers hold at the start.
///
/// # Errors
/// A command that cannot be carried out.
pub fn run(
    design: &Design,
    program: &Program,
    image: Memory,
    numbers: &Numbers,
    sentence: &Sentence,
    fill: u8,
    mut pick: impl FnMut(usize) -> usize,
) -> Result<Outcome, Fault> {
    let bases = (program.memory.layer_base, program.memory.ramp_base);
    let mut machine = Machine::new(design, image, bases, numbers, sentence, fill);
    let (mut layers, mut sequencer) = (Vec::new(), Sequencer::default());
    loop {
        sequencer.pc = drain(&mut machine, program, sequencer.pc, &mut pick)?;
        let command = sequencer.pc as u32;
        let fault = |cause| Fault { command, cause };
        match sequencer.control(program, sentence, &mut machine).map_err(fault)? {
            Next::Command => {}
            Next::Layer => layers.push(snapshot(&machine, program, layers.len() as u32).map_err(fault)?),
            Next::End => {
                let (exit_layer, left) = (sequencer.left.unwrap_or(program.layers), sequencer.left.is_some());
                let last = snapshot(&machine, program, exit_layer).map_err(fault)?;
                let (predicted, Machine { entropies, memory, met, stores, .. }) =
                    (sequencer.predicted, machine);
                return Ok(Outcome {
                    layers,
                    last,
                    entropies,
                    exit_layer,
                    left,
                    predicted,
                    memory,
                    met,
                    stores,
                });
            }
        }
    }
}

/// Carries out all commands up to the next control command, in an order that `pick` chooses; the control command.
fn drain(
    machine: &mut Machine,
    program: &Program,
    from: usize,
    pick: &mut impl FnMut(usize) -> usize,
) -> Result<usize, Fault> {
    let mut queues: [VecDeque<usize>; 4] = Default::default();
    let mut to = from;
    while let Some(unit) = program.commands.get(to).and_then(|command| command.operation.unit()) {
        queues[unit as usize].push_back(to);
        to += 1;
    }
    let mut completed = [0; 4];
    loop {
        let met =
            |pc: usize| program.commands[pc].waits.iter().zip(completed).all(|(wait, done)| *wait <= done);
        let heads = || queues.iter().enumerate().filter_map(|(unit, queue)| Some((*queue.front()?, unit)));
        let mut ready: Vec<(usize, usize)> = heads().filter(|(pc, _)| met(*pc)).collect();
        ready.sort_unstable();
        let Some(&(pc, unit)) = ready.get(pick(ready.len()).min(ready.len().saturating_sub(1))) else {
            return match heads().min() {
                None => Ok(to),
                Some((pc, _)) => Err(Fault { command: pc as u32, cause: Cause::Deadlock }),
            };
        };
        machine.execute(pc, &program.commands[pc]).map_err(|cause| Fault { command: pc as u32, cause })?;
        queues[unit].pop_front();
        completed[unit] += 1;
    }
}

/// What lies in memory after so many layers.
fn snapshot(machine: &Machine, program: &Program, layers: u32) -> Result<Snapshot, Cause> {
    let memory = &program.memory;
    let tokens = machine.stored(memory.tokens, (Point::Tokens, layers))?;
    let logits = match memory.logits.tiles {
        // A network without a classifier has none.
        0 => Tensor::zeros(tokens.format, 0, 0, 0),
        // Without off-ramps in the layers, there is one behind the last.
        _ => {
            let ramp = if program.exits { layers } else { program.layers };
            machine.stored(memory.logits, (Point::Logits, ramp.saturating_sub(1)))?
        }
    };
    Ok(Snapshot { tokens, logits })
}
