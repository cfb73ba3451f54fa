//! Commands: what each asks of a unit, with buffer and memory addresses.

use super::Unit;
use super::region::{Occupancy, Region};
use kernels::activation::Activation;
use serde::Serialize;

/// What a command belongs to, for listings and reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Gather, layer norm of word plus position, and map of the embeddings.
    Embedding,
    /// Query projection.
    Query,
    /// Key projection.
    Key,
    /// Value projection (computed transposed).
    Value,
    /// Query times key.
    Scores,
    /// Softmax with span mask.
    Softmax,
    /// Probabilities times value.
    Context,
    /// Output projection.
    Output,
    /// Norm of the residual sum after attention.
    AttentionNorm,
    /// First feed-forward product.
    FeedForward1,
    /// Second feed-forward product.
    FeedForward2,
    /// Norm of the residual sum after the feed-forward network.
    OutputNorm,
    /// Pooler, classifier, entropy and exit decision.
    OffRamp,
    /// The sequencer's own commands.
    Control,
}

impl Stage {
    /// Its name in listings, tables and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Embedding => "embedding",
            Stage::Query => "query",
            Stage::Key => "key",
            Stage::Value => "value",
            Stage::Scores => "scores",
            Stage::Softmax => "softmax",
            Stage::Context => "context",
            Stage::Output => "output",
            Stage::AttentionNorm => "attention norm",
            Stage::FeedForward1 => "feed-forward 1",
            Stage::FeedForward2 => "feed-forward 2",
            Stage::OutputNorm => "output norm",
            Stage::OffRamp => "off-ramp",
            Stage::Control => "control",
        }
    }
}

impl Serialize for Stage {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// What a command belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Part of the network.
    pub stage: Stage,
    /// Layer, from 0, whose commands are its own; none outside the layers and where all layers have the same.
    pub layer: Option<u32>,
    /// Attention head, where there is one.
    pub head: Option<u32>,
    /// Row group, then weight chunk, of a tiled operation.
    pub part: (u32, u32),
}

/// One command of a program.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// What is done.
    pub operation: Operation,
    /// Commands that each unit (in the order of [`Unit::ALL`]) must have completed since the last control command.
    pub waits: [u32; 4],
    /// What it belongs to.
    pub tag: Tag,
}

/// What a command does.
#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    /// External memory to buffer.
    Load(Transfer),
    /// Buffer to external memory.
    Store(Transfer),
    /// Rows of an embedding table to a buffer.
    Gather(Gather),
    /// Matrix product.
    Matmul(Matmul),
    /// Softmax of each row.
    Softmax(Softmax),
    /// Sum of two operands and the layer norm of each of its rows.
    LayerNorm(LayerNorm),
    /// Entropy of one row of logits.
    Entropy(Entropy),
    /// Control: when all is idle, change the supply voltage (mV) and the frequency that goes with it.
    SetPoint {
        /// Supply voltage in millivolts.
        vdd_mv: u32,
    },
    /// Control: when all is idle after layer `layer`, let the last entropy say by table after which layer the sentence leaves at
    /// the latest, and change the supply voltage to what the table says; after another layer, nothing.
    Predict {
        /// Layer, 1-based.
        layer: u32,
    },
    /// Control: wait until all is idle.
    Barrier,
    /// Control: when all is idle, go to the command behind the last layer if the last entropy is under the threshold or the
    /// prediction says so.
    Exit,
    /// Control: when all is idle, start the next layer at command `to`, or fall through after the last.
    Repeat {
        /// First command of the next layer: that of the loop, or the one that follows where each layer has commands of its own.
        to: u32,
        /// Added to the base address of encoder weights, in bytes.
        layer_stride: u64,
        /// Added to the base address of off-ramp weights, in bytes.
        ramp_stride: u64,
    },
    /// Control: when all is idle, raise the interrupt.
    End,
}

impl Operation {
    /// The queue that the command goes to; none for control commands.
    pub fn unit(&self) -> Option<Unit> {
        match self {
            Operation::Load(_) | Operation::Gather(_) => Some(Unit::Load),
            Operation::Store(_) => Some(Unit::Store),
            Operation::Matmul(_) => Some(Unit::Pu),
            Operation::Softmax(_) | Operation::LayerNorm(_) | Operation::Entropy(_) => Some(Unit::Sfu),
            _ => None,
        }
    }
}

/// A memory outside the buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Space {
    /// External memory behind the AXI master.
    External,
    /// On-chip non-volatile memory behind its own read port.
    Nvm,
}

/// Base register that an external address is relative to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Base {
    /// Absolute.
    Zero,
    /// Encoder weights of the current layer.
    Layer,
    /// Off-ramp weights of the current layer.
    Ramp,
}

/// How codes lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// Every code; masks are made on the way in.
    Dense,
    /// Masks, then one row of `n` codes for each row of the fullest bank.
    Packed {
        /// Data rows of the block.
        rows: u32,
    },
}

