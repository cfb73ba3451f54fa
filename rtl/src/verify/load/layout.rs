//! What lies in memory for a load or a gather, and what each piece of it writes: the layouts of the golden memory, written out.

use super::command::Shape;
use crate::hdl::Error;
use crate::verify::Draw;
use kernels::bitmask::{encode, mask};
use std::collections::HashMap;

/// A write into the operand buffers.
#[derive(Clone, Debug, Default)]
pub(super) struct Write {
    /// Tile, vectors whose masks are written, and the masks of the tile's vectors, if masks are.
    pub(super) masks: Option<(u64, u64, Vec<u64>)>,
    /// Masks and codes that count as written.
    pub(super) masks_written: u64,
    /// Banks that are written, the row, and its codes.
    pub(super) enable: u64,
    pub(super) row: u64,
    pub(super) codes: Vec<u8>,
}

/// What a piece does.
#[derive(Clone, Debug)]
pub(super) enum Effect {
    /// It is a part of something, or pads.
    Nothing,
    /// It goes to the auxiliary buffer, to this place, in pieces.
    Aux(u64),
    /// It ends something that is written.
    Write(Write),
}

/// Bytes of both memories at their addresses; what nobody put there is a function of the address.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    bytes: HashMap<u64, u8>,
}

impl Memory {
    pub(super) fn put(&mut self, start: u64, bytes: &[u8]) {
        self.bytes.extend((start..).zip(bytes.iter().copied()));
    }

    /// `count` bytes from `start` on.
    pub(super) fn read(&self, start: u64, count: u64) -> Vec<u8> {
        let other = |at: u64| (at.wrapping_mul(0x9e37_79b9) >> 13) as u8;
        (start..start + count).map(|at| self.bytes.get(&at).copied().unwrap_or_else(|| other(at))).collect()
    }
}

/// A random vector: null, or with some zeros.
pub(super) fn vector(shape: &Shape, draw: &mut Draw) -> Vec<u8> {
    let (lanes, most) = (shape.lanes, draw.below(4));
    let code = |draw: &mut Draw| if draw.below(3) < most { draw.bits(shape.code) as u8 } else { 0 };
    (0..lanes).map(|_| code(draw)).collect()
}

/// A vector behind the encoder.
pub(super) fn encoded(shape: &Shape, tile: u64, row: u64, codes: &[u8]) -> Write {
    let all = shape.all();
    let mut masks = vec![0; shape.lanes];
    masks[row as usize] = mask(codes);
    let fields = if row == 0 { all } else { 1 << row };
    let enable = if shape.gated { mask(codes) } else { all };
    let row = tile * shape.lanes as u64 + row;
    Write { masks: Some((tile, fields, masks)), masks_written: 1, enable, row, codes: codes.to_vec() }
}

/// Effects of the pieces of a vector: the last one ends it.
pub(super) fn of_vector(shape: &Shape, write: Write) -> Vec<Effect> {
    let mut list = vec![Effect::Nothing; shape.lanes / shape.piece - 1];
    list.push(Effect::Write(write));
    list
}

/// A packed run of tiles from `first` on: its bytes without padding, and what its pieces do; `spare` rows more than it needs.
pub(super) fn packed(
    shape: &Shape,
    first: u64,
    vectors: &[Vec<u8>],
    rows: u64,
) -> Result<(Vec<u8>, Vec<Effect>), Error> {
    let n = shape.lanes;
    let packed = encode(n, &vectors.concat())
        .map_err(|_| Error::size("load", "vectors", "whole and of a width that the kernels pack"))?;
    let mut bytes = Vec::new();
    let mut effects = Vec::new();
    for (tile, masks) in (first..).zip(packed.masks().chunks(n)) {
        let stream: Vec<u8> = (0..n * n / 8).map(|at| (masks[8 * at / n] >> (8 * at % n)) as u8).collect();
        bytes.extend(&stream);
        let per_piece = 8 * shape.piece / n;
        for first in (0..n).step_by(per_piece) {
            effects.push(Effect::Write(mask_piece(shape, tile, masks, first..first + per_piece)));
        }
    }
    bytes.extend(packed.rows());
    bytes.resize(bytes.len() + (rows as usize - packed.row_count()) * n, 0);
    let codes = bytes[bytes.len() - rows as usize * n..].chunks(n).map(<[u8]>::to_vec);
    for (row, codes) in (first * n as u64..).zip(codes) {
        let enable = if shape.gated { mask(&codes) } else { shape.all() };
        effects.extend(of_vector(shape, Write { enable, row, codes, ..Write::default() }));
    }
    Ok((bytes, effects))
}

/// The masks of some vectors of a tile; the first clear the others.
fn mask_piece(shape: &Shape, tile: u64, masks: &[u64], vectors: std::ops::Range<usize>) -> Write {
    let fields =
        if vectors.start == 0 { shape.all() } else { vectors.clone().fold(0, |any, at| any | 1 << at) };
    let masks_written = vectors.len() as u64;
    let here = (0..shape.lanes).map(|at| if vectors.contains(&at) { masks[at] } else { 0 }).collect();
    Write { masks: Some((tile, fields, here)), masks_written, ..Write::default() }
}

/// A row of a table in the NVM: of each group its masks, then its codes that are not zero. Also the bytes after which each vector
/// can leave: those of its masks, if it is the first of a group, and of its codes.
pub(super) fn table_row(shape: &Shape, vectors: &[Vec<u8>]) -> (Vec<u8>, Vec<[u64; 2]>) {
    let (mut bytes, mut needs) = (Vec::new(), Vec::new());
    for group in vectors.chunks((8 / shape.lanes).max(1)) {
        let codes = group.concat();
        let masks: Vec<u8> = codes
            .chunks(8)
            .map(|eight| (0..).zip(eight).fold(0, |byte, (at, code)| byte | u8::from(*code != 0) << at))
            .collect();
        bytes.extend(&masks);
        bytes.extend(codes.iter().filter(|code| **code != 0));
        for (at, vector) in group.iter().enumerate() {
            let ahead = if at == 0 { masks.len() as u64 } else { 0 };
            needs.push([ahead, vector.iter().filter(|code| **code != 0).count() as u64]);
        }
    }
    (bytes, needs)
}
