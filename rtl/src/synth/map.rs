//! One module into cells, by Yosys; the modules that it uses are black boxes.

use super::Failed;
use super::cost::{Cells, Cost};
use super::ports::{Ports, ports, stand_in};
use super::reports::{areas, statistics};
use super::target::{Kind, Library, Target};
use crate::cosim::tools::run_within;
use crate::emit::{Emitted, File};
use std::fs;
use std::path::Path;

/// A module as cells.
#[derive(Clone, Debug)]
pub struct Mapped {
    /// Its name.
    pub module: String,
    /// What it costs without the modules that it uses.
    pub own: Cost,
    /// Its instances by module.
    pub instances: Cells,
    /// Its ports.
    pub ports: Ports,
    /// Its cells, as Verilog for the timing.
    pub netlist: String,
}

/// Name of a file's module.
fn module(file: &File) -> &str {
    file.name.trim_end_matches(".v")
}

/// The module of file `at` of a design, with so many seconds for Yosys.
///
/// # Errors
/// Yosys fails or takes too long, or makes a cell that nobody knows.
pub fn map(target: &Target, emitted: &Emitted, at: usize, seconds: u64) -> Result<Mapped, Failed> {
    let (below, name) = (&emitted.files[..at], module(&emitted.files[at]));
    let folder = tempfile::tempdir()?;
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text);
    let boxes: Vec<&str> = below.iter().map(|file| file.text.as_str()).collect();
    write("boxes.v", &boxes.join("\n"))?;
    write("unit.v", &emitted.files[at].text)?;
    let read = if below.is_empty() { "" } else { "read_verilog -lib boxes.v; " };
    let mut script = format!(
        "{read}read_verilog unit.v; hierarchy -check -top {name}; tee -q -o read.json stat -json; \
         design -push-copy; blackbox {name}; write_json ports.json; design -pop; "
    );
    script += &match target.kind {
        Kind::Library(library) => {
            write(
                "constraints",
                &format!("set_driving_cell {}\nset_load {}.0\n", library.driver, library.load_ff),
            )?;
            library_script(&library, name)
        }
        Kind::Fpga(family) => format!("{} -top {name}; ", family.command),
    };
    script += "tee -q -o cells.json stat -json; write_verilog -noattr net.v";
    let arguments = ["-q", "-p", &script];
    let done = run_within(folder.path(), seconds, "yosys", &arguments)?;
    if done.is_none() {
        return Err(Failed::TooLong { tool: "Yosys", module: name.to_owned(), seconds });
    }
    mapped(target, folder.path(), name, below)
}

/// Cells of a library: what `synth` does, but for memories that are written, flip-flops named after
/// their register and bit, then sizing for the period.
fn library_script(library: &Library, name: &str) -> String {
    let Library { file, period_ps, .. } = library;
    format!(
        "synth -top {name} -run begin:fine; memory_map -rom-only; opt -undriven -fine; techmap; opt -fast; \
         read_liberty -lib {file}; dfflibmap -liberty {file}; opt -fast; \
         splitnets -format __; rename -wire -suffix _reg; \
         abc -liberty {file} -D {period_ps} -constr constraints; clean; "
    )
}

/// What Yosys left in the folder.
fn mapped(target: &Target, folder: &Path, name: &str, below: &[File]) -> Result<Mapped, Failed> {
    let read = |file: &str| fs::read_to_string(folder.join(file));
    let ports = ports(&read("ports.json")?, name)?;
    let memory_bits = statistics(&read("read.json")?, name)?.1;
    let (cells, _) = statistics(&read("cells.json")?, name)?;
    let (instances, cells): (Cells, Cells) =
        cells.into_iter().partition(|(cell, _)| below.iter().any(|file| module(file) == cell));
    let module = name.to_owned();
    let (own, netlist) = match target.kind {
        Kind::Library(library) if memory_bits > 0 => (Cost::default(), stand_in(name, &ports, &library)),
        Kind::Library(library) => {
            let areas = areas(&fs::read_to_string(library.file)?);
            (Cost::of_library(&cells, &areas, &library).map_err(Failed::Tool)?, read("net.v")?)
        }
        Kind::Fpga(family) => (Cost::of_family(&cells, &family).map_err(Failed::Tool)?, read("net.v")?),
    };
    Ok(Mapped { module, own: Cost { memory_bits, ..own }, instances, ports, netlist })
}
