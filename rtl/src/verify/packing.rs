//! Stores for benches, and how their vectors become beats.

use super::Draw;
use super::command::{put, word};
use super::runs::Runs;
use models::design::Design;
use models::program::word::UNIT_BYTES;
use std::collections::VecDeque;

/// A store: runs in external memory, row blocks of a buffer.
pub(super) struct Job {
    pub(super) runs: Runs,
    pub(super) word: Vec<u32>,
    /// First byte of the layer's weights and of the off-ramp's.
    pub(super) bases: [u64; 2],
    /// Its vectors, by their numbers in the buffer.
    pub(super) vectors: Vec<usize>,
}

impl Job {
    pub(super) fn draw(design: &Design, draw: &mut Draw) -> Job {
        let (n, drawn) = (u64::from(design.pu.n), store(draw, design, 3, 4));
        let tiles = design.buffer_vectors() / n;
        let (base, stride, offset) = (draw.below(tiles), draw.below(tiles), drawn.first % (1 << 34));
        // The first byte counts from the layer's weights, from the off-ramp's, or from nothing.
        let bases = [(); 2].map(|()| draw.bits(34) / 64 * 64);
        let (from, origin) = draw.one(&[(0, 0), (1, bases[0]), (2, bases[1])]);
        let mut word = command(draw, design, drawn);
        let fields = [
            ("base", from),
            ("offset", offset / UNIT_BYTES),
            ("region.base", base),
            ("region.stride", stride),
        ];
        for (name, value) in fields {
            put(&mut word, "store", name, value.cast_signed());
        }
        let place = |run: u64, at: u64| (base + run * stride + at / n) % tiles * n + at % n;
        let vectors =
            (0..drawn.count).flat_map(|run| (0..drawn.bytes / n).map(move |at| place(run, at) as usize));
        Job { runs: Runs { first: origin + offset, ..drawn }, word, bases, vectors: vectors.collect() }
    }
}

/// The fields of a store that name its runs.
pub(super) fn command(draw: &mut Draw, design: &Design, runs: Runs) -> Vec<u32> {
    let Runs { count, bytes, stride, .. } = runs;
    let tile = u64::from(design.pu.n * design.pu.n);
    let values = [
        ("runs", count),
        ("bytes", bytes / UNIT_BYTES),
        ("stride", stride / UNIT_BYTES),
        ("run_tiles", bytes / tile),
    ];
    word(draw, "store", &values)
}

/// A random store: its runs in external memory, whole tiles each.
pub(super) fn store(draw: &mut Draw, design: &Design, tiles: u64, runs: u64) -> Runs {
    let n = u64::from(design.pu.n);
    // Addresses count four bytes, and a vector does not begin within another.
    let step = n.max(4);
    let bytes = (1 + draw.below(tiles)) * n * n;
    // None, a few vectors, or one bit by which the stride is not the length.
    let gap = match draw.below(3) {
        0 => 0,
        1 => draw.below(3 * n),
        _ => 1 << draw.below(20),
    };
    let stride = (bytes + gap * step).next_multiple_of(step);
    Runs { first: step * draw.below(1 << 30), count: 1 + draw.below(runs), bytes, stride, indexed: false }
}

/// The beats of a store, as far as its vectors have come.
pub(super) struct Packer {
    n: usize,
    beat: usize,
    waiting: VecDeque<Vec<u8>>,
    /// Parts of the first one that have left.
    parts: usize,
    /// Where in a beat each vector lies, and whether the beat ends with it.
    places: VecDeque<(usize, bool)>,
    /// What is left of earlier beats where the next one has nothing.
    held: Vec<u8>,
}

impl Packer {
    pub(super) fn new(design: &Design) -> Packer {
        let (n, beat) = (design.pu.n as usize, design.axi.beat_bytes() as usize);
        Packer { n, beat, waiting: VecDeque::new(), parts: 0, places: VecDeque::new(), held: vec![0; beat] }
    }

    /// A store begins.
    pub(super) fn start(&mut self, runs: Runs) {
        let n = self.n as u64;
        let vectors = (0..runs.count)
            .flat_map(|run| (0..runs.bytes / n).map(move |at| runs.first + run * runs.stride + at * n));
        let list: Vec<u64> = vectors.collect();
        let beat = self.beat as u64;
        let place = |at: usize| {
            let behind = list[at] + n;
            let ends = list.get(at + 1) != Some(&behind) || behind.is_multiple_of(beat);
            ((list[at] % beat) as usize, ends)
        };
        self.places = (0..list.len()).map(place).collect();
    }

    /// Vectors that have not come and gone.
    pub(super) fn left(&self) -> usize {
        self.places.len()
    }

    pub(super) fn arrive(&mut self, vector: Vec<u8>) {
        self.waiting.push_back(vector);
    }

    /// The beat that can go.
    pub(super) fn offer(&self) -> Option<Vec<u8>> {
        let vector = self.waiting.front()?;
        if self.n >= self.beat {
            return Some(vector[self.parts * self.beat..][..self.beat].to_vec());
        }
        let (place, ends) = *self.places.front()?;
        ends.then(|| {
            let mut bytes = self.held.clone();
            bytes[self.beat - self.n..].copy_from_slice(vector);
            bytes[place..][..self.n].copy_from_slice(vector);
            bytes
        })
    }

    /// Ends a cycle in which no store runs; whether a vector leaves for nowhere.
    pub(super) fn drop(&mut self) -> bool {
        self.parts = 0;
        let place = self.places.front().filter(|_| self.n < self.beat);
        if let (Some(vector), Some((place, false))) = (self.waiting.front(), place) {
            self.held[*place..][..self.n].copy_from_slice(vector);
        }
        self.places.pop_front();
        self.waiting.pop_front().is_some()
    }

    /// Ends a cycle, in which the beat offered may be taken; whether a vector leaves.
    pub(super) fn step(&mut self, take: bool) -> bool {
        let Some(vector) = self.waiting.front() else { return false };
        let leaves = if self.n >= self.beat {
            self.parts = (self.parts + usize::from(take)) % (self.n / self.beat);
            take && self.parts == 0
        } else {
            let (place, ends) = self.places.front().copied().unwrap_or_default();
            if !ends {
                self.held[place..][..self.n].copy_from_slice(vector);
            }
            !ends || take
        };
        if leaves {
            self.waiting.pop_front();
            self.places.pop_front();
        }
        leaves
    }
}
