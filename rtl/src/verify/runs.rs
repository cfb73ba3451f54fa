//! Runs of bytes, as the commands of the AXI master name them, and the masters that are tried.

use super::Draw;
use crate::cosim::Bench;
use models::design::Axi;

/// Masters of several widths, with short and long bursts.
pub(super) const MASTERS: [Axi; 3] = [
    Axi { width_bits: 32, burst_beats: 16, outstanding: 1 },
    Axi { width_bits: 64, burst_beats: 256, outstanding: 2 },
    Axi { width_bits: 128, burst_beats: 8, outstanding: 4 },
];

/// Runs of bytes: first byte, number of runs, bytes of each, bytes from the start of one to the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Runs {
    pub(super) first: u64,
    pub(super) count: u64,
    pub(super) bytes: u64,
    pub(super) stride: u64,
}

impl Runs {
    /// Short or long runs, anywhere, with or without gaps.
    pub(super) fn draw(draw: &mut Draw, most: &[u64]) -> Runs {
        let most = draw.one(most);
        let bytes = 1 + draw.below(most);
        let gap = if draw.once_in(3) { 0 } else { draw.below(most) };
        Runs { first: draw.below(1 << 34), count: 1 + draw.below(4), bytes, stride: bytes + gap }
    }

    /// Every byte, in order.
    pub(super) fn addresses(self) -> impl Iterator<Item = u64> {
        let Runs { first, count, bytes, stride } = self;
        (0..count).flat_map(move |run| (0..bytes).map(move |byte| first + run * stride + byte))
    }

    /// Puts them on the ports of a command.
    pub(super) fn set(self, bench: &mut Bench) {
        let Runs { first, count, bytes, stride } = self;
        for (name, value) in
            [("run_first", first), ("run_count", count), ("run_bytes", bytes), ("run_stride", stride)]
        {
            bench.set(name, value);
        }
    }
}
