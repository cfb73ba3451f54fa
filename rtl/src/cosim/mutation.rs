//! Mutants of an emitted design: small wrong changes, made by Yosys, all in one text, of which an input selects one.
//!
//! A change inverts a bit of a cell's port, ties it to 0 or 1, or makes it depend on its neighbour. The design is
//! flattened first, so that a change is in one instance; but for the memories, in whose place a foundry's stand: the logic
//! around one is changed, not its inside, nor its clock, which no proof would see. Changes that synthesis alone could make are not modelled.

use super::memories;
use super::tools::{ToolError, run};
use crate::emit::{Emitted, File};
use crate::hdl::Port;
use std::fmt::{self, Write as _};
use std::fs;

/// The input that selects a mutant: 0 for none, else its number from 1.
pub(super) const SELECTOR: &str = "mutant";
/// Its width.
const WIDTH: usize = 16;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutation {
    /// What is done, and where in Yosys's cells.
    pub change: String,
    /// The lines of the text that the cell comes from.
    pub source: Vec<String>,
}

/// A design with its mutants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutated {
    /// The text, with the selector as one more input.
    pub emitted: Emitted,
    /// The design without them.
    pub original: Emitted,
    /// The mutants, number 1 first.
    pub mutations: Vec<Mutation>,
}

/// Up to `count` mutants, spread over the design's lines and bits; the same `seed` gives the same ones. `parts`, modules without
/// memories, stay as they are: the logic around them is changed.
///
/// # Errors
/// Yosys is missing or fails.
pub fn mutate(emitted: &Emitted, parts: &[&str], count: u64, seed: u64) -> Result<Mutated, ToolError> {
    let failed =
        |error: std::io::Error| ToolError { command: "yosys".to_owned(), message: error.to_string() };
    let (folder, text, top) = (tempfile::tempdir().map_err(failed)?, emitted.text(), &emitted.top);
    fs::write(folder.path().join("dut.v"), &text).map_err(failed)?;
    let mut script = format!("read_verilog dut.v; hierarchy -check -top {top}; proc -norom; ");
    let with_memory = memories::users(emitted);
    let parts = parts.iter().copied().filter(|part| !with_memory.contains(part));
    for kept in memories::modules(emitted).into_iter().chain(parts) {
        script += &format!("setattr -mod -set keep_hierarchy 1 {kept}; ");
    }
    // Writing to a string cannot fail.
    let _ = write!(
        script,
        "flatten; opt_clean; mutate -list {count} -seed {seed} -ctrl {SELECTOR} {WIDTH} 1 -o list.ys {top}/t:$*; "
    );
    script += "script list.ys; opt_clean; write_verilog -noattr mutants.v";
    run(folder.path(), "yosys", &["-q", "-p", &script])?;
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).map_err(failed);
    let mutations = read("list.ys")?.lines().map(|line| Mutation::parse(line, &text)).collect();
    let meaning = "Number of the mutant, 0 for none".to_owned();
    let selector = Port { name: SELECTOR.to_owned(), width: WIDTH, input: true, meaning };
    let ports = emitted.ports.iter().cloned().chain([selector]).collect();
    let files = vec![File { name: "mutants.v".to_owned(), text: read("mutants.v")? }];
    Ok(Mutated { emitted: Emitted { top: top.clone(), ports, files }, original: emitted.clone(), mutations })
}

impl Mutation {
    /// From a line of Yosys's list: options and their values; `-src` names a place in `text`.
    fn parse(line: &str, text: &str) -> Mutation {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (mut change, mut source) = (String::new(), vec![]);
        for pair in words.windows(2) {
            match pair {
                ["-mode", mode] => change = (*mode).to_owned(),
                // Writing to a string cannot fail.
                ["-cell" | "-port" | "-portbit" | "-ctrlbit", value] => {
                    let _ = write!(change, " {}={value}", &pair[0][1..]);
                }
                ["-src", place] => source.extend(quoted(place, text)),
                _ => {}
            }
        }
        Mutation { change, source }
    }
}

/// The first line of a place such as `dut.v:8.1-9.2`, with its number.
fn quoted(place: &str, text: &str) -> Option<String> {
    let (_, numbers) = place.split_once(':')?;
    let number: usize = numbers.split(['.', '-']).next()?.parse().ok()?;
    let line = text.lines().nth(number.checked_sub(1)?)?;
    Some(format!("{number}: {}", line.trim()))
}

impl fmt::Display for Mutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.change, self.source.join(" | "))
    }
}
