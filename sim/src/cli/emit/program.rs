//! A program as files of an emission: what any bench loads into the machine and its memories, and what it must find afterwards.
//!
//! | file | what |
//! |---|---|
//! | `program_commands.hex` | command memory, a word a line |
//! | `program_tokens.hex` | token memory, a word a line |
//! | `program_predictions.hex` | table of predictions, a row a line; empty where nothing is predicted |
//! | `program_external.hex`, `program_nvm.hex` | external memory and NVM before, bytes from address 0 |
//! | `program_expected.hex` | external memory afterwards |
//! | `program.json` | registers that the host writes, and what registers hold afterwards |
//!
//! The `.hex` files are what `$readmemh` reads. Cycles are those with the simulator's memory timing; other registers do not depend
//! on it.

use models::design::Design;
use models::record::{Error, Kind};
use models::technology::Technology;
use rtl::emit::File;
use serde_json::{Map, Value, json};

use crate::cli::Failure;
use crate::cli::cosim::case::{Case, case};
use crate::cli::cosim::programs::expected;
use crate::image::hex;

/// Program `index` of the co-simulation with a seed: each file, and what it is.
///
/// # Errors
/// The program does not fit the design, or its golden run fails.
pub(super) fn files(
    index: usize,
    seed: u64,
    design: &Design,
    technology: &Technology,
) -> Result<Vec<(File, &'static str)>, Failure> {
    let case = case(index, seed, design, technology).map_err(Failure::Tool)?;
    let case = case.ok_or_else(|| {
        let message = format!("--program {index}: it does not fit design {}", design.name);
        Error::new(Kind::Fit, "arguments", message, "take another program, or a design with larger buffers")
    })?;
    let file = |name: &str, text: String, what| (File { name: name.to_owned(), text }, what);
    let commands = case.job.commands.iter().map(|word| {
        let digits: String = word.iter().rev().map(|part| format!("{part:08x}")).collect();
        digits + "\n"
    });
    let tokens = case.job.tokens.iter().map(|token| format!("{token:04x}\n"));
    let predictions = case.job.predictions.iter().map(|row| format!("{row:08x}\n"));
    Ok(vec![
        file("program.json", settings(&case, index, seed)?, "registers before and after a program"),
        file("program_commands.hex", commands.collect(), "its command memory"),
        file("program_tokens.hex", tokens.collect(), "its token memory"),
        file("program_predictions.hex", predictions.collect(), "its table of predictions"),
        file("program_external.hex", hex(&case.job.external), "external memory before it"),
        file("program_nvm.hex", hex(&case.job.nvm), "its NVM"),
        file("program_expected.hex", hex(&case.outcome.memory.external), "external memory after it"),
    ])
}

fn settings(case: &Case, index: usize, seed: u64) -> Result<String, Failure> {
    let map = |pairs: Vec<(&'static str, u64)>| -> Map<String, Value> {
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
    };
    let value = json!({
        "program": index, "seed": seed, "summary": case.name,
        "write": map(case.job.registers.clone()), "expected": map(expected(case)),
    });
    let text = serde_json::to_string_pretty(&value).map_err(|error| Failure::Tool(error.to_string()))?;
    Ok(text + "\n")
}
