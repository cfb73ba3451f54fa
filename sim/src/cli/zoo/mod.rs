//! `offramp zoo`: published networks on one design, each beside what its paper claims.

mod table;

use std::collections::BTreeMap;
use std::io::Write;

use models::record::{self, Error, Kind};
use models::zoo::Entry;
use serde_json::{Value, json};

use super::Failure;
use super::field::quoted;
use super::setup::MachineArgs;
use crate::report::json::write;
use crate::sentence::SetupError;
use crate::zoo::{Machine, Row, Run};

pub(super) const EXAMPLES: &str = "\
Examples:
  offramp zoo                                          every entry, beside the claims of its paper
  offramp zoo bert-base distilbert tinybert-4          some
  offramp zoo movement-3 --set pu.sparsity=gate        what skipping of zeros is worth
  offramp zoo block-squad-26 --technology generic-7nm --sequence 64
  offramp zoo ./mine.toml                              an entry of your own: copy one from `offramp zoo-entries show NAME`
  offramp zoo --format csv > zoo.csv

A sentence runs to full depth. Parameters and MACs are those of weights that are not zero, layers alone, as papers count; FLOPs are two a MAC.
Memory is what the compiled program keeps: codes, masks, biases, tables. Ratios are the baseline's figure over the entry's, both on this
machine; beside them stands what the paper claims, and below the table why they differ and which published counts are not met.
An entry that does not fit the design has no figures, and the reason says what is missing.

Columns of csv: name, baseline, parameters, macs, flops, stored_bytes, encoder_bytes, latency_ms, energy_mj, utilisation, speed_up,
size_ratio, encoder_size_ratio, energy_ratio, claimed_speed_up, claimed_size_ratio, claimed_size_of, switch_bytes, switch_ms, switch_mj,
reasons. Keys of json: design, technology, tokens, entries; of each entry these columns and published, scores, claims.";

/// Which entries, on what.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Entries: presets or files; all presets if none is named
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    machine: MachineArgs,
    /// Tokens of a sentence
    #[arg(long, visible_alias = "seq", default_value_t = 128, value_name = "TOKENS", value_parser = clap::value_parser!(u32).range(1..))]
    sequence: u32,
    /// How it is printed
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

/// How it is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people: a line as each is done, then the reasons
    Table,
    /// A line of comma-separated values as each is done
    Csv,
    /// One document
    Json,
}

pub(super) fn run(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    let entries = entries(&args.names)?;
    let (design, technology, _) = args.machine.resolve()?;
    let mut house =
        House { machine: Machine { design, technology, tokens: args.sequence }, runs: BTreeMap::new() };
    match args.format {
        Format::Table => table::head(&house.machine, &entries, out)?,
        Format::Csv => writeln!(out, "{}", COLUMNS.join(","))?,
        Format::Json => {}
    }
    let mut rows = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        // Who closed the error stream does not want to know.
        let _ = writeln!(err, "[{}/{}] {}", at + 1, entries.len(), entry.name);
        let row = house.row(entry)?;
        match args.format {
            Format::Table => table::line(&row, &entries, out)?,
            Format::Csv => csv(&row, out)?,
            Format::Json => {}
        }
        out.flush()?;
        rows.push(row);
    }
    match args.format {
        Format::Table => table::reasons(&rows, out)?,
        Format::Csv => {}
        Format::Json => write(&document(&house.machine, &rows), out)?,
    }
    fits(&rows)
}

/// The entries of those names, in order; all presets where there is none.
fn entries(names: &[String]) -> Result<Vec<Entry>, Error> {
    let none: [&str; 0] = [];
    let all: Vec<String> = record::names::<Entry>().map(str::to_owned).collect();
    let names = if names.is_empty() { &all } else { names };
    names.iter().map(|name| Ok(record::resolve::<Entry>(name, &none)?.0)).collect()
}

/// Entries that have been run, by name: a baseline is run once.
struct House {
    machine: Machine,
    runs: BTreeMap<String, Run>,
}

