//! Commands to words: which value goes into which field.

use super::{
    BLOCK_BITS, Field, Layout, OPCODE_BITS, Scales, UNIT_BYTES, Unencodable, WAIT_BITS, Word, others,
};
use crate::program::command::AuxRange;
use crate::program::{
    Base, COMMAND_BYTES, Command, Encoding, Gather, Index, Operation, Program, Region, Space, Transfer,
};
use kernels::activation::Activation;
use kernels::add::CHANNEL_BITS;
use kernels::layernorm::NORMAL_FRACTION;

/// Fields that are filled by name.
struct Filler {
    word: Word,
    layout: &'static Layout,
    fields: Vec<Field>,
    pc: usize,
    n: u32,
    error: Option<Unencodable>,
}

/// The words of a program for a machine of `n` lanes; `scales` gives what a command's values are measured in.
///
/// # Errors
/// A value that its field does not hold.
pub fn encode(
    n: u32,
    program: &Program,
    scales: impl Fn(&Command) -> Scales,
) -> Result<Vec<Word>, Unencodable> {
    let word = |(pc, command): (usize, &Command)| {
        let mut f = Filler::new(n, pc, &command.operation);
        f.waits(command);
        match command.operation {
            Operation::Exit => f.number("to", program.behind_layers(pc) as u64),
            Operation::Repeat { .. } => f.number("layers", program.layers),
            _ => {}
        }
        f.operation(&command.operation, scales(command));
        f.error.map_or(Ok(f.word), Err)
    };
    program.commands.iter().enumerate().map(word).collect()
}

impl Filler {
    fn new(n: u32, pc: usize, operation: &Operation) -> Filler {
        let layout = Layout::of(operation);
        let mut word = Word([0; COMMAND_BYTES as usize]);
        word.set(0, OPCODE_BITS, layout.opcode.into());
        Filler { word, layout, fields: layout.fields(), pc, n, error: None }
    }

    fn fail(&mut self, name: &str, value: i128, limit: String) {
        let (pc, command, field) = (self.pc, self.layout.name, name.to_owned());
        self.error.get_or_insert(Unencodable { pc, command, field, value, limit });
    }

    /// The completed counts of the other units.
    fn waits(&mut self, command: &Command) {
        let Some(unit) = command.operation.unit() else { return };
        for (index, other) in (0..).zip(others(unit)) {
            let count = command.waits[other as usize];
            if count >> WAIT_BITS != 0 {
                let limit = format!("needs more than its {WAIT_BITS} bits");
                return self.fail(&format!("wait for {}", other.name()), count.into(), limit);
            }
            self.word.set(OPCODE_BITS + index * WAIT_BITS, WAIT_BITS, count.into());
        }
    }

    /// Puts a value into a field; the least that it may be is `-2^(width-1)` where `signed`.
    fn put(&mut self, name: &str, value: i128, signed: bool) {
        let Some(field) = self.fields.iter().find(|field| field.name == name).cloned() else {
            return self.fail(name, value, "has no field".to_owned());
        };
        let (least, most) = match (signed, 1_i128 << field.width) {
            (true, all) => (-all / 2, all / 2 - 1),
            (false, all) => (0, all - 1),
        };
        if value < least || value > most {
            return self.fail(name, value, format!("must be from {least} to {most}"));
        }
        self.word.set(field.low, field.width, (value as u64) & (u64::MAX >> (64 - field.width)));
    }

    fn number(&mut self, name: &str, value: impl Into<i128>) {
        self.put(name, value.into(), false);
    }

    fn exponent(&mut self, name: &str, value: i32) {
        self.put(name, value.into(), true);
    }

    /// A number of bytes, in units of four.
    fn bytes(&mut self, name: &str, value: u64) {
        if !value.is_multiple_of(UNIT_BYTES) {
            self.fail(name, value.into(), format!("must be a multiple of {UNIT_BYTES}"));
        }
        self.number(name, value / UNIT_BYTES);
    }

    fn region(&mut self, name: &str, region: &Region) {
        self.place(name, region);
        self.tiles(&format!("{name}.stride"), region.block_stride);
    }

