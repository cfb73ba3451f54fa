//! What can be synthesised for: standard-cell libraries and FPGA families.

use super::Failed;
use super::classes::{Class, ECP5, ICE40, XILINX};
use super::reports::areas;
use crate::cosim::tools;
use std::fs;
use std::path::Path;

/// A library or a family.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is.
    pub what: &'static str,
    /// How it is synthesised for.
    pub kind: Kind,
}

/// How it is synthesised for.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Standard cells.
    Library(Library),
    /// Look-up tables.
    Fpga(Family),
}

/// A library of standard cells.
#[derive(Clone, Copy, Debug)]
pub struct Library {
    /// Its Liberty file.
    pub file: &'static str,
    /// The Debian package that has it.
    pub package: &'static str,
    /// Clock period that sizing and timing aim at, in picoseconds.
    pub period_ps: u64,
    /// The flip-flop, with pins `D`, `CLK` and `Q`; all flip-flops begin as its name does up to `DFF`.
    pub flip_flop: &'static str,
    /// The gate whose area is one gate equivalent.
    pub gate: &'static str,
    /// What drives inputs.
    pub driver: &'static str,
    /// What loads outputs, in femtofarad.
    pub load_ff: u64,
}

/// A family of FPGAs.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// The Yosys command.
    pub command: &'static str,
    /// Its models of cells with their delays, and what they have to be told.
    pub models: &'static str,
    /// What its cells are.
    pub classes: &'static [(&'static str, Class, u64)],
    /// What is counted as a block memory.
    pub block: &'static str,
}

impl Library {
    /// Area of a gate equivalent, in square micrometres.
    ///
    /// # Errors
    /// The file cannot be read, or has no such gate.
    pub fn gate_um2(&self) -> Result<f64, Failed> {
        let areas = areas(&fs::read_to_string(self.file)?);
        let found = areas.get(self.gate).copied();
        found.ok_or_else(|| Failed::Tool(format!("{} has no cell {}", self.file, self.gate)))
    }
}

const fn osu(file: &'static str, package: &'static str, period_ps: u64) -> Kind {
    Kind::Library(Library {
        file,
        package,
        period_ps,
        flip_flop: "DFFPOSX1",
        gate: "NAND2X1",
        driver: "INVX8",
        load_ff: 50,
    })
}

/// All targets; the first is the default.
pub const TARGETS: &[Target] = &[
    Target {
        name: "osu018",
        what: "OSU standard cells, 0.18 um, typical, sized for 10 ns",
        kind: osu("/usr/share/qflow/tech/osu018/osu018_stdcells.lib", "qflow-tech-osu018", 10_000),
    },
    Target {
        name: "osu035",
        what: "OSU standard cells, 0.35 um, typical, sized for 20 ns",
        kind: osu("/usr/share/qflow/tech/osu035/osu035_stdcells.lib", "qflow-tech-osu035", 20_000),
    },
    Target {
        name: "ice40",
        what: "Lattice iCE40 HX, with DSPs",
        kind: Kind::Fpga(Family {
            command: "synth_ice40 -dsp",
            models: "-D ICE40_HX +/ice40/cells_sim.v",
            classes: ICE40,
            block: "4-kbit block memories",
        }),
    },
    Target {
        name: "ecp5",
        what: "Lattice ECP5",
        kind: Kind::Fpga(Family {
            command: "synth_ecp5",
            models: "+/ecp5/cells_sim.v",
            classes: ECP5,
            block: "16-kbit block memories",
        }),
    },
    Target {
        name: "xilinx",
        what: "Xilinx 7 series",
        kind: Kind::Fpga(Family {
            command: "synth_xilinx -family xc7 -noiopad -noclkbuf",
            models: "+/xilinx/cells_sim.v",
            classes: XILINX,
            block: "18-kbit block memories",
        }),
    },
];

/// The target of that name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// What the target needs and is not there, with the Debian package that has it.
pub fn missing(target: &Target) -> Option<String> {
    let said = |tool: &str, package: &str| format!("{tool} is missing: install the Debian package {package}");
    let tool = |tool, package| tools::missing(&[tool]).map(|tool| said(tool, package));
    let library = || match target.kind {
        Kind::Library(library) if !Path::new(library.file).is_file() => {
            Some(said(library.file, library.package))
        }
        Kind::Library(_) => tool("sta", "opensta"),
        Kind::Fpga(_) => None,
    };
    tool("yosys", "yosys").or_else(|| tool("timeout", "coreutils")).or_else(library)
}
