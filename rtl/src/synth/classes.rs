//! What the cells of FPGA families are. A prefix of the cell's type, its class, and how many it stands for; the first that fits counts.

/// What a cell is counted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Look-up tables, those that serve as carry or as memory too.
    Lut,
    /// Flip-flops.
    FlipFlop,
    /// Multipliers.
    Dsp,
    /// Block memories.
    Block,
    /// Carry chains and multiplexers that lie beside the look-up tables.
    Beside,
}

/// iCE40: a carry lies beside its table.
pub(super) const ICE40: &[(&str, Class, u64)] = &[
    ("SB_LUT4", Class::Lut, 1),
    ("SB_CARRY", Class::Beside, 1),
    ("SB_DFF", Class::FlipFlop, 1),
    ("SB_MAC16", Class::Dsp, 1),
    ("SB_RAM40_4K", Class::Block, 1),
];

/// ECP5: two bits of carry take two tables, sixteen words of four bits take two slices of two.
pub(super) const ECP5: &[(&str, Class, u64)] = &[
    ("LUT4", Class::Lut, 1),
    ("CCU2C", Class::Lut, 2),
    ("TRELLIS_DPR16X4", Class::Lut, 4),
    ("PFUMX", Class::Beside, 1),
    ("L6MUX21", Class::Beside, 1),
    ("TRELLIS_FF", Class::FlipFlop, 1),
    ("MULT18X18D", Class::Dsp, 1),
    ("DP16KD", Class::Block, 1),
    ("PDPW16KD", Class::Block, 1),
];

/// Xilinx 7 series: an inverter becomes a table, a block memory of 36 kbit is two of 18.
pub(super) const XILINX: &[(&str, Class, u64)] = &[
    ("LUT", Class::Lut, 1),
    ("INV", Class::Lut, 1),
    ("SRL", Class::Lut, 1),
    ("RAMB36E1", Class::Block, 2),
    ("RAMB18E1", Class::Block, 1),
    ("RAM128X1D", Class::Lut, 4),
    ("RAM64X1D", Class::Lut, 2),
    ("RAM32X1D", Class::Lut, 2),
    ("RAM32M", Class::Lut, 4),
    ("RAM64M", Class::Lut, 4),
    ("CARRY4", Class::Beside, 1),
    ("MUXF", Class::Beside, 1),
    ("FD", Class::FlipFlop, 1),
    ("DSP48E1", Class::Dsp, 1),
];
