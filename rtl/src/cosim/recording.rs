//! What a bench did, cycle by cycle, and the Verilog bench that does it again.

use super::dut::mask;
use super::tools::{ToolError, run};
use crate::emit::Emitted;
use crate::hdl::Port;
use std::fmt::{self, Write as _};
use std::fs;
use std::io;

/// One cycle: a value per port, and which outputs were compared with it.
#[derive(Clone, Debug)]
pub(super) struct Cycle {
    widths: Vec<usize>,
    pub(super) words: Vec<Vec<u32>>,
    pub(super) compared: Vec<bool>,
}

/// Inputs and expected outputs of a unit.
#[derive(Clone, Debug)]
pub struct Recording {
    top: String,
    ports: Vec<Port>,
    pub(super) cycles: Vec<Cycle>,
}

impl Cycle {
    pub(super) fn new(ports: &[Port]) -> Cycle {
        Cycle {
            widths: ports.iter().map(|port| port.width).collect(),
            words: ports.iter().map(|port| vec![0; port.width.div_ceil(32)]).collect(),
            compared: vec![false; ports.len()],
        }
    }

    pub(super) fn put(&mut self, at: usize, words: &[u32]) {
        let kept = &mut self.words[at];
        for (index, word) in kept.iter_mut().enumerate() {
            *word = words.get(index).copied().unwrap_or(0);
        }
        mask(kept, self.widths[at]);
    }

    /// The inputs but the clock, in order of the ports.
    pub(super) fn inputs(&self, ports: &[Port]) -> Vec<Vec<u32>> {
        let driven = ports.iter().zip(&self.words).filter(|(port, _)| port.input && port.name != "clock");
        driven.map(|(_, words)| words.clone()).collect()
    }

    /// One line of the vector file: inputs, then compared and expected of each output, from the top.
    fn line(&self, ports: &[Port]) -> String {
        let mut bits = String::new();
        for (at, port) in ports.iter().enumerate().filter(|(_, port)| port.name != "clock") {
            if !port.input {
                bits.push(if self.compared[at] { '1' } else { '0' });
            }
            let bit = |index: usize| self.words[at][index / 32] >> (index % 32) & 1;
            bits.extend((0..port.width).rev().map(|index| if bit(index) == 1 { '1' } else { '0' }));
        }
        let pad = "0".repeat((4 - bits.len() % 4) % 4);
        let digits = format!("{pad}{bits}");
        digits
            .as_bytes()
            .chunks(4)
            .map(|four| {
                let value = four.iter().fold(0, |value, bit| value * 2 + u32::from(bit - b'0'));
                char::from_digit(value, 16).unwrap_or('0')
            })
            .collect()
    }
}

impl Recording {
    pub(super) fn new(emitted: &Emitted) -> Recording {
        Recording { top: emitted.top.clone(), ports: emitted.ports.clone(), cycles: vec![] }
    }

    /// Name of the unit.
    pub fn top(&self) -> &str {
        &self.top
    }

    /// The vectors for `$readmemh`, one cycle a line.
    pub fn vectors(&self) -> String {
        self.cycles.iter().map(|cycle| cycle.line(&self.ports) + "\n").collect()
    }

    /// The self-checking bench, a module `name` that reads the file `vectors`, and ends with PASS and the number of values
    /// compared, or FAIL.
    pub fn bench(&self, name: &str, vectors: &str) -> String {
        let (mut declared, mut bound, mut packed, mut checks) =
            (String::new(), vec![], vec![], String::new());
        let mut width = 0;
        for port in &self.ports {
            let (name, range) = (&port.name, format!("[{}:0]", port.width - 1));
            bound.push(format!(".{name}({name})"));
            let kind = if port.input { "reg" } else { "wire" };
            // Writing to a string cannot fail.
            let _ = writeln!(declared, "    {kind} {range} {name};");
            if port.name == "clock" {
                continue;
            }
            width += port.width;
            if port.input {
                packed.push(name.clone());
                continue;
            }
            width += 1;
            let _ = writeln!(declared, "    reg {range} {name}_expected;\n    reg {name}_compared;");
            packed.extend([format!("{name}_compared"), format!("{name}_expected")]);
            let _ =
                writeln!(checks, "            `CHECK({name}, {name}_expected, {name}_compared, \"{name}\")");
        }
        let clock = self.ports.iter().any(|port| port.name == "clock");
        include_str!("bench.v.in")
            .replace("@NAME@", name)
            .replace("@VECTORS@", vectors)
            .replace("@DECLARED@", &declared)
            .replace("@TOP@", &self.top)
            .replace("@BOUND@", &bound.join(", "))
            .replace("@PACKED@", &packed.join(", "))
            .replace("@CHECKS@", &checks)
            .replace("@HIGH@", &(width - 1).to_string())
            .replace("@LAST@", &self.cycles.len().saturating_sub(1).to_string())
            .replace("@COUNT@", &self.cycles.len().to_string())
            .replace("@START@", if clock { "clock = 1'b0;" } else { "" })
            .replace("@EDGE@", if clock { "clock = 1'b1; #1 clock = 1'b0;" } else { "" })
    }
}

/// Why a replay does not agree.
#[derive(Debug)]
pub enum ReplayError {
    /// Icarus is missing or fails.
    Tool(ToolError),
    /// The bench says FAIL: the first differing cycle, port and value.
    Differs(String),
}

/// Runs a recording under Icarus on `verilog`: the emitted text, or a netlist of it. Gives the number of values that
/// were compared.
///
/// # Errors
/// A tool fails, or the bench says FAIL.
pub fn replay(recording: &Recording, verilog: &str) -> Result<u64, ReplayError> {
    let (bench, vectors) = (recording.bench("bench", "vectors.hex"), recording.vectors());
    let said = simulate([("dut.v", verilog), ("bench.v", &bench), ("vectors.hex", &vectors)])?;
    let passed = said.lines().find_map(|line| line.strip_prefix("PASS ")?.trim().parse().ok());
    passed.ok_or(ReplayError::Differs(said.trim().to_owned()))
}

/// What the module `bench` of some files says under Icarus.
fn simulate(files: [(&str, &str); 3]) -> Result<String, ToolError> {
    let failed = |error: io::Error| ToolError { command: "vvp bench".to_owned(), message: error.to_string() };
    let folder = tempfile::tempdir().map_err(failed)?;
    for (name, text) in files {
        fs::write(folder.path().join(name), text).map_err(failed)?;
    }
    run(folder.path(), "iverilog", &["-g2012", "-o", "bench", "-s", "bench", "bench.v", "dut.v"])?;
    let output = run(folder.path(), "vvp", &["bench"])?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

impl From<ToolError> for ReplayError {
    fn from(error: ToolError) -> ReplayError {
        ReplayError::Tool(error)
    }
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReplayError::Tool(error) => write!(f, "{error}"),
            ReplayError::Differs(said) => write!(f, "{said}"),
        }
    }
}

impl std::error::Error for ReplayError {}
