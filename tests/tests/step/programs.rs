//! Random programs that no compiler would emit: any shape, address, stride, wait and control flow that the machine's contract
//! allows.
//!
//! The contract: runs and rows of at least a byte, and waits for commands that stand earlier since the last control command.
//! Jumps may break the second on purpose; then both modes must find the same deadlock.

use super::Rng;
use super::designs::one_of;
use kernels::activation::Activation;
use models::program::command::AuxRange;
use models::program::{
    Base, Command, Encoding, Entropy, Epilogue, Gather, Index, LayerNorm, Matmul, MemoryMap, Occupancy,
    Operand, Operation, Program, Region, Softmax, Space, Stage, Tag, Transfer,
};
use rand::RngExt;

/// A program for vectors of `n` codes, and the layer after which it leaves.
pub(super) fn program(rng: &mut Rng, n: u32) -> (Program, u32) {
    let mut program = Program {
        commands: Vec::new(),
        layers: rng.random_range(1..=5),
        exits: true,
        memory: memory(rng),
        choices: Vec::new(),
    };
    let mut counts = [0; 4];
    let mut segment = 0;
    for at in 0..rng.random_range(1..=30) {
        let operation = if rng.random_bool(0.15) { control(rng, at, segment) } else { operation(rng, n) };
        let waits = counts.map(|count| if rng.random_bool(0.4) { rng.random_range(0..=count) } else { 0 });
        match operation.unit() {
            Some(unit) => counts[unit as usize] += 1,
            None => (counts, segment) = ([0; 4], at + 1),
        }
        let stage = one_of(rng, &[Stage::Embedding, Stage::Scores, Stage::OffRamp]);
        program.commands.push(Command {
            operation,
            waits,
            tag: Tag { stage, layer: None, head: None, part: (0, 0) },
        });
    }
    // Without an end the program counter runs off the program, which ends it at once, busy units or not.
    if rng.random_bool(0.8) {
        let tag = Tag { stage: Stage::Control, layer: None, head: None, part: (0, 0) };
        program.commands.push(Command { operation: Operation::End, waits: [0; 4], tag });
    }
    let exit_layer = rng.random_range(1..=program.layers + 1);
    (program, exit_layer)
}

/// Weights that start anywhere.
fn memory(rng: &mut Rng) -> MemoryMap {
    let (layer_base, ramp_base) = (rng.random_range(0..1 << 20), rng.random_range(0..1 << 20));
    MemoryMap { layer_base, ramp_base, ..MemoryMap::default() }
}

/// A control command other than the end; jumps go back to the last control command, seldom elsewhere.
fn control(rng: &mut Rng, at: u32, segment: u32) -> Operation {
    match rng.random_range(0..5) {
        4 => Operation::Predict { layer: rng.random_range(1..=3) },
        0 => Operation::SetPoint { vdd_mv: rng.random_range(500..1000) },
        1 => Operation::Barrier,
        2 => Operation::Exit,
        _ => Operation::Repeat {
            to: if rng.random_bool(0.9) { segment } else { rng.random_range(0..=at) },
            layer_stride: stride(rng),
            ramp_stride: stride(rng),
        },
    }
}

/// Whole pages, so that layers take the same cycles, or any bytes.
fn stride(rng: &mut Rng) -> u64 {
    if rng.random_bool(0.7) { 4096 * rng.random_range(0..3) } else { rng.random_range(0..10_000) }
}

