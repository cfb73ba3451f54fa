//! The sizes that a design gives the parameters of its units.

use super::epilogue::operands;
use super::moments::SPREAD_BITS;
use super::word::opcode;
use super::{Operands, POWER_BITS, Walk, accumulator_width, largest_reduction, product_width, value_width};
use kernels::adaptivfloat::Format;
use models::design::{Axi, Design};
use models::latency;
use models::program::word::LAYOUTS;

/// Bits of a power's exponent: a distance of 22 bits times log2 e.
const EXPONENT: usize = 24;
/// Bits of the number of columns of a row.
const COLUMNS: usize = 16;

/// Rows and columns, bits of a dot product, bits of an accumulator.
pub fn accumulator(design: &Design) -> (u32, usize, usize) {
    let sum = product_width(design.format) + design.pu.n.ilog2() as usize;
    (design.pu.n, sum, accumulator_width(design.format, largest_reduction(design)))
}

/// Format of the codes and bits of an accumulator.
pub fn epilogue(design: &Design) -> (Format, usize) {
    (design.format, accumulator(design).2)
}

/// Format of the codes and bits of the value behind the epilogue.
pub fn requantise(design: &Design) -> (Format, usize) {
    (design.format, value_width(accumulator(design).2))
}

/// Bits of an exponent.
pub fn exp2(_: &Design) -> usize {
    EXPONENT
}

/// Bits of a row's sum of powers.
pub fn log2(_: &Design) -> usize {
    POWER_BITS + COLUMNS
}

/// Bits of the sum of powers that an entropy is divided by.
pub fn divide(design: &Design) -> usize {
    log2(design)
}

/// Words of a queue and bits of a command.
pub fn fifo(design: &Design) -> (u32, usize) {
    (design.sequencer.queue, super::word::WORD_BITS)
}

/// The master and the pieces of its beats.
pub fn axi_read(design: &Design) -> (Axi, usize) {
    (design.axi, super::pieces(design))
}

/// Format of the codes and operands of the epilogue's sum.
pub fn align(design: &Design) -> (Format, Operands) {
    (design.format, operands(accumulator(design).2))
}

/// Bits of a row's spread.
pub fn rsqrt(_: &Design) -> usize {
    SPREAD_BITS
}

/// The walk of a layer norm.
pub fn walker(design: &Design) -> Walk {
    let behind = latency::layernorm_pass(design.pu.n);
    Walk { n: design.pu.n, passes: 2, between: behind, after: behind }
}

/// Bits of a region's base and of its stride, as commands have them.
pub fn region() -> (usize, usize) {
    let width = |name: &str| {
        let fields = LAYOUTS[opcode("softmax") as usize].fields();
        fields.iter().filter(|field| field.name == name).map(|field| field.width as usize).sum()
    };
    (width("out.base"), width("out.stride"))
}
