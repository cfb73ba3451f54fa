//! Random loads and gathers: the command, the memories that they read, and what must come of them.

use super::layout::{Effect, Memory, Write, encoded, of_vector, packed, table_row, vector};
use crate::hdl::Error;
use crate::unit::piece_bytes;
use crate::verify::Draw;
use models::design::{Design, Sparsity};
use models::program::command::AuxRange;
use models::program::{
    Base, Encoding, Gather, Index, MAX_TOKENS, Occupancy, Operation, Region, Space, Transfer,
};
use std::collections::BTreeMap;

/// The sizes of a design that count here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) lanes: usize,
    /// Bits of a code; bytes of a piece and of a word of the NVM.
    pub(super) code: usize,
    pub(super) piece: usize,
    pub(super) word: u64,
    pub(super) gated: bool,
    /// Tiles of an operand buffer.
    tiles: u64,
}

impl Shape {
    pub(super) fn new(design: &Design) -> Shape {
        let lanes = design.pu.n as usize;
        Shape {
            lanes,
            code: design.format.width().into(),
            piece: piece_bytes(design),
            word: u64::from(design.nvm.width_bits / 8),
            gated: design.pu.sparsity != Sparsity::Dense,
            tiles: design.buffer_vectors() / lanes as u64,
        }
    }

    /// All lanes.
    pub(super) fn all(&self) -> u64 {
        (1 << self.lanes) - 1
    }
}

/// A row of a table in the NVM.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// Its first byte, and how many bytes each vector needs: of masks ahead of it, and of codes.
    pub(super) start: u64,
    pub(super) needs: Vec<[u64; 2]>,
    pub(super) writes: Vec<Write>,
}

/// A command and all around it.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) operation: Operation,
    pub(super) buffer: u64,
    /// Bases of the layer and of its off-ramp.
    pub(super) bases: [u64; 2],
    pub(super) tokens: Vec<u16>,
    pub(super) memory: Memory,
    /// First byte of each run on the bus and the byte after its last, as they are cut into bursts.
    pub(super) runs: Vec<[u64; 2]>,
    /// What each piece on the bus does.
    pub(super) effects: Vec<Effect>,
    /// Rows from the NVM, and the words that are read of each.
    pub(super) rows: Vec<Row>,
    pub(super) words: u64,
}

/// A random command.
pub(super) fn case(shape: &Shape, draw: &mut Draw) -> Result<Case, Error> {
    let gathers = draw.once_in(2);
    let bases = [draw.bits(30) & !3, draw.bits(30) & !3].map(|base| base / 128 * 128);
    let tokens = (0..MAX_TOKENS).map(|_| draw.below(7) as u16).collect();
    let (memory, runs, effects, rows) = Default::default();
    let operation = Operation::Barrier;
    let mut case = Case { operation, buffer: 0, bases, tokens, memory, runs, effects, rows, words: 0 };
    if gathers {
        case.gather(shape, draw);
    } else {
        case.load(shape, draw)?;
    }
    Ok(case)
}

/// Most tiles of a row, now and then: long rows of a table touch every byte of a word of the NVM.
const WIDE: u64 = 12;

/// Row blocks that fit the buffer: the region, with runs of so many blocks.
fn region(shape: &Shape, draw: &mut Draw, runs: u32, per_run: u32) -> Region {
    let n = shape.lanes as u32;
    let (blocks, wide) = (runs * per_run, draw.once_in(3));
    let room = (shape.tiles - 1) / u64::from(blocks) - 1;
    let tiles = 1 + draw.below(if wide { room.min(WIDE) } else { 3 }) as u32;
    let gap = if per_run == 1 { draw.below(2) as u32 } else { 0 };
    let stride = tiles + gap;
    let base = draw.below(shape.tiles - u64::from(blocks * stride)) as u32;
    Region { buffer: draw.below(2) as u8, base: base * n, block_stride: stride * n, blocks, tiles }
}

impl Case {
    fn load(&mut self, shape: &Shape, draw: &mut Draw) -> Result<(), Error> {
        let unit = shape.piece.max(4) as u64;
        let (count, per_run) = (1 + draw.below(3) as u32, 1 + draw.below(2) as u32);
        let region = (!draw.once_in(6)).then(|| region(shape, draw, count, per_run));
        let aux = (region.is_none() || draw.once_in(3)).then(|| AuxRange {
            start: (unit * draw.below(9)) as u32,
            bytes: (unit * (1 + draw.below(9))) as u32,
        });
        let is_packed = region.is_some() && shape.lanes >= 8 && draw.once_in(2);
        let mut parts: Vec<Run> = vec![];
        if let Some(region) = region {
            self.buffer = region.buffer.into();
            let rows = u64::from(region.tiles) * u64::from(per_run) * shape.lanes as u64 + draw.below(3);
            for run in 0..count {
                let part = region.rows(run * per_run, per_run);
                parts.push(run_of(shape, draw, (part, rows, is_packed))?);
            }
        } else {
            parts.push(Default::default());
        }
        let encoding = parts[0].2.map_or(Encoding::Dense, |rows| Encoding::Packed { rows });
        let head = aux.map_or(0, |aux| u64::from(aux.bytes));
        let block_bytes = (head + parts[0].0.len() as u64).next_multiple_of(unit) + unit * draw.below(3);
        let blocks = parts.len() as u32;
        let stride = block_bytes + if draw.once_in(3) { 0 } else { unit * draw.below(9) };
        let (base, bytes) =
            draw.one(&[(Base::Zero, 0), (Base::Layer, self.bases[0]), (Base::Ramp, self.bases[1])]);
        let offset = unit * draw.below(3000);
        for (run, (bytes_of_run, effects, _)) in (0..).zip(parts) {
            self.run(
                shape,
                (bytes + offset + run * stride, block_bytes),
                aux.filter(|_| run == 0),
                (bytes_of_run, effects),
            );
        }
        if blocks > 1 && stride == block_bytes {
            self.runs = vec![[self.runs[0][0], self.runs[blocks as usize - 1][1]]];
        }
        let occupancy = Occupancy::DENSE;
        self.operation = Operation::Load(Transfer {
            base,
            offset,
            blocks,
            stride,
            block_bytes,
            aux,
            encoding,
            region,
            occupancy,
        });
        Ok(())
    }

