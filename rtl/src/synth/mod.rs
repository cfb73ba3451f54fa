//! What a unit costs: cells, flip-flops, memory bits, area and the longest path, by Yosys and OpenSTA.
//!
//! **Flow.** [`map()`] synthesises one module of an emitted design, the modules that it uses being black boxes; [`total`] adds what
//! is below a module, each instance counted; [`longest_path`] times the netlists of a module and of all below it together. So
//! the hierarchy stays as described, nothing is optimised across its borders, equal modules are synthesised once, and
//! modules can be synthesised side by side. Where a [`Flow`] flattens, a module takes what it uses into itself before it is optimised.
//!
//! **Memories.** A module that declares one is a wrapper of its own. For standard cells a foundry macro takes its place: its bits
//! are counted, it has no cells and no area, and to the timing its ports are flip-flops ([`stand_in`]). FPGAs have block memories.
//!
//! **Longest path.** Register to register, from a port that changes at the clock edge, or to a port that is read at the next;
//! set-up time included. Reset is no path: it may take several cycles. Yosys has no delays of the multipliers of iCE40 and ECP5.
//!
//! **Not modelled.** Wires, clock trees, corners, hold times, test structures.

mod assigns;
mod classes;
mod cost;
mod map;
mod path;
mod ports;
mod reports;
mod target;

pub use cost::{Cells, Cost, total};
pub use map::{Flow, Mapped, is_memory, map};
pub use path::longest_path;
pub use ports::{Ports, stand_in};
pub use reports::{Path, areas, cell_path, fpga_path, statistics};
pub use target::{Family, Kind, Library, TARGETS, Target, missing, target};

use crate::cosim::tools::ToolError;
use std::fmt;

/// Why a module has no figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failed {
    /// A tool took longer than it was given.
    TooLong {
        /// The tool.
        tool: &'static str,
        /// The module.
        module: String,
        /// Seconds that it was given.
        seconds: u64,
    },
    /// A tool failed, or wrote what cannot be read.
    Tool(String),
}

impl Failed {
    /// The module that was given up.
    pub fn module(&self) -> Option<&str> {
        match self {
            Failed::TooLong { module, .. } => Some(module),
            Failed::Tool(_) => None,
        }
    }
}

impl From<ToolError> for Failed {
    fn from(error: ToolError) -> Failed {
        Failed::Tool(error.to_string())
    }
}

impl From<std::io::Error> for Failed {
    fn from(error: std::io::Error) -> Failed {
        Failed::Tool(format!("a folder for the tools: {error}"))
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failed::TooLong { tool, module, seconds } => {
                write!(f, "{module}: {tool} was given up after {seconds} s")
            }
            Failed::Tool(said) => write!(f, "{said}"),
        }
    }
}

impl std::error::Error for Failed {}
