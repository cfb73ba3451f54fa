//! The sequencer, its queues and the command memory against their contract: which command starts in which cycle, over random
//! programs, units of random speed, and all exits.

mod common;

use common::{emitted, netlist_agrees, rng, vectors};
use models::design::Sequencer;
use models::program::command::AuxRange;
use models::program::word::{Scales, Word, encode};
use models::program::{
    Add, Base, Command, Encoding, Entropy, MemoryMap, Occupancy, Operation, Program, Region, Space, Stage,
    Tag, Transfer,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use rtl::cosim::{Bench, lint};
use rtl::unit::control;
use std::collections::VecDeque;

/// A number below `limit`.
fn below(rng: &mut ChaCha8Rng, limit: u32) -> u32 {
    rng.next_u32() % limit
}

/// A command that a unit would run, told from others by a number in one of its fields.
fn operation(unit: usize, number: u32) -> Operation {
    let region = |base| Region { buffer: 1, base, block_stride: 4, blocks: 1, tiles: 1 };
    let transfer = Transfer {
        space: Space::External,
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
        2 => Operation::Matmul(common::product(region(4 * number))),
        _ if number.is_multiple_of(2) => Operation::Entropy(Entropy { input: region(0), classes: number }),
        _ => Operation::Add(Add { rows: number, a: region(0), b: region(4), out: region(8) }),
    }
}

/// Commands between two control commands; none waits for what comes after it.
fn stretch(rng: &mut ChaCha8Rng, commands: &mut Vec<Command>, length: u32) {
    let mut counts = [0; 4];
    for _ in 0..length {
        let unit = below(rng, 4) as usize;
        let mut waits: [u32; 4] = std::array::from_fn(|other| below(rng, counts[other] + 1));
        waits[unit] = 0;
        if below(rng, 2) == 0 {
            waits = [0; 4];
        }
        counts[unit] += 1;
        commands.push(command(operation(unit, commands.len() as u32), waits));
    }
}

fn command(operation: Operation, waits: [u32; 4]) -> Command {
    Command { operation, waits, tag: Tag { stage: Stage::Control, head: None, part: (0, 0) } }
}

fn program(rng: &mut ChaCha8Rng) -> Program {
    let mut commands = vec![];
    let control = |commands: &mut Vec<Command>, operation| commands.push(command(operation, [0; 4]));
    control(&mut commands, Operation::SetPoint { vdd_mv: 500 + below(rng, 500) });
    let length = below(rng, 6);
    stretch(rng, &mut commands, length);
    control(&mut commands, Operation::Barrier);
    let to = commands.len() as u32;
    let length = 1 + below(rng, 20);
    stretch(rng, &mut commands, length);
    control(&mut commands, Operation::Exit);
    let length = below(rng, 4);
    stretch(rng, &mut commands, length);
    let (layer_stride, ramp_stride) =
        (u64::from(below(rng, 1 << 20)) << 12, u64::from(below(rng, 1 << 10)) << 12);
    control(&mut commands, Operation::Repeat { to, layer_stride, ramp_stride });
    let length = below(rng, 4);
    stretch(rng, &mut commands, length);
    control(&mut commands, Operation::End);
    let layers = 1 + below(rng, 4);
    Program { commands, layers, exits: true, memory: MemoryMap::default(), choices: vec![] }
}

/// What the contract says of one cycle.
#[derive(Clone, Debug, Default, PartialEq)]
struct Cycle {
    /// Program counter of the command that each unit starts.
    starts: [Option<usize>; 4],
    ends: bool,
    layer: u32,
    bases: [u64; 2],
}

/// The contract, cycle by cycle, in the words of the module heads.
struct Model<'a> {
    design: Sequencer,
    program: &'a Program,
    pc: usize,
    ready: u64,
    layer: u32,
    bases: [u64; 2],
    exit_layer: u32,
    queues: [VecDeque<(usize, u64)>; 4],
    /// Cycle after the last busy one.
    ends: [Option<u64>; 4],
    completed: [u32; 4],
}

