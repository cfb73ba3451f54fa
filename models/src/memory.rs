//! What memories are made of: embedded arrays, non-volatile or not, and memories behind the AXI master.
//!
//! A memory is a record of its own, so that a new one is a file: a technology names those that can be had in it. An embedded
//! memory has an array for each cell that it can be built of (one, two or three bits a cell); an external one has a channel.
//! Every number holds with its periphery, at the supply of the memory itself.
//!
//! **Timing.** A read of an array takes its latency, then gives a word in each cycle: banks are interleaved and the word is the
//! design's (`nvm.width_bits`). A wake-up takes `wake_ns`, in which the periphery leaks as when it is idle.
//!
//! Not modelled: disturb of neighbours, temperature other than that of the sources, wear within a run (endurance is told, and writes
//! are not part of inference), refresh but for a channel's standing power.

mod parts;
mod validate;

pub use parts::*;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::design::Cell;
use crate::fault::FaultModel;
use crate::record::{Error, Kind as Who, Named, Problems, Quantity, Record};
use crate::record::{Kelvin, Nanometres, Seconds, Writes};

/// How a memory keeps a bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Resistive filament between a transistor and a bit line (1T1R).
    Rram,
    /// Phase-change material.
    Pcm,
    /// Magnetic tunnel junction, switched by spin transfer.
    Stt,
    /// Ferroelectric gate.
    Fefet,
    /// Charge trapped in the gate oxide of a logic transistor.
    Ctt,
    /// Six-transistor cell; forgets without power.
    Sram,
    /// Capacitor; forgets without power and refresh.
    Dram,
}

impl Kind {
    /// Whether what is written stays without power.
    pub fn keeps(self) -> bool {
        !matches!(self, Kind::Sram | Kind::Dram)
    }
}

/// A memory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// What it is called.
    pub name: String,
    /// One line for listings.
    pub summary: String,
    /// How it keeps a bit.
    pub kind: Kind,
    /// How often its cells are misread, where it is known.
    pub faults: Option<Named<FaultModel>>,
    /// Feature size of its cells, nm.
    pub node_nm: Option<Quantity<Nanometres>>,
    /// Writes that a cell stands, where it is known.
    pub endurance: Option<Quantity<Writes>>,
    /// Time for which a cell keeps its level, where it is known.
    pub retention_s: Option<Quantity<Seconds>>,
    /// Temperature at which retention holds, K.
    pub retention_k: Option<Quantity<Kelvin>>,
    /// One bit a cell.
    pub slc: Option<Array>,
    /// Two bits a cell.
    pub mlc2: Option<Array>,
    /// Three bits a cell.
    pub mlc3: Option<Array>,
    /// A memory outside of the chip.
    pub channel: Option<Channel>,
}

impl Memory {
    /// The array built of a cell, if the memory can be.
    pub fn array(&self, cell: Cell) -> Option<&Array> {
        match cell {
            Cell::Slc => self.slc.as_ref(),
            Cell::Mlc2 => self.mlc2.as_ref(),
            Cell::Mlc3 => self.mlc3.as_ref(),
        }
    }

    /// The array built of a cell.
    ///
    /// # Errors
    /// The memory cannot be built of it: the error lists what it has.
    pub fn built_of(&self, cell: Cell) -> Result<&Array, Error> {
        self.array(cell).ok_or_else(|| {
            let known: Vec<&str> =
                Cell::ALL.into_iter().filter(|c| self.array(*c).is_some()).map(Cell::name).collect();
            let has = if known.is_empty() { "no array at all".to_owned() } else { known.join(", ") };
            let message = format!("memory `{}` has no cell `{}`: it has {has}", self.name, cell.name());
            let remedy = "set nvm.cell of the design to a cell that it has, or take another memory";
            Error::new(Who::Fit, "design", message, remedy)
        })
    }

    /// Calls `visit` with every constant and its dotted key.
    pub(crate) fn visit<'a>(&'a self, path: &str, visit: Visit<'a, '_>) {
        let mut one = |name: &str, quantity: Option<&'a dyn AnyQuantity>| {
            if let Some(quantity) = quantity {
                visit(format!("{path}{name}"), quantity);
            }
        };
        one("node_nm", self.node_nm.as_ref().map(|q| q as _));
        one("endurance", self.endurance.as_ref().map(|q| q as _));
        one("retention_s", self.retention_s.as_ref().map(|q| q as _));
        one("retention_k", self.retention_k.as_ref().map(|q| q as _));
        for cell in Cell::ALL {
            if let Some(array) = self.array(cell) {
                array.visit(&format!("{path}{}", cell.name()), visit);
            }
        }
        if let Some(channel) = &self.channel {
            channel.visit(&format!("{path}channel"), visit);
        }
    }
}

/// The presets, a file each.
macro_rules! presets {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../presets/memories/", $name, ".toml")))),*]
    };
}

impl Record for Memory {
    const KIND: &'static str = "memory";
    const PRESETS: &'static [(&'static str, &'static str)] = presets![
        "rram-22ffl",
        "rram-nvsim",
        "rram-nvmexplorer",
        "stt-28nm",
        "stt-best",
        "stt-worst",
        "pcm-best",
        "pcm-worst",
        "fefet",
        "ctt",
        "sram-lstp",
        "lpddr4",
        "ddr4",
        "hbm2",
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
