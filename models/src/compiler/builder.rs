//! What every stage of the lowering uses: emission of commands, chunks of weights, moves of activations.

use super::frame::Slots;
use super::hazards::Hazards;
use super::weights::{Chunk, Matrix, Zeros, packed_rows, place};
use super::{Inference, Shape};
use crate::design::Design;
use crate::program::command::{AuxRange, Base};
use crate::program::{
    Command, Encoding, Epilogue, Form, Matmul, Occupancy, Operand, Operation, Parameter, Placement, Region,
    Space, Stage, Stored, Tag, Transfer,
};
use kernels::activation::Activation;
use std::ops::Range;

/// A weight matrix that has been laid out.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    /// Its chunks.
    pub chunks: Vec<Chunk>,
    /// What it is.
    pub matrix: Matrix,
    /// Base register of its section.
    pub base: Base,
    /// What follows the product.
    pub activation: Activation,
}

/// A program under construction.
pub(super) struct Builder<'a> {
    /// The machine.
    pub design: &'a Design,
    /// What is inferred.
    pub job: &'a Inference,
    /// The weights' zeros, where they are known.
    pub zeros: Option<&'a dyn Zeros>,
    /// Sizes in tiles, of the layer that is lowered.
    pub shape: Shape,
    /// Layer that is lowered, from 0, where each has commands of its own.
    pub layer: Option<u32>,
    /// Lanes.
    pub n: u32,
    /// Commands so far.
    pub commands: Vec<Command>,
    /// What the compiler chose.
    pub choices: Vec<String>,
    /// Where parameters lie.
    pub placements: Vec<Placement>,
    /// Bytes laid out so far in the section of encoder weights.
    pub layer_bytes: u64,
    /// Bytes laid out so far in the section of off-ramp weights.
    pub ramp_bytes: u64,
    /// Bytes laid out so far at absolute addresses of external memory.
    pub fixed_bytes: u64,
    hazards: Hazards,
}

impl<'a> Builder<'a> {
    /// An empty program.
    pub(super) fn new(
        design: &'a Design,
        job: &'a Inference,
        shape: Shape,
        zeros: Option<&'a dyn Zeros>,
    ) -> Self {
        Builder {
            design,
            job,
            zeros,
            shape,
            layer: None,
            n: design.pu.n,
            commands: Vec::new(),
            choices: Vec::new(),
            placements: Vec::new(),
            layer_bytes: 0,
            ramp_bytes: 0,
            fixed_bytes: 0,
            hazards: Hazards::new(design),
        }
    }

    /// Appends a command that waits for what it depends on.
    pub(super) fn emit(&mut self, operation: Operation, stage: Stage, head: Option<u32>, part: (u32, u32)) {
        let waits = self.hazards.claim(&operation);
        self.commands.push(Command { operation, waits, tag: Tag { stage, layer: self.layer, head, part } });
    }

    /// Appends a control command.
    pub(super) fn control(&mut self, operation: Operation) {
        self.emit(operation, Stage::Control, None, (0, 0));
    }

    /// Copies of a region that let one head's data outlive the next head's start.
    pub(super) fn copies(&self) -> u32 {
        if self.design.sequencer.overlap { 2 } else { 1 }
    }

    /// The section behind a base register: its length so far.
    fn section(&mut self, base: Base) -> &mut u64 {
        match base {
            Base::Zero => &mut self.fixed_bytes,
            Base::Layer => &mut self.layer_bytes,
            Base::Ramp => &mut self.ramp_bytes,
        }
    }

    /// Room for `bytes` in the section behind `base`; the offset.
    pub(super) fn reserve(&mut self, base: Base, bytes: u64) -> u64 {
        let section = self.section(base);
        let offset = *section;
        *section = (offset + bytes).next_multiple_of(super::weights::ALIGN);
        offset
    }

    /// Room for `blocks × tiles` tiles of activations.
    pub(super) fn tensor(&mut self, blocks: u32, tiles: u32) -> Stored {
        let tensor = Stored { offset: 0, blocks, tiles };
        Stored { offset: self.reserve(Base::Zero, tensor.bytes(self.n)), ..tensor }
    }

    /// Room for a parameter of `bytes` in the section behind `base`; the offset.
    pub(super) fn keep(&mut self, parameter: Parameter, base: Base, bytes: u64, form: Form) -> u64 {
        let offset = self.reserve(base, bytes);
        let space = Space::External;
        self.placements.push(Placement { parameter, layer: self.layer, space, base, offset, bytes, form });
        offset
    }

    /// Lays out a weight matrix in chunks of up to `tiles` column tiles.
    pub(super) fn place(&mut self, parameter: Parameter, matrix: Matrix, tiles: u32, base: Base) -> Placed {
        let (n, zeros, layer) = (self.n, self.zeros, self.layer);
        let rows = |blocks: Range<u32>, vectors| match zeros {
            Some(zeros) => zeros.rows(parameter, layer, blocks),
            None => packed_rows(n, vectors, matrix.density),
        };
        let section = self.section(base);
        let (chunks, end) = place(n, &matrix, tiles, *section, rows);
        *section = end;
        self.placements.extend(chunks.iter().map(|chunk| Placement {
            parameter,
            layer,
            space: Space::External,
            base,
            offset: chunk.offset,
            bytes: chunk.bytes,
            form: chunk.form(matrix.padded_length / n),
        }));
        Placed { chunks, matrix, base, activation: Activation::Identity }
    }

