//! Cycles worked out by hand: each test states the arithmetic and the machine must give it, in both modes.
//!
//! A program starts with two cycles of fetch; the first command is dispatched in cycle 2 and starts in cycle 3.

mod dma;
mod pu;
mod released;
mod sequencer;
mod sfu;

use kernels::activation::Activation;
use models::design::Design;
use models::program::{
    Command, Epilogue, Matmul, MemoryMap, Occupancy, Operand, Operation, Program, Region, Stage, Tag,
};
use models::record::resolve;
use sim::machine::{Deadlock, MemoryTiming, Mode, Options, Run, run};

/// A memory whose numbers are easy to add up; tests change what they are about.
const MEMORY: MemoryTiming = MemoryTiming {
    read_latency: 20,
    write_latency: 30,
    beat_bytes: 8,
    beat_cycles: 1,
    burst_beats: 16,
    outstanding: 2,
    nvm_latency: 4,
    nvm_word_bits: 128,
};

/// The default design with changes.
fn design(sets: &[&str]) -> Design {
    resolve("offramp", sets).expect("the changes are valid").0
}

/// A command that waits for so many of each unit.
fn command(operation: Operation, waits: [u32; 4]) -> Command {
    Command { operation, waits, tag: Tag { stage: Stage::Query, layer: None, head: None, part: (0, 0) } }
}

/// Runs commands and an end in both modes, which must agree.
fn run_commands(
    design: &Design,
    memory: MemoryTiming,
    commands: Vec<Command>,
    layers: u32,
    exit_layer: u32,
) -> Result<Run, Deadlock> {
    let mut commands = commands;
    commands.push(command(Operation::End, [0; 4]));
    let (memory_map, choices) = (MemoryMap::default(), Vec::new());
    let program = Program { commands, layers, exits: true, memory: memory_map, choices };
    let [fast, step] = [Mode::Fast, Mode::Step].map(|mode| {
        let options = Options { exit_layer, predicted_mv: Some(650), mode, spans: true };
        run(design, &program, |_| memory, options)
    });
    assert_eq!(fast, step);
    fast
}

/// Runs operations that wait for nothing.
fn run_all(design: &Design, memory: MemoryTiming, operations: Vec<Operation>) -> Run {
    let commands = operations.into_iter().map(|operation| command(operation, [0; 4])).collect();
    run_commands(design, memory, commands, 1, 1).expect("nothing waits")
}

/// Runs one operation; its cycles and the run.
fn alone(design: &Design, memory: MemoryTiming, operation: Operation) -> (u64, Run) {
    let run = run_all(design, memory, vec![operation]);
    let span = run.spans[0];
    assert_eq!((span.start, run.cycles), (3, span.end), "two cycles of fetch and one of dispatch ahead");
    (span.end - span.start, run)
}

/// A product of `blocks × columns × tiles` tiles.
fn product(n: u32, blocks: u32, columns: u32, tiles: u32, occupancies: [Occupancy; 2]) -> Operation {
    let operand = |buffer, blocks, occupancy| {
        let region = Region::new(n, buffer, 0, blocks, tiles);
        Operand { region, packed: false, occupancy }
    };
    Operation::Matmul(Matmul {
        rows: operand(0, blocks, occupancies[0]),
        columns: operand(1, columns, occupancies[1]),
        out: Region::new(n, 0, 4096, blocks, columns),
        out_occupancy: Occupancy::DENSE,
        epilogue: Epilogue { bias: None, row_bias: false, activation: Activation::Identity, shift: 0 },
        useful_macs: 0,
    })
}

/// One dense tile: 46 cycles at n = 16 (module [`pu`]).
fn tile() -> Operation {
    product(16, 1, 1, 1, [Occupancy::DENSE; 2])
}
