//! Command words: how a command lies in the command memory, 32 bytes, little endian.
//!
//! One table, [`LAYOUTS`], says which bits each field takes; the encoder here, the sequencer's decoder in the RTL and the
//! documentation all read it. Every word begins with the opcode, then what it waits for: a completed count for each of the
//! other three units. Addresses in the buffers count tiles (`n` vectors), those in the auxiliary buffer and in transfers
//! count 4 bytes. Exponents are powers of two in two's complement. What a value does not fit is an error, never cut.

use super::command::Operation;
use super::{COMMAND_BYTES, Unit};

mod fields;

pub use fields::{activation_code, encode};

/// Bits of an opcode.
pub const OPCODE_BITS: u32 = 4;
/// Bits of a count of completed commands.
pub const WAIT_BITS: u32 = 16;
/// Bits of the number of a row block in the units of the SFU.
pub const BLOCK_BITS: u32 = 12;
/// Bits of the waits behind the opcode: a count for each other unit.
pub const WAITS_BITS: u32 = 3 * WAIT_BITS;
/// Bytes that an address in the auxiliary buffer or in a transfer counts.
pub const UNIT_BYTES: u64 = 4;

/// A region of an operand buffer: buffer, first tile, tiles from one row block to the next. A layer norm has three regions and six
/// exponents, for which its word has no room; so its row blocks follow each other without a gap, and it names no stride.
const REGION: &[(&str, u32)] = &[("buffer", 1), ("base", 20), ("stride", 16)];

/// The fields of one kind of command, from the lowest bit behind the waits upwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Number of the operation.
    pub opcode: u8,
    /// Its name.
    pub name: &'static str,
    /// Names and widths; a width of zero stands for a region.
    parts: &'static [(&'static str, u32)],
}

/// Some bits of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name; a region's parts are `region.base` and so on.
    pub name: String,
    /// Lowest bit.
    pub low: u32,
    /// Bits.
    pub width: u32,
}

/// Every kind of command; the index is the opcode.
pub const LAYOUTS: &[Layout] = &[
    layout(0, "end", &[]),
    layout(1, "load", TRANSFER),
    layout(2, "store", TRANSFER),
    layout(
        3,
        "gather",
        &[
            ("index", 1),
            ("space", 1),
            ("offset", 36),
            ("pitch", 16),
            ("row_bytes", 16),
            ("first", 16),
            ("rows", 16),
            ("region", 0),
            ("tiles", 12),
        ],
    ),
    layout(
        4,
        "matmul",
        &[
            ("rows", 0),
            ("columns", 0),
            ("out", 0),
            ("row_blocks", 12),
            ("column_blocks", 12),
            ("tiles", 12),
            ("rows_packed", 1),
            ("columns_packed", 1),
            ("has_bias", 1),
            ("row_bias", 1),
            ("bias_start", 18),
            ("activation", 2),
            ("sum_lsb", 10),
            ("bias_lsb", 10),
            ("out_bias", 10),
        ],
    ),
    layout(
        5,
        "softmax",
        &[
            ("input", 0),
            ("out", 0),
            ("rows", 16),
            ("tiles", 12),
            ("valid", 16),
            ("has_span", 1),
            ("span_start", 18),
            ("lsb", 10),
            ("out_bias", 10),
        ],
    ),
    layout(
        6,
        "layernorm",
        &[
            ("a.buffer", 1),
            ("a.base", 20),
            ("b.buffer", 1),
            ("b.base", 20),
            ("out.buffer", 1),
            ("out.base", 20),
            ("rows", 16),
            ("tiles", 12),
            ("valid", 16),
            ("parameters_start", 18),
            ("a_lsb", 10),
            ("b_lsb", 10),
            ("sum_lsb", 10),
            ("gamma_lsb", 10),
            ("beta_lsb", 10),
            ("out_bias", 10),
        ],
    ),
    layout(7, "entropy", &[("input", 0), ("tiles", 12), ("classes", 16), ("lsb", 10)]),
    layout(8, "setpoint", &[("vdd_mv", 16)]),
    layout(9, "barrier", &[]),
    layout(10, "exit", &[("to", 16)]),
    layout(11, "repeat", &[("to", 16), ("layers", 16), ("layer_stride", 36), ("ramp_stride", 36)]),
    layout(12, "predict", &[("layer", 16)]),
];

