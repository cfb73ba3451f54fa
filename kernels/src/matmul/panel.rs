//! Panels: `N` operand rows, decoded to pairs of 16-bit significands, side by side along the reduction dimension.
//!
//! A significand of more than 15 bits (formats with 4 exponent bits) does not fit 16 bits, but as a float it has few
//! ones: with exponent field `SPLIT` or above it is a multiple of 2^SPLIT and goes, so divided, to the high plane;
//! otherwise it goes to the low plane. On bell-shaped data well below one element in a hundred is low, so the low
//! plane keeps only those pairs in which any of the `N` rows has one.
//!
//! A high plane also carries, for each run of pairs, a bound of the Euclidean norms of its rows: by Cauchy-Schwarz the
//! product of two such bounds limits every partial sum of the run, in whatever order it is taken.

use crate::adaptivfloat::{Format, Tensor};

/// Two neighbours along the reduction dimension, of one row.
pub(super) type Pair = [i16; 2];

/// Pairs of a full block: 512 elements, so that a block of a column panel stays in the first-level cache.
pub(super) const PAIRS: usize = 256;

/// Pairs of a run. Thirty-two products of high significands, at most 7680 each, are below 2^31.
pub(super) const RUN: usize = 16;

/// Exponent field from which a wide significand is high.
const SPLIT: u16 = 6;

/// One block of a panel: up to `PAIRS` pairs of `N` rows.
pub(super) struct Block<const N: usize> {
    pub(super) high: Vec<[Pair; N]>,
    pub(super) low: Vec<[Pair; N]>,
    /// Which pair of the block each entry of `low` is, ascending.
    pub(super) low_index: Vec<u16>,
    /// For each run, the largest norm of a row, rounded up.
    pub(super) norms: Vec<u32>,
}

/// Power of two by which the high plane of a format is divided.
pub(super) fn split(format: Format) -> u16 {
    if format.max_significand() > i32::from(i16::MAX) {
        SPLIT
    } else {
        0
    }
}

impl<const N: usize> Block<N> {
    pub(super) fn new() -> Block<N> {
        Block {
            high: Vec::new(),
            low: Vec::new(),
            low_index: Vec::new(),
            norms: Vec::new(),
        }
    }

    /// Fills the block with pairs from element `start` on, of the rows from `first` on. What lies beyond the edges of
    /// the tensor is zero.
    #[inline(always)]
    pub(super) fn pack(&mut self, tensor: &Tensor, first: usize, start: usize) {
        let plan = Decode::new(tensor.format);
        let end = tensor.length().min(start + 2 * PAIRS);
        self.high.clear();
        self.low.clear();
        self.low_index.clear();
        for k in (start..end).step_by(8) {
            let words = gather::<N>(tensor, first, k);
            for quarter in 0..4 {
                let codes = words.map(|word| ((word >> (16 * quarter)) as u16).to_le_bytes());
                self.push(plan, &codes);
            }
        }
        self.norms.clear();
        self.norms.extend(self.high.chunks(RUN).map(norm));
    }

    #[inline(always)]
    fn push(&mut self, plan: Decode, codes: &[[u8; 2]; N]) {
        if plan.split > 0 {
            let mut low = [[0; 2]; N];
            each(codes, &mut low, |code| plan.low(code));
            if low.as_flattened().iter().fold(0, |any, s| any | s) != 0 {
                self.low_index.push(self.high.len() as u16);
                self.low.push(low);
            }
        }
        let mut high = [[0; 2]; N];
        each(codes, &mut high, |code| plan.high(code));
        self.high.push(high);
    }
}

#[inline(always)]
fn each<const N: usize>(codes: &[[u8; 2]; N], out: &mut [Pair; N], decode: impl Fn(u8) -> i16) {
    for (out, &code) in out.as_flattened_mut().iter_mut().zip(codes.as_flattened()) {
        *out = decode(code);
    }
}

/// Eight codes from element `k` on of each of `N` rows, the first in the lowest byte.
#[inline(always)]
fn gather<const N: usize>(tensor: &Tensor, first: usize, k: usize) -> [u64; N] {
    let codes = tensor.codes.as_slice();
    let length = tensor.length();
    let mut words = [0; N];
    for (word, row) in words.iter_mut().zip(first..tensor.rows()) {
        let rest = &codes[row * length + k..(row + 1) * length];
        *word = match rest.first_chunk() {
            Some(eight) => u64::from_le_bytes(*eight),
            None => rest
                .iter()
                .rev()
                .fold(0, |word, &code| word << 8 | u64::from(code)),
        };
    }
    words
}

/// The largest Euclidean norm of a row over a run of high pairs, rounded up.
#[inline(always)]
fn norm<const N: usize>(run: &[[Pair; N]]) -> u32 {
    let mut squares = [0_i32; N];
    for pairs in run {
        for (square, pair) in squares.iter_mut().zip(pairs) {
            let [a, b] = pair.map(i32::from);
            *square += a * a + b * b;
        }
    }
    let largest = squares.into_iter().max().unwrap_or(0).unsigned_abs();
    let root = largest.isqrt();
    root + u32::from(root * root < largest)
}

/// Decoding without a table, so that it runs in all lanes of a vector.
#[derive(Clone, Copy)]
struct Decode {
    magnitude: u16,
    hidden: u16,
    mantissa: u16,
    split: u16,
}

impl Decode {
    fn new(format: Format) -> Decode {
        let mantissa = u16::from(format.mantissa());
        Decode {
            magnitude: format.max_code().into(),
            hidden: 1 << mantissa,
            mantissa,
            split: split(format),
        }
    }

    /// The significand divided by 2^split, or zero if it is low.
    #[inline(always)]
    fn high(self, code: u8) -> i16 {
        let exponent = (u16::from(code) & self.magnitude) >> self.mantissa;
        if exponent < self.split {
            0
        } else {
            self.shifted(code, exponent - self.split)
        }
    }

    /// The significand, or zero if it is high.
    #[inline(always)]
    fn low(self, code: u8) -> i16 {
        let exponent = (u16::from(code) & self.magnitude) >> self.mantissa;
        if exponent < self.split {
            self.shifted(code, exponent)
        } else {
            0
        }
    }

    #[inline(always)]
    fn shifted(self, code: u8, left: u16) -> i16 {
        let magnitude = u16::from(code) & self.magnitude;
        let significand = (self.hidden | (magnitude & (self.hidden - 1)))
            .wrapping_shl(left.into())
            .cast_signed();
        let signed = if u16::from(code) & (self.magnitude + 1) == 0 {
            significand
        } else {
            -significand
        };
        if magnitude == 0 { 0 } else { signed }
    }
}
