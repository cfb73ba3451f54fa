//! The registers that software sees: one table for the RTL, the documentation and the C header.
//!
//! Registers lie one after another from byte 0, 32 bits a word, little endian; a wider one takes several words, lowest first,
//! and begins at a multiple of 8 bytes. Counters are read whole where no program runs.

use std::fmt::Write;

/// What software may do with a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read what the machine says.
    Read,
    /// Read and write.
    Write,
    /// Write ones that hold for one cycle; reads as zero.
    Pulse,
    /// Read and write; the machine is told of the write of the highest word.
    Store,
    /// Read flags that the machine sets; writing a one clears it.
    Clear,
}

/// A register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Register {
    /// Its name, and that of its port.
    pub name: &'static str,
    /// Byte offset of its lowest word.
    pub offset: usize,
    /// Bits.
    pub width: usize,
    /// What software may do.
    pub access: Access,
    /// What it means; of flags, each bit from the lowest.
    pub meaning: &'static str,
}

use Access::{Clear, Pulse, Read, Store, Write as ReadWrite};

/// What an `id` register holds: `OFRP` in ASCII, read as a number.
pub const ID: u64 = 0x4f46_5250;

const TABLE: &[(&str, usize, Access, &str)] = &[
    ("id", 32, Read, "0x4f465250, `OFRP`"),
    ("control", 1, Pulse, "bit 0: start the program"),
    ("status", 2, Read, "bit 0: a program runs; 1: an error of the bus has stopped it"),
    (
        "interrupt",
        4,
        Clear,
        "bit 0: the program has ended; 1: on a word that is no command; 2: the bus answered wrongly; 3: it did not answer in \
         `watchdog` cycles",
    ),
    ("interrupt_enable", 4, ReadWrite, "flags of `interrupt` that raise the interrupt line"),
    ("threshold", 32, ReadWrite, "entropy under which a sentence leaves, nats with 16 fraction bits"),
    ("layer_start", 36, ReadWrite, "first byte of the first layer's weights in external memory"),
    ("ramp_start", 36, ReadWrite, "first byte of the first off-ramp's weights in external memory"),
    ("command_index", 16, ReadWrite, "command memory: where the next word goes"),
    ("command_word", 256, Store, "command memory: a command; the write of the highest word stores it"),
    ("token_index", 16, ReadWrite, "token memory: where the next word goes"),
    (
        "token",
        16,
        Store,
        "token memory: number of the word at this position of the sentence; a write stores it",
    ),
    ("prediction_index", 16, ReadWrite, "table of predictions: entropy of the next row, hundredths of a nat"),
    (
        "prediction",
        32,
        Store,
        "table of predictions: bits 15-0: layer after which the sentence leaves at the latest, 0 for none; 31-16: supply voltage \
         until then, mV; a write stores it",
    ),
    ("watchdog", 32, ReadWrite, "cycles that the bus may let a request wait; 0 for ever"),
    (
        "exit_layer",
        16,
        Read,
        "layer that runs, from 1; after the program, that after which the sentence left",
    ),
    ("entropy", 32, Read, "entropy at the last off-ramp, nats with 16 fraction bits"),
    (
        "predicted_layer",
        16,
        Read,
        "layer after which the sentence leaves at the latest; 0 where nothing was predicted",
    ),
    ("vdd_mv", 16, Read, "supply voltage asked for, mV"),
    ("cycles", COUNTER_BITS, Read, "cycles since the start; the length of the run once it is done"),
    ("macs_run", COUNTER_BITS, Read, "multiply-accumulates that ran"),
    (
        "macs_gated",
        COUNTER_BITS,
        Read,
        "multiply-accumulates that took a cycle and no energy of the multiplier",
    ),
    ("macs_skipped", COUNTER_BITS, Read, "multiply-accumulates that took neither"),
    ("pu_active_cycles", COUNTER_BITS, Read, "cycles in which the datapath of the PU was clocked"),
    ("softmax_elements", COUNTER_BITS, Read, "elements that passed the lanes of the SFU in a softmax"),
    ("layernorm_elements", COUNTER_BITS, Read, "in a layer norm and the add ahead of it"),
    ("entropy_elements", COUNTER_BITS, Read, "in an entropy"),
    ("code_reads_0", COUNTER_BITS, Read, "codes read from operand buffer 0"),
    ("code_reads_1", COUNTER_BITS, Read, "codes read from operand buffer 1"),
    ("code_writes_0", COUNTER_BITS, Read, "codes written to operand buffer 0"),
    ("code_writes_1", COUNTER_BITS, Read, "codes written to operand buffer 1"),
    ("mask_reads_0", COUNTER_BITS, Read, "masks of a vector read from operand buffer 0"),
    ("mask_reads_1", COUNTER_BITS, Read, "masks of a vector read from operand buffer 1"),
    ("mask_writes_0", COUNTER_BITS, Read, "masks of a vector written to operand buffer 0"),
    ("mask_writes_1", COUNTER_BITS, Read, "masks of a vector written to operand buffer 1"),
    ("aux_read_bytes", COUNTER_BITS, Read, "bytes read from the auxiliary buffer"),
    ("aux_write_bytes", COUNTER_BITS, Read, "bytes written to the auxiliary buffer"),
    ("axi_beats", COUNTER_BITS, Read, "beats on the data channels of the AXI master, both directions"),
    ("external_read_bytes", COUNTER_BITS, Read, "bytes read from external memory, whole beats"),
    ("external_write_bytes", COUNTER_BITS, Read, "bytes written to external memory, whole beats"),
    ("nvm_read_bits", COUNTER_BITS, Read, "bits read from the NVM, whole words"),
    ("commands", COUNTER_BITS, Read, "commands dispatched"),
    ("conflicts", 1, Read, "two units have used one page of a buffer in one cycle: the program is wrong"),
];

