//! The text of a module, by rust_hdl's generator, and what it takes to make that text ours.
//!
//! rust_hdl prints a frame (ports, declarations, instances) around statements that it prints too. Four things are put
//! right here: a signal with one plain assignment becomes a `wire` with `assign`; an instance's input is connected to
//! its value directly; part selects are written `[hi:lo]`; and no name has a `$`.

use super::Error;
use super::block::{Form, Frame, block, tree};
use super::expr::{Expr, Node};
use super::module::{Kind, Module};
use super::process::{Process, Processes, processes};
use rust_hdl_core::ast::{VerilogExpression, VerilogStatement};
use rust_hdl_core::block::Block;
use rust_hdl_core::module_defines::ModuleDefines;
use rust_hdl_core::verilog_gen::verilog_combinatorial;
use std::collections::BTreeMap;

/// Brackets of text that rust_hdl must not take for an index of an array of signals.
const HIDDEN: [(char, char); 2] = [('[', '\u{1}'), (']', '\u{2}')];

/// Text that passes through rust_hdl's generator unchanged.
pub(super) fn hidden(text: &str) -> String {
    HIDDEN.iter().fold(text.to_owned(), |text, &(shown, hidden)| text.replace(shown, &hidden.to_string()))
}

/// An expression as Verilog.
pub(super) fn text(expr: &Expr) -> String {
    match expr.node() {
        Node::Literal(limbs) => literal(expr.width(), limbs),
        Node::Concat(parts) => {
            format!("{{{}}}", parts.iter().map(text).collect::<Vec<_>>().join(", "))
        }
        Node::Repeat(count, inner) => format!("{{{count}{{{}}}}}", text(inner)),
        Node::Mux(selector, one, zero) => {
            format!("({} ? {} : {})", text(selector), text(one), text(zero))
        }
        Node::Signal(name) => name.clone(),
        _ => {
            let statement = VerilogStatement::Assignment(
                VerilogExpression::Signal("x".to_owned()),
                tree(expr, Form::Print),
            );
            let process = verilog_combinatorial(&vec![statement]);
            let value = process.split_once(" = ").and_then(|(_, rest)| rest.split_once(";\n"));
            select(value.map_or("", |(value, _)| value))
        }
    }
}

fn literal(width: usize, limbs: &[u64]) -> String {
    if width == 1 {
        return format!("1'b{}", limbs[0]);
    }
    let mut digits = String::new();
    for limb in limbs.iter().rev() {
        digits += &if digits.is_empty() { format!("{limb:x}") } else { format!("{limb:016x}") };
    }
    let digits = digits.trim_start_matches('0');
    format!("{width}'h{}", if digits.is_empty() { "0" } else { digits })
}

/// Part selects `[(lo)+:(width)]` as `[hi:lo]`, brackets shown.
fn select(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("[(") {
        out += before;
        let parts = after.split_once(")+:(").and_then(|(lo, tail)| {
            let (width, tail) = tail.split_once(")]")?;
            Some((lo.parse::<usize>().ok()?, width.parse::<usize>().ok()?, tail))
        });
        match parts {
            Some((lo, width, tail)) => {
                out += &format!("[{}:{lo}]", lo + width - 1);
                rest = tail;
            }
            None => {
                out += "[(";
                rest = after;
            }
        }
    }
    out += rest;
    HIDDEN.iter().fold(out, |text, &(shown, hidden)| text.replace(hidden, &shown.to_string()))
}

/// The processes of a module.
pub(super) fn statements(module: &Module, processes: &Processes) -> String {
    let mut out = String::new();
    for process in &processes.combinational {
        match process.plain() {
            Some((target, _)) if target.contains('$') => {}
            Some((target, value)) => out += &format!("assign {target} = {};\n", text(value)),
            None => out += &select(&verilog_combinatorial(&block(&process.body, Form::Print, ""))),
        }
    }
    if let Some(process) = &processes.clocked {
        out += &clocked(module, process);
    }
    out.lines().filter(|line| !line.trim().is_empty()).map(|line| format!("{line}\n")).collect()
}

/// `always @(posedge clock)` with reset, over all registers.
fn clocked(module: &Module, process: &Process) -> String {
    let resets = process.targets.iter().filter_map(|name| match &module.find(name)?.kind {
        Kind::Register(reset) => Some(format!("        {name} <= {};\n", text(reset))),
        _ => None,
    });
    let printed = select(&verilog_combinatorial(&block(&process.body, Form::Print, "")));
    let body = printed.trim_start_matches("always @(*) begin\n");
    let lines = body.lines().map(|line| format!("    {}\n", line.replacen(" = ", " <= ", 1)));
    format!(
        "always @(posedge clock) begin\n    if (reset) begin\n{}    end else begin\n{}end\n",
        resets.collect::<String>(),
        lines.collect::<String>(),
    )
}

/// The text of a module, from `module` to `endmodule`; `name` is its own, `names` those of its instances in order.
pub(crate) fn body(module: &Module, name: &str, names: &[String]) -> Result<String, Error> {
    let processes = processes(module)?;
    let plain: BTreeMap<&String, &Expr> = processes.combinational.iter().filter_map(Process::plain).collect();
    let mut printer = ModuleDefines::default();
    Frame::new(module, &processes, Form::Print).accept("top", &mut printer);
    let text = printer.defines();
    let frame = text.split("\n\nmodule ").find(|part| part.starts_with("top(")).unwrap_or_default();
    let instances: BTreeMap<&str, &String> =
        module.children.iter().map(|(instance, _)| instance.as_str()).zip(names).collect();
    let mut out = format!("module {name}");
    for line in frame.trim_start_matches("top").trim_end().lines() {
        if let Some(line) = tidy(line, &plain, &instances) {
            out += line.replace('$', "_").trim_end();
            out.push('\n');
        }
    }
    Ok(out.replace("endmodule // top", "endmodule"))
}

/// One line of rust_hdl's frame, put right; `None` where it is not wanted.
fn tidy(line: &str, plain: &BTreeMap<&String, &Expr>, instances: &BTreeMap<&str, &String>) -> Option<String> {
    let (indent, rest) = line.split_at(line.len() - line.trim_start().len());
    if rest.starts_with("// ") {
        return None;
    }
    if let Some((instance, _)) = rest.strip_prefix("top$").and_then(|rest| rest.split_once(' ')) {
        return instances.get(instance).map(|module| format!("{indent}{module} {instance}("));
    }
    if let Some(bound) = rest.strip_prefix('.').and_then(|rest| rest.split_once('(')) {
        let (signal, end) = bound.1.split_once(')')?;
        let value = plain.get(&signal.to_owned()).map_or(signal.to_owned(), |value| self::text(value));
        return Some(format!("{indent}.{}({value}){end}", bound.0));
    }
    let declared =
        rest.strip_suffix(';').and_then(|rest| rest.rsplit_once(' ')).map(|(_, name)| name.to_owned());
    let declaration = ["input ", "output ", "reg ", "wire "].iter().any(|kind| rest.starts_with(kind));
    match declared.filter(|_| declaration).map(|name| (plain.contains_key(&name), name)) {
        Some((true, name)) if name.contains('$') => None,
        Some((true, _)) => Some(format!("{indent}{}", squeeze(&rest.replacen("reg ", "wire ", 1)))),
        Some((false, _)) => Some(format!("{indent}{}", squeeze(rest))),
        None => Some(line.to_owned()),
    }
}

/// Single spaces.
fn squeeze(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}
