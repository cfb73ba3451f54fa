//! From a described module to the files that are handed over: one per distinct module, each with a head.
//!
//! Instances of equal text share one file. It is named for the unit; where a design has several shapes of a unit, for
//! the unit and its parameters, as in `memory_1024x128`. The same description gives the same bytes.

mod head;
mod package;
mod write;

pub use package::{Package, Purpose, machine_bench, package, unit_bench};
pub use write::{WriteError, write};

use crate::hdl::{Error, Module, Port, Problem, body};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name, as `vector_mac.v`.
    pub name: String,
    /// Its text.
    pub text: String,
}

impl File {
    /// The module in it.
    pub fn module(&self) -> &str {
        self.name.strip_suffix(".v").unwrap_or(&self.name)
    }

    /// Whether it is a memory: an array, which no unit has but through a memory's module.
    pub fn is_memory(&self) -> bool {
        self.text.lines().any(|line| line.trim_start().starts_with("reg ") && line.ends_with("];"))
    }
}

/// An emitted design.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emitted {
    /// Name of the top module.
    pub top: String,
    /// Its ports.
    pub ports: Vec<Port>,
    /// The modules, each after those that it uses.
    pub files: Vec<File>,
}

impl Emitted {
    /// All modules in one text.
    pub fn text(&self) -> String {
        self.files.iter().map(|file| file.text.as_str()).collect::<Vec<_>>().join("\n")
    }

    /// The file and its line, from 1, of line `line` of [`text`](Emitted::text).
    pub fn place(&self, mut line: usize) -> Option<(&File, usize)> {
        for file in &self.files {
            // The line end that joins two files ends an empty line, since each ends with its own.
            let lines = file.text.matches('\n').count() + 1;
            if line <= lines {
                return Some((file, line));
            }
            line -= lines;
        }
        None
    }

    /// Whether the top has a port `clock`.
    pub fn clocked(&self) -> bool {
        self.ports.iter().any(|port| port.name == "clock")
    }

    /// Whether the top has a port `reset`: a memory alone has none.
    pub fn resets(&self) -> bool {
        self.ports.iter().any(|port| port.name == "reset")
    }

    /// Whether there is a memory in it, which no reset clears.
    pub fn has_memory(&self) -> bool {
        self.files.iter().any(File::is_memory)
    }
}

/// A module that differs from all others, with the places of other modules' names in its text still open.
struct Distinct {
    module: Rc<Module>,
    text: String,
}

/// Stands for the name of a distinct module until it is known.
fn place(id: usize) -> String {
    format!("\u{3}{id}\u{4}")
}

/// Every module below `top`, and `top` last.
///
/// # Errors
/// Different modules of one name with equal parameters.
pub fn emit(top: &Rc<Module>) -> Result<Emitted, Error> {
    let mut distinct = vec![];
    collect(top, &mut BTreeMap::new(), &mut BTreeMap::new(), &mut distinct)?;
    let names = names(&distinct)?;
    let named = |text: &str| {
        let mut parts = text.split('\u{3}');
        let mut out = parts.next().unwrap_or_default().to_owned();
        for (id, tail) in parts.filter_map(|part| part.split_once('\u{4}')) {
            out += id.parse::<usize>().ok().and_then(|id| names.get(id)).map_or("", |name| name);
            out += tail;
        }
        out
    };
    let file = |(one, name): (&Distinct, &String)| File {
        name: format!("{name}.v"),
        text: format!("{}{}", head::head(&one.module, name), named(&one.text)),
    };
    let files = distinct.iter().zip(&names).map(file).collect();
    Ok(Emitted { top: names.last().cloned().unwrap_or_default(), ports: top.ports(), files })
}

/// The number of a module among the distinct ones, with all below it put before it.
fn collect(
    module: &Rc<Module>,
    seen: &mut BTreeMap<*const Module, usize>,
    texts: &mut BTreeMap<(String, String), usize>,
    distinct: &mut Vec<Distinct>,
) -> Result<usize, Error> {
    if let Some(&id) = seen.get(&Rc::as_ptr(module)) {
        return Ok(id);
    }
    let children =
        module.children().iter().map(|(_, child)| Ok(place(collect(child, seen, texts, distinct)?)));
    let children = children.collect::<Result<Vec<_>, Error>>()?;
    let text = body(module, "", &children)?;
    let id = *texts.entry((module.name().to_owned(), text.clone())).or_insert(distinct.len());
    if id == distinct.len() {
        let text = text.replacen("module ", &format!("module {}", place(id)), 1);
        distinct.push(Distinct { module: Rc::clone(module), text });
    }
    seen.insert(Rc::as_ptr(module), id);
    Ok(id)
}

/// The unit that a module of a design is: its name without parameters, which begin with a number.
pub fn unit_of(module: &str) -> &str {
    let digit = |at: &usize| module[at + 1..].starts_with(|c: char| c.is_ascii_digit());
    module.match_indices('_').map(|(at, _)| at).find(digit).map_or(module, |at| &module[..at])
}

/// A name for each: the unit's where it is alone, else with its parameters.
fn names(distinct: &[Distinct]) -> Result<Vec<String>, Error> {
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    distinct.iter().for_each(|one| *count.entry(one.module.name()).or_default() += 1);
    let mut taken = BTreeSet::new();
    distinct
        .iter()
        .map(|one| {
            let module = &one.module;
            let values: Vec<_> = module.parameters.iter().map(|(_, value)| value.as_str()).collect();
            let name = match count[module.name()] {
                1 => module.name().to_owned(),
                _ => format!("{}_{}", module.name(), values.join("x")),
            };
            let legal = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if legal && taken.insert(name.clone()) {
                return Ok(name);
            }
            Err(Error { module: module.name().to_owned(), signal: name, problem: Problem::Ambiguous })
        })
        .collect()
}
