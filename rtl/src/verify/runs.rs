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
    /// Whether each run is told where it begins; the stride is then told wrong.
    pub(super) indexed: bool,
}

impl Runs {
    /// Short or long runs, anywhere, with or without gaps; now and then many of the short ones.
    pub(super) fn draw(draw: &mut Draw, most: &[u64]) -> Runs {
        let most = draw.one(most);
        let bytes = 1 + draw.below(most);
        let count = if most <= 64 && draw.once_in(4) { 60 } else { 4 };
        let gap = if draw.once_in(3) { 0 } else { draw.below(most) };
        Runs {
            first: draw.below(1 << 34),
            count: 1 + draw.below(count),
            bytes,
            stride: bytes + gap,
            indexed: false,
        }
    }

    /// Every byte, in order.
    pub(super) fn addresses(self) -> impl Iterator<Item = u64> {
        let Runs { first, count, bytes, stride, .. } = self;
        (0..count).flat_map(move |run| (0..bytes).map(move |byte| first + run * stride + byte))
    }

    /// First byte of each run and the byte after its last; runs that touch are one, but where they are indexed.
    pub(super) fn each(self) -> Vec<[u64; 2]> {
        let Runs { first, count, bytes, stride, indexed } = self;
        if stride == bytes && !indexed {
            return vec![[first, first + count * bytes]];
        }
        (0..count).map(|run| first + run * stride).map(|start| [start, start + bytes]).collect()
    }

    /// Puts them on the ports of a command.
    pub(super) fn set(self, bench: &mut Bench) {
        let Runs { first, count, bytes, stride, indexed } = self;
        let stride = if indexed { bytes } else { stride };
        for (name, value) in
            [("run_first", first), ("run_count", count), ("run_bytes", bytes), ("run_stride", stride)]
        {
            bench.set(name, value);
        }
    }

    /// Puts on the ports of a reader where the run behind run `at` begins; behind the last, anything.
    pub(super) fn set_next(self, bench: &mut Bench, at: usize, draw: &mut Draw) {
        let next = self.each().get(at + 1).map_or_else(|| draw.bits(36), |run| run[0]);
        bench.set("run_indexed", self.indexed.into());
        bench.set("run_next", next);
    }
}
