//! Special function unit: softmax, layer norm with element-wise add, and entropy, one at a time.
//!
//! **Ports.** Reads one vector (layer norm: two, from different pages) and writes one vector to another page, every
//! `sfu.cycles_per_vector` cycles; parameters and span masks from the auxiliary buffer.
//!
//! **Timing.** A command is a list of [passes](super::pass::Pass) over vectors; a pass takes `vectors · cycles_per_vector + latency` cycles, the
//! latency because the next pass needs what this one found. Each unit's own module says which passes it makes.
//! Initiation: one command at a time. Stalls: none once started (pages have one owner).
//!
//! **Timing, `released`.** The formulas measured on the authors' SystemC, in each unit's module.

use super::pass::Plan;
use super::{entropy, layernorm, softmax};
use models::design::Design;
use models::program::Operation;

/// Times that a command reads each of its operands: the passes that it makes.
pub(super) fn reads(operation: &Operation) -> u64 {
    match operation {
        Operation::Softmax(_) => softmax::PASSES,
        Operation::LayerNorm(_) => layernorm::PASSES,
        Operation::Entropy(_) => entropy::PASSES,
        _ => 1,
    }
}

/// The plan of an SFU command; none for a command of another unit.
pub fn plan(design: &Design, operation: &Operation) -> Option<Plan> {
    match operation {
        Operation::Softmax(c) => Some(softmax::softmax(design, c)),
        Operation::LayerNorm(c) => Some(layernorm::layernorm(design, c)),
        Operation::Entropy(c) => Some(entropy::entropy(design, c)),
        _ => None,
    }
}
