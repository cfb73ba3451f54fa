//! Codes of several rows side by side: the step of packing that wants a vector instruction.

#![expect(
    unsafe_code,
    reason = "instructions that every machine of the architecture has, and vector loads and stores"
)]

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

/// Eight pairs of codes of each of eight rows, turned into eight lines of one pair of each row.
#[inline(always)]
pub(super) fn transpose(rows: [[u8; 16]; 8]) -> [[[u8; 2]; 8]; 8] {
    // SAFETY: SSE2 belongs to every machine of this architecture.
    #[cfg(target_arch = "x86_64")]
    return unsafe { transpose_sse2(rows) };
    #[cfg(not(target_arch = "x86_64"))]
    std::array::from_fn(|pair| rows.map(|row| [row[2 * pair], row[2 * pair + 1]]))
}

/// Three rounds of interleaving the first four lines with the last four.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sse2")]
#[inline]
fn transpose_sse2(rows: [[u8; 16]; 8]) -> [[[u8; 2]; 8]; 8] {
    let mut lines = [_mm_setzero_si128(); 8];
    for (line, row) in lines.iter_mut().zip(&rows) {
        // SAFETY: an unaligned load of the 16 bytes of `row`.
        *line = unsafe { _mm_loadu_si128(row.as_ptr().cast()) };
    }
    for _ in 0..3 {
        let [a, b, c, d, e, f, g, h] = lines;
        let halves = [(a, e), (b, f), (c, g), (d, h)];
        for (lines, (low, high)) in lines.as_chunks_mut().0.iter_mut().zip(halves) {
            *lines = [_mm_unpacklo_epi16(low, high), _mm_unpackhi_epi16(low, high)];
        }
    }
    let mut out = [[[0; 2]; 8]; 8];
    for (out, line) in out.iter_mut().zip(lines) {
        // SAFETY: an unaligned store to the 16 bytes of `out`.
        unsafe { _mm_storeu_si128(out.as_mut_ptr().cast(), line) };
    }
    out
}
