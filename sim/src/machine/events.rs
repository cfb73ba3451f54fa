//! What is counted: events, each a plain counter that the RTL has as well. Energy is derived from them at the end.

use serde::Serialize;

/// Counters of one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Events {
    /// Multiply-accumulates that ran.
    pub macs_run: u64,
    /// Multiply-accumulates that were gated: a cycle was spent, no energy of the multiplier.
    pub macs_gated: u64,
    /// Multiply-accumulates that cost neither cycle nor energy.
    pub macs_skipped: u64,
    /// Cycles in which the datapath of the PU was clocked.
    pub pu_active_cycles: u64,
    /// Element operations of the SFU lanes, one for each element and pass, by unit.
    pub softmax_elements: u64,
    /// Layer norm, the add of its operands within.
    pub layernorm_elements: u64,
    /// Entropy.
    pub entropy_elements: u64,
    /// Codes read from each operand buffer.
    pub code_reads: [u64; 2],
    /// Codes written to each operand buffer.
    pub code_writes: [u64; 2],
    /// Masks (of n bits) read from each operand buffer.
    pub mask_reads: [u64; 2],
    /// Masks written to each operand buffer.
    pub mask_writes: [u64; 2],
    /// Bytes read from the auxiliary buffer.
    pub aux_read_bytes: u64,
    /// Bytes written to the auxiliary buffer.
    pub aux_write_bytes: u64,
    /// Beats on the AXI data channels, both directions.
    pub axi_beats: u64,
    /// Bytes read from external memory, whole beats.
    pub external_read_bytes: u64,
    /// Bytes written to external memory, whole beats.
    pub external_write_bytes: u64,
    /// Bits read from the NVM, whole words.
    pub nvm_read_bits: u64,
    /// Commands dispatched.
    pub commands: u64,
}

impl std::ops::AddAssign for Events {
    fn add_assign(&mut self, other: Self) {
        self.zip(&other, |mine, its| *mine += its);
    }
}

impl Events {
    /// Every counter of this beside the same counter of `o`.
    pub(super) fn zip(&mut self, o: &Self, mut f: impl FnMut(&mut u64, u64)) {
        f(&mut self.macs_run, o.macs_run);
        f(&mut self.macs_gated, o.macs_gated);
        f(&mut self.macs_skipped, o.macs_skipped);
        f(&mut self.pu_active_cycles, o.pu_active_cycles);
        f(&mut self.softmax_elements, o.softmax_elements);
        f(&mut self.layernorm_elements, o.layernorm_elements);
        f(&mut self.entropy_elements, o.entropy_elements);
        f(&mut self.aux_read_bytes, o.aux_read_bytes);
        f(&mut self.aux_write_bytes, o.aux_write_bytes);
        f(&mut self.axi_beats, o.axi_beats);
        f(&mut self.external_read_bytes, o.external_read_bytes);
        f(&mut self.external_write_bytes, o.external_write_bytes);
        f(&mut self.nvm_read_bits, o.nvm_read_bits);
        f(&mut self.commands, o.commands);
        for buffer in 0..2 {
            f(&mut self.code_reads[buffer], o.code_reads[buffer]);
            f(&mut self.code_writes[buffer], o.code_writes[buffer]);
            f(&mut self.mask_reads[buffer], o.mask_reads[buffer]);
            f(&mut self.mask_writes[buffer], o.mask_writes[buffer]);
        }
    }

    /// Counts `vectors` vectors read from `buffer`, with `codes` codes among them.
    pub fn read(&mut self, buffer: u8, vectors: u64, codes: u64) {
        self.mask_reads[usize::from(buffer)] += vectors;
        self.code_reads[usize::from(buffer)] += codes;
    }

    /// Counts `vectors` vectors written to `buffer`, with `codes` codes among them.
    pub fn write(&mut self, buffer: u8, vectors: u64, codes: u64) {
        self.mask_writes[usize::from(buffer)] += vectors;
        self.code_writes[usize::from(buffer)] += codes;
    }
}
