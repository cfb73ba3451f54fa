//! What a synthesis found, as a table and as JSON.

use std::collections::BTreeMap;
use std::io::Write;

use rtl::synth::{Cost, Failed, Kind, Path, Target, total};
use serde_json::{Value, json};

use super::{Failure, Synthesised};
use crate::report::json::write;

/// A module with all below it.
struct Row {
    module: String,
    /// How often it is there in the row's design.
    instances: u64,
    /// Its figures, or why there are none.
    cost: Result<Cost, String>,
    path: Result<Option<Path>, String>,
}

/// All of it.
pub(super) struct Report<'a> {
    target: &'a Target,
    design: &'a str,
    /// Area of a gate equivalent, where the target has one.
    gate_um2: Option<f64>,
    tops: Vec<(String, Vec<Row>)>,
}

impl<'a> Report<'a> {
    pub(super) fn new(
        target: &'a Target,
        design: &'a str,
        all: &[Synthesised],
    ) -> Result<Report<'a>, Failure> {
        let tool = |failed: Failed| Failure::Tool(failed.to_string());
        let gate_um2 = match target.kind {
            Kind::Library(library) => Some(library.gate_um2().map_err(tool)?),
            Kind::Fpga(_) => None,
        };
        for failed in all.iter().flat_map(|one| one.mapped.iter().filter_map(|mapped| mapped.as_ref().err()))
        {
            if let Failed::Tool(said) = failed {
                return Err(Failure::Tool(said.clone()));
            }
        }
        let tops = all.iter().map(|one| (one.top.clone(), rows(one))).collect();
        Ok(Report { target, design, gate_um2, tops })
    }

    pub(super) fn json(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let of_target = |cost: &Cost| match self.gate_um2 {
            Some(gate) => json!({
                "cells": cost.cells, "flip_flops": cost.flip_flops, "memory_bits": cost.memory_bits,
                "area_um2": cost.area_um2, "gate_equivalents": cost.area_um2 / gate,
            }),
            None => json!({
                "cells": cost.cells, "flip_flops": cost.flip_flops, "memory_bits": cost.memory_bits,
                "luts": cost.luts, "dsps": cost.dsps, "block_memories": cost.blocks,
            }),
        };
        let module = |row: &Row| {
            let mut value = row.cost.as_ref().map_or_else(|_| json!({}), of_target);
            let path = row.path.as_ref().ok().and_then(Option::as_ref);
            value["module"] = json!(row.module);
            value["instances"] = json!(row.instances);
            value["path"] = path.map_or(Value::Null, |p| json!({"ns": p.ns, "from": p.from, "to": p.to}));
            value["given_up"] = json!(row.cost.as_ref().err().or_else(|| row.path.as_ref().err()));
            value
        };
        let top = |(top, rows): &(String, Vec<Row>)| {
            let modules: Vec<Value> = rows.iter().map(module).collect();
            json!({"design": self.design, "top": top, "modules": modules})
        };
        let designs: Vec<Value> = self.tops.iter().map(top).collect();
        let value = json!({"target": self.target.name, "what": self.target.what, "designs": designs});
        Ok(write(&value, out)?)
    }

    pub(super) fn table(&self, out: &mut dyn Write) -> Result<(), Failure> {
        for (top, rows) in &self.tops {
            writeln!(out, "{top} of design {} on {}: {}", self.design, self.target.name, self.target.what)?;
            let width = rows.iter().map(|row| row.module.len()).max().unwrap_or(0).max(6);
            let head = match self.target.kind {
                Kind::Library(_) => "   cells  flip-flops  memory bits     area, um2       kGE".to_owned(),
                Kind::Fpga(family) => format!("    LUTs  flip-flops  memory bits  DSPs  {}", family.block),
            };
            writeln!(out, "{:width$}  instances {head}  path, ns  from -> to", "module")?;
            for row in rows {
                writeln!(out, "{:width$} {:>10} {}", row.module, row.instances, self.figures(row))?;
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
        let columns = match (self.target.kind, self.gate_um2) {
            (Kind::Fpga(family), _) => {
                let width = family.block.len();
                format!("{luts:>8} {flip_flops:>11} {memory_bits:>12} {dsps:>5}  {blocks:>width$}")
            }
            (Kind::Library(_), gate) => {
                let kge = area_um2 / gate.unwrap_or(f64::NAN) / 1000.0;
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
}

/// A row for each module, the top last.
fn rows(one: &Synthesised) -> Vec<Row> {
    let known = one.mapped.iter().filter_map(|mapped| mapped.as_ref().ok());
    let totals = total(known.clone().map(|m| (m.module.as_str(), Some((m.own, &m.instances)))));
    let mut counts: BTreeMap<&str, u64> = BTreeMap::from([(one.top.as_str(), 1)]);
    for mapped in known.clone().collect::<Vec<_>>().into_iter().rev() {
        let own = counts.get(mapped.module.as_str()).copied().unwrap_or(0);
        for (child, count) in &mapped.instances {
            *counts.entry(child).or_default() += own * count;
        }
    }
    let row = |(mapped, path): (&Result<_, Failed>, &Result<Option<Path>, Failed>)| {
        let path = path.as_ref().map(Clone::clone).map_err(ToString::to_string);
        match mapped {
            Ok(mapped) => {
                let mapped: &rtl::synth::Mapped = mapped;
                let name = mapped.module.as_str();
                let below = || path.as_ref().err().cloned().unwrap_or_else(|| "a module below it".to_owned());
                let cost = totals.get(name).copied().flatten().ok_or_else(below);
                Row { module: name.to_owned(), instances: counts.get(name).copied().unwrap_or(0), cost, path }
            }
            Err(failed) => Row {
                module: failed.module().unwrap_or_default().to_owned(),
                instances: failed.module().and_then(|name| counts.get(name)).copied().unwrap_or(0),
                cost: Err(failed.to_string()),
                path,
            },
        }
    };
    one.mapped.iter().zip(&one.paths).map(row).collect()
}
