//! Passes over vectors: what every unit of the SFU is made of.

use super::events::Events;
use models::design::{Design, Pipeline};
use models::program::Region;

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
