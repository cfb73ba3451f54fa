//! The processing unit vector by vector: fill, stream and drain of one tile after another.

use super::Stepper;
use crate::machine::events::Events;
use crate::machine::pu::{self, Tally};
use models::design::{Design, Pipeline, Sparsity};
use models::latency;
use models::program::Matmul;

/// Where in a tile the unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The lanes fill for the tile to come while the tile before streams.
    Phase,
    /// The pipe empties.
    Drain(u64),
}

/// A command under way.
pub(crate) struct PuStep {
    design: Design,
    command: Matmul,
    /// Tile that fills the lanes, as row block, column block, reduction tile; none after the last.
    filling: Option<[u64; 3]>,
    /// Tile that streams.
    streaming: Option<[u64; 3]>,
    filled: u64,
    streamed: u64,
    cycle: u64,
    state: State,
    tally: Tally,
}

impl PuStep {
    pub(crate) fn new(design: &Design, command: &Matmul) -> Self {
        PuStep {
            design: design.clone(),
            command: *command,
            filling: Some([0; 3]),
            streaming: None,
            filled: 0,
            streamed: 0,
            cycle: 0,
            state: State::Phase,
            tally: Tally::default(),
        }
    }

    /// The tile after `[p, q, k]`, reduction innermost.
    fn after(&self, [p, q, k]: [u64; 3]) -> Option<[u64; 3]> {
        let (blocks, columns, tiles) = self.command.tiles();
        if k + 1 < tiles {
            Some([p, q, k + 1])
        } else if q + 1 < columns {
            Some([p, q + 1, 0])
        } else if p + 1 < blocks {
            Some([p + 1, 0, 0])
        } else {
            None
        }
    }

    /// Non-null vectors of the streamed and of the stationary operand in a tile.
    fn occupied(&self, [p, q, k]: [u64; 3]) -> (u64, u64) {
        let n = self.design.pu.n;
        (pu::nonnull(n, &self.command.rows, p, k), pu::nonnull(n, &self.command.columns, q, k))
    }

    /// Vectors that a tile streams and fills.
    fn vectors(&self, tile: [u64; 3]) -> (u64, u64) {
        let n = u64::from(self.design.pu.n);
        if self.design.pu.sparsity != Sparsity::Skip || self.design.pu.pipeline == Pipeline::Released {
            return (n, n);
        }
        let (row, column) = self.occupied(tile);
        let last = tile[2] + 1 == self.command.tiles().2;
        match (row == 0 || column == 0, last) {
            (true, true) => (n, 0),
            (true, false) => (0, 0),
            (false, true) => (n, column),
            (false, false) => (row, column),
        }
    }

    /// One cycle of fill beside stream; at its end both tiles move on.
    fn phase(&mut self) -> bool {
        let fill = self.filling.map_or(0, |t| self.vectors(t).1);
        let stream = self.streaming.map_or(0, |t| self.vectors(t).0);
        self.filled += u64::from(self.filled < fill);
        self.streamed += u64::from(self.streamed < stream);
        self.tally.phases += 1;
        if self.filled < fill || self.streamed < stream {
            return false;
        }
        self.count(fill, stream);
        (self.filled, self.streamed) = (0, 0);
        self.streaming = self.filling.take();
        self.filling = self.streaming.and_then(|tile| self.after(tile));
        self.streaming.is_none()
    }

    fn count(&mut self, fill: u64, stream: u64) {
        self.tally.vectors[0] += stream;
        self.tally.vectors[1] += fill;
        if let Some(tile) = self.filling {
            self.tally.nonnull[1] += self.occupied(tile).1.min(fill);
        }
        if let Some(tile) = self.streaming {
            let (row, column) = self.occupied(tile);
            self.tally.nonnull[0] += row.min(stream);
            self.tally.dots += row * column;
        }
    }

    /// One cycle of the released unit, which neither overlaps nor skips: load, compute, one more; drain; command overhead.
    fn released(&mut self) -> bool {
        self.cycle += 1;
        self.tally.phases += 1;
        let Some(tile) = self.filling else { return self.cycle == pu::RELEASED_COMMAND };
        let last = tile[2] + 1 == self.command.tiles().2;
        let length = pu::RELEASED_TILE + if last { pu::RELEASED_DRAIN } else { 0 };
        if self.cycle == length {
            self.cycle = 0;
            let n = u64::from(self.design.pu.n);
            self.streaming = Some(tile);
            self.count(n, n);
            self.filling = self.after(tile);
        }
        false
    }
}

impl Stepper for PuStep {
    fn tick(&mut self) -> bool {
        if self.design.pu.pipeline == Pipeline::Released {
            return self.released();
        }
        match self.state {
            State::Phase => {
                if self.phase() {
                    self.state = State::Drain(latency::pu(self.design.pu.n));
                }
                false
            }
            State::Drain(left) => {
                self.state = State::Drain(left - 1);
                left == 1
            }
        }
    }

    fn events(&self) -> Events {
        pu::events(&self.design, &self.command, &self.tally)
    }
}
