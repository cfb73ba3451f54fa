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
        let (start, end) = (self.body_start().unwrap_or(u32::MAX), self.behind_layers(0) as u32);
        let unrolled = self.unrolled();
        let mut current = 1;
        let mut total = 0;
        for (index, command) in (0..).zip(&self.commands) {
            let times = match command.operation {
                Operation::Repeat { to, .. } if to > index => {
                    current += 1;
                    0
                }
                _ if !(start..end).contains(&index) => 1,
                _ if unrolled => u64::from(current <= layer),
                _ => layer.into(),
            };
            total += command.operation.useful_macs() * times;
        }
        total
    }

    /// Program counter of the first command of the first layer.
    pub fn body_start(&self) -> Option<u32> {
        let ends = |c: &Command| match c.operation {
            Operation::Repeat { to, .. } => Some(to),
            _ => None,
        };
        let (at, to) = (0..).zip(&self.commands).find_map(|(at, c)| Some((at, ends(c)?)))?;
        let barrier = |c: &Command| c.operation == Operation::Barrier;
        let entered =
            || self.commands[..at as usize].iter().rposition(barrier).map(|before| before as u32 + 1);
        if to > at { entered() } else { Some(to) }
    }

    /// Whether each layer has commands of its own, rather than all layers those of one loop.
    pub fn unrolled(&self) -> bool {
        let goes_on =
            |(at, c): (u32, &Command)| matches!(c.operation, Operation::Repeat { to, .. } if to > at);
        (0..).zip(&self.commands).any(goes_on)
    }

    /// The command behind the last layer, seen from a command within; the end of the program where no layer follows.
    pub fn behind_layers(&self, pc: usize) -> usize {
        let ends = |c: &Command| matches!(c.operation, Operation::Repeat { .. });
        let rest = self.commands.get(pc..).unwrap_or_default();
        rest.iter().rposition(ends).map_or(self.commands.len(), |last| pc + last + 1)
    }

    /// Where the weights behind a base register begin in each layer that has its own.
    pub fn starts(&self, base: Base) -> Vec<u64> {
        let (first, stride): (u64, fn(u64, u64) -> u64) = match base {
            Base::Zero => return vec![0],
            Base::Layer => (self.memory.layer_base, |layer, _| layer),
            Base::Ramp => (self.memory.ramp_base, |_, ramp| ramp),
        };
        let strides = self.commands.iter().filter_map(|c| match c.operation {
            Operation::Repeat { layer_stride, ramp_stride, .. } => Some(stride(layer_stride, ramp_stride)),
            _ => None,
        });
        let mut strides: Vec<u64> = strides.collect();
        if let [one] = strides[..] {
            strides = vec![one; if one == 0 { 1 } else { self.layers as usize }];
        }
        let begin = |at: &mut u64, stride: &u64| {
            let start = *at;
            *at += stride;
            Some(start)
        };
        strides.iter().scan(first, begin).collect()
    }
}
