//! `offramp placements`: which cells should hold an embedding, by area, energy, latency, wake-up and damage.
//!
//! Every placement is the bit-mask layout with other cells for masks and codes, with and without SECDED. Beside them stands what an
//! always-on memory is compared with: SRAM that is loaded from the external memory at every wake-up. The load is simulated by the
//! DMA engine of the machine; the rest is the memory's record.

use std::io::Write;

use models::design::{Cell, Design};
use models::memory::Memory;
use models::record::{self, Error};
use models::technology::Technology;
use models::workload::Workload;
use serde_json::{Value, json};

use super::Failure;
use super::faults::report::said;
use super::faults::subject::{FaultArgs, TensorArgs, area_mm2};
use super::faults::{refuse, threads};
use super::setup::MachineArgs;
use crate::faults::{Encoding, Estimate, Store, Study, Until};
use crate::report::table::engineering;
use crate::sentence::frequency_hz;
use crate::wake::{External, Wake, idle_w, used, wake};

pub(super) const EXAMPLES: &str = "\
Examples:
  offramp placements                                          the embedding of ALBERT-base in the technology's memory
  offramp placements --faults rram-radar                      cells after a retention bake
  offramp placements --nvm ctt --limit 0.5                    another memory; damage up to half of what rounding does
  offramp placements --network bert-base --task mnli --json

Columns: area of all cells, check bits included; energy of the rows that a sentence reads, one for each token; time from a row's address to
its last word; from power-on to the first row; energy until then; power while idle; relative L2 of the tensor as it is read, mean
and half of its 95 % interval.

The recommendation is the smallest placement whose damage, the upper end of its interval, is at most --limit of what rounding to codes changed.
Keys of --json: memory, faults, rounding, limit, placements (of each: name, encoding, cells, area_mm2, read_j, row_s, wake_s, wake_j,
idle_w, relative_l2), recommended.";

/// Cells of codes and masks, and on what SECDED is. It corrects one bit, so with it neighbouring levels differ in one.
const PLACEMENTS: [(&str, &str); 11] = [
    ("all SLC", "codes=slc,mask=slc"),
    ("mask SLC, codes MLC2", "codes=mlc2,mask=slc"),
    ("mask SLC, codes MLC2, ECC on codes, Gray", "codes=mlc2,mask=slc,levels=gray,ecc=codes"),
    ("all MLC2", "codes=mlc2,mask=mlc2"),
    ("all MLC2, ECC on mask, Gray", "codes=mlc2,mask=mlc2,levels=gray,ecc=mask"),
    ("all MLC2, ECC on all, Gray", "codes=mlc2,mask=mlc2,levels=gray,ecc=all"),
    ("mask SLC, codes MLC3", "codes=mlc3,mask=slc"),
    ("mask SLC, codes MLC3, ECC on codes, Gray", "codes=mlc3,mask=slc,levels=gray,ecc=codes"),
    ("all MLC3", "codes=mlc3,mask=mlc3"),
    ("all MLC3, ECC on mask, Gray", "codes=mlc3,mask=mlc3,levels=gray,ecc=mask"),
    ("all MLC3, ECC on all, Gray", "codes=mlc3,mask=mlc3,levels=gray,ecc=all"),
];

/// The memory that is loaded at wake-up, where the other is compared with one.
const LOADED: &str = "sram-lstp";

/// Where an embedding could lie.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    machine: MachineArgs,
    #[command(flatten)]
    tensor: TensorArgs,
    #[command(flatten)]
    faults: FaultArgs,
    /// Damage that is let pass, as a share of what rounding to codes changed
    #[arg(long, default_value_t = 0.1, value_name = "SHARE")]
    limit: f64,
    /// Trials of each placement at most
    #[arg(long, default_value_t = 64, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    trials: u64,
    /// Where random numbers begin
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    seed: u64,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// A placement and what it costs.
struct Row {
    name: String,
    encoding: Option<String>,
    cells: [u64; 3],
    area_mm2: f64,
    read_j: f64,
    row_s: f64,
    wake: Wake,
    idle_w: f64,
    damage: Option<Estimate>,
}

/// What rows are costed with.
struct Costs<'a> {
    design: &'a Design,
    technology: &'a Technology,
    memory: &'a Memory,
    /// Rows that a sentence reads.
    tokens: f64,
    /// Rows of the tensor.
    rows: f64,
    frequency_hz: f64,
}

