//! Cycles and events of a command whose operands' zeros are known.
//!
//! The same loop nest and the same passes as where they are expected; a code that is not zero is read and written, or, where
//! nothing is gated, every code of a region whose banks are rows.

use super::events::Events;
use super::pu::{self, Tally};
use super::sfu;
use crate::contents::{Contents, Tile};
use models::design::{Design, Sparsity};
use models::latency;
use models::program::{Encoding, Matmul, Operand, Operation};

/// Cycles and events of a product that meets `contents`.
pub(super) fn matmul(design: &Design, command: &Matmul, contents: &Contents) -> (u64, Events) {
    let n = u64::from(design.pu.n);
    let (p, q, k) = command.tiles();
    let vectors = |side: usize| -> Vec<u64> { contents.tiles[side].iter().map(|t| t.vectors).collect() };
    let (rows, columns) = (vectors(0), vectors(1));
    let mut codes = [0; 2];
    let mut tally = Tally::default();
    if design.pu.sparsity == Sparsity::Skip {
        tally = pu::nest(design, command, &rows, &columns);
    } else {
        tally.phases = n * (p * q * k + 1);
        tally.vectors = [n * p * q * k; 2];
    }
    let met = |side: usize, block: u64, tile: u64| -> Tile {
        contents.tiles[side].get((block * k + tile) as usize).copied().unwrap_or_default()
    };
    tally.dots = 0;
    for tile in 0..p * q * k {
        let (block, at) = (tile / k, tile % k);
        let (row, column) = (met(0, block / q, at), met(1, block % q, at));
        let null = design.pu.sparsity == Sparsity::Skip && (row.vectors == 0 || column.vectors == 0);
        tally.dots += row.vectors * column.vectors;
        codes[0] += if null && at + 1 < k { 0 } else { row.codes };
        codes[1] += if null { 0 } else { column.codes };
    }
    let mut events = pu::events(design, command, &tally);
    events.code_reads = [0; 2];
    events.code_writes = [0; 2];
    for (side, operand) in [&command.rows, &command.columns].into_iter().enumerate() {
        events.code_reads[usize::from(operand.region.buffer)] +=
            all_or(design, operand, tally.vectors[side], codes[side]);
    }
    let written = if design.pu.sparsity == Sparsity::Dense { p * q * n * n } else { contents.written };
    events.code_writes[usize::from(command.out.buffer)] += written;
    (tally.phases + latency::pu(design.pu.n), events)
}

/// Codes read of `vectors` vectors of an operand.
fn all_or(design: &Design, operand: &Operand, vectors: u64, codes: u64) -> u64 {
    let every = design.pu.sparsity == Sparsity::Dense && !operand.packed;
    if every { vectors * u64::from(design.pu.n) } else { codes }
}

/// The events of another command, with what it meets in place of what was expected.
pub(super) fn adjust(design: &Design, operation: &Operation, events: &mut Events, contents: &Contents) {
    let n = u64::from(design.pu.n);
    let dense = design.pu.sparsity == Sparsity::Dense;
    let rows = match operation {
        Operation::Load(t) => match t.encoding {
            Encoding::Packed { rows } if dense => Some(u64::from(rows) * n),
            _ => None,
        },
        _ => None,
    };
    let (reads, writes) = (events.mask_reads, events.mask_writes);
    let codes = |masks: [u64; 2], known: u64| {
        masks.map(|vectors| {
            if vectors == 0 {
                0
            } else if dense {
                rows.unwrap_or(vectors * n)
            } else {
                known
            }
        })
    };
    events.code_writes = codes(writes, contents.written);
    let passes = sfu::reads(operation);
    if let Operation::LayerNorm(norm) = operation {
        events.code_reads = [0; 2];
        for (region, known) in [norm.a, norm.b].into_iter().zip(contents.read) {
            let every = u64::from(norm.rows) * u64::from(region.tiles) * n;
            events.code_reads[usize::from(region.buffer)] += passes * if dense { every } else { known };
        }
        return;
    }
    events.code_reads = codes(reads, contents.read[0] * passes);
}
