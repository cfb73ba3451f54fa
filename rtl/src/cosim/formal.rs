//! Proofs: what holds of an emitted unit in every cycle, whatever comes in.
//!
//! A module `properties` holds the unit as `unit`, its inputs free and its ports under their names, and the claims as Verilog
//! with `assume` and `assert`. Reset is high in the first cycle and low in all others. Yosys makes a transition system of the two,
//! of which one of two engines asks whether a claim ever fails.

use super::tools::{ToolError, run, run_within};
use crate::emit::Emitted;
use crate::hdl::Port;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Seconds after which making the system and reachability are each given up, and what `timeout` then exits with.
const SECONDS: u64 = 120;
const TIMED_OUT: i32 = 124;

/// What a proof runs.
pub const TOOLS: &[&str] = &["yosys", "yosys-abc", "yosys-smtbmc", "z3"];

/// How a proof goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Z3 looks for a failure within so many cycles after reset, and proves by induction over as many that none ever comes: for arithmetic.
    Induction(usize),
    /// ABC's property-directed reachability finds an invariant, or a failure after any number of cycles: for control, where induction
    /// over few cycles does not hold and over many does not end.
    Reachability,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The claims hold for ever.
    Proven,
    /// A claim fails; what the solver says.
    Refuted(String),
    /// No failure was found, and no proof; what the solver says.
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
    engine: Engine,
) -> Result<Verdict, ToolError> {
    let failed =
        |error: std::io::Error| ToolError { command: "yosys".to_owned(), message: error.to_string() };
    let folder = tempfile::tempdir().map_err(failed)?;
    fs::write(folder.path().join("dut.v"), emitted.text()).map_err(failed)?;
    fs::write(folder.path().join("properties.v"), module(emitted, watched, claims)).map_err(failed)?;
    decide(folder.path(), engine, "")
}

/// Whether the claims hold of `properties.v` and `dut.v` in a folder; `prepare`, in Yosys's words, changes the system first.
///
/// # Errors
/// As [`prove`].
pub(super) fn decide(folder: &Path, engine: Engine, prepare: &str) -> Result<Verdict, ToolError> {
    let written = match engine {
        Engine::Induction(_) => "dffunmap; write_smt2 -wires system.smt2",
        Engine::Reachability => {
            "setundef -undriven -anyseq; delete -output; opt -fast; techmap; \
             opt -fast; dffunmap; abc -g AND -fast; opt_clean; write_aiger -I -B -zinit system.aig"
        }
    };
    // What stands for a part of the unit is written beside the claims.
    let script = "read_verilog -formal dut.v; read_verilog -formal -overwrite properties.v; \
                  hierarchy -check -top properties; proc; flatten; \
                  opt_clean; memory_map; check -assert; async2sync";
    let script = format!("{script}; {prepare}; {written}");
    match engine {
        Engine::Induction(cycles) => {
            run(folder, "yosys", &["-q", "-p", &script])?;
            by_induction(folder, &cycles.to_string())
        }
        Engine::Reachability => match run_within(folder, SECONDS, "yosys", &["-q", "-p", &script])? {
            Some(_) => by_reachability(folder),
            None => Ok(Verdict::Open("the time is up for making the system".to_owned())),
        },
    }
}

/// Words of a solver, and the verdict that they give.
type Words = (&'static str, fn(String) -> Verdict);

fn by_induction(folder: &Path, cycles: &str) -> Result<Verdict, ToolError> {
    let verdicts: [Words; 2] =
        [("Status: PASSED", |_| Verdict::Proven), ("Status: FAILED", Verdict::Refuted)];
    let smtbmc = |arguments: &[&str]| solve(folder, "yosys-smtbmc", arguments, &verdicts);
    match smtbmc(&["--noprogress", "-s", "z3", "-t", cycles, "system.smt2"])? {
        Verdict::Proven => {}
        refuted => return Ok(refuted),
    }
    Ok(match smtbmc(&["--noprogress", "-s", "z3", "-i", "-t", cycles, "system.smt2"])? {
        Verdict::Refuted(said) => Verdict::Open(said),
        proven => proven,
    })
}

/// `fold` makes the assumptions a part of each claim, `scorr` joins what is always equal, `pdr` proves. After some time it
/// is given up.
fn by_reachability(folder: &Path) -> Result<Verdict, ToolError> {
    let verdicts: [Words; 3] = [
        ("Property proved", |_| Verdict::Proven),
        ("was asserted in frame", Verdict::Refuted),
        ("Property UNDECIDED", Verdict::Open),
    ];
    let script = "read_aiger system.aig; fold; scorr; pdr";
    solve(folder, "timeout", &[&SECONDS.to_string(), "yosys-abc", "-c", script], &verdicts)
}

/// Runs a solver; its verdict is the first whose words are in what it says.
fn solve(folder: &Path, solver: &str, arguments: &[&str], verdicts: &[Words]) -> Result<Verdict, ToolError> {
    let error = |message: String| ToolError { command: format!("{solver} {}", arguments.join(" ")), message };
    let output = Command::new(solver).args(arguments).current_dir(folder).output();
    let output = output.map_err(|failure| error(failure.to_string()))?;
    let text = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text)).concat();
    match verdicts.iter().find(|(words, _)| text.contains(words)) {
        Some((_, verdict)) => Ok(verdict(text)),
        None if output.status.code() == Some(TIMED_OUT) => Ok(Verdict::Open("the time is up".to_owned())),
        None => Err(error(text)),
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