pub(super) fn run(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    if !(args.limit.is_finite() && args.limit >= 0.0) {
        let message = format!("--limit {} must be a share of at least 0", args.limit);
        return Err(refuse(message, "e.g. 0.1: a tenth of what rounding to codes changed").into());
    }
    let (design, technology, _) = args.machine.resolve()?;
    let tensor = args.tensor.coded()?;
    let memory = (*technology.nvm).clone();
    let hertz = frequency_hz(&design, &technology)?;
    let none: [&str; 0] = [];
    let (task, _) = record::resolve::<Workload>(args.tensor.task(), &none)?;
    let costs = Costs {
        design: &design,
        technology: &technology,
        memory: &memory,
        tokens: f64::from(task.sequence_length),
        rows: (tensor.codes.len() / tensor.length) as f64,
        frequency_hz: hertz,
    };
    let mut rows = Vec::new();
    for (at, (name, cells)) in PLACEMENTS.iter().enumerate() {
        let encoding = Encoding::parse(&format!("bitmask,{cells}")).map_err(Failure::Tool)?;
        if cells_of(cells).iter().any(|cell| memory.array(*cell).is_none()) {
            continue;
        }
        // A line for a command that takes a while; if it cannot be written nothing is lost.
        let _ = writeln!(err, "[{}/{}] {name}", at + 1, PLACEMENTS.len());
        let store = args.faults.store(&memory, &tensor, &encoding)?;
        let mut study = Study::default();
        let until = Until { trials: args.trials, within: Some(0.02) };
        study.run(&store, args.seed, until, threads(None), |_| true);
        let mut row = costs.row(name, &store)?;
        row.encoding = Some(encoding.to_string());
        row.damage = Some(study.estimate(|damage| damage.relative_l2));
        rows.push(row);
    }
    if let Some(first) = rows.first() {
        rows.push(costs.loaded(first.cells)?);
    }
    let rounding = tensor.rounding.unwrap_or_default();
    let limit = args.limit * rounding;
    let recommended = recommended(&rows, limit);
    if args.json {
        let value = json!({
            "memory": memory.name, "faults": args.faults.said(&memory)?, "rounding": rounding, "limit": limit,
            "placements": rows.iter().map(Row::json).collect::<Vec<_>>(),
            "recommended": recommended.map(|row| row.name.clone()),
        });
        return Ok(crate::report::json::write(&value, out)?);
    }
    table(args, &memory, &rows, rounding, out)?;
    match recommended {
        Some(row) => writeln!(out, "\nrecommended: {}, {}", row.name, reason(row, &rows, limit))?,
        None => writeln!(
            out,
            "\nrecommended: none; every placement does more than {limit:.1e} of damage: raise --limit or take other cells"
        )?,
    }
    Ok(())
}

/// The kinds of cells that a placement names.
fn cells_of(text: &str) -> Vec<Cell> {
    let named = |part: &str| Cell::ALL.into_iter().find(|cell| part.ends_with(&format!("={}", cell.name())));
    let cells = text.split(',').filter_map(named);
    // A code of 8 bits in cells of three has one of two.
    cells.flat_map(|cell| if cell == Cell::Mlc3 { vec![cell, Cell::Mlc2] } else { vec![cell] }).collect()
}

impl Costs<'_> {
    /// What a tensor in its cells costs.
    fn row(&self, name: &str, store: &Store) -> Result<Row, Error> {
        let cells = store.cells();
        self.costed(name, self.memory, cells)
    }

    /// What cells of a memory cost that hold the tensor.
    fn costed(&self, name: &str, memory: &Memory, cells: [u64; 3]) -> Result<Row, Error> {
        let (mut read_pj, mut bits, mut latency_ns) = (0.0, 0.0, 0.0_f64);
        for (cell, count) in used(cells) {
            let array = memory.built_of(cell)?;
            let held = count as f64 * f64::from(cell.bits());
            bits += held;
            read_pj += held / self.rows * array.read_pj_per_bit.value;
            // Arrays are read side by side.
            latency_ns = latency_ns.max(array.read_latency_ns.value);
        }
        let words = (bits / self.rows / f64::from(self.design.nvm.width_bits)).ceil();
        Ok(Row {
            name: name.to_owned(),
            encoding: None,
            cells,
            area_mm2: area_mm2(memory, cells)?,
            read_j: read_pj * 1e-12 * self.tokens,
            row_s: latency_ns * 1e-9 + words / self.frequency_hz,
            wake: wake(self.design, self.technology, memory, cells, (External::Off, self.frequency_hz))?,
            idle_w: idle_w(memory, cells)?,
            damage: None,
        })
    }

    /// SRAM that is loaded at every wake-up, with the bits of a placement.
    fn loaded(&self, cells: [u64; 3]) -> Result<Row, Error> {
        let bits = used(cells).map(|(cell, count)| count * u64::from(cell.bits())).sum();
        let name = format!("{LOADED}, loaded from {}", self.design.external.memory);
        self.costed(&name, &record::preset::<Memory>(LOADED)?, [bits, 0, 0])
    }
}

