//! Random programs for the sequencer, and its contract, cycle by cycle, in the words of the module heads.

use super::Draw;
use kernels::activation::Activation;
use models::design::Sequencer;
use models::latency;
use models::program::command::AuxRange;
use models::program::{
    Base, Command, Encoding, Entropy, Epilogue, LayerNorm, Matmul, MemoryMap, Occupancy, Operand, Operation,
    Program, Region, Stage, Tag, Transfer,
};
use std::collections::VecDeque;

fn region(base: u32) -> Region {
    Region { buffer: 1, base, block_stride: 4, blocks: 1, tiles: 1 }
}

/// A product of one tile.
fn product(rows: Region) -> Matmul {
    let operand = Operand { region: rows, packed: false, occupancy: Occupancy::DENSE };
    let (bias, row_bias, activation, shift) = (None, false, Activation::Identity, 0);
    let epilogue = Epilogue { bias, row_bias, activation, shift };
    let (out, out_occupancy) = (rows, Occupancy::DENSE);
    Matmul { rows: operand, columns: operand, out, out_occupancy, epilogue, useful_macs: 0 }
}

/// A command that a unit would run, told from others by a number in one of its fields.
fn operation(unit: usize, number: u32) -> Operation {
    let transfer = Transfer {
        base: Base::Layer,
        offset: u64::from(number) * 4,
        blocks: 1,
        stride: 8,
        block_bytes: 8,
        aux: Some(AuxRange { start: 0, bytes: 8 }),
        encoding: Encoding::Dense,
        region: None,
        occupancy: Occupancy::DENSE,
    };
    match unit {
        0 => Operation::Load(transfer),
        1 => Operation::Store(transfer),
        // The queue does not look into a command: any of the unit's will do, and a product has many fields.
        2 => Operation::Matmul(product(region(4 * number))),
        _ if number.is_multiple_of(2) => Operation::Entropy(Entropy { input: region(0), classes: number }),
        _ => {
            let [a, b, out] = [0, 4, 8].map(region);
            let parameters = AuxRange { start: 0, bytes: 8 };
            Operation::LayerNorm(LayerNorm { a, b, out, rows: number, valid: 1, parameters })
        }
    }
}

fn command(operation: Operation, waits: [u32; 4]) -> Command {
    Command { operation, waits, tag: Tag { stage: Stage::Control, layer: None, head: None, part: (0, 0) } }
}

/// Up to `most` commands between two control commands; none waits for what comes after it. Often they are of one unit,
/// whose queue fills.
fn stretch(draw: &mut Draw, commands: &mut Vec<Command>, most: u64) {
    let mut counts = [0; 4];
    let favourite = draw.once_in(2).then(|| draw.below(4));
    for _ in 0..draw.below(most + 1) {
        let unit = favourite.unwrap_or_else(|| draw.below(4)) as usize;
        let mut waits: [u32; 4] = counts.map(|count: u64| draw.below(count + 1) as u32);
        waits[unit] = 0;
        if draw.once_in(2) {
            waits = [0; 4];
        }
        counts[unit] += 1;
        commands.push(command(operation(unit, commands.len() as u32), waits));
    }
}

/// A random program of up to `most` commands, at least 5.
pub(super) fn program(draw: &mut Draw, most: usize) -> Program {
    loop {
        let program = any(draw);
        if program.commands.len() <= most {
            return program;
        }
    }
}

/// Layers with an exit each, in a loop or with commands of their own, and commands before, within and after them.
fn any(draw: &mut Draw) -> Program {
    let mut commands = vec![];
    let control = |commands: &mut Vec<Command>, operation| commands.push(command(operation, [0; 4]));
    control(&mut commands, Operation::SetPoint { vdd_mv: 500 + draw.below(500) as u32 });
    stretch(draw, &mut commands, 5);
    control(&mut commands, Operation::Barrier);
    let layers = 1 + draw.below(4) as u32;
    let unrolled = draw.once_in(3);
    for _ in 0..if unrolled { layers } else { 1 } {
        layer(draw, &mut commands, unrolled);
    }
    stretch(draw, &mut commands, 3);
    control(&mut commands, Operation::End);
    Program { commands, layers, exits: true, memory: MemoryMap::default(), choices: vec![] }
}

/// A layer with an exit, `own` if the next has other commands.
fn layer(draw: &mut Draw, commands: &mut Vec<Command>, own: bool) {
    let control = |commands: &mut Vec<Command>, operation| commands.push(command(operation, [0; 4]));
    let body = commands.len() as u32;
    // Now and then so many that counts of what has completed get long.
    let most = if draw.once_in(8) { 300 } else { 30 };
    stretch(draw, commands, most);
    control(commands, Operation::Exit);
    if draw.once_in(2) {
        control(commands, Operation::Predict { layer: 1 + draw.below(3) as u32 });
    }
    stretch(draw, commands, 3);
    let (layer_stride, ramp_stride) = (draw.bits(20) << 12, draw.bits(10) << 12);
    let to = if own { commands.len() as u32 + 1 } else { body };
    control(commands, Operation::Repeat { to, layer_stride, ramp_stride });
}