impl House {
    fn row(&mut self, entry: &Entry) -> Result<Row, SetupError> {
        let none: [&str; 0] = [];
        let run = self.machine.run(entry)?;
        let baseline = match &entry.baseline {
            Some(name) => {
                if !self.runs.contains_key(name) {
                    let run = self.machine.run(&record::resolve::<Entry>(name, &none)?.0)?;
                    self.runs.insert(name.clone(), run);
                }
                self.runs.get(name)
            }
            None => None,
        };
        Ok(self.machine.row(entry, run, baseline))
    }
}

/// A zoo of which nothing fits is a failure; what else does not fit is a result.
fn fits(rows: &[Row]) -> Result<(), Failure> {
    let mut reasons = Vec::new();
    for row in rows {
        match &row.run.figures {
            Ok(_) => return Ok(()),
            Err(why) => reasons.push(why),
        }
    }
    match reasons.first() {
        Some(why) => {
            let remedy = "take a design with larger buffers, or another entry";
            Err(Error::new(Kind::Fit, "design", format!("no entry fits the design: {why}"), remedy).into())
        }
        None => Ok(()),
    }
}

/// Columns, in order.
const COLUMNS: [&str; 21] = [
    "name",
    "baseline",
    "parameters",
    "macs",
    "flops",
    "stored_bytes",
    "encoder_bytes",
    "latency_ms",
    "energy_mj",
    "utilisation",
    "speed_up",
    "size_ratio",
    "encoder_size_ratio",
    "energy_ratio",
    "claimed_speed_up",
    "claimed_size_ratio",
    "claimed_size_of",
    "switch_bytes",
    "switch_ms",
    "switch_mj",
    "reasons",
];

/// A row's columns, in order; what is not known is null.
fn values(row: &Row) -> [Value; COLUMNS.len()] {
    let (counts, figures, ratios) = (row.run.counts, row.run.figures.as_ref().ok(), row.ratios);
    let task = row.run.switch.map(|switch| switch.task);
    [
        json!(row.entry.name),
        json!(row.entry.baseline),
        json!(counts.parameters),
        json!(counts.macs()),
        json!(2 * counts.macs()),
        json!(figures.map(|figures| figures.stored_bytes)),
        json!(figures.map(|figures| figures.encoder_bytes)),
        json!(figures.map(|figures| figures.latency_s * 1e3)),
        json!(figures.map(|figures| figures.energy_j * 1e3)),
        json!(figures.map(|figures| figures.utilisation)),
        json!(ratios.map(|ratios| ratios.speed_up)),
        json!(ratios.map(|ratios| ratios.size)),
        json!(ratios.and_then(|ratios| ratios.encoder_size)),
        json!(ratios.map(|ratios| ratios.energy)),
        json!(row.claimed_speed_up().map(|claim| claim.factor)),
        json!(row.claimed_size().map(|claim| claim.factor)),
        json!(row.claimed_size().map(|claim| claim.of)),
        json!(task.map(|task| task.bytes)),
        json!(task.map(|task| task.seconds * 1e3)),
        json!(task.map(|task| task.energy_j * 1e3)),
        json!(row.reasons),
    ]
}

fn csv(row: &Row, out: &mut dyn Write) -> Result<(), Failure> {
    let field = |value: Value| match value {
        Value::Null => String::new(),
        Value::String(text) => quoted(&text),
        Value::Array(list) => {
            let list: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
            quoted(&list.join(" | "))
        }
        number => number.to_string(),
    };
    let fields = values(row).map(field);
    Ok(writeln!(out, "{}", fields.join(","))?)
}

fn document(machine: &Machine, rows: &[Row]) -> Value {
    let entry = |row: &Row| {
        let mut object: serde_json::Map<String, Value> =
            COLUMNS.into_iter().map(str::to_owned).zip(values(row)).collect();
        object.insert("published".into(), json!(row.entry.published));
        object.insert("scores".into(), json!(row.entry.scores));
        object.insert("claims".into(), json!(row.entry.claims));
        Value::Object(object)
    };
    json!({
        "design": machine.design.name, "technology": machine.technology.name, "tokens": machine.tokens,
        "entries": rows.iter().map(entry).collect::<Vec<_>>(),
    })
}
