//! `offramp cosim --mutants`: the share of wrong changes that the checks notice, and those that they do not.

use std::io::Write;

use rtl::cosim::tools::missing;
use rtl::verify::{Check, Failed, Mutants, Plan};
use serde_json::{Map, Value, json};

use super::Failure;
use crate::report::json::write;

/// Runs `count` mutants, as many of each unit, and tells of each unit as it ends.
pub(super) fn run(
    checks: &[&Check],
    plan: &Plan,
    count: u64,
    as_json: bool,
    (out, err): (&mut dyn Write, &mut dyn Write),
) -> Result<(), Failure> {
    if let Some(tool) = missing(&["yosys", "verilator"]) {
        let _ = writeln!(err, "{tool} is missing: no mutants were made");
        return Ok(());
    }
    let mut units = vec![];
    for check in checks {
        let mutants = check.mutants(plan, count.div_ceil(checks.len() as u64)).map_err(failure)?;
        // Who closed the error stream does not want to know.
        let _ = writeln!(err, "{}: {} of {} killed", mutants.unit, mutants.killed, mutants.count);
        units.push(mutants);
    }
    if as_json { json(&units, out) } else { table(&units, out) }
}

fn failure(failed: Box<Failed>) -> Failure {
    let text = failed.to_string();
    if failed.failure.is_difference() { Failure::Hardware(vec![text]) } else { Failure::Tool(text) }
}

/// Killed, and all.
fn sum(units: &[Mutants]) -> (u64, u64) {
    (units.iter().map(|unit| unit.killed).sum(), units.iter().map(|unit| unit.count).sum())
}

fn table(units: &[Mutants], out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(out, "unit          mutants   killed    share")?;
    let (killed, count) = sum(units);
    let rows = units.iter().map(|unit| (unit.unit, unit.killed, unit.count));
    for (name, killed, count) in rows.chain([("all", killed, count)]) {
        let share = 100.0 * killed as f64 / count.max(1) as f64;
        writeln!(out, "{name:12} {count:>8} {killed:>8} {share:>6.1} %")?;
    }
    for unit in units {
        for (number, mutation) in &unit.survivors {
            writeln!(out, "survivor: {} {number}: {mutation}", unit.unit)?;
        }
    }
    Ok(())
}

fn json(units: &[Mutants], out: &mut dyn Write) -> Result<(), Failure> {
    let survivor = |(number, mutation): &(u64, _)| {
        let rtl::cosim::Mutation { change, source } = mutation;
        json!({ "number": number, "change": change, "source": source })
    };
    let unit = |unit: &Mutants| {
        let survivors: Vec<Value> = unit.survivors.iter().map(survivor).collect();
        let value = json!({ "mutants": unit.count, "killed": unit.killed, "survivors": survivors });
        (unit.unit.to_owned(), value)
    };
    let (killed, count) = sum(units);
    let by_unit: Map<String, Value> = units.iter().map(unit).collect();
    Ok(write(&json!({ "mutants": count, "killed": killed, "units": by_unit }), out)?)
}
