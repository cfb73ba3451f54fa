//! `offramp cosim --coverage`: which lines and bits of the Verilog the benches and the whole programs run, unit by unit.
//!
//! What counts is said in [`rtl::cosim::coverage`]. A unit's numbers are those of its module in every bench that has one, or in the machine of
//! every program, all its shapes together.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::path::Path;

use rtl::cosim::coverage::{Coverage, Covered, Kind, Share};
use serde_json::{Map, Value, json};

use super::Failure;

/// Benches, then programs: line and toggle of each.
type Row = [[Share; 2]; 2];

/// The numbers of each unit, and of all.
fn rows(benches: &Coverage, programs: &Coverage) -> BTreeMap<String, Row> {
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    for (side, coverage) in [benches, programs].into_iter().enumerate() {
        for (unit, shares) in coverage.shares() {
            rows.entry(unit).or_default()[side] = shares;
        }
    }
    rows
}

/// The sum over all units.
fn sum(rows: &BTreeMap<String, Row>) -> Row {
    let mut all = Row::default();
    for row in rows.values() {
        for (sum, share) in all.iter_mut().flatten().zip(row.iter().flatten()) {
            *sum += *share;
        }
    }
    all
}

/// The table; units without a point anywhere have no row.
pub(super) fn table(benches: &Coverage, programs: &Coverage, out: &mut dyn Write) -> Result<(), Failure> {
    let rows = rows(benches, programs);
    writeln!(out, "                         benches             whole programs")?;
    writeln!(out, "unit                    line    toggle      line    toggle")?;
    let all = ("all".to_owned(), sum(&rows));
    for (unit, [bench, program]) in rows.into_iter().chain([all]) {
        let [line, toggle] = bench;
        writeln!(out, "{unit:17} {line:>10} {toggle:>9} {:>9} {:>9}", program[0], program[1])?;
    }
    Ok(())
}

/// The same for machines: points hit, and points.
pub(super) fn json(benches: &Coverage, programs: &Coverage) -> Value {
    let share = |share: Share| json!({ "hit": share.hit, "points": share.points });
    let side = |[line, toggle]: [Share; 2]| json!({ "line": share(line), "toggle": share(toggle) });
    let unit = |(unit, [bench, program]): (String, Row)| {
        (unit, json!({ "benches": side(bench), "programs": side(program) }))
    };
    Value::Object(rows(benches, programs).into_iter().map(unit).collect::<Map<String, Value>>())
}

/// Writes what benches and programs together leave out into a folder: each module's text, `coverage.info` for lcov's readers, and
/// `uncovered.txt` for people.
pub(super) fn write(benches: &Coverage, programs: &Coverage, folder: &Path) -> Result<(), Failure> {
    let mut all = benches.clone();
    all += programs.clone();
    fs::create_dir_all(folder)?;
    let file = |at: usize, module: &str| format!("{:03}-{module}.v", at + 1);
    let mut uncovered = String::new();
    for (at, module) in all.modules().enumerate() {
        let name = file(at, &module.module);
        fs::write(folder.join(&name), &module.text)?;
        uncovered += &left_out(&name, &module);
    }
    fs::write(folder.join("coverage.info"), all.lcov(file))?;
    Ok(fs::write(folder.join("uncovered.txt"), uncovered)?)
}

/// The lines of a module that have a point without a hit: what never runs, what never changes.
fn left_out(name: &str, module: &Covered) -> String {
    let mut out = String::new();
    for (line, text, points) in module.uncovered() {
        let of = |kind: Kind| -> Vec<&str> {
            points.iter().filter(|point| point.kind == kind).map(|point| point.what.as_str()).collect()
        };
        let (lines, bits) = (of(Kind::Line), of(Kind::Toggle));
        // Writing to a string cannot fail.
        let _ = write!(out, "{name}:{line}: {text}");
        if !lines.is_empty() {
            let _ = write!(out, "  // never runs: {}", lines.join(", "));
        }
        if !bits.is_empty() {
            let _ = write!(out, "  // never changes: {}", bits.join(", "));
        }
        out.push('\n');
    }
    out
}