    /// A region without a gap between its row blocks, each of so many tiles.
    fn gapless(&mut self, name: &str, region: &Region, tiles: u32) {
        self.place(name, region);
        if region.blocks > 1 && region.block_stride != tiles * self.n {
            let limit = format!("must be {}, the vectors of a row block", tiles * self.n);
            self.fail(&format!("{name}.stride"), region.block_stride.into(), limit);
        }
    }

    /// Where a region begins.
    fn place(&mut self, name: &str, region: &Region) {
        self.number(&format!("{name}.buffer"), region.buffer);
        self.tiles(&format!("{name}.base"), region.base);
    }

    /// A number of vectors, in tiles.
    fn tiles(&mut self, field: &str, vectors: u32) {
        if !vectors.is_multiple_of(self.n) {
            self.fail(field, vectors.into(), format!("must be a multiple of n = {}", self.n));
        }
        self.number(field, vectors / self.n);
    }

    /// A range of the auxiliary buffer that may be absent; its length is known from elsewhere.
    fn optional(&mut self, flag: &str, start: &str, range: Option<AuxRange>) {
        self.number(flag, range.is_some());
        self.bytes(start, range.map_or(0, |range| range.start.into()));
    }

    fn operation(&mut self, operation: &Operation, s: Scales) {
        match operation {
            Operation::Load(t) | Operation::Store(t) => self.transfer(t),
            Operation::Gather(g) => self.gather(g),
            Operation::Matmul(m) => {
                self.region("rows", &m.rows.region);
                self.region("columns", &m.columns.region);
                self.region("out", &m.out);
                let (p, q, k) = m.tiles();
                self.number("row_blocks", p);
                self.number("column_blocks", q);
                self.number("tiles", k);
                self.number("rows_packed", m.rows.packed);
                self.number("columns_packed", m.columns.packed);
                self.optional("has_bias", "bias_start", m.epilogue.bias);
                self.number("row_bias", m.epilogue.row_bias);
                self.number("activation", activation_code(m.epilogue.activation));
                self.exponent("sum_lsb", s.operands[0] + s.operands[1] + m.epilogue.shift);
                self.exponent("bias_lsb", s.parameters[0]);
                self.exponent("out_bias", s.out);
            }
            Operation::Softmax(c) => {
                self.region("input", &c.input);
                self.walked(c.rows, c.input.tiles);
                self.number("valid", c.valid);
                self.region("out", &c.out);
                self.optional("has_span", "span_start", c.span);
                self.exponent("lsb", s.operands[0]);
                self.exponent("out_bias", s.out);
            }
            Operation::LayerNorm(c) => {
                for (name, region) in [("a", &c.a), ("b", &c.b), ("out", &c.out)] {
                    self.gapless(name, region, c.a.tiles);
                }
                self.walked(c.rows, c.a.tiles);
                self.number("valid", c.valid);
                self.bytes("parameters_start", c.parameters.start.into());
                self.exponent("a_lsb", s.operands[0]);
                self.channelled("a_lsb", s.operands[0]);
                self.exponent("b_lsb", s.operands[1]);
                self.exponent("sum_lsb", s.sum);
                self.exponent("gamma_lsb", s.parameters[0]);
                self.product("gamma_lsb", s.parameters[0]);
                self.exponent("beta_lsb", s.parameters[1]);
                self.exponent("out_bias", s.out);
            }
            Operation::Entropy(c) => {
                self.region("input", &c.input);
                self.number("tiles", c.input.tiles);
                self.number("classes", c.classes);
                self.exponent("lsb", s.operands[0]);
            }
            Operation::SetPoint { vdd_mv } => self.number("vdd_mv", *vdd_mv),
            Operation::Predict { layer } => self.number("layer", *layer),
            Operation::Repeat { to, layer_stride, ramp_stride } => {
                self.number("to", *to);
                self.number("layer_stride", *layer_stride);
                self.number("ramp_stride", *ramp_stride);
            }
            Operation::Barrier | Operation::Exit | Operation::End => {}
        }
    }

    /// An exponent to which a unit adds those of channels: the sum must fit the field as well.
    fn channelled(&mut self, name: &str, value: i32) {
        let width = self.fields.iter().find(|field| field.name == name).map_or(1, |field| field.width);
        let most = (1 << (width - 1)) - (1 << CHANNEL_BITS);
        if value > most {
            self.fail(name, value.into(), format!("must be at most {most}"));
        }
    }

