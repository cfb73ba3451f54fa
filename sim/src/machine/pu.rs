//! Processing unit: matrix product of two operands, tile by tile.
//!
//! **Ports.** Two decoders, one on each operand buffer, a vector of `n` codes a cycle each; the encoder, one vector a cycle
//! to a page that neither operand lies in; bias from the auxiliary buffer. A switch behind the decoders lets either buffer
//! feed either role.
//!
//! **Function.** `out[r][c] = epilogue(Σ_k rows[r][k] · columns[c][k])`. Loop nest: row block `p`, column block `q`, reduction
//! tile `k`. The stationary operand's `n` vectors of a tile sit in the lanes; the streamed operand's `n` vectors pass by,
//! one a cycle, each giving `n` dot products of `n`. While tile `t` streams, the vectors of tile `t + 1` fill the lanes' shadow
//! registers. On the last `k` the finished row leaves through requantisation as it is computed, so that the drain costs no
//! cycle.
//!
//! **Timing, `overlapped`.** `cycles = L₀(0) + Σ_t max(1, L₁(t), L₀(t+1)) + latency::pu`, with `L₀` the vectors that fill the
//! lanes and `L₁` the vectors that stream. Both are `n` under `dense` and `gate`, which gives `n · (T + 1) + latency`. Under
//! `skip` they are the non-null vectors of the tile, 0 for both where either operand's tile is null; on the last `k` all `n`
//! rows stream, since all leave. Initiation: one command at a time. Stalls: none once started (pages have one owner).
//!
//! **Timing, `released`.** `33 T + 8 P Q + 27` at n = 16, measured on the authors' SystemC; no cycle depends on zeros.
//!
//! **Counters.** MACs run, gated and skipped; active cycles; masks and codes read and written.
//!
//! **Not modelled.** Values (the golden kernels do that); which of a vector's codes are zero (only how many).

use super::events::Events;
use models::design::{Design, Sparsity};
use models::program::{Matmul, Operand};

/// Cycles of a released tile: n of load, n of compute, one more.
pub const RELEASED_TILE: u64 = 33;
/// Cycles that the released unit adds for each output tile.
pub const RELEASED_DRAIN: u64 = 8;
/// Cycles that the released unit adds for each command, start token to interrupt.
pub const RELEASED_COMMAND: u64 = 27;

/// What a command's tiles add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Cycles of all phases, pipeline latency left out.
    pub phases: u64,
    /// Vectors streamed and vectors filled into the lanes.
    pub vectors: [u64; 2],
    /// Of those, vectors that are not null.
    pub nonnull: [u64; 2],
    /// Dot products of `n` that ran.
    pub dots: u64,
}

/// Whether neither operand has a null vector.
pub(super) fn no_null(command: &Matmul) -> bool {
    command.rows.occupancy.has_no_null() && command.columns.occupancy.has_no_null()
}

/// Non-null vectors in tile `(block, k)` of an operand.
pub(super) fn nonnull(n: u32, operand: &Operand, block: u64, k: u64) -> u64 {
    let (blocks, tiles) = (operand.region.blocks.into(), operand.region.tiles.into());
    operand.occupancy.nonnull_in_tile(n, blocks, tiles, block, k).into()
}

/// Every tile takes `n` cycles.
pub(super) fn uniform(design: &Design, command: &Matmul) -> Tally {
    let n = u64::from(design.pu.n);
    let (p, q, k) = command.tiles();
    let tiles = p * q * k;
    let dots = dots(design, command);
    let visits = |operand: &Operand, times: u64| {
        operand.occupancy.nonnull(design.pu.n, operand.region.blocks.into(), k) * times
    };
    Tally {
        phases: n * (tiles + 1),
        vectors: [n * tiles, n * tiles],
        nonnull: [visits(&command.rows, q), visits(&command.columns, p)],
        dots,
    }
}

