//! Panels: `N` operand rows, decoded to pairs of 16-bit significands, side by side along the reduction dimension.
//!
//! Significands that are too wide for 16 bits are divided among a high and a low plane (see `decode`). On bell-shaped
//! data about one element in 400 is low, so the low plane is also kept as a list.
//!
//! A high plane also carries, for each run of pairs, the largest sum of squares of any of its rows: by Cauchy-Schwarz
//! the product of two such sums limits the square of every partial sum, in whatever order it is taken.

use super::decode::Decode;
use super::tile::Pair;
use super::transpose::transpose;
use crate::adaptivfloat::Tensor;
use std::ops::Range;

/// Pairs of a full block: 512 elements, so that a block of a column panel stays in the first-level cache.
pub(super) const PAIRS: usize = 256;

/// Pairs of a run, for which bounds are kept.
pub(super) const RUN: usize = 16;

/// Pairs that need no bound: eight products of high significands, at most 15 << 10 each, are below 2^31.
pub(super) const SAFE: usize = 4;

/// Low elements from which `low::is_sparse` is false whatever the other operand has, so that no more are listed.
const MANY: usize = 5 * PAIRS;

/// Codes, or flags, of one pair of each of `N` rows.
type Line<const N: usize> = [[u8; 2]; N];

/// Room to pack in, kept from block to block.
#[derive(Default)]
pub(super) struct Scratch<const N: usize> {
    codes: Vec<Line<N>>,
    flags: Vec<Line<N>>,
}

/// One block of a panel: up to `PAIRS` pairs of `N` rows.
#[derive(Default)]
pub(super) struct Block<const N: usize> {
    pub(super) high: Vec<[Pair; N]>,
    /// For each run, a bound of the sum of squares of any row, in units of 2^16.
    pub(super) squares: [u32; PAIRS / RUN],
    /// As long as `high` in formats that need it, else empty.
    pub(super) low: Vec<[Pair; N]>,
    /// Whether a line of `low` is other than zero.
    pub(super) present: Vec<bool>,
    /// The elements of `low` that are not zero, in order; the first of them, if they are `MANY`.
    pub(super) sparse: Vec<Low>,
}

/// An element of the low plane and its place.
pub(super) struct Low {
    /// The element in its half of a pair whose other half is zero.
    pub(super) value: Pair,
    /// Index of the pair in the block.
    pub(super) at: u16,
    /// Row of the panel.
    pub(super) row: u16,
}

impl<const N: usize> Block<N> {
    /// Fills the block with pairs from element `start` on, of the rows from `first` on. What lies beyond the edges of
    /// the tensor is zero.
    #[inline(always)]
    pub(super) fn pack(&mut self, tensor: &Tensor, first: usize, start: usize, scratch: &mut Scratch<N>) {
        let elements = start..tensor.length().min(start + 2 * PAIRS);
        let pairs = 8 * elements.len().div_ceil(16);
        scratch.codes.resize(pairs, [[0; 2]; N]);
        gather(tensor, first, elements, &mut scratch.codes);
        self.high.resize(pairs, [[0; 2]; N]);
        let plan = Decode::new(tensor.format);
        if plan.split == 0 {
            decode(&scratch.codes, &mut self.high, |code| plan.whole(code));
        } else {
            decode(&scratch.codes, &mut self.high, |code| plan.high(code));
            self.pack_low(plan, scratch);
        }
        for (square, run) in self.squares.iter_mut().zip(self.high.chunks(RUN)) {
            *square = largest_square(run);
        }
    }

    #[inline(always)]
    fn pack_low(&mut self, plan: Decode, scratch: &mut Scratch<N>) {
        let pairs = scratch.codes.len();
        scratch.flags.resize(pairs, [[0; 2]; N]);
        let codes = scratch.codes.as_flattened().as_flattened();
        for (flag, &code) in scratch.flags.as_flattened_mut().as_flattened_mut().iter_mut().zip(codes) {
            *flag = u8::from(plan.is_low(code));
        }
        // Lines that are not present are zero already, or are made so here: clearing all of them would cost more.
        for (low, _) in self.low.iter_mut().zip(&self.present).filter(|(_, present)| **present) {
            *low = [[0; 2]; N];
        }
        self.low.resize(pairs, [[0; 2]; N]);
        self.present.resize(pairs, false);
        self.sparse.clear();
        for (at, (flags, codes)) in scratch.flags.iter().zip(&scratch.codes).enumerate() {
            let words = flags.as_flattened().as_chunks().0.iter().map(|eight| u64::from_le_bytes(*eight));
            self.present[at] = words.fold(0, |any, word| any | word) != 0;
            if self.present[at] {
                let low = &mut self.low[at];
                decode(std::slice::from_ref(codes), std::slice::from_mut(low), |code| plan.low(code));
                if self.sparse.len() < MANY {
                    list(flags, low, at as u16, &mut self.sparse);
                }
            }
        }
    }
}

/// Lists the flagged elements of a line, which are few, by words of flags.
#[inline(always)]
fn list<const N: usize>(flags: &Line<N>, low: &[Pair; N], at: u16, sparse: &mut Vec<Low>) {
    for (word, eight) in flags.as_flattened().as_chunks().0.iter().enumerate() {
        let mut flags = u64::from_le_bytes(*eight);
        while flags != 0 {
            let element = 8 * word + flags.trailing_zeros() as usize / 8;
            let (row, half) = (element / 2, element % 2);
            let mut value = [0; 2];
            value[half] = low[row][half];
            sparse.push(Low { value, at, row: row as u16 });
            flags &= flags - 1;
        }
    }
}

/// Fills lines of codes, one pair of each row per line, with the given elements of the rows from `first` on, by squares
/// of eight pairs of eight rows. What lies beyond the edges of the tensor is zero.
#[inline(always)]
fn gather<const N: usize>(tensor: &Tensor, first: usize, elements: Range<usize>, lines: &mut [Line<N>]) {
    let row = |row| if row < tensor.rows() { &tensor.row(row)[elements.clone()] } else { &[] };
    for group in (0..N).step_by(8) {
        let rows: [&[u8]; 8] = std::array::from_fn(|j| row(first + group + j));
        for (i, lines) in lines.as_chunks_mut::<8>().0.iter_mut().enumerate() {
            let mut square = [[0; 16]; 8];
            for (codes, row) in square.iter_mut().zip(rows) {
                match row.get(16 * i..16 * i + 16) {
                    Some(whole) => codes.copy_from_slice(whole),
                    None => copy_rest(codes, row.get(16 * i..).unwrap_or(&[])),
                }
            }
            for (line, pairs) in lines.iter_mut().zip(transpose(square)) {
                line[group..group + 8].copy_from_slice(&pairs);
            }
        }
    }
}

/// At an edge; out of line, so that the common case stays one load.
#[cold]
#[inline(never)]
fn copy_rest(to: &mut [u8; 16], rest: &[u8]) {
    to[..rest.len()].copy_from_slice(rest);
}

#[inline(always)]
fn decode<const N: usize>(lines: &[Line<N>], out: &mut [[Pair; N]], decode: impl Fn(u8) -> i16) {
    let codes = lines.as_flattened().as_flattened();
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
    let mut squares = squares.as_flattened_mut();
    while squares.len() > 1 {
        let (left, right) = squares.split_at_mut(squares.len() / 2);
        for (left, &mut right) in left.iter_mut().zip(right) {
            *left = right.max(*left);
        }
        squares = left;
    }
    2 * (u32::from(squares[0]) + RUN as u32)
}
