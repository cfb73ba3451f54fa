//! The loop nest of a matrix product over masks alone: what each phase fills and streams.

use super::Draw;
use super::command::word;
use models::design::{Design, Sparsity};

/// A product: blocks of rows, blocks of columns, tiles of the reduction, and the masks of both operands.
pub(super) struct Nest {
    pub(super) n: usize,
    pub(super) gated: bool,
    skip: bool,
    blocks: [usize; 3],
    /// First tile and tiles from block to block, of rows and of columns; tiles of the buffer.
    base: [u64; 2],
    stride: [u64; 2],
    buffer_tiles: u64,
    /// Masks of each tile, by block and tile, of rows and of columns.
    masks: [Vec<Vec<i64>>; 2],
}

/// A phase: a tile fills while the one before streams. Tiles are numbered in the order of the nest.
pub(super) struct Phase {
    pub(super) fill: Option<usize>,
    pub(super) fills: Vec<usize>,
    pub(super) stream: Option<usize>,
    pub(super) streams: Vec<usize>,
}

impl Phase {
    /// As long as the longer of both, one cycle at least.
    pub(super) fn cycles(&self) -> usize {
        self.fills.len().max(self.streams.len()).max(1)
    }
}

impl Nest {
    pub(super) fn draw(draw: &mut Draw, design: &Design, blocks: [usize; 3]) -> Nest {
        let n = design.pu.n as usize;
        let buffer_tiles = design.buffer_vectors() / n as u64;
        let tile = |draw: &mut Draw| {
            let null = draw.once_in(3);
            (0..n).map(|_| if null { 0 } else { draw.mask(n).cast_signed() }).collect()
        };
        let [p, q, k] = blocks;
        let masks = [p, q].map(|blocks| (0..blocks * k).map(|_| tile(draw)).collect());
        let places = |draw: &mut Draw| [0; 2].map(|_: u8| draw.below(buffer_tiles));
        let (gated, skip) = (design.pu.sparsity != Sparsity::Dense, design.pu.sparsity == Sparsity::Skip);
        Nest { n, gated, skip, blocks, base: places(draw), stride: places(draw), buffer_tiles, masks }
    }

    pub(super) fn word(&self, draw: &mut Draw) -> Vec<u32> {
        let [p, q, k] = self.blocks.map(|count| count as u64);
        word(
            draw,
            "matmul",
            &[
                ("rows.base", self.base[0]),
                ("columns.base", self.base[1]),
                ("rows.stride", self.stride[0]),
                ("columns.stride", self.stride[1]),
                ("row_blocks", p),
                ("column_blocks", q),
                ("tiles", k),
            ],
        )
    }

    pub(super) fn tiles(&self) -> usize {
        self.blocks.iter().product()
    }

    /// Row block, column block and reduction tile: the order of the nest.
    fn of(&self, tile: usize) -> [usize; 3] {
        let [_, q, k] = self.blocks;
        [tile / (q * k), tile / k % q, tile % k]
    }

    pub(super) fn last_tile(&self, tile: usize) -> bool {
        self.of(tile)[2] + 1 == self.blocks[2]
    }

    pub(super) fn last_column(&self, tile: usize) -> bool {
        self.of(tile)[1] + 1 == self.blocks[1]
    }

    /// Places in the buffers of both operands.
    pub(super) fn places(&self, tile: usize) -> [u64; 2] {
        let [p, q, k] = self.of(tile).map(|at| at as u64);
        [(p, 0), (q, 1)].map(|(block, side): (u64, usize)| {
            (self.base[side] + block * self.stride[side] + k) % self.buffer_tiles
        })
    }

    /// Masks of both operands.
    pub(super) fn masks(&self, tile: usize) -> [&Vec<i64>; 2] {
        let ([p, q, k], tiles) = (self.of(tile), self.blocks[2]);
        [&self.masks[0][p * tiles + k], &self.masks[1][q * tiles + k]]
    }

    /// Lanes that multiply with a row: those whose column is not null, if the row is not.
    pub(super) fn lanes_on(&self, tile: usize, row: usize) -> u64 {
        let [rows, columns] = self.masks(tile);
        let set = |masks: &[i64]| (0..self.n).map(|at| u64::from(masks[at] != 0) << at).sum();
        match (self.gated, rows[row]) {
            (false, _) => u64::MAX >> (64 - self.n),
            (true, 0) => 0,
            (true, _) => set(columns),
        }
    }

    /// Vectors of a tile that fill and that stream.
    fn vectors(&self, tile: usize) -> [Vec<usize>; 2] {
        let set = |masks: &Vec<i64>| (0..self.n).filter(|at| masks[*at] != 0).collect::<Vec<_>>();
        let ([rows, columns], every) = (self.masks(tile).map(set), (0..self.n).collect::<Vec<_>>());
        let null = rows.is_empty() || columns.is_empty();
        let fills = match self.skip {
            false => every.clone(),
            true if null => vec![],
            true => columns,
        };
        let streams = match self.skip && !self.last_tile(tile) {
            false => every,
            true if null => vec![],
            true => rows,
        };
        [fills, streams]
    }

    /// All phases: one for each tile that fills, and one in which the last streams.
    pub(super) fn phases(&self) -> Vec<Phase> {
        let (mut phases, mut stream, mut streams) = (vec![], None, vec![]);
        for tile in 0..self.tiles() {
            let [fills, next] = self.vectors(tile);
            phases.push(Phase { fill: Some(tile), fills, stream, streams });
            (stream, streams) = (Some(tile), next);
        }
        phases.push(Phase { fill: None, fills: vec![], stream, streams });
        phases
    }
}
