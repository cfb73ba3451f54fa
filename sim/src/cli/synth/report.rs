//! What a synthesis found, as tables and as JSON.

use std::io::Write;

use models::design::Design;
use models::technology::Technology;
use rtl::synth::{Cost, Kind, Target};
use serde_json::{Value, json};

use super::Failure;
use super::parts::{Part, parts};
use super::rows::{Row, rows};
use super::work::Synthesised;
use crate::report::json::write;

/// What was synthesised, and of what.
pub(super) struct Subject<'a> {
    pub(super) target: &'a Target,
    pub(super) design: &'a Design,
    pub(super) technology: &'a Technology,
    /// Area of a gate equivalent, where the target has one.
    pub(super) gate_um2: Option<f64>,
}

/// A top with all below it.
struct Top {
    name: String,
    rows: Vec<Row>,
    /// Next to the area model: of a machine in standard cells.
    parts: Option<Vec<Part>>,
}

/// All of it.
pub(super) struct Report<'a> {
    subject: Subject<'a>,
    tops: Vec<Top>,
}

impl<'a> Report<'a> {
    pub(super) fn new(subject: Subject<'a>, all: &[Synthesised], machine: bool) -> Report<'a> {
        let parts = |one: &Synthesised| parts(one, subject.design, subject.technology);
        let compared = machine && subject.gate_um2.is_some();
        let top = |one: &Synthesised| Top {
            name: one.top.clone(),
            rows: rows(one),
            parts: if compared { parts(one) } else { None },
        };
        Report { tops: all.iter().map(top).collect(), subject }
    }

    pub(super) fn json(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let Subject { target, design, technology, .. } = &self.subject;
        let top = |top: &Top| {
            let modules: Vec<Value> = top.rows.iter().map(|row| self.module(row)).collect();
            let part = |part: &Part| {
                json!({
                    "part": part.name, "gate_equivalents": self.gates(&part.cost), "flip_flops": part.cost.flip_flops,
                    "memory_bits": part.cost.memory_bits, "model_mm2": part.model_mm2,
                })
            };
            let parts = top.parts.as_ref().map(|parts| parts.iter().map(part).collect::<Vec<_>>());
            json!({"top": top.name, "modules": modules, "parts": parts})
        };
        let tops: Vec<Value> = self.tops.iter().map(top).collect();
        let value = json!({
            "target": target.name, "what": target.what, "design": design.name, "n": design.pu.n,
            "technology": technology.name, "tops": tops,
        });
        Ok(write(&value, out)?)
    }

    /// Gate equivalents of an area.
    fn gates(&self, cost: &Cost) -> Option<f64> {
        self.subject.gate_um2.map(|gate| cost.area_um2 / gate)
    }

    fn module(&self, row: &Row) -> Value {
        let figures = |cost: &Cost| match self.gates(cost) {
            Some(gates) => json!({
                "cells": cost.cells, "flip_flops": cost.flip_flops, "memory_bits": cost.memory_bits,
                "area_um2": cost.area_um2, "gate_equivalents": gates,
            }),
            None => json!({
                "cells": cost.cells, "flip_flops": cost.flip_flops, "memory_bits": cost.memory_bits,
                "luts": cost.luts, "dsps": cost.dsps, "block_memories": cost.blocks,
            }),
        };
        let mut value = row.cost.as_ref().map_or_else(|_| json!({}), figures);
        let path = row.path.as_ref().ok().and_then(Option::as_ref);
        value["module"] = json!(row.module);
        value["instances"] = json!(row.instances);
        value["path"] = path.map_or(Value::Null, |p| json!({"ns": p.ns, "from": p.from, "to": p.to}));
        value["given_up"] = json!(row.cost.as_ref().err().or_else(|| row.path.as_ref().err()));
        value
    }

    pub(super) fn table(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let Subject { target, design, technology, .. } = &self.subject;
        let columns = match target.kind {
            Kind::Library(_) => "   cells  flip-flops  memory bits     area, um2       kGE".to_owned(),
            Kind::Fpga(family) => format!("    LUTs  flip-flops  memory bits  DSPs  {}", family.block),
        };
        for Top { name, rows, parts } in &self.tops {
            writeln!(
                out,
                "{name} of design {} (n = {}) on {}: {}",
                design.name, design.pu.n, target.name, target.what
            )?;
            let width = rows.iter().map(|row| row.module.len()).max().unwrap_or(0).max(6);
            writeln!(out, "{:width$}  instances {columns}  path, ns  from -> to", "module")?;
            for row in rows {
                writeln!(out, "{:width$} {:>10} {}", row.module, row.instances, self.figures(row))?;
            }
            if let Some(parts) = parts {
                writeln!(out, "\nits parts, and their areas in the model of {}", technology.name)?;
                self.parts(parts, out)?;
            }
        }
        Ok(())
    }

    /// The columns of a row, or why there are none.
    fn figures(&self, row: &Row) -> String {
        let cost = match &row.cost {
            Ok(cost) => cost,
            Err(why) => return format!("given up: {why}"),
        };
        let Cost { cells, flip_flops, memory_bits, area_um2, luts, dsps, blocks } = cost;
        let columns = match self.subject.target.kind {
            Kind::Fpga(family) => {
                let width = family.block.len();
                format!("{luts:>8} {flip_flops:>11} {memory_bits:>12} {dsps:>5}  {blocks:>width$}")
            }
            Kind::Library(_) => {
                let kge = self.gates(cost).unwrap_or_default() / 1000.0;
                format!("{cells:>8} {flip_flops:>11} {memory_bits:>12} {area_um2:>13.0} {kge:>9.2}")
            }
        };
        let path = match &row.path {
            Ok(Some(path)) => format!("{:>9.2}  {} -> {}", path.ns, path.from, path.to),
            Ok(None) => format!("{:>9}  no path", "-"),
            Err(why) => format!("{:>9}  given up: {why}", "-"),
        };
        format!("{columns} {path}")
    }

    fn parts(&self, parts: &[Part], out: &mut dyn Write) -> Result<(), Failure> {
        let width = parts.iter().map(|part| part.name.len()).max().unwrap_or(0);
        writeln!(out, "{:width$}       kGE  flip-flops  memory bits  model, mm2  um2 a GE or bit", "part")?;
        for Part { name, cost, model_mm2 } in parts {
            let gates = self.gates(cost).unwrap_or_default();
            let (model, each) = model_mm2.map_or(("-".to_owned(), "-".to_owned()), |mm2| {
                let of = if cost.memory_bits > 0 { cost.memory_bits as f64 } else { gates };
                (format!("{mm2:.4}"), format!("{:.3}", mm2 * 1e6 / of))
            });
            writeln!(
                out,
                "{name:width$} {:>9.2} {:>11} {:>12} {model:>11} {each:>16}",
                gates / 1000.0,
                cost.flip_flops,
                cost.memory_bits
            )?;
        }
        Ok(())
    }
}
