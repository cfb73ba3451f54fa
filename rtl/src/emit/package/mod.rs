//! Everything that is handed over with the modules: lists, constraints, register map, bench.

mod bench;
mod constraints;
mod core;

pub use bench::{machine_bench, unit_bench};

use super::{Emitted, File};
use crate::register_map;

/// What a package is made for.
#[derive(Clone, Debug, PartialEq)]
pub struct Purpose {
    /// What it is called: the design, or the unit.
    pub name: String,
    /// One line on the design, its technology and its supply.
    pub summary: String,
    /// The record of the design, as text.
    pub design: String,
    /// Clock of the operating point, Hz.
    pub frequency_hz: f64,
}

/// Files with what they are, in the order in which they are listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Name of the top module.
    pub top: String,
    /// Number of modules.
    pub modules: usize,
    /// Each file, and what it is, in few words.
    pub files: Vec<(File, &'static str)>,
}

impl Package {
    /// The files alone.
    pub fn into_files(self) -> Vec<File> {
        self.files.into_iter().map(|(file, _)| file).collect()
    }
}

/// A name as part of a file's name: letters, digits, underscores and hyphens.
fn legal(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect()
}

/// An emitted design with all that goes with it; `bench` holds the files of its bench, the Verilog first.
pub fn package(emitted: &Emitted, purpose: &Purpose, bench: Vec<File>) -> Package {
    let top = &emitted.top;
    let mut files: Vec<(File, &str)> = emitted.files.iter().map(|file| (file.clone(), "Verilog")).collect();
    let mut add = |name: String, text: String, what| files.push((File { name, text }, what));
    let list = emitted.files.iter().map(|file| format!("{}\n", file.name)).collect();
    add(format!("{top}.f"), list, "file list, each module after those that it uses");
    let core = core::core(emitted, purpose, &bench);
    add(format!("offramp_{}.core", legal(&purpose.name)), core, "FuseSoC core file");
    add(format!("{top}.sdc"), constraints::sdc(emitted, purpose), "constraints for ASIC tools");
    add(format!("{top}.xdc"), constraints::xdc(emitted, purpose), "constraints for FPGA tools");
    if emitted.files.iter().any(|file| file.name == "registers.v") {
        add("registers.md".to_owned(), register_map::markdown(), "register map");
        add("offramp_registers.h".to_owned(), register_map::header(), "register map as a C header");
    }
    add("design.toml".to_owned(), purpose.design.clone(), "the design");
    let what = ["self-checking bench", "its vectors"];
    files.extend(bench.into_iter().zip(what));
    Package { top: top.clone(), modules: emitted.files.len(), files }
}
