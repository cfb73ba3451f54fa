//! What each command does to the values, by the golden kernels.

use super::buffers::Buffers;
use super::fault::Cause;
use super::memory::{Memory, group, masks};
use super::met;
use super::numbers::{Numbers, Source};
use super::{Sentence, Stored};
use crate::contents::Met;
use kernels::adaptivfloat::{Format, Tensor};
use kernels::bitmask::{self, Packed};
use kernels::epilogue::{Bias, Epilogue};
use kernels::layernorm::{Parameters, gamma_parts, layernorm};
use models::design::Design;
use models::forward::Place;
use models::program::{
    Base, Command, Encoding, Entropy, Gather, Index, LayerNorm, Matmul, Operation, Softmax, Space, Transfer,
};

/// Everything that commands read and write.
pub(super) struct Machine<'a> {
    n: usize,
    format: Format,
    numbers: &'a Numbers,
    sentence: &'a Sentence,
    /// Contents of the memories.
    pub memory: Memory,
    buffers: Buffers,
    /// Base address of encoder weights.
    pub layer_base: u64,
    /// Base address of off-ramp weights.
    pub ramp_base: u64,
    /// Entropies so far.
    pub entropies: Vec<u32>,
    /// What the commands have met so far.
    pub met: Met,
    /// What the stores have written so far.
    pub stores: Vec<Stored>,
}

impl<'a> Machine<'a> {
    /// Before the first command; every byte of the buffers is `fill`.
    pub(super) fn new(
        design: &Design,
        memory: Memory,
        bases: (u64, u64),
        numbers: &'a Numbers,
        sentence: &'a Sentence,
        fill: u8,
    ) -> Self {
        Machine {
            n: design.pu.n as usize,
            format: numbers.format,
            numbers,
            sentence,
            memory,
            buffers: Buffers::new(design, fill),
            layer_base: bases.0,
            ramp_base: bases.1,
            entropies: Vec::new(),
            met: Met::new(),
            stores: Vec::new(),
        }
    }

    /// Carries command `pc` out and counts what it meets; control commands do nothing to values.
    pub(super) fn execute(&mut self, pc: usize, command: &Command) -> Result<(), Cause> {
        let mut contents = met::reads(&self.buffers, &command.operation, self.n)?;
        self.carry_out(pc, command)?;
        contents.written = met::written(&self.buffers, &command.operation, self.n)?;
        self.met.resize(self.met.len().max(pc + 1), Vec::new());
        self.met[pc].push(contents);
        Ok(())
    }

    fn carry_out(&mut self, pc: usize, command: &Command) -> Result<(), Cause> {
        match &command.operation {
            Operation::Load(transfer) => self.load(transfer),
            Operation::Store(transfer) => self.store(pc, transfer),
            Operation::Gather(gather) => self.gather(gather),
            Operation::Matmul(matmul) => self.matmul(matmul, command),
            Operation::Softmax(softmax) => self.softmax(softmax, command),
            Operation::LayerNorm(norm) => self.layernorm(norm, command),
            Operation::Entropy(entropy) => self.entropy(entropy, command),
            _ => Ok(()),
        }
    }

    fn address(&self, t: &Transfer, run: u64) -> u64 {
        let base = match t.base {
            Base::Zero => 0,
            Base::Layer => self.layer_base,
            Base::Ramp => self.ramp_base,
        };
        (run.saturating_mul(t.stride)).saturating_add(base).saturating_add(t.offset)
    }

    fn load(&mut self, t: &Transfer) -> Result<(), Cause> {
        let mut stream = Vec::new();
        for run in 0..u64::from(t.blocks) {
            stream.push(self.memory.read(Space::External, self.address(t, run), t.block_bytes)?.to_vec());
        }
        if let (Some(aux), Some(first)) = (t.aux, stream.first_mut()) {
            let head: Vec<u8> = first.drain(..(aux.bytes as usize).min(first.len())).collect();
            self.buffers.write_aux(aux.start, &head)?;
        }
        let Some(region) = t.region else { return Ok(()) };
        if t.blocks == 0 || !region.blocks.is_multiple_of(t.blocks) {
            return Err(Cause::Ragged);
        }
        let blocks = region.blocks / t.blocks;
        for (run, bytes) in stream.iter().enumerate() {
            let part = region.rows(run as u32 * blocks, blocks);
            let vectors = part.vectors(self.n as u32) as usize;
            self.buffers.fill(&part, &self.decode(t.encoding, vectors, bytes)?)?;
        }
        Ok(())
    }

