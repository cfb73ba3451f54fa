//! One module into cells, by Yosys; the modules that it uses are black boxes, or become part of it.

use super::Failed;
use super::assigns::by_bits;
use super::cost::{Cells, Cost};
use super::ports::{Ports, ports, stand_in};
use super::reports::{areas, statistics};
use super::target::{Kind, Library, Target};
use crate::cosim::tools::run_within;
use crate::emit::{Emitted, File, unit_of};
use std::fs;
use std::path::Path;

/// How a module is synthesised.
#[derive(Clone, Copy, Debug)]
pub struct Flow {
    /// What it uses becomes part of it, memories apart; else each module stays one.
    pub flatten: bool,
    /// Seconds that a tool may take for it.
    pub seconds: u64,
}

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

/// Whether a file's module is a memory, which a foundry macro may replace.
pub fn is_memory(file: &File) -> bool {
    unit_of(module(file)).starts_with("memory")
}

/// The module of file `at` of a design.
///
/// # Errors
/// Yosys fails or takes too long, or makes a cell that nobody knows.
pub fn map(target: &Target, emitted: &Emitted, at: usize, flow: Flow) -> Result<Mapped, Failed> {
    let name = module(&emitted.files[at]);
    let (boxes, parts): (Vec<&File>, Vec<&File>) =
        emitted.files[..at].iter().partition(|file| !flow.flatten || is_memory(file));
    let folder = tempfile::tempdir()?;
    let write = |name: &str, files: &[&File]| {
        let texts: Vec<&str> = files.iter().map(|file| file.text.as_str()).collect();
        fs::write(folder.path().join(name), texts.join("\n"))
    };
    write("boxes.v", &boxes)?;
    write("unit.v", &[parts, vec![&emitted.files[at]]].concat())?;
    let read = if boxes.is_empty() { "" } else { "read_verilog -lib boxes.v; " };
    let flatten = if flow.flatten { "flatten; " } else { "" };
    let mut script = format!(
        "{read}read_verilog unit.v; hierarchy -check -top {name}; {flatten}tee -q -o read.json stat -json; \
         design -push-copy; blackbox {name}; write_json ports.json; design -pop; "
    );
    script += &match target.kind {
        Kind::Library(library) => {
            let constraints =
                format!("set_driving_cell {}\nset_load {}.0\n", library.driver, library.load_ff);
            fs::write(folder.path().join("constraints"), constraints)?;
            library_script(&library, name)
        }
        Kind::Fpga(family) => format!("{} -top {name}; ", family.command),
    };
    script += "tee -q -o cells.json stat -json; write_verilog -noattr net.v";
    let arguments = ["-q", "-p", &script];
    let done = run_within(folder.path(), flow.seconds, "yosys", &arguments)?;
    if done.is_none() {
        return Err(Failed::TooLong { tool: "Yosys", module: name.to_owned(), seconds: flow.seconds });
    }
    mapped(target, folder.path(), name, &boxes)
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
fn mapped(target: &Target, folder: &Path, name: &str, boxes: &[&File]) -> Result<Mapped, Failed> {
    let read = |file: &str| fs::read_to_string(folder.join(file));
    let ports = ports(&read("ports.json")?, name)?;
    let memory_bits = statistics(&read("read.json")?, name)?.1;
    let (cells, _) = statistics(&read("cells.json")?, name)?;
    let (instances, cells): (Cells, Cells) =
        cells.into_iter().partition(|(cell, _)| boxes.iter().any(|file| module(file) == cell));
    let module = name.to_owned();
    let (own, netlist) = match target.kind {
        Kind::Library(library) if memory_bits > 0 => (Cost::default(), stand_in(name, &ports, &library)),
        Kind::Library(library) => {
            let areas = areas(&fs::read_to_string(library.file)?);
            let odd =
                |line| Failed::Tool(format!("{name}: Yosys writes what cannot be split into bits: {line}"));
            let netlist = by_bits(&read("net.v")?, &ports).map_err(odd)?;
            (Cost::of_library(&cells, &areas, &library).map_err(Failed::Tool)?, netlist)
        }
        Kind::Fpga(family) => (Cost::of_family(&cells, &family).map_err(Failed::Tool)?, read("net.v")?),
    };
    Ok(Mapped { module, own: Cost { memory_bits, ..own }, instances, ports, netlist })
}