/// A move between external memory and a buffer: `blocks` runs of bytes, `stride` bytes apart, each one row block of the region.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transfer {
    /// Base register.
    pub base: Base,
    /// Byte offset of the first run.
    pub offset: u64,
    /// Runs.
    pub blocks: u32,
    /// Bytes from the start of one run to the next.
    pub stride: u64,
    /// Bytes of a run: auxiliary bytes, then masks if packed, then codes.
    pub block_bytes: u64,
    /// Of the first run: leading bytes that go to the auxiliary buffer, and where to.
    pub aux: Option<AuxRange>,
    /// How the codes lie in memory.
    pub encoding: Encoding,
    /// Where in the buffers; none for a move to the auxiliary buffer alone.
    pub region: Option<Region>,
    /// What is known of the zeros.
    pub occupancy: Occupancy,
}

impl Transfer {
    /// Bytes moved over the bus.
    pub fn bytes(&self) -> u64 {
        u64::from(self.blocks) * self.block_bytes
    }
}

/// Bytes of the auxiliary buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuxRange {
    /// First byte.
    pub start: u32,
    /// Bytes.
    pub bytes: u32,
}

/// What numbers the rows that a gather reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Index {
    /// The word at each position of the sentence.
    Word,
    /// The position itself.
    Position,
}

/// Rows of a table, one for each token, to the rows of a region.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gather {
    /// What numbers the rows.
    pub index: Index,
    /// Memory that holds the table.
    pub space: Space,
    /// First byte of the table.
    pub offset: u64,
    /// Bytes from one table row to the next. In external memory a power of two of which `offset` is a multiple: every row is cut
    /// into the same bursts, so that a sentence's words do not change its cycles.
    pub pitch: u64,
    /// Bytes of a row. In the NVM its masks and its non-zero codes (of the longest row; of the mean, where only statistics are
    /// known), in external memory every code.
    pub row_bytes: u64,
    /// First token of the sentence whose row is read.
    pub first: u32,
    /// Rows read, padded rows not among them.
    pub rows: u32,
    /// Where in the buffers.
    pub region: Region,
    /// What is known of the zeros.
    pub occupancy: Occupancy,
}

/// An operand of the PU.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Operand {
    /// Where it lies.
    pub region: Region,
    /// Whether its banks are stacks (packed by the mask) rather than a row for each vector.
    pub packed: bool,
    /// What is known of its zeros.
    pub occupancy: Occupancy,
}

/// What happens to an accumulator: scale, bias, activation, rounding to a code.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Epilogue {
    /// Where the bias lies in the auxiliary buffer (2 bytes an element), if there is one.
    pub bias: Option<AuxRange>,
    /// Whether the bias belongs to the rows of the result rather than to its columns.
    pub row_bias: bool,
    /// Activation function.
    pub activation: Activation,
    /// Power of two that scales the result.
    pub shift: i32,
}

/// `out = epilogue(rows · columnsᵀ)`: both operands lie along the reduction dimension.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Matmul {
    /// Streamed operand: its rows are the rows of the result.
    pub rows: Operand,
    /// Stationary operand, held in the lanes tile by tile: its rows are the columns of the result.
    pub columns: Operand,
    /// Result, `rows.blocks × columns.blocks` tiles.
    pub out: Region,
    /// What is known of the zeros of the result.
    pub out_occupancy: Occupancy,
    /// End of the pipe.
    pub epilogue: Epilogue,
    /// Multiply-accumulates that the mathematics asks for, padding left out.
    pub useful_macs: u64,
}

impl Matmul {
    /// Row blocks, column blocks and reduction tiles.
    pub fn tiles(&self) -> (u64, u64, u64) {
        (self.rows.region.blocks.into(), self.columns.region.blocks.into(), self.rows.region.tiles.into())
    }
}

/// Softmax with span mask of each row, from one region to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Softmax {
    /// Scores.
    pub input: Region,
    /// Probabilities.
    pub out: Region,
    /// Rows that count.
    pub rows: u32,
    /// Columns that count.
    pub valid: u32,
    /// Span mask in the auxiliary buffer, one byte a column.
    pub span: Option<AuxRange>,
    /// What is known of the zeros of the result.
    pub out_occupancy: Occupancy,
}

/// `out = norm(a + b)`: element-wise add of two regions, the sum kept wide, and the layer norm of each of its rows into a third.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerNorm {
    /// First operand.
    pub a: Region,
    /// Second operand: the residual.
    pub b: Region,
    /// Result, in other pages than both operands, which are read while it is written.
    pub out: Region,
    /// Rows that count.
    pub rows: u32,
    /// Columns that count.
    pub valid: u32,
    /// For each column tile gamma with the exponents of its channels, then beta, in the auxiliary buffer, 2 bytes each a column.
    pub parameters: AuxRange,
}

/// Entropy of the first row of a region.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entropy {
    /// Logits; only the first row counts.
    pub input: Region,
    /// Classes.
    pub classes: u32,
}
