//! Proofs: what holds of an emitted unit in every cycle, whatever comes in.
//!
//! A module `properties` holds the unit as `unit`, its inputs free and its ports under their names, and the claims as Verilog
//! with `assume` and `assert`. Yosys makes a transition system of the two; yosys-smtbmc has Z3 look for a claim that fails
//! within so many cycles after reset, and then prove by induction over as many that none ever does. Reset is high in the first cycle
//! and low in all others.

use super::tools::{ToolError, run};
use crate::emit::Emitted;
use crate::hdl::Port;
use std::fs;
use std::path::Path;
use std::process::Command;

/// What a proof runs.
pub const TOOLS: &[&str] = &["yosys", "yosys-smtbmc", "z3"];

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The claims hold for ever.
    Proven,
    /// A claim fails within the cycles; what the solver says.
    Refuted(String),
    /// None fails within them, but the induction does not hold; what the solver says.
    Open(String),
}

/// Claims on a unit: `watched` are signals inside of it with their bits, to be used as `\unit.NAME `; `claims` is Verilog.
///
/// # Errors
/// A tool is missing, or does not accept the text.
pub fn prove(
    emitted: &Emitted,
    watched: &[(&str, usize)],
    claims: &str,
    cycles: usize,
) -> Result<Verdict, ToolError> {
    let failed =
        |error: std::io::Error| ToolError { command: "yosys".to_owned(), message: error.to_string() };
    let folder = tempfile::tempdir().map_err(failed)?;
    fs::write(folder.path().join("dut.v"), emitted.text()).map_err(failed)?;
    fs::write(folder.path().join("properties.v"), module(emitted, watched, claims)).map_err(failed)?;
    let script = "read_verilog -formal dut.v properties.v; hierarchy -check -top properties; proc; flatten; \
                  opt_clean; memory_map; check -assert; async2sync; dffunmap; write_smt2 -wires system.smt2";
    run(folder.path(), "yosys", &["-q", "-p", script])?;
    let cycles = cycles.to_string();
    let base = solve(folder.path(), &["--noprogress", "-s", "z3", "-t", &cycles, "system.smt2"])?;
    if let Err(said) = base {
        return Ok(Verdict::Refuted(said));
    }
    let step = solve(folder.path(), &["--noprogress", "-s", "z3", "-i", "-t", &cycles, "system.smt2"])?;
    Ok(step.map_or_else(Verdict::Open, |()| Verdict::Proven))
}

/// What the solver says where it finds a counterexample.
fn solve(folder: &Path, arguments: &[&str]) -> Result<Result<(), String>, ToolError> {
    let error =
        |message: String| ToolError { command: format!("yosys-smtbmc {}", arguments.join(" ")), message };
    let output = Command::new("yosys-smtbmc").args(arguments).current_dir(folder).output();
    let output = output.map_err(|failure| error(failure.to_string()))?;
    let text = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text)).concat();
    let says = |what: &str| text.contains(&format!("Status: {what}"));
    match (says("PASSED"), says("FAILED")) {
        (true, false) => Ok(Ok(())),
        (false, true) => Ok(Err(text)),
        _ => Err(error(text)),
    }
}

/// The module `properties`.
fn module(emitted: &Emitted, watched: &[(&str, usize)], claims: &str) -> String {
    let range = |width: usize| format!("[{}:0]", width - 1);
    let declared = |port: &Port| {
        let kind = if port.input { "input" } else { "output" };
        format!("    {kind} wire {} {}", range(port.width), port.name)
    };
    let ports: Vec<String> = emitted.ports.iter().map(declared).collect();
    let bound: Vec<String> = emitted.ports.iter().map(|port| format!(".{0}({0})", port.name)).collect();
    let inside: String = watched
        .iter()
        .map(|(name, width)| format!("    (* hierconn *) wire {} \\unit.{name} ;\n", range(*width)))
        .collect();
    format!(
        "module properties(\n{}\n);\n{inside}    {} unit({});\n    reg started = 0;\n    \
         always @(posedge clock) started <= 1;\n    always @* assume(reset == !started);\n{claims}endmodule\n",
        ports.join(",\n"),
        emitted.top,
        bound.join(", ")
    )
}