    /// One run, in memory and in pieces.
    fn run(
        &mut self,
        shape: &Shape,
        (start, bytes): (u64, u64),
        aux: Option<AuxRange>,
        (codes, effects): (Vec<u8>, Vec<Effect>),
    ) {
        let piece = shape.piece as u64;
        let head = aux.map_or(0, |aux| u64::from(aux.bytes));
        self.runs.push([start, start + bytes]);
        self.memory.put(start + head, &codes);
        let first = aux.map_or(0, |aux| u64::from(aux.start)) / piece;
        let pieces = self.effects.len() + (bytes / piece) as usize;
        self.effects.extend((first..first + head / piece).map(Effect::Aux));
        self.effects.extend(effects);
        self.effects.resize(pieces, Effect::Nothing);
    }

    fn gather(&mut self, shape: &Shape, draw: &mut Draw) {
        let n = shape.lanes as u64;
        let space = draw.one(&[Space::Nvm, Space::External]);
        let index = draw.one(&[Index::Word, Index::Position]);
        let region = region(shape, draw, 2, 1);
        self.buffer = region.buffer.into();
        let rows = 1 + draw.below(2 * n);
        let first = draw.below(u64::from(MAX_TOKENS) - rows + 1);
        let indices: Vec<u64> = (first..first + rows)
            .map(|at| if index == Index::Word { self.tokens[at as usize].into() } else { at })
            .collect();
        let tiles = u64::from(region.tiles);
        let contents: BTreeMap<u64, Vec<Vec<u8>>> =
            indices.iter().map(|row| (*row, (0..tiles).map(|_| vector(shape, draw)).collect())).collect();
        let longest = contents.values().map(|row| table_row(shape, row).0.len() as u64).max().unwrap_or(1);
        let (row_bytes, pitch) = match space {
            Space::Nvm => (longest, longest + draw.below(9)),
            Space::External => (tiles * n, (tiles * n).next_power_of_two() << draw.below(3)),
        };
        let offset = draw.below(5000) * if space == Space::Nvm { 1 } else { pitch };
        self.words = (row_bytes + 2 * (shape.word - 1)) / shape.word;
        for (row, index) in (0..).zip(&indices) {
            let (start, vectors) = (offset + index * pitch, &contents[index]);
            let place = u64::from(region.base) / n + row / n * u64::from(region.block_stride) / n;
            let writes = (place..).zip(vectors).map(|(tile, codes)| encoded(shape, tile, row % n, codes));
            if space == Space::Nvm {
                let (bytes, needs) = table_row(shape, vectors);
                self.memory.put(start, &bytes);
                self.rows.push(Row { start, needs, writes: writes.collect() });
            } else {
                let effects = writes.flat_map(|write| of_vector(shape, write)).collect();
                self.run(shape, (start, row_bytes), None, (vectors.concat(), effects));
            }
        }
        let (first, rows) = (first as u32, rows as u32);
        let occupancy = Occupancy::DENSE;
        self.operation = Operation::Gather(Gather {
            index,
            space,
            offset,
            pitch,
            row_bytes,
            first,
            rows,
            region,
            occupancy,
        });
    }
}

/// Bytes of a run, what its pieces do, and the rows of its banks if it is packed.
type Run = (Vec<u8>, Vec<Effect>, Option<u32>);

/// Codes of a run, what its pieces do, and the rows of its banks if it is packed.
fn run_of(
    shape: &Shape,
    draw: &mut Draw,
    (region, rows, is_packed): (Region, u64, bool),
) -> Result<Run, Error> {
    let n = shape.lanes as u64;
    let first = u64::from(region.base) / n;
    let vectors: Vec<Vec<u8>> =
        (0..region.vectors(shape.lanes as u32)).map(|_| vector(shape, draw)).collect();
    if is_packed {
        let (bytes, effects) = packed(shape, first, &vectors, rows)?;
        return Ok((bytes, effects, Some(rows as u32)));
    }
    let writes = (0..).zip(&vectors).map(|(at, codes)| encoded(shape, first + at / n, at % n, codes));
    let effects = writes.flat_map(|write| of_vector(shape, write)).collect();
    Ok((vectors.concat(), effects, None))
}
