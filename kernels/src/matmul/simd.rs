//! Dispatch to the instruction sets of the host.
//!
//! Two promises are made by hand. A function compiled for a set of features is called only through a [`Path`] that
//! [`Path::available`] found on this machine. And vectors are loaded from, and stored to, arrays of their own size.
#![cfg_attr(
    target_arch = "x86_64",
    expect(unsafe_code, reason = "calling code for detected CPU features, and vector loads and stores")
)]

use super::multiply::multiply;
use super::operand::{Rows, Stationary, pack};
use super::panel::Block;
use super::tile::{COLUMNS, ColumnPairs, ROWS, RowPairs, Tile};
use crate::adaptivfloat::Tensor;
use crate::epilogue::Epilogue;
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

/// A way to multiply; all give the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path(Features);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Features {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni,
}

impl Path {
    /// The paths that this host can take, slowest first; the portable one is always there.
    pub fn available() -> Vec<Path> {
        let mut paths = vec![Path(Features::Portable)];
        #[cfg(target_arch = "x86_64")]
        {
            let wide = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw");
            let more = is_x86_feature_detected!("avx512vl") && is_x86_feature_detected!("avx512dq");
            let avx512 = wide && more && is_x86_feature_detected!("avx512cd");
            let candidates = [
                (Features::Avx2, is_x86_feature_detected!("avx2")),
                (Features::Avx512, avx512),
                (Features::Avx512Vnni, avx512 && is_x86_feature_detected!("avx512vnni")),
            ];
            paths.extend(
                candidates.into_iter().filter(|(_, found)| *found).map(|(features, _)| Path(features)),
            );
        }
        paths
    }

    /// The fastest path of this host.
    pub fn best() -> Path {
        Path::available().pop().unwrap_or(Path(Features::Portable))
    }

    /// The product [C x R] of operands of equal length, column after column.
    pub(super) fn multiply(self, rows: &Rows, columns: Stationary) -> Vec<i64> {
        match self.0 {
            Features::Portable => multiply(rows, columns, portable_tile),
            // SAFETY: a path with these features exists only if this machine was found to have them.
            #[cfg(target_arch = "x86_64")]
            Features::Avx2 => unsafe { multiply_avx2(rows, columns) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Features::Avx512 => unsafe { multiply_avx512(rows, columns) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Features::Avx512Vnni => unsafe { multiply_vnni(rows, columns) },
        }
    }

    /// All panels of `N` rows of an operand.
    pub(super) fn pack<const N: usize>(self, tensor: &Tensor) -> Vec<Block<N>> {
        match self.0 {
            // SAFETY: as above; packing gains from the widest lanes most.
            #[cfg(target_arch = "x86_64")]
            Features::Avx512 | Features::Avx512Vnni => unsafe { pack_avx512(tensor) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Features::Avx2 => unsafe { pack_avx2(tensor) },
            Features::Portable => pack(tensor),
        }
    }

    /// The epilogue of all accumulators, column after column as in `multiply`.
    pub(super) fn finish(self, epilogue: &Epilogue, lsb: i32, accumulators: &[i64], out: &mut Tensor) {
        match self.0 {
            // SAFETY: as above; only the widest lanes gain from instructions of their own.
            #[cfg(target_arch = "x86_64")]
            Features::Avx512 | Features::Avx512Vnni => unsafe {
                finish_avx512(epilogue, lsb, accumulators, out)
            },
            _ => epilogue.apply_all(lsb, accumulators, out),
        }
    }
}

fn portable_tile(a: &[RowPairs], b: &[ColumnPairs], tile: &mut Tile) {
    *tile = [[0; COLUMNS]; ROWS];
    for (a, b) in a.iter().zip(b) {
        for (sums, row) in tile.iter_mut().zip(a) {
            let [a0, a1] = row.map(i32::from);
            for (sum, column) in sums.iter_mut().zip(b) {
                *sum += a0 * i32::from(column[0]) + a1 * i32::from(column[1]);
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn pack_avx2<const N: usize>(tensor: &Tensor) -> Vec<Block<N>> {
    pack(tensor)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512cd")]
fn pack_avx512<const N: usize>(tensor: &Tensor) -> Vec<Block<N>> {
    pack(tensor)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn multiply_avx2(rows: &Rows, columns: Stationary) -> Vec<i64> {
    multiply(rows, columns, |a, b, tile| {
        for row in (0..ROWS).step_by(4) {
            for column in (0..COLUMNS).step_by(16) {
                quarter_avx2(a, b, row, column, tile);
            }
        }
    })
}

/// Four rows by sixteen columns, which is what sixteen registers hold.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn quarter_avx2(a: &[RowPairs], b: &[ColumnPairs], row: usize, column: usize, tile: &mut Tile) {
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

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512cd")]
fn multiply_avx512(rows: &Rows, columns: Stationary) -> Vec<i64> {
    multiply(rows, columns, |a, b, tile| {
        tile_avx512(a, b, tile, |sum, a, b| _mm512_add_epi32(sum, _mm512_madd_epi16(a, b)));
    })
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512cd,avx512vnni")]
fn multiply_vnni(rows: &Rows, columns: Stationary) -> Vec<i64> {
    multiply(rows, columns, |a, b, tile| {
        tile_avx512(a, b, tile, |sum, a, b| _mm512_dpwssd_epi32(sum, a, b));
    })
}

/// Eight rows by 32 columns in sixteen accumulators; `step` adds two products per lane.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn tile_avx512(
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

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512cd")]
fn finish_avx512(epilogue: &Epilogue, lsb: i32, accumulators: &[i64], out: &mut Tensor) {
    epilogue.apply_all(lsb, accumulators, out);
}

/// Both numbers of a pair in one lane, the first below.
fn pair_bits([a, b]: [i16; 2]) -> i32 {
    i32::from(b) << 16 | i32::from(a.cast_unsigned())
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn load256(from: &[[i16; 2]; 8]) -> __m256i {
    // SAFETY: an unaligned load of the 32 bytes of `from`.
    unsafe { _mm256_loadu_si256(from.as_ptr().cast()) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn store256(to: &mut [i32; 8], vector: __m256i) {
    // SAFETY: an unaligned store to the 32 bytes of `to`.
    unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), vector) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn load512(from: &[[i16; 2]; 16]) -> __m512i {
    // SAFETY: an unaligned load of the 64 bytes of `from`.
    unsafe { _mm512_loadu_si512(from.as_ptr().cast()) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn store512(to: &mut [i32; 16], vector: __m512i) {
    // SAFETY: an unaligned store to the 64 bytes of `to`.
    unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), vector) }
}
