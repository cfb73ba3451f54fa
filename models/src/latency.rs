//! Pipeline depths of every unit, in cycles: the one table that the simulator's timing contracts and the RTL's registers
//! are built from.
//!
//! Each depth is a count of register stages that the RTL has; none is fitted. The depths that depend on the design depend
//! on `n` alone (the adder tree).

/// Mask read, bank read, zero fill: from the issue of a vector read to the vector at the datapath.
pub const DECODE: u64 = 3;
/// Multiplication of significands.
pub const MULTIPLY: u64 = 1;
/// Addition into the accumulator row.
pub const ACCUMULATE: u64 = 1;
/// Bias, scale and activation table.
pub const ACTIVATE: u64 = 3;
/// Rounding to a code.
pub const REQUANTISE: u64 = 2;
/// Mask generation and the write into the buffer page.
pub const ENCODE: u64 = 2;
/// Element-wise add: alignment, sum, shift to the unit of the sums, rounding.
pub const ADD: u64 = 4;
/// `2^-t`: range reduction, table, interpolation.
pub const EXP2: u64 = 3;
/// `log2`: normalisation, table, interpolation.
pub const LOG2: u64 = 3;
/// `1/sqrt`: normalisation, table, interpolation, scaling.
pub const RSQRT: u64 = 4;
/// One bit a cycle: the quotient of the entropy unit.
pub const DIVIDE: u64 = 32;
/// From the last beat on the bus to the vector in its page.
pub const DMA_WRITE: u64 = 2;
/// From the page to the first beat on the bus.
pub const DMA_READ: u64 = 2;
/// Token memory read and the place of a token's row, paid once by a gather.
pub const LOOKUP: u64 = 2;
/// Place of an entropy in the table of predictions, its read, the register of the supply: from a prediction to the supply's port. Nothing
/// waits for it.
pub const DVFS: u64 = 3;
/// Command memory read and decode, paid at the start and after each control command.
pub const FETCH: u64 = 2;

/// Levels of a binary tree over `n` lanes, two levels a register stage.
pub fn tree(n: u32) -> u64 {
    u64::from(n.ilog2().div_ceil(2))
}

/// Processing unit: from the first streamed vector read to its result in the output page.
pub fn pu(n: u32) -> u64 {
    DECODE + MULTIPLY + tree(n) + ACCUMULATE + ACTIVATE + REQUANTISE + ENCODE
}

/// Softmax, one pass over a row block: decode, subtract the maximum, `2^-t`, tree, accumulate and `log2`.
pub fn softmax_pass(n: u32) -> u64 {
    DECODE + 1 + EXP2 + tree(n) + ACCUMULATE + LOG2
}

/// Layer norm, one pass over a row block: decode, add, square, tree, accumulate, `1/sqrt`.
pub fn layernorm_pass(n: u32) -> u64 {
    DECODE + ADD + MULTIPLY + tree(n) + ACCUMULATE + RSQRT
}

/// Entropy, one pass: decode, subtract, `2^-t`, multiply, tree, accumulate.
pub fn entropy_pass(n: u32) -> u64 {
    DECODE + 1 + EXP2 + MULTIPLY + tree(n) + ACCUMULATE
}

/// Entropy, after the passes: `log2`, the division, the final sum and the comparison with the threshold.
pub const ENTROPY_END: u64 = LOG2 + DIVIDE + 2;
