//! Bytes: both memories outside the buffers, and a sparse row or chunk within them.
//!
//! Masks of a chunk are a stream of bits, lowest bit of a byte first: bit `v · n + j` stands for element `j` of vector `v`.

use super::fault::Cause;
use models::program::Space;
use std::ops::Range;

/// Contents of the memories.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// External memory, from address 0.
    pub external: Vec<u8>,
    /// NVM, from address 0.
    pub nvm: Vec<u8>,
}

impl Memory {
    fn bytes(&self, space: Space) -> &Vec<u8> {
        match space {
            Space::External => &self.external,
            Space::Nvm => &self.nvm,
        }
    }

    /// `bytes` bytes from `start` on.
    ///
    /// # Errors
    /// They reach behind the end of the memory.
    pub fn read(&self, space: Space, start: u64, bytes: u64) -> Result<&[u8], Cause> {
        let memory = self.bytes(space);
        memory.get(range(start, bytes, memory.len())?).ok_or(Cause::Empty)
    }

    /// Writes `data` from `start` on.
    ///
    /// # Errors
    /// It reaches behind the end of the memory.
    pub fn write(&mut self, space: Space, start: u64, data: &[u8]) -> Result<(), Cause> {
        let memory = match space {
            Space::External => &mut self.external,
            Space::Nvm => &mut self.nvm,
        };
        let range = range(start, data.len() as u64, memory.len())?;
        memory[range].copy_from_slice(data);
        Ok(())
    }
}

/// The range of `bytes` bytes from `start` on in `size`.
pub(super) fn range(start: u64, bytes: u64, size: usize) -> Result<Range<usize>, Cause> {
    match start.checked_add(bytes) {
        Some(end) if end <= size as u64 => Ok(start as usize..end as usize),
        end => Err(Cause::OutOfRange { end: end.unwrap_or(u64::MAX), size: size as u64 }),
    }
}

/// Elements of a table row whose masks lie together, ahead of their codes: a vector, or as many as fill a byte.
pub(super) fn group(n: usize) -> usize {
    n.max(8)
}

/// The bytes of the masks of vectors of `n` elements.
pub(super) fn mask_bytes(n: usize, masks: &[u64]) -> Vec<u8> {
    let mut bytes = vec![0; (masks.len() * n).div_ceil(8)];
    for bit in (0..masks.len() * n).filter(|bit| masks[bit / n] >> (bit % n) & 1 == 1) {
        bytes[bit / 8] |= 1 << (bit % 8);
    }
    bytes
}

/// The masks of `vectors` vectors of `n` elements; bits behind the end of `bytes` are zero.
pub(super) fn masks(n: usize, vectors: usize, bytes: &[u8]) -> Vec<u64> {
    let bit = |index: usize| u64::from(bytes.get(index / 8).map_or(0, |byte| byte >> (index % 8) & 1));
    (0..vectors).map(|v| (0..n).fold(0, |mask, j| mask | bit(v * n + j) << j)).collect()
}
