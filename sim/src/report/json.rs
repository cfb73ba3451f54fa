//! JSON with keys that stay.

use std::io::Write;

use serde_json::{Value, json};

use super::Resolved;
use crate::area;
use crate::energy;
use crate::sentence::Outcomes;
use models::program::Unit;

/// The report without anything that describes the host.
pub fn report(resolved: &Resolved, outcomes: &Outcomes) -> Value {
    let setup = &resolved.setup;
    let bill = outcomes.mean_energy();
    let cycles = outcomes.mean(|o| o.run.cycles as f64);
    let ideal_cycles = outcomes.mean(|o| o.ideal_cycles as f64);
    let parts = area::area(&setup.design, &setup.technology);
    let shares: serde_json::Map<String, Value> = energy::shares(&bill)
        .into_iter()
        .map(|(standing, share)| (standing.to_string(), json!(share)))
        .collect();
    json!({
        "network": setup.job.network.name,
        "task": resolved.task,
        "design": setup.design.name,
        "technology": setup.technology.name,
        "tokens": setup.job.sequence,
        "threshold": resolved.exits.threshold,
        "policy": resolved.policy,
        "accuracy": resolved.exits.accuracy,
        "planned_exit_layer": setup.job.predict_after.map(|_| resolved.exits.planned()),
        "target": outcomes.target,
        "missed": outcomes.missed(),
        "wake": outcomes.wake,
        "cycles": cycles,
        "ideal_cycles": ideal_cycles,
        "utilisation": ideal_cycles / cycles,
        "latency_s": outcomes.mean(|o| o.latency_s),
        "energy_j": energy::total(&bill),
        "average_exit_layer": outcomes.mean(|o| f64::from(o.layer)),
        "area_mm2": parts.iter().map(|p| p.area_mm2).sum::<f64>(),
        "frequency_hz": outcomes.frequency_hz,
        "vdd_v": outcomes.vdd_v,
        "exits": exits(outcomes),
        "stages": stages(outcomes),
        "units": units(outcomes),
        "events": events(outcomes),
        "energy": bill,
        "standing": shares,
        "area": parts,
        "memory": outcomes.program.memory,
        "inputs": resolved.inputs,
    })
}

/// One entry for each layer at which sentences leave, and each plan.
fn exits(outcomes: &Outcomes) -> Value {
    let exit = |o: &crate::sentence::Outcome| {
        json!({
            "layer": o.layer,
            "plan": o.plan,
            "share": o.share,
            "cycles": o.run.cycles,
            "ideal_cycles": o.ideal_cycles,
            "latency_s": o.latency_s,
            "energy_j": energy::total(&o.energy),
            "layer_end_cycles": o.run.layer_ends,
        })
    };
    outcomes.outcomes.iter().map(exit).collect()
}

/// Mean busy cycles by part of the network and unit.
fn stages(outcomes: &Outcomes) -> Value {
    let named = |cycles: [f64; 4]| -> Value {
        Unit::ALL
            .iter()
            .zip(cycles)
            .map(|(u, c)| (u.name().to_owned(), json!(c)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let stages = super::stage_cycles(outcomes);
    stages
        .into_iter()
        .map(|(stage, cycles)| json!({ "stage": stage, "busy_cycles": named(cycles) }))
        .collect()
}

/// Mean cycles of each unit: busy, stalled by what it waited for, idle.
fn units(outcomes: &Outcomes) -> Value {
    let unit = |index: usize| {
        let mean = |count: &dyn Fn(&crate::machine::UnitCycles) -> u64| {
            outcomes.mean(|o| count(&o.run.units[index]) as f64)
        };
        let stalls = Unit::ALL
            .iter()
            .enumerate()
            .map(|(other, u)| (u.name().to_owned(), json!(mean(&|c| c.stalled_on[other]))));
        json!({
            "unit": Unit::ALL[index],
            "busy": mean(&|c| c.busy),
            "contended": mean(&|c| c.contended),
            "stalled_on": stalls.collect::<serde_json::Map<_, _>>(),
            "idle": mean(&|c| c.idle),
        })
    };
    (0..4).map(unit).collect()
}

/// Mean counters.
fn events(outcomes: &Outcomes) -> Value {
    let mut sums = serde_json::Map::new();
    for outcome in &outcomes.outcomes {
        let Ok(Value::Object(counters)) = serde_json::to_value(outcome.run.events) else { continue };
        for (key, value) in counters {
            let added = weighed(&value, outcome.share, sums.get(&key));
            sums.insert(key, added);
        }
    }
    Value::Object(sums)
}

/// `share · value`, number or list of numbers, on top of what is there.
fn weighed(value: &Value, share: f64, sum: Option<&Value>) -> Value {
    match value {
        Value::Array(list) => {
            list.iter().enumerate().map(|(i, v)| weighed(v, share, sum.and_then(|s| s.get(i)))).collect()
        }
        _ => json!(share * value.as_f64().unwrap_or(0.0) + sum.and_then(Value::as_f64).unwrap_or(0.0)),
    }
}

/// Adds how fast the host simulated.
pub fn host(value: &mut Value, outcomes: &Outcomes, seconds: f64) {
    let cycles: u64 = outcomes.outcomes.iter().map(|o| o.run.cycles).sum();
    value["host_seconds"] = json!(seconds);
    value["host_simulated_cycles"] = json!(cycles);
    value["host_cycles_per_second"] = json!(cycles as f64 / seconds.max(1e-9));
}

/// Writes a report.
///
/// # Errors
/// Nothing can be written.
pub fn write(value: &Value, out: &mut dyn Write) -> std::io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}
