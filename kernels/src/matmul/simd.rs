//! Dispatch to the instruction sets of the host.
//!
//! A promise is made by hand: a function compiled for a set of features is called only through a [`Path`] that
//! [`Path::available`] found on this machine.
#![cfg_attr(target_arch = "x86_64", expect(unsafe_code, reason = "calling code for detected CPU features"))]

#[cfg(target_arch = "x86_64")]
mod x86;

use super::multiply::multiply;
use super::operand::{Rows, Stationary};
use super::tile::{COLUMNS, ColumnPairs, Pair, ROWS, RowPairs, Tile};
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{_mm512_add_epi32, _mm512_dpwssd_epi32, _mm512_madd_epi16};
#[cfg(target_arch = "x86_64")]
use x86::{add_avx2, add_avx512, quarter_avx2, tile_avx512};

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

/// Work of loops over lanes. No closure, since `run` must be inlined, always: a function that is called would not get the instructions
/// of the one that calls it.
pub(crate) trait Work {
    /// What it gives.
    type Output;

    /// Does it.
    fn run(self) -> Self::Output;
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
            Features::Portable => multiply(rows, columns, portable_tile, portable_add),
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

    /// Does work, compiled for the widest lanes that this path has.
    pub(crate) fn widen<W: Work>(self, work: W) -> W::Output {
        match self.0 {
            Features::Portable => work.run(),
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Features::Avx2 => unsafe { widen_avx2(work) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Features::Avx512 | Features::Avx512Vnni => unsafe { widen_avx512(work) },
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn widen_avx2<W: Work>(work: W) -> W::Output {
    work.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512cd")]
fn widen_avx512<W: Work>(work: W) -> W::Output {
    work.run()
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

fn portable_add(sums: &mut [i32], [a0, a1]: Pair, pairs: &[Pair]) {
    for (sum, pair) in sums.iter_mut().zip(pairs) {
        *sum += i32::from(a0) * i32::from(pair[0]) + i32::from(a1) * i32::from(pair[1]);
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn multiply_avx2(rows: &Rows, columns: Stationary) -> Vec<i64> {
    let tile = |a: &[RowPairs], b: &[ColumnPairs], tile: &mut Tile| {
        for row in (0..ROWS).step_by(4) {
            for column in (0..COLUMNS).step_by(16) {
                quarter_avx2(a, b, row, column, tile);
            }
        }
    };
    multiply(rows, columns, tile, |sums, low, pairs| add_avx2(sums, low, pairs))
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512cd")]
fn multiply_avx512(rows: &Rows, columns: Stationary) -> Vec<i64> {
    let tile = |a: &[RowPairs], b: &[ColumnPairs], tile: &mut Tile| {
        tile_avx512(a, b, tile, |sum, a, b| _mm512_add_epi32(sum, _mm512_madd_epi16(a, b)));
    };
    multiply(rows, columns, tile, |sums, low, pairs| add_avx512(sums, low, pairs))
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512cd,avx512vnni")]
fn multiply_vnni(rows: &Rows, columns: Stationary) -> Vec<i64> {
    let tile = |a: &[RowPairs], b: &[ColumnPairs], tile: &mut Tile| {
        tile_avx512(a, b, tile, |sum, a, b| _mm512_dpwssd_epi32(sum, a, b));
    };
    multiply(rows, columns, tile, |sums, low, pairs| add_avx512(sums, low, pairs))
}
