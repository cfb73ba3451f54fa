//! Outside tools: whether they are there, and running them.

use std::fmt;
use std::io;
use std::path::Path;
use std::process::{Command, Output};

/// A tool that did not do what it was asked.
#[derive(Debug)]
pub struct ToolError {
    /// The command line.
    pub command: String,
    /// What it wrote, or why it did not start.
    pub message: String,
}

/// The first of `tools` that cannot be started.
pub fn missing<'a>(tools: &[&'a str]) -> Option<&'a str> {
    let absent = |tool: &&&str| {
        let option = match **tool {
            "yosys" | "iverilog" => "-V",
            "sta" => "-version",
            _ => "--version",
        };
        let started = Command::new(tool).arg(option).output();
        matches!(started, Err(error) if error.kind() == io::ErrorKind::NotFound)
    };
    tools.iter().find(absent).copied()
}

/// Whether a missing tool is a failure: `OFFRAMP_REQUIRE_TOOLS=1`, as in CI.
pub fn required() -> bool {
    std::env::var_os("OFFRAMP_REQUIRE_TOOLS").is_some_and(|value| value == "1")
}

/// Whether all `tools` are there. If not, `Err` holds the line to print: which tool, and what was not tested.
///
/// # Panics
/// If one is missing and `OFFRAMP_REQUIRE_TOOLS=1`: there, a skipped test is a failed one.
pub fn have(tools: &[&str], what: &str) -> Result<(), String> {
    let Some(tool) = missing(tools) else { return Ok(()) };
    let line = format!("{tool} is missing: {what} was NOT tested");
    assert!(!required(), "{line}, and OFFRAMP_REQUIRE_TOOLS=1");
    Err(line)
}

/// Runs a command in `folder` and gives what it wrote.
///
/// # Errors
/// It does not start, or ends with a failure.
pub fn run(folder: &Path, tool: &str, arguments: &[&str]) -> Result<Output, ToolError> {
    let command = format!("{tool} {}", arguments.join(" "));
    match Command::new(tool).args(arguments).current_dir(folder).output() {
        Err(error) => Err(ToolError { command, message: error.to_string() }),
        Ok(output) if output.status.success() => Ok(output),
        Ok(output) => {
            let message = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text)).concat();
            Err(ToolError { command, message })
        }
    }
}

/// What `timeout` ends with where the time is over.
const TIME_IS_OVER: i32 = 124;

/// Like [`run`], for so many seconds at most: then the tool and all that it started are ended, and there is no output.
///
/// # Errors
/// It does not start, or ends with a failure of its own.
pub fn run_within(
    folder: &Path,
    seconds: u64,
    tool: &str,
    arguments: &[&str],
) -> Result<Option<Output>, ToolError> {
    let seconds = seconds.to_string();
    let command = format!("{tool} {}", arguments.join(" "));
    let output = Command::new("timeout").arg(seconds).arg(tool).args(arguments).current_dir(folder).output();
    let output =
        output.map_err(|error| ToolError { command: command.clone(), message: error.to_string() })?;
    match output.status.code() {
        Some(0) => Ok(Some(output)),
        Some(TIME_IS_OVER) => Ok(None),
        _ => {
            let message = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text)).concat();
            Err(ToolError { command, message })
        }
    }
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` failed: {}", self.command, self.message)
    }
}

impl std::error::Error for ToolError {}
