//! What `run`, `op` and `program` answer: documented keys, sums that add up, published values, and refusals whose remedy
//! helps.

use std::io::Write;
use std::path::Path;

use offramp_tests::command::{answer, offramp};
use serde_json::Value;

fn json(arguments: &[&str]) -> Value {
    let mut arguments = arguments.to_vec();
    arguments.push("--json");
    serde_json::from_str(&answer(&arguments)).expect("it is JSON")
}

fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or_else(|| panic!("{key} is a number, not {}", value[key]))
}

/// A report without what describes the host.
fn result(mut report: Value) -> Value {
    report.as_object_mut().expect("a report is an object").retain(|key, _| !key.starts_with("host"));
    report
}

/// Equal but for the rounding of sums of floating-point numbers.
fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

const SST2: &[&str] = &["run", "--network", "albert-base", "--task", "sst2"];

#[test]
fn every_key_that_help_names_is_there() {
    let help = answer(&["run", "--help"]);
    let (_, keys) = help.split_once("Keys of --json:").expect("help documents the keys");
    let (keys, _) = keys.split_once('.').unwrap();
    let report = json(SST2);
    let keys: Vec<&str> = keys.split(',').map(str::trim).collect();
    assert!(keys.len() >= 17, "{keys:?}");
    for key in keys {
        assert!(!report[key].is_null(), "--help names `{key}`, the report does not have it");
    }
    assert!(report["host_cycles_per_second"].is_number());
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    assert_eq!(answer(SST2), answer(SST2));
    assert_eq!(result(json(SST2)), result(json(SST2)));
}

#[test]
fn stepping_gives_the_same_report() {
    let run = ["run", "--network", "tinybert-4", "--seq", "16", "--json"];
    let stepped = offramp(&[&run[..], &["--step"]].concat());
    assert!(stepped.warns("0 of 1 exit layers done"), "long work says how far it is: {}", stepped.err);
    let stepped: Value = serde_json::from_str(&stepped.out).unwrap();
    assert_eq!(result(stepped), result(json(&run[..5])));
}

#[test]
fn parts_add_up_to_the_whole() {
    let report = json(SST2);
    let sum = |list: &Value, key: &str| list.as_array().unwrap().iter().map(|i| number(i, key)).sum::<f64>();
    assert!(close(sum(&report["energy"], "energy_j"), number(&report, "energy_j")));
    assert!(close(sum(&report["area"], "area_mm2"), number(&report, "area_mm2")));
    assert!(close(sum(&report["exits"], "share"), 1.0));
    let shares: f64 = report["standing"].as_object().unwrap().values().map(|v| v.as_f64().unwrap()).sum();
    assert!(close(shares, 1.0));
    let mean = |key: &str| {
        report["exits"].as_array().unwrap().iter().map(|e| number(e, "share") * number(e, key)).sum::<f64>()
    };
    for (of_exits, whole) in [
        ("cycles", "cycles"),
        ("latency_s", "latency_s"),
        ("energy_j", "energy_j"),
        ("layer", "average_exit_layer"),
    ] {
        assert!(close(mean(of_exits), number(&report, whole)), "{whole}");
    }
    for unit in report["units"].as_array().unwrap() {
        let stalled: f64 =
            unit["stalled_on"].as_object().unwrap().values().map(|v| v.as_f64().unwrap()).sum();
        let all = number(unit, "busy") + stalled + number(unit, "idle");
        assert!(close(all, number(&report, "cycles")), "{unit}");
        let stages = report["stages"].as_array().unwrap().iter();
        let busy: f64 = stages.map(|s| number(&s["busy_cycles"], unit["unit"].as_str().unwrap())).sum();
        assert!(close(busy, number(unit, "busy")), "{unit}: {busy} by stage");
    }
}

#[test]
fn every_network_runs_or_does_not_fit() {
    for line in answer(&["networks", "list"]).lines() {
        let name = line.split_whitespace().next().unwrap();
        let said = offramp(&["run", "--network", name, "--json"]);
        if said.exit == 4 {
            assert!(said.warns("help: try --set "), "{}", said.err);
            continue;
        }
        assert_eq!(said.exit, 0, "{name}: {}", said.err);
        let report: Value = serde_json::from_str(&said.out).unwrap();
        let utilisation = number(&report, "utilisation");
        assert!(utilisation > 0.5 && utilisation <= 1.0, "{name}: {utilisation}");
    }
}

/// Who does what the remedy says gets a result, or the next remedy; not the same message for ever.
#[test]
fn following_the_remedies_leads_to_a_run() {
    for start in [
        vec!["run", "--network", "albert-xlarge"],
        vec!["run", "--network", "bert-base", "--set", "buffer.bytes=8192", "--set", "aux.bytes=1024"],
        vec!["run", "--network", "bert-large", "--set", "sequencer.commands=16"],
        vec!["op", "softmax", "--shape", "2048x2048"],
        vec!["op", "matmul", "--shape", "16384x4096x256"],
        vec!["op", "matmul", "--shape", "64x64x65536"],
    ] {
        let mut arguments: Vec<String> = start.iter().map(|s| (*s).to_owned()).collect();
        let mut steps = 0;
        loop {
            let said = offramp(&arguments);
            if said.exit == 0 {
                break;
            }
            assert!(said.exit == 4 && steps < 8, "{arguments:?}: {}", said.err);
            let (_, remedy) =
                said.err.split_once("help: try --set ").unwrap_or_else(|| panic!("{}", said.err));
            arguments.extend(["--set".to_owned(), remedy.split_whitespace().next().unwrap().to_owned()]);
            steps += 1;
        }
        assert!(steps > 0, "{start:?} is refused at first");
    }
}

#[test]
fn a_higher_threshold_costs_less() {
    let trace = Path::new("../../shared/data/sst2_dev_entropy.csv");
    let published = trace.exists();
    if !published {
        // Not by `eprintln`, which the test runner hides: what is not tested is said aloud.
        let _ = writeln!(
            std::io::stderr(),
            "skipped: {} is not there; the workload's histograms serve",
            trace.display()
        );
    }
    let mut last = [f64::INFINITY; 3];
    for (threshold, layer) in [("0.23", 4.297), ("0.28", 3.942), ("0.46", 2.698)] {
        let mut arguments = [SST2, &["--threshold", threshold]].concat();
        let path = trace.to_str().unwrap();
        if published {
            arguments.extend(["--exit-trace", path]);
        }
        let report = json(&arguments);
        let now = ["average_exit_layer", "latency_s", "energy_j"].map(|key| number(&report, key));
        // The published means have three decimals; a histogram's shares have five, for layers that add up to 78.
        let rounding = if published { 5e-4 } else { 5e-4 + 78.0 * 5e-6 };
        assert!((now[0] - layer).abs() < rounding + 1e-9, "threshold {threshold}: {}", now[0]);
        assert!(
            now.iter().zip(last).all(|(now, last)| *now < last),
            "threshold {threshold}: {now:?}, {last:?}"
        );
        last = now;
    }
}