/// The smallest placement whose damage is let pass.
fn recommended(rows: &[Row], limit: f64) -> Option<&Row> {
    let good = |row: &&Row| row.damage.is_some_and(|damage| damage.mean + damage.half_width <= limit);
    rows.iter().filter(good).min_by(|a, b| a.area_mm2.total_cmp(&b.area_mm2))
}

/// Why it is that one, in its numbers and those of its neighbours.
fn reason(row: &Row, rows: &[Row], limit: f64) -> String {
    let mut text = format!("{:.3} mm2", row.area_mm2);
    if let Some(damage) = row.damage {
        text.push_str(&format!(" and damage of {}, at most {limit:.1e}", said(damage)));
    }
    let smaller = rows.iter().filter(|other| other.damage.is_some() && other.area_mm2 < row.area_mm2);
    if let Some(next) = smaller.max_by(|a, b| a.area_mm2.total_cmp(&b.area_mm2)) {
        let damage = next.damage.map(said).unwrap_or_default();
        text.push_str(&format!(
            "; the next smaller, {}, saves {:.3} mm2 and does {damage}",
            next.name,
            row.area_mm2 - next.area_mm2
        ));
    }
    if let Some(loaded) = rows.iter().find(|other| other.damage.is_none()) {
        let (time, energy) =
            (loaded.wake.seconds / row.wake.seconds, loaded.wake.energy_j / row.wake.energy_j);
        // Powered all the time, it need not wake up.
        let kept = engineering(row.wake.energy_j / loaded.idle_w, "s");
        text.push_str(&format!(
            "; {} takes {time:.0} times as long to wake up and {energy:.0} times the energy, and kept powered it costs \
             more than that wake-up after {kept}",
            loaded.name
        ));
    }
    text
}

fn table(
    args: &Args,
    memory: &Memory,
    rows: &[Row],
    rounding: f64,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    writeln!(
        out,
        "memory {}, cells misread by {}, seed {}",
        memory.name,
        args.faults.said(memory)?,
        args.seed
    )?;
    writeln!(out, "rounding to codes changed {rounding:.2e} of the norm\n")?;
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
    let head = ["cells, M", "mm2", "read/sentence", "row", "wake-up", "energy of it", "idle"];
    write!(out, "{:width$}", "placement")?;
    head.iter().try_for_each(|head| write!(out, " {head:>13}"))?;
    writeln!(out, "  relative L2")?;
    for row in rows {
        let figures = [
            format!("{:.3}", row.cells.iter().sum::<u64>() as f64 / 1e6),
            format!("{:.4}", row.area_mm2),
            engineering(row.read_j, "J"),
            engineering(row.row_s, "s"),
            engineering(row.wake.seconds, "s"),
            engineering(row.wake.energy_j, "J"),
            engineering(row.idle_w, "W"),
        ];
        write!(out, "{:width$}", row.name)?;
        figures.iter().try_for_each(|figure| write!(out, " {figure:>13}"))?;
        writeln!(out, "  {}", row.damage.map_or("exact".to_owned(), said))?;
    }
    Ok(())
}

impl Row {
    fn json(&self) -> Value {
        json!({
            "name": self.name, "encoding": self.encoding, "cells": self.cells, "area_mm2": self.area_mm2, "read_j": self.read_j,
            "row_s": self.row_s, "wake_s": self.wake.seconds, "wake_j": self.wake.energy_j, "idle_w": self.idle_w,
            "relative_l2": self.damage,
        })
    }
}
