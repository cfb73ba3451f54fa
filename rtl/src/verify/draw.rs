//! Random numbers as benches need them, and numbers side by side on a port.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of random numbers, the same on every machine.
#[derive(Clone, Debug)]
pub struct Draw {
    rng: ChaCha8Rng,
    stalls: u64,
}

impl Draw {
    /// Stream `stream` of a seed; a side of a handshake waits in `stalls` percent of the cycles.
    pub fn new(seed: u64, stream: u64, stalls: u64) -> Draw {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Draw { rng, stalls }
    }

    /// Any 64 bits.
    pub fn any(&mut self) -> u64 {
        self.rng.next_u64()
    }

    /// Any 32 bits.
    pub fn word(&mut self) -> u32 {
        self.rng.next_u32()
    }

    /// A number below `limit`, which is at least 1.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.any() % limit
    }

    /// One of `list`, which is not empty.
    pub fn one<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u64) as usize]
    }

    /// True once in `count` times.
    pub fn once_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    /// Whether a side of a handshake waits in this cycle.
    pub fn stalls(&mut self) -> bool {
        self.below(100) < self.stalls
    }

    /// `width` bits, up to 64.
    pub fn bits(&mut self, width: usize) -> u64 {
        self.any() >> (64 - width)
    }

    /// A number of up to `width` bits in two's complement, all equally likely.
    pub fn signed(&mut self, width: usize) -> i64 {
        self.any().cast_signed() >> (64 - width)
    }

    /// `count` codes of `width` bits, one a byte.
    pub fn codes(&mut self, count: usize, width: u8) -> Vec<u8> {
        (0..count).map(|_| self.bits(width.into()) as u8).collect()
    }
}

impl Draw {
    /// A mask of `n` bits: none of them, all, one, or any.
    pub fn mask(&mut self, n: usize) -> u64 {
        match self.below(4) {
            0 => 0,
            1 => u64::MAX >> (64 - n),
            2 => 1 << self.below(n as u64),
            _ => self.bits(n),
        }
    }

    /// `n` codes of `width` bits, zero where the mask has no one.
    pub fn vector(&mut self, mask: u64, n: usize, width: u8) -> Vec<u8> {
        let code = |bit| if mask >> bit & 1 == 1 { 1 + self.below((1 << width) - 1) as u8 } else { 0 };
        (0..n).map(code).collect()
    }
}

/// Numbers of `width` bits side by side, the first lowest, in 32-bit words.
pub fn packed<T: Copy + Into<i64>>(values: &[T], width: usize) -> Vec<u32> {
    let mut words = vec![0; (values.len() * width).div_ceil(32)];
    for (at, bit) in (0..values.len()).flat_map(|at| (0..width).map(move |bit| (at, bit))) {
        let place = at * width + bit;
        words[place / 32] |= ((values[at].into() >> bit & 1) as u32) << (place % 32);
    }
    words
}