    /// The codes of so many vectors.
    fn decode(&self, encoding: Encoding, vectors: usize, bytes: &[u8]) -> Result<Vec<u8>, Cause> {
        let slice = |start: usize, length: usize| bytes.get(start..start + length).ok_or(Cause::Ragged);
        match encoding {
            Encoding::Dense => Ok(slice(0, vectors * self.n)?.to_vec()),
            Encoding::Packed { rows } => {
                let length = (vectors * self.n).div_ceil(8);
                let masks = masks(self.n, vectors, slice(0, length)?);
                let rows = slice(length, rows as usize * self.n)?.to_vec();
                Ok(bitmask::decode(&Packed::new(self.n, masks, rows)?))
            }
        }
    }

    fn store(&mut self, pc: usize, t: &Transfer) -> Result<(), Cause> {
        let region = t.region.ok_or(Cause::Empty)?;
        if t.blocks != region.blocks || t.encoding != Encoding::Dense {
            return Err(Cause::Ragged);
        }
        let mut runs = Vec::new();
        for block in 0..region.blocks {
            let codes = self.buffers.drain(&region.rows(block, 1))?;
            let bytes = codes.get(..t.block_bytes as usize).ok_or(Cause::Ragged)?;
            let start = self.address(t, block.into());
            self.memory.write(Space::External, start, bytes)?;
            runs.push((start, bytes.to_vec()));
        }
        self.stores.push(Stored { command: pc as u32, runs });
        Ok(())
    }

    fn gather(&mut self, g: &Gather) -> Result<(), Cause> {
        let length = g.region.tiles as usize * self.n;
        let mut rows = Tensor::zeros(self.format, 0, length, g.rows as usize);
        for row in 0..g.rows {
            let position = g.first.saturating_add(row);
            let index = match g.index {
                Index::Word => *self.sentence.words.get(position as usize).ok_or(Cause::Empty)?,
                Index::Position => position,
            };
            let start = g.offset.saturating_add(u64::from(index).saturating_mul(g.pitch));
            let bytes = self.memory.read(g.space, start, g.row_bytes)?;
            let mut column = rows.codes.column_mut(row as usize);
            match g.space {
                Space::Nvm => self.packed_row(bytes, column.as_mut_slice())?,
                Space::External => {
                    column.copy_from_slice(bytes.get(..length).ok_or(Cause::Ragged)?);
                }
            }
        }
        self.buffers.write(&g.region, &rows)
    }

    /// A row of a table in the NVM: groups of masks and codes.
    fn packed_row(&self, mut bytes: &[u8], codes: &mut [u8]) -> Result<(), Cause> {
        for group in codes.chunks_mut(group(self.n)) {
            let (flags, rest) = bytes.split_at_checked(group.len().div_ceil(8)).ok_or(Cause::Ragged)?;
            let some = masks(1, group.len(), flags);
            let count = some.iter().sum::<u64>() as usize;
            let (values, rest) = rest.split_at_checked(count).ok_or(Cause::Ragged)?;
            let places = group.iter_mut().zip(&some).filter(|(_, flag)| **flag == 1);
            places.zip(values).for_each(|((place, _), value)| *place = *value);
            bytes = rest;
        }
        Ok(())
    }

    /// Biases of the operands, the operands themselves, and the bias of the result.
    fn numbers(&self, command: &Command) -> Result<([Source; 2], [i32; 2], i32), Cause> {
        let numbers = self.numbers;
        let (sources, out) = numbers.operands(&command.operation, &command.tag).ok_or(Cause::Numbers)?;
        let bias = |source| numbers.bias(source).ok_or(Cause::Numbers);
        Ok((sources, [bias(sources[0])?, bias(sources[1])?], bias(Source::Point(out))?))
    }

