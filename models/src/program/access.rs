//! What a command touches in the operand buffers, and what it moves and computes: for the compiler's waits, listings and
//! timelines alike.

use super::command::Operation;
use super::region::Region;

/// What a command does to a region of an operand buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It takes the region's codes.
    Read,
    /// It replaces the region's codes.
    Write,
}

impl Operation {
    /// The regions that the command touches: those that it reads, then the one that it writes.
    pub fn regions(&self) -> Vec<(Region, Access)> {
        use Access::{Read, Write};
        match self {
            Operation::Load(t) => t.region.iter().map(|region| (*region, Write)).collect(),
            Operation::Store(t) => t.region.iter().map(|region| (*region, Read)).collect(),
            Operation::Gather(g) => vec![(g.region, Write)],
            Operation::Matmul(m) => vec![(m.rows.region, Read), (m.columns.region, Read), (m.out, Write)],
            Operation::Softmax(s) => vec![(s.input, Read), (s.out, Write)],
            Operation::LayerNorm(l) => vec![(l.a, Read), (l.b, Read), (l.out, Write)],
            Operation::Entropy(e) => vec![(e.input, Read)],
            _ => Vec::new(),
        }
    }

    /// Its name in listings.
    pub fn name(&self) -> &'static str {
        match self {
            Operation::Load(_) => "load",
            Operation::Store(_) => "store",
            Operation::Gather(_) => "gather",
            Operation::Matmul(_) => "matmul",
            Operation::Softmax(_) => "softmax",
            Operation::LayerNorm(_) => "layernorm",
            Operation::Entropy(_) => "entropy",
            Operation::SetPoint { .. } => "setpoint",
            Operation::Predict { .. } => "predict",
            Operation::Barrier => "barrier",
            Operation::Exit => "exit",
            Operation::Repeat { .. } => "repeat",
            Operation::End => "end",
        }
    }

    /// Bytes that it moves between a memory outside and the buffers.
    pub fn bytes(&self) -> u64 {
        match self {
            Operation::Load(t) | Operation::Store(t) => t.bytes(),
            Operation::Gather(g) => u64::from(g.rows) * g.row_bytes,
            _ => 0,
        }
    }

    /// Multiply-accumulates that the mathematics asks for, padding left out.
    pub fn useful_macs(&self) -> u64 {
        match self {
            Operation::Matmul(m) => m.useful_macs,
            _ => 0,
        }
    }
}
