//! The inner loops of the product in the instructions of x86-64: vectors are loaded from, and stored to, arrays of their own size.

#![expect(unsafe_code, reason = "vector loads and stores")]

use crate::matmul::tile::{ColumnPairs, Pair, ROWS, RowPairs, Tile};
use std::arch::x86_64::*;

/// The compiler finds no `madd` in the sums of the portable form.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn add_avx2(sums: &mut [i32], low: Pair, pairs: &[Pair]) {
    let low = _mm256_set1_epi32(pair_bits(low));
    for (sums, pairs) in sums.as_chunks_mut().0.iter_mut().zip(pairs.as_chunks().0) {
        let sum = _mm256_add_epi32(load_sums256(sums), _mm256_madd_epi16(low, load256(pairs)));
        store256(sums, sum);
    }
}

/// The same in lanes twice as wide, as far as the pairs fill them.
#[target_feature(enable = "avx2,avx512f,avx512bw")]
#[inline]
pub(super) fn add_avx512(sums: &mut [i32], low: Pair, pairs: &[Pair]) {
    let wide = _mm512_set1_epi32(pair_bits(low));
    let ((sums, rest), (pairs, others)) = (sums.as_chunks_mut(), pairs.as_chunks());
    for (sums, pairs) in sums.iter_mut().zip(pairs) {
        let sum = _mm512_add_epi32(load_sums512(sums), _mm512_madd_epi16(wide, load512(pairs)));
        store512(sums, sum);
    }
    add_avx2(rest, low, others);
}

/// Four rows by sixteen columns, which is what sixteen registers hold.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn quarter_avx2(a: &[RowPairs], b: &[ColumnPairs], row: usize, column: usize, tile: &mut Tile) {
    let mut sums = [[_mm256_setzero_si256(); 2]; 4];
    for (a, b) in a.iter().zip(b) {
        let b: [_; 2] = std::array::from_fn(|h| load256(&b.as_chunks().0[column / 8 + h]));
        for (sums, a) in sums.iter_mut().zip(&a[row..row + 4]) {
            let a = _mm256_set1_epi32(pair_bits(*a));
            for (sum, b) in sums.iter_mut().zip(b) {
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(a, b));
            }
        }
    }
    for (line, sums) in tile[row..].iter_mut().zip(sums) {
        for (half, sum) in line[column..].as_chunks_mut().0.iter_mut().zip(sums) {
            store256(half, sum);
        }
    }
}

/// Eight rows by 32 columns in sixteen accumulators; `step` adds two products per lane.
#[target_feature(enable = "avx512f")]
#[inline]
pub(super) fn tile_avx512(
    a: &[RowPairs],
    b: &[ColumnPairs],
    tile: &mut Tile,
    step: impl Fn(__m512i, __m512i, __m512i) -> __m512i,
) {
    let mut sums = [[_mm512_setzero_si512(); 2]; ROWS];
    for (a, b) in a.iter().zip(b) {
        let b: [_; 2] = std::array::from_fn(|h| load512(&b.as_chunks().0[h]));
        for (sums, a) in sums.iter_mut().zip(a) {
            let a = _mm512_set1_epi32(pair_bits(*a));
            for (sum, b) in sums.iter_mut().zip(b) {
                *sum = step(*sum, a, b);
            }
        }
    }
    for (line, sums) in tile.iter_mut().zip(sums) {
        for (half, sum) in line.as_chunks_mut().0.iter_mut().zip(sums) {
            store512(half, sum);
        }
    }
}

/// Both numbers of a pair in one lane, the first below.
fn pair_bits([a, b]: [i16; 2]) -> i32 {
    i32::from(b) << 16 | i32::from(a.cast_unsigned())
}

#[target_feature(enable = "avx2")]
fn load256(from: &[[i16; 2]; 8]) -> __m256i {
    // SAFETY: an unaligned load of the 32 bytes of `from`.
    unsafe { _mm256_loadu_si256(from.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
fn load_sums256(from: &[i32; 8]) -> __m256i {
    // SAFETY: an unaligned load of the 32 bytes of `from`.
    unsafe { _mm256_loadu_si256(from.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
fn store256(to: &mut [i32; 8], vector: __m256i) {
    // SAFETY: an unaligned store to the 32 bytes of `to`.
    unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), vector) }
}

#[target_feature(enable = "avx512f")]
fn load512(from: &[[i16; 2]; 16]) -> __m512i {
    // SAFETY: an unaligned load of the 64 bytes of `from`.
    unsafe { _mm512_loadu_si512(from.as_ptr().cast()) }
}

#[target_feature(enable = "avx512f")]
fn load_sums512(from: &[i32; 16]) -> __m512i {
    // SAFETY: an unaligned load of the 64 bytes of `from`.
    unsafe { _mm512_loadu_si512(from.as_ptr().cast()) }
}

#[target_feature(enable = "avx512f")]
fn store512(to: &mut [i32; 16], vector: __m512i) {
    // SAFETY: an unaligned store to the 64 bytes of `to`.
    unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), vector) }
}
