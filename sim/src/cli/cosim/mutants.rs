//! `offramp cosim --mutants`: the share of wrong changes that the checks notice, of those that change what the unit does; and the rest.

use std::io::Write;

use models::record::{Error, Kind};
use rtl::cosim::Mutation;
use rtl::cosim::tools::{missing, required};
use rtl::verify::{Check, Failed, Mutants, Plan};
use serde_json::{Map, Value, json};

use super::Failure;
use crate::report::json::write;

/// Runs `count` mutants, as many of each unit, or those of them that `only` names, and tells of each unit as it ends.
pub(super) fn run(
    checks: &[&Check],
    plan: &Plan,
    (count, only): (u64, &[u64]),
    as_json: bool,
    (out, err): (&mut dyn Write, &mut dyn Write),
) -> Result<(), Failure> {
    if checks.is_empty() {
        let message = "--mutants: whole programs run no mutants".to_owned();
        return Err(
            Error::new(Kind::Usage, "arguments", message, "name a unit, or none for all".to_owned()).into()
        );
    }
    let each = count.div_ceil(checks.len() as u64);
    if let Some(number) = only.iter().find(|number| !(1..=each).contains(*number)) {
        return Err(no_mutant(*number, each).into());
    }
    if let Some(tool) = missing(&["yosys", "yosys-abc", "verilator"]) {
        let line = format!("{tool} is missing: no mutants were made");
        if required() {
            return Err(Failure::Tool(format!("{line}; OFFRAMP_REQUIRE_TOOLS=1")));
        }
        let _ = writeln!(err, "{line}");
        return Ok(());
    }
    let mut units = vec![];
    for check in checks {
        let mutants = check.mutants(plan, each, only).map_err(failure)?;
        // Who closed the error stream does not want to know.
        let (killed, equal, left) = (mutants.killed, mutants.equivalent.len(), mutants.survivors.len());
        let _ = writeln!(err, "{}: {killed} killed, {equal} equivalent, {left} left", mutants.unit);
        units.push(mutants);
    }
    if as_json { json(&units, out) } else { table(&units, out) }
}

fn no_mutant(number: u64, each: u64) -> Error {
    let message = format!("--only {number}: there is no such mutant");
    Error::new(Kind::Usage, "arguments", message, format!("mutants of a unit are numbered from 1 to {each}"))
}

fn failure(failed: Box<Failed>) -> Failure {
    let text = failed.to_string();
    if failed.failure.is_difference() { Failure::Hardware(vec![text]) } else { Failure::Tool(text) }
}

/// All, killed, equivalent.
type Counts = [u64; 3];

fn counts(unit: &Mutants) -> Counts {
    [unit.count, unit.killed, unit.equivalent.len() as u64]
}

fn sum(units: &[Mutants]) -> Counts {
    units.iter().map(counts).fold([0; 3], |sum, unit| std::array::from_fn(|at| sum[at] + unit[at]))
}

/// Percent killed of those that are not equivalent; all of none.
fn share([count, killed, equivalent]: Counts) -> f64 {
    let different = count - equivalent;
    if different == 0 { 100.0 } else { 100.0 * killed as f64 / different as f64 }
}

fn table(units: &[Mutants], out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(out, "unit             mutants   killed equivalent    share")?;
    let rows = units.iter().map(|unit| (unit.unit, counts(unit)));
    for (name, row) in rows.chain([("all", sum(units))]) {
        let [count, killed, equivalent] = row;
        writeln!(out, "{name:15} {count:>8} {killed:>8} {equivalent:>10} {:>6.1} %", share(row))?;
    }
    for unit in units {
        for (kind, list) in [("equivalent", &unit.equivalent), ("survivor", &unit.survivors)] {
            for (number, mutation) in list {
                writeln!(out, "{kind}: {} {number}: {mutation}", unit.unit)?;
            }
        }
    }
    Ok(())
}

fn json(units: &[Mutants], out: &mut dyn Write) -> Result<(), Failure> {
    let mutant = |(number, mutation): &(u64, Mutation)| {
        let Mutation { change, source } = mutation;
        json!({ "number": number, "change": change, "source": source })
    };
    let unit = |unit: &Mutants| {
        let [equivalent, survivors] =
            [&unit.equivalent, &unit.survivors].map(|list| list.iter().map(mutant).collect::<Vec<Value>>());
        let value = json!({
            "mutants": unit.count, "killed": unit.killed, "equivalent": equivalent, "survivors": survivors
        });
        (unit.unit.to_owned(), value)
    };
    let all = sum(units);
    let [count, killed, equivalent] = all;
    let by_unit: Map<String, Value> = units.iter().map(unit).collect();
    let value = json!({
        "mutants": count, "killed": killed, "equivalent": equivalent, "share_percent": share(all), "units": by_unit
    });
    Ok(write(&value, out)?)
}
