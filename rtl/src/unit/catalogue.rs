//! Every unit by name, at the sizes of a design: what `offramp emit --unit` hands over.
//!
//! Units that differ within a design (a FIFO of commands, one of bursts) stand here in the shape of their largest use.

use super::sizes;
use crate::hdl::{Error, Module};
use crate::reference::REFERENCES;
use crate::register_map::COUNTER_BITS;
use models::design::Design;
use std::rc::Rc;

/// A unit.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its name, that of its module.
    pub name: &'static str,
    /// The unit at the sizes of a design.
    pub module: fn(&Design) -> Result<Rc<Module>, Error>,
}

/// All units, in the order of the data's way, then what steers it, then the bus.
pub const UNITS: &[Entry] = &[
    Entry { name: "significand", module: |design| super::significand(design.format) },
    Entry { name: "multiply", module: |design| super::multiply(design.format) },
    Entry { name: "vector_mac", module: |design| super::vector_mac(design.format, design.pu.n) },
    Entry {
        name: "accumulator",
        module: |design| {
            let (n, sum_width, width) = sizes::accumulator(design);
            super::accumulator(n, sum_width, width)
        },
    },
    Entry { name: "activation", module: |_| super::activation() },
    Entry { name: "epilogue", module: |design| super::epilogue(sizes::epilogue(design).1) },
    Entry {
        name: "requantise",
        module: |design| {
            let (format, width) = sizes::requantise(design);
            super::requantise(format, width)
        },
    },
    Entry { name: "align", module: |design| super::align(sizes::align(design).1) },
    Entry { name: "exp2", module: |design| super::exp2(sizes::exp2(design)) },
    Entry { name: "log2", module: |design| super::log2(sizes::log2(design)) },
    Entry { name: "divide", module: |design| super::divide(sizes::divide(design)) },
    Entry { name: "phases", module: super::phases },
    Entry { name: "bitmask_decoder", module: super::bitmask_decoder },
    Entry { name: "bitmask_encoder", module: super::bitmask_encoder },
    Entry { name: "pu", module: super::pu },
    Entry { name: "rsqrt", module: |design| super::rsqrt(sizes::rsqrt(design)) },
    Entry { name: "walker", module: |design| super::walker(sizes::walker(design)) },
    Entry { name: "add", module: |design| super::add(design.format) },
    Entry { name: "layernorm", module: |design| super::layernorm(design.format, design.pu.n) },
    Entry { name: "distance", module: |design| super::distance(design.format) },
    Entry { name: "largest", module: |design| super::largest(design.format, design.pu.n) },
    Entry { name: "softmax", module: |design| super::softmax(design.format, design.pu.n) },
    Entry { name: "entropy", module: |design| super::entropy(design.format, design.pu.n) },
    Entry {
        name: "region",
        module: |_| {
            let (bits, stride_bits) = sizes::region();
            super::region(bits, stride_bits)
        },
    },
    Entry { name: "sfu", module: |design| super::sfu(design.format, design.pu.n) },
    Entry { name: "dense_decoder", module: super::dense_decoder },
    Entry { name: "page", module: super::page::page },
    Entry { name: "operand_buffer", module: super::operand_buffer },
    Entry { name: "operand_buffers", module: super::operand_buffers },
    Entry { name: "auxiliary_buffer", module: super::auxiliary_buffer },
    Entry { name: "load", module: super::load },
    Entry { name: "unpack", module: super::unpack },
    Entry { name: "lookup", module: |_| super::lookup() },
    Entry { name: "gather", module: super::gather },
    Entry { name: "row_walk", module: super::row_walk },
    Entry { name: "sort", module: super::sort },
    Entry { name: "store", module: super::store },
    Entry { name: "pack", module: super::pack },
    Entry { name: "counters", module: |design| super::counters(design, COUNTER_BITS) },
    Entry { name: "watchdog", module: |_| super::watchdog() },
    Entry {
        name: "fifo",
        module: |design| {
            let (depth, width) = sizes::fifo(design);
            super::fifo(depth, width)
        },
    },
    Entry { name: "queue", module: |design| super::queue(design.sequencer.queue) },
    Entry { name: "sequencer", module: |design| super::sequencer(design.sequencer) },
    Entry { name: "control", module: |design| super::control(design.sequencer) },
    Entry { name: "dvfs", module: |_| super::dvfs() },
    Entry { name: "registers", module: |_| super::register_file() },
    Entry { name: "burst", module: |design| super::burst(design.axi, true) },
    Entry {
        name: "axi_read",
        module: |design| {
            let (axi, pieces) = sizes::axi_read(design);
            super::axi_read(axi, pieces)
        },
    },
    Entry { name: "axi_write", module: |design| super::axi_write(design.axi) },
];

/// The unit of that name, or one of [`reference`](crate::reference).
pub fn unit(name: &str) -> Option<&'static Entry> {
    UNITS.iter().chain(REFERENCES).find(|entry| entry.name == name)
}