/// Bits of a counter: a year at a gigahertz needs 55, a sentence far less.
pub const COUNTER_BITS: usize = 48;

/// Every register with its place.
pub fn registers() -> Vec<Register> {
    let mut offset = 0;
    TABLE
        .iter()
        .map(|&(name, width, access, meaning)| {
            if width > 32 {
                offset = usize::next_multiple_of(offset, 8);
            }
            let register = Register { name, offset, width, access, meaning };
            offset += register.words() * 4;
            register
        })
        .collect()
}

impl Register {
    /// Words of 32 bits.
    pub fn words(&self) -> usize {
        self.width.div_ceil(32)
    }

    /// Bits of its word `index`.
    pub fn word_bits(&self, index: usize) -> usize {
        (self.width - 32 * index).min(32)
    }
}

impl Access {
    fn text(self) -> &'static str {
        match self {
            Read => "read",
            ReadWrite | Store => "read, write",
            Pulse => "write; holds for a cycle",
            Clear => "read; a one clears",
        }
    }
}

/// Bytes of the map.
pub fn bytes() -> usize {
    registers().last().map_or(0, |last| last.offset + 4 * last.words())
}

/// The map as a table for people.
pub fn markdown() -> String {
    let mut text = String::from(
        "# Register map\n\n| offset | name | bits | access | meaning |\n|---|---|---|---|---|\n",
    );
    for Register { name, offset, width, access, meaning } in registers() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| {offset:#05x} | `{name}` | {width} | {} | {meaning} |", access.text());
    }
    text
}

/// The map as a C header.
pub fn header() -> String {
    let mut text = String::from(
        "/* Registers of the accelerator: byte offsets. */\n#ifndef OFFRAMP_REGISTERS_H\n#define OFFRAMP_REGISTERS_H\n\n",
    );
    for Register { name, offset, meaning, .. } in registers() {
        let _ = writeln!(text, "/* {meaning} */\n#define OFFRAMP_{} {offset:#05x}", name.to_uppercase());
    }
    let _ = writeln!(text, "\n#define OFFRAMP_ID_VALUE {ID:#x}\n\n#endif");
    text
}
