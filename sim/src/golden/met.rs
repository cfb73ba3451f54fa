//! Zeros that a command meets, counted in the buffers as it runs.

use super::buffers::Buffers;
use super::fault::Cause;
use crate::contents::{Contents, Tile};
use models::program::{Operand, Operation, Region};

/// Codes that are not zero in the first `rows` rows of a region.
fn codes(buffers: &Buffers, region: &Region, n: usize, rows: usize) -> Result<u64, Cause> {
    let mut count = 0;
    for (row, tile) in (0..rows).flat_map(|row| (0..region.tiles as usize).map(move |tile| (row, tile))) {
        count += nonzero(buffers.codes(region, row, tile, n)?);
    }
    Ok(count)
}

fn nonzero(vector: &[u8]) -> u64 {
    vector.iter().filter(|code| **code != 0).count() as u64
}

/// Every tile of an operand.
fn tiles(buffers: &Buffers, operand: &Operand, n: usize) -> Result<Vec<Tile>, Cause> {
    let region = &operand.region;
    let mut list = Vec::new();
    for (block, tile) in
        (0..region.blocks as usize).flat_map(|b| (0..region.tiles as usize).map(move |t| (b, t)))
    {
        let mut sum = Tile::default();
        for row in block * n..(block + 1) * n {
            let count = nonzero(buffers.codes(region, row, tile, n)?);
            sum.vectors += u64::from(count > 0);
            sum.codes += count;
        }
        list.push(sum);
    }
    Ok(list)
}

/// What a command will read.
pub(super) fn reads(buffers: &Buffers, operation: &Operation, n: usize) -> Result<Contents, Cause> {
    let all = |region: &Region| region.blocks as usize * n;
    let read = |region: &Region, rows: usize| codes(buffers, region, n, rows);
    let mut contents = Contents::default();
    match operation {
        Operation::Matmul(m) => {
            contents.tiles = [tiles(buffers, &m.rows, n)?, tiles(buffers, &m.columns, n)?];
        }
        Operation::Store(t) => {
            contents.read[0] = t.region.map_or(Ok(0), |region| read(&region, all(&region)))?;
        }
        Operation::Softmax(s) => contents.read[0] = read(&s.input, s.rows as usize)?,
        Operation::LayerNorm(l) => {
            contents.read = [read(&l.a, l.rows as usize)?, read(&l.b, l.rows as usize)?];
        }
        Operation::Entropy(e) => contents.read[0] = read(&e.input, 1)?,
        _ => {}
    }
    Ok(contents)
}

/// Codes that are not zero in what a command has written.
pub(super) fn written(buffers: &Buffers, operation: &Operation, n: usize) -> Result<u64, Cause> {
    let all = |region: &Region| codes(buffers, region, n, region.blocks as usize * n);
    let some = |region: &Region, rows: u32| codes(buffers, region, n, rows as usize);
    match operation {
        Operation::Load(t) => t.region.map_or(Ok(0), |region| all(&region)),
        Operation::Gather(g) => some(&g.region, g.rows),
        Operation::Matmul(m) => all(&m.out),
        Operation::Softmax(s) => some(&s.out, s.rows),
        Operation::LayerNorm(l) => some(&l.out, l.rows),
        _ => Ok(0),
    }
}
