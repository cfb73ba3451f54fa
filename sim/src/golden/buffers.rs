//! Operand buffers and auxiliary buffer: codes and bytes, read as the tensors that regions are.
//!
//! A packed chunk is decoded when it is loaded, so a buffer is an array of vectors of `n` codes.

use super::fault::Cause;
use super::memory::range;
use kernels::adaptivfloat::{Format, Tensor};
use models::design::Design;
use models::program::Region;
use models::program::command::AuxRange;
use std::ops::Range;

/// The contents of all buffers.
#[derive(Clone, Debug)]
pub(super) struct Buffers {
    n: usize,
    codes: [Vec<u8>; 2],
    aux: Vec<u8>,
}

impl Buffers {
    /// Every byte is `fill`: what stood there before must not matter.
    pub(super) fn new(design: &Design, fill: u8) -> Self {
        let codes = vec![fill; design.buffer.bytes as usize];
        Buffers {
            n: design.pu.n as usize,
            codes: [codes.clone(), codes],
            aux: vec![fill; design.aux.bytes as usize],
        }
    }

    /// Where row `row` of tile `tile` of a region lies.
    fn vector(&self, region: &Region, row: usize, tile: usize) -> Result<Range<usize>, Cause> {
        let n = self.n as u64;
        let block = row as u64 / n * u64::from(region.block_stride);
        let vector = u64::from(region.base) + block + tile as u64 * n + row as u64 % n;
        let codes = self.codes.get(usize::from(region.buffer)).ok_or(Cause::Empty)?;
        range(vector * n, n, codes.len())
    }

    /// The codes of row `row` of tile `tile` of a region, `n` of them.
    pub(super) fn codes(&self, region: &Region, row: usize, tile: usize, n: usize) -> Result<&[u8], Cause> {
        debug_assert_eq!(n, self.n, "one width for all buffers");
        let at = self.vector(region, row, tile)?;
        Ok(&self.codes[usize::from(region.buffer)][at])
    }

    /// The first `rows` rows of a region.
    pub(super) fn read(
        &self,
        region: &Region,
        rows: usize,
        format: Format,
        bias: i32,
    ) -> Result<Tensor, Cause> {
        let (tiles, n) = (region.tiles as usize, self.n);
        if rows > region.blocks as usize * n {
            return Err(Cause::Ragged);
        }
        let mut tensor = Tensor::zeros(format, bias, tiles * n, rows);
        for row in 0..rows {
            for tile in 0..tiles {
                let from = self.vector(region, row, tile)?;
                let at = (row * tiles + tile) * n;
                tensor.codes.as_mut_slice()[at..at + n]
                    .copy_from_slice(&self.codes[usize::from(region.buffer)][from]);
            }
        }
        Ok(tensor)
    }

    /// Writes the rows of a tensor to the first rows of a region; what is left of the last row block becomes zero, since the
    /// first vector of a tile clears the masks of the others.
    pub(super) fn write(&mut self, region: &Region, tensor: &Tensor) -> Result<(), Cause> {
        let n = self.n;
        if tensor.length() != region.tiles as usize * n || tensor.rows() > region.blocks as usize * n {
            return Err(Cause::Ragged);
        }
        for row in 0..tensor.rows() {
            for (tile, vector) in tensor.row(row).chunks(n).enumerate() {
                let to = self.vector(region, row, tile)?;
                self.codes[usize::from(region.buffer)][to].copy_from_slice(vector);
            }
        }
        for row in tensor.rows()..tensor.rows().next_multiple_of(n) {
            for tile in 0..region.tiles as usize {
                let to = self.vector(region, row, tile)?;
                self.codes[usize::from(region.buffer)][to].fill(0);
            }
        }
        Ok(())
    }

    /// Writes codes in the order of a region: row block by row block, tile by tile, row by row.
    pub(super) fn fill(&mut self, region: &Region, codes: &[u8]) -> Result<(), Cause> {
        for ((row, tile), vector) in order(region, self.n).zip(codes.chunks(self.n)) {
            let to = self.vector(region, row, tile)?;
            self.codes[usize::from(region.buffer)][to].copy_from_slice(vector);
        }
        Ok(())
    }

    /// All codes in the order of a region.
    pub(super) fn drain(&self, region: &Region) -> Result<Vec<u8>, Cause> {
        let mut codes = Vec::new();
        for (row, tile) in order(region, self.n) {
            codes.extend_from_slice(&self.codes[usize::from(region.buffer)][self.vector(region, row, tile)?]);
        }
        Ok(codes)
    }

    /// Bytes of the auxiliary buffer.
    pub(super) fn aux(&self, range: AuxRange) -> Result<&[u8], Cause> {
        let range = super::memory::range(range.start.into(), range.bytes.into(), self.aux.len())?;
        Ok(&self.aux[range])
    }

    /// 16-bit integers of the auxiliary buffer.
    pub(super) fn integers(&self, range: AuxRange) -> Result<Vec<i16>, Cause> {
        let pairs = self.aux(range)?.chunks_exact(2);
        Ok(pairs.map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect())
    }

    /// Writes bytes to the auxiliary buffer.
    pub(super) fn write_aux(&mut self, start: u32, bytes: &[u8]) -> Result<(), Cause> {
        let range = range(start.into(), bytes.len() as u64, self.aux.len())?;
        self.aux[range].copy_from_slice(bytes);
        Ok(())
    }
}

/// Rows and tiles of a region in its order.
fn order(region: &Region, n: usize) -> impl Iterator<Item = (usize, usize)> {
    let tiles = region.tiles as usize;
    (0..region.blocks as usize)
        .flat_map(move |block| (0..tiles).map(move |tile| (block, tile)))
        .flat_map(move |(block, tile)| (0..n).map(move |row| (block * n + row, tile)))
}