impl Model<'_> {
    fn cycle(&mut self, now: u64, mut duration: impl FnMut(usize) -> u64) -> Cycle {
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
                self.ends[unit] = Some(now + duration(unit));
                starts[unit] = Some(pc);
            }
        }
        Cycle { starts, ends, layer, bases }
    }

    /// Dispatches or controls; whether the program ends.
    fn act(&mut self, now: u64) -> bool {
        let drained = self.queues.iter().all(VecDeque::is_empty) && self.ends.iter().all(Option::is_none);
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
        self.ready = now + models::latency::FETCH;
        self.pc += 1;
        match *operation {
            Operation::Exit if self.layer == self.exit_layer => {
                let repeat = |c: &Command| matches!(c.operation, Operation::Repeat { .. });
                self.pc = self.program.commands.iter().position(repeat).expect("the loop has an end") + 1;
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

fn limbs(word: &Word) -> Vec<u32> {
    word.0.chunks(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
}

/// Loads a program through the host's port.
fn load(bench: &mut Bench, words: &[Word]) {
    for (address, word) in (0..).zip(words) {
        bench.set("host_write", 1);
        bench.set("host_address", address);
        bench.set_words("host_word", &limbs(word));
        bench.step().expect("nothing is compared while the host writes");
    }
    bench.set("host_write", 0);
}

const UNITS: [&str; 4] = ["load_command", "store_command", "pu_command", "sfu_command"];

/// One program on the bench, each cycle against the model; the number of commands that started.
fn run(bench: &mut Bench, design: Sequencer, seed: u64) -> u64 {
    let mut rng = rng(seed);
    let program = program(&mut rng);
    let words = encode(4, &program, |_| Scales::default()).expect("it fits");
    load(bench, &words);
    let exit_layer = 1 + below(&mut rng, 5);
    let bases = [u64::from(rng.next_u32()), u64::from(rng.next_u32())];
    let mut model = Model {
        design,
        program: &program,
        pc: 0,
        ready: models::latency::FETCH,
        layer: 1,
        bases,
        exit_layer,
        queues: Default::default(),
        ends: [None; 4],
        completed: [0; 4],
    };
    let speed = 1 + below(&mut rng, 12);
    let mut started = 0;
    for now in 0..100_000 {
        let expected = model.cycle(now, |_| u64::from(1 + below(&mut rng, speed)));
        bench.set("start", u64::from(now == 0));
        bench.set("layer_start", bases[0]);
        bench.set("ramp_start", bases[1]);
        bench.set("below", u64::from(expected.layer == exit_layer));
        let done = |unit: usize| u64::from(model.ends[unit] == Some(now + 1)) << unit;
        bench.set("unit_done", (0..4).map(done).sum());
        bench.expect("done", expected.ends.into());
        let starts = (0..4).map(|unit| u64::from(expected.starts[unit].is_some()) << unit).sum();
        bench.expect("unit_start", starts);
        for (unit, pc) in expected.starts.iter().enumerate().filter_map(|(unit, pc)| Some((unit, (*pc)?))) {
            bench.expect_words(UNITS[unit], &limbs(&words[pc]));
            started += 1;
        }
        if now > 0 {
            bench.expect("cycles", now);
            bench.expect("layer_now", expected.layer.into());
            bench.expect("layer_base", expected.bases[0]);
            bench.expect("ramp_base", expected.bases[1]);
        }
        bench.step().unwrap_or_else(|difference| panic!("program of seed {seed}, cycle {now}: {difference}"));
        if expected.ends {
            bench.expect("busy", 0);
            bench.expect("cycles", now);
            bench.step().unwrap_or_else(|difference| panic!("program of seed {seed}, at rest: {difference}"));
            return started;
        }
    }
    panic!("program of seed {seed} does not end");
}

const DESIGNS: [Sequencer; 4] = [
    Sequencer { commands: 64, queue: 8, overlap: true },
    Sequencer { commands: 64, queue: 1, overlap: true },
    Sequencer { commands: 64, queue: 3, overlap: true },
    Sequencer { commands: 64, queue: 2, overlap: false },
];

#[test]
fn every_command_starts_in_its_cycle() {
    common::tools!("verilator", "control");
    for (index, design) in DESIGNS.into_iter().enumerate() {
        let mut bench = Bench::new(&emitted(control(design)), 7, 400).expect("Verilator builds it");
        let (mut started, mut seed) = (0, 1000 * index as u64);
        while started < vectors(10_000) {
            started += run(&mut bench, design, seed);
            seed += 1;
        }
    }
}

#[test]
fn the_netlist_and_icarus_agree() {
    common::tools!("verilator", "control");
    let design = DESIGNS[2];
    let emitted = emitted(control(design));
    let mut bench = Bench::new(&emitted, 7, 300).expect("Verilator builds it");
    for seed in 0..3 {
        run(&mut bench, design, seed);
    }
    netlist_agrees(&emitted, &bench);
}

#[test]
fn a_word_that_is_no_command_ends_the_program_with_a_fault() {
    common::tools!("verilator", "control");
    let mut bench = Bench::new(&emitted(control(DESIGNS[0])), 7, 10).expect("Verilator builds it");
    let mut word = [0; 32];
    word[0] = 0xf;
    load(&mut bench, &[Word(word)]);
    bench.set("start", 1);
    bench.step().unwrap();
    bench.set("start", 0);
    bench.step().unwrap();
    bench.expect("done", 1);
    bench.expect("fault", 1);
    bench.step().unwrap();
}

#[test]
fn control_is_clean() {
    common::tools!("verilator", "lint of control");
    for design in [DESIGNS[0], DESIGNS[3]] {
        let found = lint::lint(&emitted(control(design))).unwrap();
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}