fn operation(rng: &mut Rng, n: u32) -> Operation {
    let rows = rng.random_range(1..=3 * n);
    match rng.random_range(0..9) {
        0..=1 => Operation::Load(transfer(rng, n)),
        2 => Operation::Store(transfer(rng, n)),
        3 => Operation::Gather(gather(rng, n)),
        4..=5 => Operation::Matmul(matmul(rng, n)),
        6 => Operation::Softmax(Softmax {
            input: region(rng, n),
            out: region(rng, n),
            rows,
            valid: rows,
            span: maybe_aux(rng),
            out_occupancy: occupancy(rng),
        }),
        7 => {
            let (a, b, out, parameters) = (region(rng, n), region(rng, n), region(rng, n), aux(rng));
            Operation::LayerNorm(LayerNorm { a, b, out, rows, valid: rows, parameters })
        }
        _ => Operation::Entropy(Entropy { input: region(rng, n), classes: 2 }),
    }
}

fn region(rng: &mut Rng, n: u32) -> Region {
    let (buffer, blocks, tiles) = (rng.random_range(0..2), rng.random_range(1..=4), rng.random_range(1..=4));
    Region::new(n, buffer, rng.random_range(0..1000), blocks, tiles)
}

/// Shares that need not belong to any real tensor.
fn occupancy(rng: &mut Rng) -> Occupancy {
    if rng.random_bool(0.3) {
        return Occupancy::DENSE;
    }
    let nonnull_ppm = one_of(rng, &[0, 1, 1_000_000, 500_000]);
    Occupancy {
        nonzero_ppm: rng.random_range(0..=1_000_000),
        nonnull_ppm: if rng.random() { nonnull_ppm } else { rng.random_range(0..=1_000_000) },
        null_tiles: one_of(rng, &[0, 0, 1, 2, 5]),
    }
}

fn aux(rng: &mut Rng) -> AuxRange {
    AuxRange { start: rng.random_range(0..1000), bytes: rng.random_range(0..200) }
}

fn maybe_aux(rng: &mut Rng) -> Option<AuxRange> {
    rng.random::<bool>().then(|| aux(rng))
}

/// Runs at odd addresses that touch, overlap or lie apart.
fn transfer(rng: &mut Rng, n: u32) -> Transfer {
    let longest = one_of(rng, &[8, 300, 300, 9000]);
    let block_bytes = rng.random_range(1..=longest);
    let packed = Encoding::Packed { rows: rng.random_range(1..=4 * n) };
    Transfer {
        base: one_of(rng, &[Base::Zero, Base::Layer, Base::Ramp]),
        offset: rng.random_range(0..1 << 16),
        blocks: rng.random_range(1..=5),
        stride: if rng.random_bool(0.2) { block_bytes } else { rng.random_range(0..5000) },
        block_bytes,
        aux: maybe_aux(rng),
        encoding: if rng.random() { packed } else { Encoding::Dense },
        region: rng.random::<bool>().then(|| region(rng, n)),
        occupancy: occupancy(rng),
    }
}

fn gather(rng: &mut Rng, n: u32) -> Gather {
    Gather {
        index: one_of(rng, &[Index::Word, Index::Position]),
        space: one_of(rng, &[Space::External, Space::Nvm]),
        offset: rng.random_range(0..1 << 16),
        pitch: rng.random_range(0..400),
        row_bytes: rng.random_range(1..=200),
        first: 0,
        rows: rng.random_range(1..=3 * n),
        region: region(rng, n),
        occupancy: occupancy(rng),
    }
}

/// A product of up to 3 × 3 × 4 tiles.
fn matmul(rng: &mut Rng, n: u32) -> Matmul {
    let tiles = rng.random_range(1..=4);
    let mut operand = || Operand {
        region: Region::new(n, rng.random_range(0..2), 0, rng.random_range(1..=3), tiles),
        packed: rng.random(),
        occupancy: occupancy(rng),
    };
    let (rows, columns) = (operand(), operand());
    let out = Region::new(n, rng.random_range(0..2), 0, rows.region.blocks, columns.region.blocks);
    let epilogue =
        Epilogue { bias: maybe_aux(rng), row_bias: rng.random(), activation: Activation::Relu, shift: 0 };
    Matmul { rows, columns, out, out_occupancy: occupancy(rng), epilogue, useful_macs: 1 }
}
