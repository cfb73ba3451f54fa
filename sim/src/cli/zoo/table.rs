//! The zoo as a table: a line for each entry, and below it the reasons.

use std::io::{self, Write};

use models::zoo::{Entry, Part};

use crate::zoo::{Machine, Row};

/// What stands where nothing is known.
const NONE: &str = "-";

/// Names of the columns, and their units.
const HEADS: [[&str; 9]; 2] = [
    ["parameters", "MACs", "FLOPs", "memory", "latency", "energy", "x", "x", "claimed"],
    ["M", "G", "G", "MB", "ms", "mJ", "faster", "smaller", ""],
];

fn width(entries: &[Entry]) -> usize {
    entries.iter().map(|entry| entry.name.len()).max().unwrap_or(0)
}

/// The machine, and the names of the columns with their units.
pub(super) fn head(machine: &Machine, entries: &[Entry], out: &mut dyn Write) -> io::Result<()> {
    let Machine { design, technology, tokens } = machine;
    writeln!(out, "design {} in {}, {tokens} tokens, every layer\n", design.name, technology.name)?;
    let width = width(entries);
    for [parameters, macs, flops, memory, latency, energy, faster, smaller, claimed] in HEADS {
        let text = format!(
            "{:width$} {parameters:>10} {macs:>8} {flops:>8} {memory:>9} {latency:>10} {energy:>9} {faster:>8}  {claimed:<18} {smaller:>7}  \
             {claimed}",
            ""
        );
        writeln!(out, "{}", text.trim_end())?;
    }
    Ok(())
}

/// One entry.
pub(super) fn line(row: &Row, entries: &[Entry], out: &mut dyn Write) -> io::Result<()> {
    let counts = row.run.counts;
    let giga = |count: u64| digits(count as f64 / 1e9);
    let none = || [NONE; 3].map(str::to_owned);
    let figures = row.run.figures.as_ref().map_or_else(
        |_| none(),
        |figures| {
            [
                digits(figures.stored_bytes as f64 / 1e6),
                digits(figures.latency_s * 1e3),
                digits(figures.energy_j * 1e3),
            ]
        },
    );
    let size = row.claimed_size();
    let of = size.map_or(Part::Model, |claim| claim.of);
    let ratio = |ratio: Option<f64>| ratio.map_or(NONE.to_owned(), digits);
    let faster = ratio(row.ratios.map(|ratios| ratios.speed_up));
    let smaller = ratio(row.ratios.and_then(|ratios| ratios.size_of(of)));
    let said = row.claimed_speed_up().map_or(NONE, |claim| claim.said.as_str());
    let said_of = match size {
        Some(claim) if claim.of == Part::Encoder => format!("{} (encoder)", claim.said),
        Some(claim) => claim.said.clone(),
        None => NONE.to_owned(),
    };
    let width = width(entries);
    let text = format!(
        "{:width$} {:>10} {:>8} {:>8} {:>9} {:>10} {:>9} {faster:>8}  {said:<18} {smaller:>7}  {said_of}",
        row.entry.name,
        digits(counts.parameters as f64 / 1e6),
        giga(counts.macs()),
        giga(2 * counts.macs()),
        figures[0],
        figures[1],
        figures[2],
    );
    writeln!(out, "{}", text.trim_end())
}

/// Four digits that count.
fn digits(value: f64) -> String {
    let whole = value.abs().max(1e-9).log10().floor() as i32;
    let decimals = (3 - whole).clamp(0, 6) as usize;
    format!("{value:.decimals$}")
}

/// Why hardware and paper differ.
pub(super) fn reasons(rows: &[Row], out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "\nx faster and x smaller are against each entry's baseline on this design; claims are their papers', and where one is of the encoder alone, so is ours."
    )?;
    for row in rows.iter().filter(|row| !row.reasons.is_empty()) {
        let against = row.entry.baseline.as_ref().map_or(String::new(), |name| format!(" (against {name})"));
        writeln!(out, "\n{}{against}", row.entry.name)?;
        for reason in &row.reasons {
            writeln!(out, "  - {reason}")?;
        }
    }
    Ok(())
}