/// What the contract says of one cycle.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Cycle {
    /// Program counter of the command that each unit starts, and of that which it runs.
    pub(super) starts: [Option<usize>; 4],
    pub(super) runs: [Option<usize>; 4],
    pub(super) ends: bool,
    pub(super) layer: u32,
    pub(super) bases: [u64; 2],
    /// Voltage that the supply changes to.
    pub(super) change_mv: Option<u32>,
    /// Whether a prediction is asked for.
    pub(super) predicts: bool,
}

/// The contract of sequencer and queues.
pub(super) struct Contract<'a> {
    design: Sequencer,
    program: &'a Program,
    pc: usize,
    ready: u64,
    layer: u32,
    bases: [u64; 2],
    exit_layer: u32,
    /// Cycle from which nothing more is dispatched.
    halt: u64,
    queues: [VecDeque<(usize, u64)>; 4],
    /// Cycle after the last busy one.
    pub(super) ends: [Option<u64>; 4],
    /// The command that each unit runs, or ran last.
    current: [usize; 4],
    completed: [u32; 4],
    /// Control command that takes effect in this cycle.
    effect: Option<usize>,
}

impl Contract<'_> {
    /// At the start of `program`, which leaves after layer `exit_layer` or is halted in cycle `halt`.
    pub(super) fn new(
        design: Sequencer,
        program: &Program,
        (exit_layer, halt): (u32, u64),
        bases: [u64; 2],
    ) -> Contract<'_> {
        Contract {
            design,
            program,
            pc: 0,
            ready: latency::FETCH,
            layer: 1,
            bases,
            exit_layer,
            halt,
            queues: Default::default(),
            ends: [None; 4],
            current: [0; 4],
            completed: [0; 4],
            effect: None,
        }
    }

    /// One cycle further; a command that starts takes as long as `duration` says.
    pub(super) fn cycle(&mut self, now: u64, mut duration: impl FnMut() -> u64) -> Cycle {
        for unit in 0..4 {
            if self.ends[unit] == Some(now) {
                self.ends[unit] = None;
                self.completed[unit] += 1;
            }
        }
        let (layer, bases) = (self.layer, self.bases);
        let ends = now >= self.ready && self.act(now);
        let mut starts = [None; 4];
        for unit in 0..4 {
            let Some(&(pc, dispatched)) = self.queues[unit].front() else { continue };
            let met =
                self.program.commands[pc].waits.iter().zip(self.completed).all(|(wait, done)| *wait <= done);
            if self.ends[unit].is_none() && dispatched < now && met {
                self.queues[unit].pop_front();
                self.ends[unit] = Some(now + duration());
                (starts[unit], self.current[unit]) = (Some(pc), pc);
            }
        }
        let runs = std::array::from_fn(|unit| self.ends[unit].map(|_| self.current[unit]));
        let effect = self.effect.take().map(|pc| &self.program.commands[pc].operation);
        let change_mv = effect.and_then(|operation| match operation {
            Operation::SetPoint { vdd_mv } => Some(*vdd_mv),
            _ => None,
        });
        let predicts = effect == Some(&Operation::Predict { layer });
        Cycle { starts, runs, ends, layer, bases, change_mv, predicts }
    }

    /// Dispatches or controls; whether the program ends.
    fn act(&mut self, now: u64) -> bool {
        let drained = self.queues.iter().all(VecDeque::is_empty) && self.ends.iter().all(Option::is_none);
        if now >= self.halt {
            return drained;
        }
        let operation = &self.program.commands[self.pc].operation;
        if let Some(unit) = operation.unit() {
            let queue = &mut self.queues[unit as usize];
            if queue.len() < self.design.queue as usize && (self.design.overlap || drained) {
                queue.push_back((self.pc, now));
                self.pc += 1;
            }
            return false;
        }
        if !drained {
            return false;
        }
        self.completed = [0; 4];
        self.ready = now + latency::FETCH;
        self.effect = Some(self.pc);
        self.pc += 1;
        self.control()
    }

    /// The control command before the program counter; whether it ends the program.
    fn control(&mut self) -> bool {
        match self.program.commands[self.pc - 1].operation {
            Operation::Exit if self.layer == self.exit_layer => {
                let repeat = |c: &Command| matches!(c.operation, Operation::Repeat { .. });
                self.pc = self.program.commands.iter().rposition(repeat).map_or(self.pc, |at| at + 1);
            }
            Operation::Repeat { to, layer_stride, ramp_stride } => {
                if self.layer < self.program.layers {
                    self.layer += 1;
                    self.pc = to as usize;
                }
                self.bases = [self.bases[0] + layer_stride, self.bases[1] + ramp_stride];
            }
            Operation::End => return true,
            _ => {}
        }
        false
    }
}
