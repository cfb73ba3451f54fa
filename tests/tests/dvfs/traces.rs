//! The trace of one sentence: layers, off-ramps, the prediction and the change of the supply in time.

use super::{SST2, answer, json, list, number};
use serde_json::Value;

fn trace(more: &[&str]) -> Value {
    serde_json::from_str(&answer(&[&["trace"], &SST2[..], more].concat())).expect("a trace is JSON")
}

fn named<'t>(trace: &'t Value, start: &str) -> Vec<&'t Value> {
    list(trace, "traceEvents")
        .iter()
        .filter(|event| event["name"].as_str().is_some_and(|name| name.starts_with(start)))
        .collect()
}

const SCALED: [&str; 6] = ["--policy", "predicted", "--threshold", "0.16", "--target", "60ms"];

#[test]
fn a_scaled_sentence_shows_its_prediction_and_its_change() {
    let trace = trace(&[&SCALED[..], &["--exit-layer", "5"]].concat());
    let plan = &trace["otherData"]["plan"];
    let (layer, volts) = (plan["layer"].as_u64().unwrap(), number(&plan["vdd_mv"]) / 1e3);
    let [decision] = named(&trace, "predicted")[..] else {
        panic!("one decision: {:?}", named(&trace, "predicted"))
    };
    let text = decision["name"].as_str().unwrap();
    assert!(text.starts_with(&format!("predicted to leave after layer {layer}: {volts:.3} V")), "{text}");
    let [change] = named(&trace, "supply 0.800 V to")[..] else { panic!("one change") };
    // 0.5 ns for each millivolt, and a cycle of the new clock.
    let expected = (0.8 - volts) * 1000.0 * 0.5 + 1000.0 / number(&change["args"]["to_mhz"]);
    assert!((number(&change["dur"]) * 1000.0 - expected).abs() < 1.0, "{change}: {expected} ns");
    // It lies behind the off-ramp of layer 1 and ahead of layer 2.
    let off_ramp = named(&trace, "off-ramp")[0];
    let end = number(&off_ramp["ts"]) + number(&off_ramp["dur"]);
    let second = named(&trace, "layer 2")[0];
    let (from, to) = (number(&change["ts"]), number(&change["ts"]) + number(&change["dur"]));
    assert!(end <= from + 1e-3 && to <= number(&second["ts"]) + 1e-3, "{end}, {from} to {to}, {second}");
    assert_eq!(named(&trace, "layer ").len(), 5);
    let supplies: Vec<f64> =
        named(&trace, "supply").iter().filter(|e| e["ph"] == "C").map(|e| number(&e["args"]["mV"])).collect();
    assert_eq!(supplies, [800.0, number(&plan["vdd_mv"])]);
}

/// The end of the trace is the latency that `run` says.
#[test]
fn a_trace_takes_as_long_as_the_run() {
    let run = json(&[&["run"], &SST2[..], &SCALED].concat());
    for exit in run["exits"].as_array().unwrap() {
        let layer = exit["layer"].as_u64().unwrap().to_string();
        let trace = trace(&[&SCALED[..], &["--exit-layer", &layer]].concat());
        if trace["otherData"]["plan"] != exit["plan"] {
            continue;
        }
        let events = trace["traceEvents"].as_array().unwrap();
        let ends = events.iter().filter(|e| e["ph"] == "X").map(|e| number(&e["ts"]) + number(&e["dur"]));
        let end = ends.fold(0.0, f64::max);
        // Nanoseconds are rounded where the supply changes and at the end.
        assert!((end - number(&exit["latency_s"]) * 1e6).abs() < 2e-3, "layer {layer}: {end} us, {exit}");
    }
}