    /// An exponent to which a unit adds that of a normal value: the sum must fit the field as well.
    fn product(&mut self, name: &str, value: i32) {
        let width = self.fields.iter().find(|field| field.name == name).map_or(1, |field| field.width);
        let least = NORMAL_FRACTION.cast_signed() - (1 << (width - 1));
        if value < least {
            self.fail(name, value.into(), format!("must be at least {least}"));
        }
    }

    /// Rows and tiles of a region that a unit walks over: at least one of each, row blocks within their counter.
    fn walked(&mut self, rows: u32, tiles: u32) {
        for (name, count) in [("rows", rows), ("tiles", tiles)] {
            if count == 0 {
                self.fail(name, 0, "must be at least 1".to_owned());
            }
            self.number(name, count);
        }
        let most = self.n << BLOCK_BITS;
        if rows > most {
            self.fail("rows", rows.into(), format!("must be at most {most}, n times 2^{BLOCK_BITS}"));
        }
    }

    fn gather(&mut self, g: &Gather) {
        self.number("index", g.index == Index::Position);
        self.number("space", g.space == Space::Nvm);
        self.number("offset", g.offset);
        self.number("pitch", g.pitch);
        self.number("row_bytes", g.row_bytes);
        self.number("first", g.first);
        self.number("rows", g.rows);
        self.region("region", &g.region);
        self.number("tiles", g.region.tiles);
        if g.space == Space::External {
            self.external_rows(g);
        }
    }

    /// Rows of a table in external memory: every code of a row, in bursts that do not depend on which row it is.
    fn external_rows(&mut self, g: &Gather) {
        let codes = u64::from(g.region.tiles) * u64::from(self.n);
        if g.row_bytes != codes {
            self.fail("row_bytes", g.row_bytes.into(), format!("must be {codes}, all codes of a row"));
        }
        if !g.pitch.is_power_of_two() || g.pitch < codes {
            self.fail("pitch", g.pitch.into(), format!("must be a power of two of at least {codes}"));
        }
        if g.pitch > 0 && !g.offset.is_multiple_of(g.pitch) {
            self.fail("offset", g.offset.into(), format!("must be a multiple of the pitch, {}", g.pitch));
        }
    }

    fn transfer(&mut self, t: &Transfer) {
        let base: u8 = match t.base {
            Base::Zero => 0,
            Base::Layer => 1,
            Base::Ramp => 2,
        };
        self.number("base", base);
        self.bytes("offset", t.offset);
        self.number("runs", t.blocks);
        self.bytes("stride", t.stride);
        self.bytes("bytes", t.block_bytes);
        self.optional("has_aux", "aux_start", t.aux);
        self.bytes("aux_bytes", t.aux.map_or(0, |range| range.bytes.into()));
        let rows = match t.encoding {
            Encoding::Dense => None,
            Encoding::Packed { rows } => Some(rows),
        };
        self.number("packed", rows.is_some());
        self.number("rows", rows.unwrap_or(0));
        if let Some(region) = &t.region {
            self.runs(t, region);
        }
    }

    /// The region of a transfer, run by run: the row blocks of a run follow each other without a gap.
    fn runs(&mut self, t: &Transfer, region: &Region) {
        let runs = t.blocks.max(1);
        let blocks = region.blocks / runs;
        let gapless = blocks <= 1 || region.block_stride == region.tiles * self.n;
        if !region.blocks.is_multiple_of(runs) || !gapless {
            let limit = "must divide the region's row blocks, which must lie without gaps in a run";
            return self.fail("runs", runs.into(), limit.to_owned());
        }
        self.number("run_tiles", u64::from(blocks) * u64::from(region.tiles));
        self.region("region", &Region { block_stride: region.block_stride * blocks, ..*region });
    }
}

/// The code of an activation in a word.
pub fn activation_code(activation: Activation) -> u8 {
    match activation {
        Activation::Identity => 0,
        Activation::Relu => 1,
        Activation::Gelu => 2,
        Activation::Tanh => 3,
    }
}
