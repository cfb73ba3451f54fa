//! A program: what the compiler hands to the golden kernels, the simulator and the RTL alike.
//!
//! A list of commands with addresses. The sequencer dispatches them in order, one a cycle, into four queues ([`Unit`]); a
//! unit starts the command at the head of its queue when it is idle and every other unit has completed as many commands as
//! the command [waits](Command::waits) for. Counts are relative to the last control command, at which everything has
//! drained. Control commands are executed by the sequencer itself.

pub mod access;
pub mod command;
pub mod placement;
pub mod region;
pub mod word;

pub use access::Access;
pub use command::{
    Base, Command, Encoding, Entropy, Epilogue, Gather, Index, LayerNorm, Matmul, Operand, Operation,
    Softmax, Space, Stage, Tag, Transfer,
};
pub use placement::{Form, Parameter, Placement, Stored};
pub use region::{Occupancy, Region};

/// Bytes of an encoded command in the command memory: every field of the widest command (a matrix product) at its full width.
pub const COMMAND_BYTES: u64 = 32;

/// Words of the sentence that the token memory holds; the position tables of the BERT family have no more rows (Devlin et al.
/// 2019).
pub const MAX_TOKENS: u32 = 512;

/// The four queues of the sequencer, in the order in which ties are broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// DMA from external memory or NVM into the buffers.
    Load,
    /// DMA from the buffers to external memory.
    Store,
    /// Processing unit.
    Pu,
    /// Special function unit.
    Sfu,
}

impl Unit {
    /// Every unit, in order.
    pub const ALL: [Unit; 4] = [Unit::Load, Unit::Store, Unit::Pu, Unit::Sfu];

    /// The name used in listings and reports.
    pub fn name(self) -> &'static str {
        match self {
            Unit::Load => "load",
            Unit::Store => "store",
            Unit::Pu => "pu",
            Unit::Sfu => "sfu",
        }
    }
}

/// Where the program's data lie in each memory.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct MemoryMap {
    /// Sections of external memory: name, first byte, bytes.
    pub external: Vec<Section>,
    /// Sections of the NVM: name, first byte, bytes.
    pub nvm: Vec<Section>,
    /// First byte of the first layer's encoder weights in external memory.
    pub layer_base: u64,
    /// First byte of the first off-ramp's weights in external memory.
    pub ramp_base: u64,
    /// Where each parameter lies, in the order in which they were laid out.
    pub weights: Vec<Placement>,
    /// Tokens ahead of the first layer and after each.
    pub tokens: Stored,
    /// Logits of the last off-ramp, in the first row.
    pub logits: Stored,
}

/// A named range of a memory.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Section {
    /// What it holds.
    pub name: String,
    /// First byte.
    pub start: u64,
    /// Length in bytes.
    pub bytes: u64,
}

/// A compiled inference of one sentence.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// Commands in program order; the index is the program counter.
    pub commands: Vec<Command>,
    /// Encoder layers that run when no off-ramp ends the sentence.
    pub layers: u32,
    /// Whether each layer ends in an off-ramp that may end the sentence.
    pub exits: bool,
    /// Where the data lie.
    pub memory: MemoryMap,
    /// What the compiler chose, a sentence each (`offramp program` prints them).
    pub choices: Vec<String>,
}

impl Program {
    /// Multiply-accumulates that the mathematics asks for (no padding) when the sentence leaves after `layer` (1-based).
    pub fn useful_macs(&self, layer: u32) -> u64 {
        let start = self.body_start();
        let mut body = false;
        let mut total = 0;
        for (index, command) in self.commands.iter().enumerate() {
            body |= start == Some(index as u32);
            let times = if body { u64::from(layer) } else { 1 };
            match &command.operation {
                Operation::Matmul(m) => total += m.useful_macs * times,
                Operation::Repeat { .. } => body = false,
                _ => {}
            }
        }
        total
    }

    /// Program counter of the first command of the layer loop.
    pub fn body_start(&self) -> Option<u32> {
        self.commands.iter().find_map(|c| match c.operation {
            Operation::Repeat { to, .. } => Some(to),
            _ => None,
        })
    }
}