    /// A matrix of encoder weights.
    pub(super) fn weights(&self, columns: u32, length: u32, padded_length: u32) -> Matrix {
        let padded_columns = columns.next_multiple_of(self.n);
        Matrix { columns, padded_columns, length, padded_length, density: self.shape.density }
    }

    /// Loads a chunk into the next slot; returns it as an operand with its bias.
    pub(super) fn load_chunk(
        &mut self,
        placed: &Placed,
        chunk: &Chunk,
        slots: &mut Slots,
        tag: (Stage, Option<u32>, (u32, u32)),
    ) -> (Operand, AuxRange) {
        let n = self.n;
        let (region, bias) = slots.next(n, chunk.blocks, placed.matrix.padded_length / n);
        let occupancy = Occupancy::unstructured(placed.matrix.density, n);
        let transfer = Transfer {
            base: placed.base,
            offset: chunk.offset,
            blocks: 1,
            stride: chunk.bytes,
            block_bytes: chunk.bytes,
            aux: Some(AuxRange { start: bias.start, bytes: chunk.aux_bytes }),
            encoding: chunk.encoding,
            region: Some(region),
            occupancy,
        };
        self.emit(Operation::Load(transfer), tag.0, tag.1, tag.2);
        let packed = matches!(chunk.encoding, Encoding::Packed { .. });
        let bias = AuxRange { start: bias.start, bytes: 2 * chunk.blocks * n };
        (Operand { region, packed, occupancy }, bias)
    }

    /// `out = activation(rows · weightsᵀ + bias)`, chunk by chunk; `tokens` rows count.
    pub(super) fn linear(
        &mut self,
        rows: Operand,
        tokens: u32,
        placed: &Placed,
        slots: &mut Slots,
        out: Region,
        tag: (Stage, Option<u32>, u32),
    ) {
        for (index, chunk) in placed.chunks.iter().enumerate() {
            let part = (tag.2, index as u32);
            let (columns, bias) = self.load_chunk(placed, chunk, slots, (tag.0, tag.1, part));
            let matmul = Matmul {
                rows,
                columns,
                out: out.columns(self.n, chunk.first, chunk.blocks),
                out_occupancy: Occupancy::DENSE,
                epilogue: Epilogue {
                    bias: Some(bias),
                    row_bias: false,
                    activation: placed.activation,
                    shift: 0,
                },
                useful_macs: u64::from(tokens) * u64::from(chunk.columns) * u64::from(placed.matrix.length),
            };
            self.emit(Operation::Matmul(matmul), tag.0, tag.1, part);
        }
    }

    /// `out = (weights · columnsᵀ + bias)`: a projection that comes out transposed, so that its result lies along tokens.
    pub(super) fn linear_transposed(
        &mut self,
        columns: Operand,
        tokens: u32,
        placed: &Placed,
        slots: &mut Slots,
        out: Region,
        tag: (Stage, Option<u32>, u32),
    ) {
        for (index, chunk) in placed.chunks.iter().enumerate() {
            let part = (tag.2, index as u32);
            let (rows, bias) = self.load_chunk(placed, chunk, slots, (tag.0, tag.1, part));
            let matmul = Matmul {
                rows,
                columns,
                out: out.rows(chunk.first, chunk.blocks),
                out_occupancy: Occupancy::DENSE,
                epilogue: Epilogue {
                    bias: Some(bias),
                    row_bias: true,
                    activation: Activation::Identity,
                    shift: 0,
                },
                useful_macs: u64::from(tokens) * u64::from(chunk.columns) * u64::from(placed.matrix.length),
            };
            self.emit(Operation::Matmul(matmul), tag.0, tag.1, part);
        }
    }

    /// The move between `region` and the tiles of `tensor` from row block `block` and column tile `tile` on.
    pub(super) fn transfer(&self, tensor: Stored, block: u32, tile: u32, region: Region) -> Transfer {
        let square = u64::from(self.n) * u64::from(self.n);
        let stride = u64::from(tensor.tiles) * square;
        Transfer {
            base: Base::Zero,
            offset: tensor.offset + u64::from(block) * stride + u64::from(tile) * square,
            blocks: region.blocks,
            stride,
            block_bytes: u64::from(region.tiles) * square,
            aux: None,
            encoding: Encoding::Dense,
            region: Some(region),
            occupancy: Occupancy::DENSE,
        }
    }

    /// A move of `bytes` from the section behind `base` to the auxiliary buffer.
    pub(super) fn load_aux(
        &mut self,
        base: Base,
        offset: u64,
        aux: AuxRange,
        stage: Stage,
        head: Option<u32>,
    ) {
        let transfer = Transfer {
            base,
            offset,
            blocks: 1,
            stride: aux.bytes.into(),
            block_bytes: aux.bytes.into(),
            aux: Some(aux),
            encoding: Encoding::Dense,
            region: None,
            occupancy: Occupancy::DENSE,
        };
        self.emit(Operation::Load(transfer), stage, head, (0, 0));
    }

    /// Real tokens among `blocks` row blocks from block `first` on.
    pub(super) fn tokens(&self, first: u32, blocks: u32) -> u32 {
        self.job.sequence.saturating_sub(first * self.n).min(blocks * self.n)
    }
}

/// An activation operand: a row for each vector, no zeros known.
pub(super) fn dense(region: Region) -> Operand {
    Operand { region, packed: false, occupancy: Occupancy::DENSE }
}
