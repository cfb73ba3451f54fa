//! The gates that Yosys makes of an emitted design, as Verilog that Icarus runs.

use super::tools::{ToolError, run};
use crate::emit::Emitted;
use std::fs;

/// `synth` with generic gates, written as plain Verilog.
///
/// # Errors
/// Yosys is missing or fails.
pub fn netlist(emitted: &Emitted) -> Result<String, ToolError> {
    let failed =
        |error: std::io::Error| ToolError { command: "yosys".to_owned(), message: error.to_string() };
    let folder = tempfile::tempdir().map_err(failed)?;
    fs::write(folder.path().join("dut.v"), emitted.text()).map_err(failed)?;
    let script =
        format!("read_verilog dut.v; synth -top {}; check -assert; write_verilog -noattr net.v", emitted.top);
    run(folder.path(), "yosys", &["-q", "-p", &script])?;
    fs::read_to_string(folder.path().join("net.v")).map_err(failed)
}
