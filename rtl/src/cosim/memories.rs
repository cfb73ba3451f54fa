//! Memories as a proof sees them: from outside.
//!
//! Where two copies of a design put the same into their memories in every cycle, the memories hold the same and answer the same,
//! whatever that is. So the proof has no memory: what is read is free, and the same in both copies; that the same goes in is proven
//! beside all outputs. What no write enables, and the address of a cycle without an access, are no part of it.

use crate::emit::Emitted;
use std::collections::{BTreeMap, BTreeSet};

/// A memory's inputs and its `value`, with their bits.
struct Outside<'a> {
    module: &'a str,
    inputs: BTreeMap<&'a str, usize>,
    value: usize,
}

/// Names of the modules that are memories.
pub(super) fn modules(emitted: &Emitted) -> Vec<&str> {
    emitted.files.iter().filter(|file| file.is_memory()).map(|file| file.module()).collect()
}

/// Names of the modules with a memory below them.
pub(super) fn users(emitted: &Emitted) -> BTreeSet<&str> {
    let mut users: BTreeSet<&str> = modules(emitted).into_iter().collect();
    // Each module stands after those that it uses.
    for file in &emitted.files {
        let instance = |line: &str| line.split_whitespace().next().is_some_and(|word| users.contains(word));
        if file.text.lines().any(instance) {
            users.insert(file.module());
        }
    }
    users
}

/// What stands for the memories' modules in a proof: `seen`, what the memory takes in this cycle, and a free `value`.
pub(super) fn views(emitted: &Emitted) -> String {
    outsides(emitted).iter().map(view).collect()
}

/// That each memory takes and gives the same in the copies `right` and `wrong` of a text, as Verilog: the signals, what is assumed of
/// what they give, and what is claimed of what they take.
pub(super) fn claims(emitted: &Emitted, text: &str) -> [String; 3] {
    let [mut signals, mut given, mut taken] = <[String; 3]>::default();
    for outside in outsides(emitted) {
        for instance in instances(text, outside.module) {
            let signal = |copy: &str, name: &str| format!("\\{copy}.{instance}.{name} ");
            for (name, bits) in [("seen", outside.seen()), ("value", outside.value)] {
                for copy in ["right", "wrong"] {
                    signals += &format!("    (* hierconn *) wire [{}:0] {};\n", bits - 1, signal(copy, name));
                }
            }
            let same = |name: &str| format!("{} == {}", signal("right", name), signal("wrong", name));
            given += &format!("    always @* assume({});\n", same("value"));
            taken += &format!("        assert({});\n", same("seen"));
        }
    }
    [signals, given, taken]
}

fn outsides(emitted: &Emitted) -> Vec<Outside<'_>> {
    let of = |module| {
        let file = emitted.files.iter().find(|file| file.module() == module)?;
        let mut inputs: BTreeMap<_, _> =
            file.text.lines().filter_map(|line| declared(line, "input wire")).collect();
        inputs.remove("clock");
        let (_, value) = file.text.lines().find_map(|line| declared(line, "output reg"))?;
        Some(Outside { module, inputs, value })
    };
    modules(emitted).into_iter().filter_map(of).collect()
}

/// Name and bits of a port: `    input wire [7:0] data;`.
fn declared<'a>(line: &'a str, kind: &str) -> Option<(&'a str, usize)> {
    let rest = line.trim().strip_prefix(kind)?.trim().strip_suffix(';')?;
    match rest.strip_prefix('[').and_then(|rest| rest.split_once(":0]")) {
        Some((high, name)) => Some((name.trim(), high.parse::<usize>().ok()? + 1)),
        None => Some((rest, 1)),
    }
}

/// Names of the instances of a module in a text, as Yosys writes them: `  memory \page_0.words  (`.
fn instances<'a>(text: &'a str, module: &str) -> Vec<&'a str> {
    let named = |line: &'a str| {
        let name = line.trim().strip_prefix(module)?.strip_prefix(' ')?.strip_suffix('(')?.trim();
        Some(name.trim_start_matches('\\'))
    };
    text.lines().filter_map(named).collect()
}

impl Outside<'_> {
    /// Bits of `seen`.
    fn seen(&self) -> usize {
        self.inputs.values().sum()
    }

    /// An input where it counts: `write` with `enable`, an address with its access, a field of `data` with its write.
    fn gated(&self, name: &str, bits: usize) -> String {
        let has = |name: &str| self.inputs.contains_key(name);
        let fields = self.inputs.get("write").copied().unwrap_or(1);
        let access = if has("enable") { "enable" } else { "read" };
        let writes =
            if has("enable") { format!("({{{fields}{{enable}}}} & write)") } else { "write".to_owned() };
        match name {
            "write" => writes,
            "write_address" => format!("{{{bits}{{|write}}}} & write_address"),
            "address" => format!("{{{bits}{{{access}}}}} & address"),
            "data" => {
                let width = bits / fields;
                let field = |at: usize| format!("{{{width}{{writes[{at}]}}}}");
                let all: Vec<String> = (0..fields).rev().map(field).collect();
                format!("{{{}}} & data", all.join(", "))
            }
            other => other.to_owned(),
        }
    }
}

/// The module that stands for a memory.
fn view(outside: &Outside) -> String {
    let range = |bits: usize| format!("[{}:0]", bits - 1);
    let ports: Vec<String> =
        outside.inputs.iter().map(|(name, &bits)| format!("    input wire {} {name}", range(bits))).collect();
    let seen: Vec<String> =
        outside.inputs.iter().map(|(name, &bits)| format!("({})", outside.gated(name, bits))).collect();
    let (value, bits) = (range(outside.value), range(outside.seen()));
    let fields = outside.inputs.get("write").copied().unwrap_or(1);
    format!(
        "module {}(\n    input wire clock,\n{},\n    output wire {value} value\n);\n    (* anyseq *) wire {value} any;\n    \
         assign value = any;\n    wire {} writes = {};\n    wire {bits} seen = {{{}}};\nendmodule\n",
        outside.module,
        ports.join(",\n"),
        range(fields),
        outside.gated("write", fields),
        seen.join(", ")
    )
}