const TRANSFER: &[(&str, u32)] = &[
    ("base", 2),
    ("offset", 32),
    ("runs", 12),
    ("stride", 26),
    ("bytes", 22),
    ("has_aux", 1),
    ("aux_start", 18),
    ("aux_bytes", 14),
    ("packed", 1),
    ("rows", 20),
    ("region", 0),
    ("run_tiles", 16),
];

const fn layout(opcode: u8, name: &'static str, parts: &'static [(&'static str, u32)]) -> Layout {
    Layout { opcode, name, parts }
}

impl Layout {
    /// The layout of an operation.
    pub fn of(operation: &Operation) -> &'static Layout {
        let opcode = match operation {
            Operation::End => 0,
            Operation::Load(_) => 1,
            Operation::Store(_) => 2,
            Operation::Gather(_) => 3,
            Operation::Matmul(_) => 4,
            Operation::Softmax(_) => 5,
            Operation::LayerNorm(_) => 6,
            Operation::Entropy(_) => 7,
            Operation::SetPoint { .. } => 8,
            Operation::Barrier => 9,
            Operation::Exit => 10,
            Operation::Repeat { .. } => 11,
            Operation::Predict { .. } => 12,
        };
        &LAYOUTS[opcode]
    }

    /// Its fields with the bits that they take.
    pub fn fields(&self) -> Vec<Field> {
        let mut low = OPCODE_BITS + WAITS_BITS;
        let mut fields = Vec::new();
        let mut add = |name: String, width| {
            fields.push(Field { name, low, width });
            low += width;
        };
        for &(name, width) in self.parts {
            if width > 0 {
                add(name.to_owned(), width);
                continue;
            }
            for &(part, width) in REGION {
                add(format!("{name}.{part}"), width);
            }
        }
        fields
    }
}

/// A command in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word(pub [u8; COMMAND_BYTES as usize]);

impl Word {
    /// `width` bits from bit `low` up, at most 64.
    pub fn bits(&self, low: u32, width: u32) -> u64 {
        let bit = |at: u32| u64::from(self.0[at as usize / 8] >> (at % 8) & 1);
        (0..width).fold(0, |value, at| value | bit(low + at) << at)
    }

    fn set(&mut self, low: u32, width: u32, value: u64) {
        for at in 0..width {
            let bit = low + at;
            self.0[bit as usize / 8] |= ((value >> at & 1) as u8) << (bit % 8);
        }
    }

    /// The word's layout, if its opcode has one.
    pub fn layout(&self) -> Option<&'static Layout> {
        LAYOUTS.get(self.bits(0, OPCODE_BITS) as usize)
    }
}

/// The units that a command of `unit` can wait for, in the order of the counts in the word.
pub fn others(unit: Unit) -> impl Iterator<Item = Unit> {
    Unit::ALL.into_iter().filter(move |other| *other != unit)
}

/// What a command's values are measured in: powers of two that the compiler does not know, since they come from a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scales {
    /// Weight of the lowest bit of each operand's significands (those of a softmax: the first).
    pub operands: [i32; 2],
    /// Weight of the lowest bit of the sum that a norm makes of its operands.
    pub sum: i32,
    /// Weight of the lowest bit of the bias, or of gamma, and of beta.
    pub parameters: [i32; 2],
    /// Exponent bias of the result.
    pub out: i32,
}

/// A value that its field does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unencodable {
    /// Program counter of the command.
    pub pc: usize,
    /// Kind of command.
    pub command: &'static str,
    /// The field.
    pub field: String,
    /// The value, in the field's units.
    pub value: i128,
    /// Why it does not fit.
    pub limit: String,
}

impl std::fmt::Display for Unencodable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Unencodable { pc, command, field, value, limit } = self;
        write!(f, "command {pc}, {command}: {field} = {value} {limit}")
    }
}

impl std::error::Error for Unencodable {}
