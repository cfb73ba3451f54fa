//! Special function unit: softmax, layer norm, element-wise add and entropy, one at a time.
//!
//! **Ports.** Reads one vector (add: two, from different pages) and writes one vector to another page, every
//! `sfu.cycles_per_vector` cycles; parameters and span masks from the auxiliary buffer.
//!
//! **Timing.** A command is a list of [`Pass`]es over vectors; a pass takes `vectors · cycles_per_vector + latency` cycles, the
//! latency because the next pass needs what this one found. Each unit's own module says which passes it makes.
//! Initiation: one command at a time. Stalls: none once started (pages have one owner).
//!
//! **Timing, `released`.** The formulas measured on the authors' SystemC, in each unit's module.

use super::events::Events;
use super::{add, entropy, layernorm, softmax};
use models::design::{Design, Pipeline};
use models::program::{Operation, Region};

/// Vectors that pass through a unit's lanes without a gap, and the pipe behind them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pass {
    /// Times that the pass is made.
    pub times: u64,
    /// Vectors of one pass.
    pub vectors: u64,
    /// Cycles from the last vector until the next pass may start.
    pub latency: u64,
}

/// What a command does in its unit: passes, or a measured number of cycles, and the events.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Passes in order.
    pub passes: Vec<Pass>,
    /// Cycles of the released unit, where the design is that.
    pub released: u64,
    /// Events of the whole command.
    pub events: Events,
}

impl Plan {
    /// Cycles in closed form.
    pub fn cycles(&self, design: &Design) -> u64 {
        if design.pu.pipeline == Pipeline::Released {
            return self.released;
        }
        let each = u64::from(design.sfu.cycles_per_vector);
        self.passes.iter().map(|p| p.times * (p.vectors * each + p.latency)).sum()
    }
}

/// The plan of an SFU command; none for a command of another unit.
pub fn plan(design: &Design, operation: &Operation) -> Option<Plan> {
    match operation {
        Operation::Softmax(c) => Some(softmax::softmax(design, c)),
        Operation::LayerNorm(c) => Some(layernorm::layernorm(design, c)),
        Operation::Add(c) => Some(add::add(design, c)),
        Operation::Entropy(c) => Some(entropy::entropy(design, c)),
        _ => None,
    }
}

/// The passes of a unit that goes `repeats` times over the `rows` rows of a region before it turns to the next row block:
/// full row blocks, then the last, partly filled one, where there are such.
pub(super) fn block_passes(n: u32, region: &Region, rows: u32, repeats: u64, latency: u64) -> Vec<Pass> {
    let tiles = u64::from(region.tiles);
    [(rows / n, n), (1, rows % n)]
        .into_iter()
        .filter(|(blocks, rows)| *blocks > 0 && *rows > 0)
        .map(|(blocks, rows)| {
            let (times, vectors) = (u64::from(blocks) * repeats, u64::from(rows) * tiles);
            Pass { times, vectors, latency }
        })
        .collect()
}
