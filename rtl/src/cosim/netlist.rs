//! The gates that Yosys makes of an emitted design, as Verilog that Icarus runs.
//!
//! Memories stay memories, as they do where a macro takes their place: as flip-flops, the command memory alone would be half a
//! million of them. Tables become gates.

use super::tools::{ToolError, run};
use crate::emit::Emitted;
use std::fs;

/// What `synth` does, but for memories that are written.
const SYNTHESIS: &str = "opt -fast -full; memory_map -rom-only; opt -undriven -fine; techmap; opt -fast; abc -fast; opt -fast; \
                         hierarchy -check; check -assert";

/// Generic gates and memories, written as plain Verilog.
///
/// # Errors
/// Yosys is missing or fails.
pub fn netlist(emitted: &Emitted) -> Result<String, ToolError> {
    let failed =
        |error: std::io::Error| ToolError { command: "yosys".to_owned(), message: error.to_string() };
    let folder = tempfile::tempdir().map_err(failed)?;
    fs::write(folder.path().join("dut.v"), emitted.text()).map_err(failed)?;
    let script = format!(
        "read_verilog dut.v; synth -top {} -run begin:fine; {SYNTHESIS}; write_verilog -noattr net.v",
        emitted.top
    );
    run(folder.path(), "yosys", &["-q", "-p", &script])?;
    fs::read_to_string(folder.path().join("net.v")).map_err(failed)
}
