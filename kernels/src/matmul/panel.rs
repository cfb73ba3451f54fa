//! Panels: `N` operand rows, decoded to pairs of 16-bit significands, side by side along the reduction dimension.
//!
//! A significand of more than 15 bits (formats with 4 exponent bits) does not fit 16 bits, but as a float it has few
//! ones: with exponent field `SPLIT` or above it is a multiple of 2^SPLIT and goes, so divided, to the high plane;
//! otherwise it goes to the low plane. On bell-shaped data about one element in 400 is low, so the low plane is
//! also kept as a list of its pairs.
//!
//! A high plane also carries, for each run of pairs, the largest sum of squares of any of its rows: by Cauchy-Schwarz
//! the product of two such sums limits the square of every partial sum, in whatever order it is taken.

use super::simd::transpose;
use crate::adaptivfloat::{Format, Tensor};

/// Two neighbours along the reduction dimension, of one row.
pub(super) type Pair = [i16; 2];

/// Pairs of a full block: 512 elements, so that a block of a column panel stays in the first-level cache.
pub(super) const PAIRS: usize = 256;

/// Pairs of a run, for which bounds are kept.
pub(super) const RUN: usize = 16;

/// Pairs that need no bound: eight products of high significands, at most 15 << 10 each, are below 2^31.
pub(super) const SAFE: usize = 4;

/// Exponent field from which a wide significand is high. Low ones are below 2^8, so that 512 products of high and low
/// are below 2^31 as well; one more and twice as many elements are low, one less and sums leave 32 bits sooner.
const SPLIT: u16 = 5;

/// One block of a panel: up to `PAIRS` pairs of `N` rows.
#[derive(Default)]
pub(super) struct Block<const N: usize> {
    pub(super) high: Vec<[Pair; N]>,
    /// As long as `high` in formats that need it, else empty.
    pub(super) low: Vec<[Pair; N]>,
    /// The pairs of `low` that are not zero, in order.
    pub(super) sparse: Vec<LowPair>,
    /// Whether `sparse` has any pair at this place; as long as `low`.
    pub(super) present: Vec<bool>,
    /// For each run, a bound of the sum of squares of any row, in units of 2^16.
    pub(super) squares: Vec<u32>,
    codes: Vec<[[u8; 2]; N]>,
}

/// A pair of the low plane and its place.
#[derive(Clone, Copy, Default)]
pub(super) struct LowPair {
    pub(super) value: Pair,
    /// Index of the pair in the block.
    pub(super) at: u16,
    /// Row of the panel.
    pub(super) row: u16,
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
    /// Fills the block with pairs from element `start` on, of the rows from `first` on. What lies beyond the edges of
    /// the tensor is zero.
    #[inline(always)]
    pub(super) fn pack(&mut self, tensor: &Tensor, first: usize, start: usize) {
        let elements = (tensor.length() - start).min(2 * PAIRS);
        self.codes.resize(8 * elements.div_ceil(16), [[0; 2]; N]);
        gather(tensor, first, start, &mut self.codes);
        let plan = Decode::new(tensor.format);
        decode(&self.codes, &mut self.high, |code| plan.high(code));
        self.squares.clear();
        for run in self.high.chunks(RUN) {
            self.squares.push(largest_square(run));
        }
        self.sparse.clear();
        self.present.clear();
        if plan.split > 0 {
            decode(&self.codes, &mut self.low, |code| plan.low(code));
            self.list_low();
        }
    }

    /// Lists the low pairs. In a line that has any, every pair is written and only kept if it is not zero: which it is
    /// cannot be predicted, and a branch would cost more.
    #[inline(always)]
    fn list_low(&mut self) {
        self.sparse.clear();
        let mut count = 0;
        for (at, pairs) in self.low.iter().enumerate() {
            let present = pairs.as_flattened().iter().fold(0, |any, s| any | s) != 0;
            self.present.push(present);
            if present {
                self.sparse.resize(count + N, LowPair::default());
                for (row, &value) in pairs.iter().enumerate() {
                    self.sparse[count] = LowPair {
                        value,
                        at: at as u16,
                        row: row as u16,
                    };
                    count += usize::from(value != [0; 2]);
                }
            }
        }
        self.sparse.truncate(count);
    }
}

/// Fills lines of codes, one pair of each row per line, with the codes from element `start` on of the rows from `first`
/// on, by squares of eight pairs of eight rows. What lies beyond the edges of the tensor is zero.
#[inline(always)]
fn gather<const N: usize>(tensor: &Tensor, first: usize, start: usize, lines: &mut [[[u8; 2]; N]]) {
    for (i, lines) in lines.as_chunks_mut::<8>().0.iter_mut().enumerate() {
        for group in (0..N).step_by(8) {
            let square = std::array::from_fn(|j| sixteen(tensor, first + group + j, start + 16 * i));
            for (line, pairs) in lines.iter_mut().zip(transpose(square)) {
                line[group..group + 8].copy_from_slice(&pairs);
            }
        }
    }
}

/// Codes `k` to `k + 15` of a row, zero beyond the edges.
#[inline(always)]
fn sixteen(tensor: &Tensor, row: usize, k: usize) -> [u8; 16] {
    let codes = tensor
        .codes
        .as_slice()
        .get(row * tensor.length() + k..(row + 1) * tensor.length())
        .unwrap_or(&[]);
    codes.first_chunk().copied().unwrap_or_else(|| padded(codes))
}

/// At an edge; out of line, so that the common case stays one load.
#[cold]
#[inline(never)]
fn padded(codes: &[u8]) -> [u8; 16] {
    let mut padded = [0; 16];
    padded[..codes.len()].copy_from_slice(codes);
    padded
}

#[inline(always)]
fn decode<const N: usize>(codes: &[[[u8; 2]; N]], out: &mut Vec<[Pair; N]>, decode: impl Fn(u8) -> i16) {
    out.resize(codes.len(), [[0; 2]; N]);
    let codes = codes.as_flattened().as_flattened();
    for (out, &code) in out.as_flattened_mut().as_flattened_mut().iter_mut().zip(codes) {
        *out = decode(code);
    }
}

/// A bound of the largest sum of squares of a row over a run of high pairs, in units of 2^16: the upper halves of the
/// squares, and one for each lower half, of the first or the second elements of pairs, and twice that for both. Each
/// upper half is at most 3600, so sixteen bits hold the sum.
#[inline(always)]
fn largest_square<const N: usize>(run: &[[Pair; N]]) -> u32 {
    let mut squares = [[0_u16; 2]; N];
    for pairs in run {
        for (square, &element) in squares.as_flattened_mut().iter_mut().zip(pairs.as_flattened()) {
            *square += ((i32::from(element) * i32::from(element)) >> 16) as u16;
        }
    }
    let largest = squares
        .as_flattened()
        .iter()
        .fold(0, |largest, &square| square.max(largest));
    2 * (u32::from(largest) + RUN as u32)
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