    fn matmul(&mut self, m: &Matmul, command: &Command) -> Result<(), Cause> {
        let (sources, biases, out_bias) = self.numbers(command)?;
        let whole = |r: &models::program::Region| r.blocks as usize * self.n;
        let rows = self.buffers.read(&m.rows.region, whole(&m.rows.region), self.format, biases[0])?;
        let columns =
            self.buffers.read(&m.columns.region, whole(&m.columns.region), self.format, biases[1])?;
        let weight = self.numbers.parameters(sources);
        let bias = match m.epilogue.bias {
            None => Bias::None,
            Some(range) => {
                let (values, lsb) = (self.buffers.integers(range)?, weight.ok_or(Cause::Numbers)?.lsb);
                if m.epilogue.row_bias { Bias::Row(values, lsb) } else { Bias::Column(values, lsb) }
            }
        };
        let (shift, activation) = (m.epilogue.shift, m.epilogue.activation);
        let epilogue = Epilogue { shift, bias, activation, format: self.format, out_bias };
        let out = kernels::matmul::matmul(&rows, &columns, &epilogue)?;
        self.buffers.write(&m.out, &out)
    }

    fn softmax(&mut self, s: &Softmax, command: &Command) -> Result<(), Cause> {
        let (_, biases, out_bias) = self.numbers(command)?;
        let input = self.buffers.read(&s.input, s.rows as usize, self.format, biases[0])?;
        let span = s.span.map(|range| self.buffers.aux(range)).transpose()?;
        // The range is a whole number of AXI beats; a weight for each column is at its head.
        let span = span.map(|bytes| bytes.get(..input.length()).ok_or(Cause::Ragged)).transpose()?;
        let out = kernels::softmax::softmax(&input, s.valid as usize, span, self.format, out_bias)?;
        self.buffers.write(&s.out, &out)
    }

    fn layernorm(&mut self, l: &LayerNorm, command: &Command) -> Result<(), Cause> {
        let (_, biases, out_bias) = self.numbers(command)?;
        let a = self.buffers.read(&l.a, l.rows as usize, self.format, biases[0])?;
        let b = self.buffers.read(&l.b, l.rows as usize, self.format, biases[1])?;
        let norm = self.numbers.norm(&command.operation, &command.tag).ok_or(Cause::Numbers)?;
        let values = self.buffers.integers(l.parameters)?;
        // Tile by tile: gamma above the exponents of the channels, then beta.
        let part = |which: usize| -> Vec<i16> {
            values.chunks(self.n).skip(which).step_by(2).flatten().copied().take(a.length()).collect()
        };
        let (words, beta) = (part(0), part(1));
        if beta.len() < a.length() {
            return Err(Cause::Ragged);
        }
        let (gamma, channels): (Vec<i16>, Vec<u8>) = words.into_iter().map(gamma_parts).unzip();
        let sums = kernels::add::add(&a, &b, &channels, norm.sum_lsb)?;
        let gamma = Parameters { values: &gamma, lsb: norm.parameters.lsb };
        let beta = Parameters { values: &beta, lsb: norm.parameters.beta_lsb };
        let out = layernorm(&sums, l.valid as usize, gamma, beta, self.format, out_bias)?;
        self.buffers.write(&l.out, &out)
    }

    fn entropy(&mut self, e: &Entropy, command: &Command) -> Result<(), Cause> {
        let (_, biases, _) = self.numbers(command)?;
        let logits = self.buffers.read(&e.input, 1, self.format, biases[0])?;
        self.entropies.push(kernels::entropy::entropy(&logits, e.classes as usize)?);
        Ok(())
    }

    /// A matrix of activations in external memory as it is read by a command at `place`.
    pub(super) fn stored(&self, stored: models::program::Stored, place: Place) -> Result<Tensor, Cause> {
        let bias = self.numbers.place(place).ok_or(Cause::Numbers)?;
        let (n, tiles) = (self.n, stored.tiles as usize);
        let bytes = self.memory.read(Space::External, stored.offset, stored.bytes(n as u32))?;
        let mut tensor = Tensor::zeros(self.format, bias, tiles * n, stored.blocks as usize * n);
        for (vector, codes) in bytes.chunks(n).enumerate() {
            let (block, tile, row) = (vector / (tiles * n), vector / n % tiles, vector % n);
            let at = ((block * n + row) * tiles + tile) * n;
            tensor.codes.as_mut_slice()[at..at + n].copy_from_slice(codes);
        }
        Ok(tensor)
    }
}
