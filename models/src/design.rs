//! What is built: one point of the design space, from which simulator, program and hardware take every size.
//!
//! A design is a choice, not a constant: its numbers have no source and no standing, and their keys carry the unit.
//! Derived sizes are methods, so that nothing is written in two places. What the machine is made of (energy, area,
//! voltage and frequency) is the [`Technology`](crate::technology::Technology)'s.

mod cell;
mod limits;
mod validate;

pub use cell::Cell;

use kernels::adaptivfloat::Format;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::record::{Problems, Record, powers_of_two};
use limits::*;

/// One design point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Design {
    /// What it is called.
    pub name: String,
    /// One line for listings.
    pub summary: String,
    /// AdaptivFloat format of weights and activations.
    pub format: Format,
    /// The processing unit.
    pub pu: Pu,
    /// Each of its two operand buffers.
    pub buffer: Buffer,
    /// The auxiliary buffer of the special function unit.
    pub aux: Aux,
    /// The special function unit.
    pub sfu: Sfu,
    /// The command sequencer.
    pub sequencer: Sequencer,
    /// The AXI4 master to external memory.
    pub axi: Axi,
    /// The on-chip non-volatile memory.
    pub nvm: Nvm,
    /// The memory behind the AXI master.
    pub external: External,
    /// Where it runs when nothing asks for less.
    pub operating: Operating,
}

/// The processing unit: `n` vector MACs of `n` lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pu {
    /// Lanes of a vector and vector MACs; a tile is n x n x n.
    #[schemars(extend("enum" = powers_of_two(N)))]
    pub n: u32,
    /// How tiles follow each other.
    pub pipeline: Pipeline,
    /// What zeros save.
    pub sparsity: Sparsity,
}

/// How tiles follow each other in the processing unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Pipeline {
    /// Load, compute and drain of successive tiles overlap: n cycles a tile once the pipe is full.
    Overlapped,
    /// As the authors' SystemC: n cycles of load, n of compute, one more; 2n + 1 a tile.
    Released,
}

/// What zeros save.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Sparsity {
    /// Nothing.
    Dense,
    /// Energy: a MAC with a null vector is gated, and a zero element is not read. No cycle.
    Gate,
    /// Energy and cycles: null vectors, null tiles and switched-off heads are skipped.
    Skip,
}

/// Each of the two operand buffers; its mask memory holds one bit per data byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Buffer {
    /// Data bytes.
    #[schemars(extend("enum" = powers_of_two(BUFFER_BYTES)))]
    pub bytes: u64,
    /// Pages: the unit in which one part is filled while another is read.
    #[schemars(extend("enum" = powers_of_two(BUFFER_PAGES)))]
    pub pages: u32,
}

/// The auxiliary buffer: span masks, norm parameters, lookup tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Aux {
    /// Data bytes.
    #[schemars(extend("enum" = powers_of_two(AUX_BYTES)))]
    pub bytes: u64,
}

/// The special function unit; it has n lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sfu {
    /// Cycles between two vectors of n elements in one pass: 1 is n elements a cycle, n is one.
    #[schemars(extend("enum" = powers_of_two((1, N.1))))]
    pub cycles_per_vector: u32,
}

/// The command sequencer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sequencer {
    /// Commands of the program memory.
    #[schemars(range(min = COMMANDS.0, max = COMMANDS.1))]
    pub commands: u32,
    /// Commands in flight to each unit.
    #[schemars(range(min = QUEUE.0, max = QUEUE.1))]
    pub queue: u32,
    /// Whether commands of different units overlap; else each waits for the one before.
    pub overlap: bool,
}

/// The AXI4 master.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Axi {
    /// Width of the data channels, bits.
    #[schemars(extend("enum" = powers_of_two(AXI_WIDTH)))]
    pub width_bits: u32,
    /// Longest burst, beats.
    #[schemars(range(min = BURST_BEATS.0, max = BURST_BEATS.1))]
    pub burst_beats: u32,
    /// Bursts in flight.
    #[schemars(range(min = OUTSTANDING.0, max = OUTSTANDING.1))]
    pub outstanding: u32,
}

/// The on-chip non-volatile memory, which holds the embeddings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nvm {
    /// Data bytes; the masks of its sparse encoding come out of them.
    #[schemars(extend("enum" = powers_of_two(NVM_BYTES)))]
    pub bytes: u64,
    /// Bits of one read.
    #[schemars(extend("enum" = powers_of_two(NVM_WIDTH)))]
    pub width_bits: u32,
    /// The cell that holds data; masks are always in single-level cells.
    pub cell: Cell,
}

/// The memory behind the AXI master.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct External {
    /// Name of a memory of the technology.
    pub memory: String,
}

/// The operating point.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Operating {
    /// Supply voltage, V; the technology says which frequency it allows.
    #[schemars(range(min = VDD.0, max = VDD.1))]
    pub vdd_v: f64,
}

impl Design {
    /// MACs that can run in one cycle, n x n.
    pub fn macs_per_cycle(&self) -> u64 {
        u64::from(self.pu.n).pow(2)
    }

    /// Vectors of `n` codes that an operand buffer holds.
    pub fn buffer_vectors(&self) -> u64 {
        self.buffer.bytes / u64::from(self.pu.n)
    }

    /// Vectors of a page of an operand buffer.
    pub fn page_vectors(&self) -> u64 {
        self.buffer.page_bytes() / u64::from(self.pu.n)
    }
}

impl Buffer {
    /// Data bytes of a page.
    pub fn page_bytes(&self) -> u64 {
        self.bytes / u64::from(self.pages.max(1))
    }

    /// Bytes of the mask memory, one bit per data byte.
    pub fn mask_bytes(&self) -> u64 {
        self.bytes / 8
    }
}

impl Axi {
    /// Bytes that no burst crosses a multiple of (AXI4, A3.4.1).
    pub const BOUNDARY: u64 = 4096;

    /// Bytes of a beat.
    pub fn beat_bytes(&self) -> u64 {
        u64::from(self.width_bits / 8)
    }
}

impl Record for Design {
    const KIND: &'static str = "design";
    const PRESETS: &'static [(&'static str, &'static str)] = &[
        ("offramp", include_str!("../presets/designs/offramp.toml")),
        ("offramp-n4", include_str!("../presets/designs/offramp-n4.toml")),
        ("offramp-n8", include_str!("../presets/designs/offramp-n8.toml")),
        ("offramp-n32", include_str!("../presets/designs/offramp-n32.toml")),
        ("released", include_str!("../presets/designs/released.toml")),
    ];

    fn name(&self) -> &str {
        &self.name
    }

    fn summary(&self) -> &str {
        &self.summary
    }

    fn validate(&self, problems: &mut Problems) {
        validate::validate(self, problems);
    }
}