/// Dot products of two non-null vectors: for each reduction tile, the streamed ones times the stationary ones.
fn dots(design: &Design, command: &Matmul) -> u64 {
    let n = design.pu.n;
    let (p, q, k) = command.tiles();
    if no_null(command) {
        return p * q * k * u64::from(n).pow(2);
    }
    (0..k)
        .map(|k| {
            let rows: u64 = (0..p).map(|p| nonnull(n, &command.rows, p, k)).sum();
            let columns: u64 = (0..q).map(|q| nonnull(n, &command.columns, q, k)).sum();
            rows * columns
        })
        .sum()
}

/// The tiles of the released unit.
pub(super) fn released(design: &Design, command: &Matmul) -> Tally {
    let (p, q, k) = command.tiles();
    let phases = RELEASED_TILE * p * q * k + RELEASED_DRAIN * p * q + RELEASED_COMMAND;
    Tally { phases, ..uniform(design, command) }
}

/// Null vectors and null tiles take no cycle of their own.
pub(super) fn skipping(design: &Design, command: &Matmul) -> Tally {
    let n = design.pu.n;
    let (p, q, k) = command.tiles();
    let table = |operand: &Operand, blocks: u64| -> Vec<u64> {
        (0..blocks).flat_map(|b| (0..k).map(move |k| nonnull(n, operand, b, k))).collect()
    };
    nest(design, command, &table(&command.rows, p), &table(&command.columns, q))
}

/// The loop nest with so many non-null vectors in each tile of both operands.
pub(super) fn nest(design: &Design, command: &Matmul, rows: &[u64], columns: &[u64]) -> Tally {
    let (p, q, k) = command.tiles();
    let full = u64::from(design.pu.n);
    let mut tally = Tally::default();
    let mut streaming = 0;
    for tile in 0..p * q * k {
        let (block, at) = (tile / k, tile % k);
        let row = rows[((block / q) * k + at) as usize];
        let column = columns[((block % q) * k + at) as usize];
        let (last, null) = (at + 1 == k, row == 0 || column == 0);
        let fill = if null { 0 } else { column };
        // The phase of the tile before: its stream beside this tile's fill.
        tally.phases += fill.max(streaming).max(1);
        streaming = match (last, null) {
            (true, _) => full,
            (false, true) => 0,
            (false, false) => row,
        };
        tally.vectors[0] += streaming;
        tally.vectors[1] += fill;
        tally.nonnull[0] += if last || !null { row } else { 0 };
        tally.nonnull[1] += fill;
        tally.dots += row * column;
    }
    tally.phases += streaming.max(1);
    tally
}

/// Events of a command whose tiles add up to `tally`.
pub(super) fn events(design: &Design, command: &Matmul, tally: &Tally) -> Events {
    let n = u64::from(design.pu.n);
    let dense = design.pu.sparsity == Sparsity::Dense;
    let (p, q, k) = command.tiles();
    let slots = p * q * k * n.pow(3);
    let spent = tally.vectors[0] * n * n;
    let run = if dense { slots } else { tally.dots * n };
    let mut events = Events {
        macs_run: run,
        macs_gated: spent - run,
        macs_skipped: slots - spent,
        pu_active_cycles: tally.phases,
        aux_read_bytes: command.epilogue.bias.map_or(0, |_| p * q * 2 * n),
        ..Events::default()
    };
    for (index, operand) in [&command.rows, &command.columns].into_iter().enumerate() {
        let codes = if dense && !operand.packed {
            tally.vectors[index] * n
        } else {
            codes(n, operand, tally.nonnull[index])
        };
        events.read(operand.region.buffer, tally.vectors[index], codes);
    }
    let written = command.out_occupancy.nonzeros(design.pu.n, p, q);
    events.write(command.out.buffer, p * q * n, written);
    events
}

/// Non-zero codes in `vectors` non-null vectors of an operand.
fn codes(n: u64, operand: &Operand, vectors: u64) -> u64 {
    let occupancy = operand.occupancy;
    let codes = u128::from(vectors * n) * u128::from(occupancy.nonzero_ppm);
    (codes / u128::from(occupancy.nonnull_ppm.max(1))) as u64
}
