//! The lint gate: what Verilator, Icarus and Yosys say about an emitted design, against a written list.

use super::tools::{ToolError, run};
use crate::emit::Emitted;
use std::fs;
use std::path::Path;
use std::process::Command;

/// A message that is allowed.
pub struct Allowed {
    /// The tool.
    pub tool: &'static str,
    /// What its message contains.
    pub message: &'static [&'static str],
    /// Why it is no fault.
    pub reason: &'static str,
}

/// Every allowed message.
pub const ALLOWED: &[Allowed] = &[
    Allowed {
        tool: "verilator",
        message: &["Bits of signal are not used: 'command'["],
        reason: "a unit takes the whole word and reads the fields of its own commands",
    },
    Allowed {
        tool: "verilator",
        message: &["auxiliary_buffer.v", "Bits of signal are not used: ", "address"],
        reason: "addresses have the units of commands; the buffer has words of a tile, and no more than the design says",
    },
    Allowed {
        tool: "verilator",
        message: &["offramp.v", "not used: 'from_"],
        reason: "a register or an address has more bits than this design's memories need",
    },
    Allowed {
        tool: "verilator",
        message: &["load.v", "not used: 'master_beat_"],
        reason: "where the bytes of a beat that count begin and end matters only in whole pieces",
    },
    Allowed {
        tool: "verilator",
        message: &["gather.v", "Bits of signal are not used: 'source'["],
        reason: "a code narrower than a byte takes the lower bits of one",
    },
    Allowed {
        tool: "verilator",
        message: &["sort.v", "Bits of signal are not used: 'vector_bytes'["],
        reason: "a code narrower than a byte takes the lower bits of one",
    },
    Allowed {
        tool: "verilator",
        message: &["SYMRSVDWORD", "'vector'"],
        reason: "the field's word for n codes; it is one of C++ only in the model, where Verilator renames it",
    },
    Allowed {
        tool: "verilator",
        message: &["Bits of signal are not used: '", "_part"],
        reason: "Verilog slices no expression: it is named first, and what the slice leaves out has no reader",
    },
];

/// Everything that the tools say and the list does not allow; empty for a clean design.
///
/// # Errors
/// A tool is missing or breaks down, or the file system refuses.
pub fn lint(emitted: &Emitted) -> Result<Vec<String>, ToolError> {
    let failed = |error: std::io::Error| ToolError { command: "lint".to_owned(), message: error.to_string() };
    let folder = tempfile::tempdir().map_err(failed)?;
    for file in &emitted.files {
        fs::write(folder.path().join(&file.name), &file.text).map_err(failed)?;
    }
    let names: Vec<&str> = emitted.files.iter().map(|file| file.name.as_str()).collect();
    let mut found = vec![];
    let options = ["--lint-only", "-Wall", "-Wno-fatal", "--top-module", &emitted.top];
    found.extend(said(folder.path(), "verilator", &[&options, names.as_slice()].concat(), "%")?);
    let options = ["-g2012", "-Wall", "-t", "null", "-s", &emitted.top];
    found.extend(said(folder.path(), "iverilog", &[&options, names.as_slice()].concat(), "")?);
    let script = format!(
        "read_verilog {}; hierarchy -check -top {}; proc; select -assert-none t:$dlatch t:$adlatch; \
         flatten; check -assert",
        names.join(" "),
        emitted.top
    );
    found.extend(said(folder.path(), "yosys", &["-q", "-p", &script], "")?);
    Ok(found)
}

/// The lines of a tool that start with `start` and are not allowed, whether or not it fails.
fn said(folder: &Path, tool: &str, arguments: &[&str], start: &str) -> Result<Vec<String>, ToolError> {
    let output = Command::new(tool).args(arguments).current_dir(folder).output();
    let output =
        output.map_err(|error| ToolError { command: tool.to_owned(), message: error.to_string() })?;
    let text = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text)).concat();
    let allowed = |line: &str| {
        ALLOWED.iter().any(|one| one.tool == tool && one.message.iter().all(|part| line.contains(part)))
    };
    let lines =
        text.lines().filter(|line| !line.trim().is_empty() && line.starts_with(start) && !allowed(line));
    let mut found: Vec<String> = lines.map(|line| format!("{tool}: {line}")).collect();
    if !output.status.success() && found.is_empty() {
        // A failure that says nothing is still one.
        found.push(run(folder, tool, arguments).map_or_else(|error| error.to_string(), |_| tool.to_owned()));
    }
    Ok(found)
}
