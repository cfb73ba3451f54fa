//! Policies: published layers, one controller for simulator and hardware, and what each policy does to a small trace.

use std::io::Write;
use std::path::Path;

use kernels::dvfs::row;
use models::predictor::Predictor;
use models::record::preset;
use models::trace::Trace;
use models::workload::Workload;
use sim::policy::{Exits, Policy, Predicted, Sentence};

use super::{SST2, answer, file, json, number, offramp};

/// Four off-ramps. At 0.3 sentences leave after 1, 2, 3, 4, 2; the table predicts 2 below 0.65 nat and never above.
const TRACE: &str =
    "0.1,0.0,0.0,0.6\n0.5,0.2,0.1,0.6\n0.6,0.5,0.2,0.6\n0.69,0.6,0.5,0.6\n0.68,0.29,0.1,0.6\n";
const TABLE: &str = "0.0,0.1,0.1\n0.6,0.25,0.1\n0.7,0.5,0.4\n";
const TINY: [&str; 4] = ["--network", "tinybert-4", "--seq", "16"];

/// Run of the small trace with further arguments.
fn small(name: &str, more: &[&str]) -> serde_json::Value {
    let (trace, table) = (file(&format!("{name}.csv"), TRACE), file(&format!("{name}-table.csv"), TABLE));
    let mut arguments = [&["run"], &TINY[..], &["--exit-trace", &trace, "--threshold", "0.3"], more].concat();
    if more.contains(&"predicted") {
        arguments.extend(["--predictor", &table]);
    }
    json(&arguments)
}

#[test]
fn a_small_trace_by_hand() {
    let layers = |more: &[&str]| {
        let report = small("by-hand", more);
        // Fifths, but for the rounding of a sum of shares.
        let fifths = |layer: f64| (5.0 * layer * 1e9).round() / 1e9;
        (fifths(number(&report["average_exit_layer"])), report["planned_exit_layer"].as_f64().map(fifths))
    };
    assert_eq!(layers(&[]), (12.0, None));
    // Planned: left, 2, 2 (forced: it leaves unsure), never, never (sure at 2).
    assert_eq!(layers(&["--policy", "predicted"]), (11.0, Some(13.0)));
    assert_eq!(layers(&["--policy", "oracle"]), (12.0, Some(12.0)));
}

#[test]
fn the_published_layers_follow_from_the_published_trace() {
    let data = |name: &str| Path::new("../../shared/data").join(name);
    let (trace, table) = (data("sst2_dev_entropy.csv"), data("sst2_predictor_lut.csv"));
    if !trace.exists() || !table.exists() {
        // Not by `eprintln`, which the test runner hides.
        let _ = writeln!(std::io::stderr(), "skipped: {} is not there", trace.display());
        return;
    }
    let [trace, table] = [&trace, &table].map(|path| path.to_str().unwrap());
    for (threshold, actual, planned) in
        [("0.09", "5.252", "7.780"), ("0.16", "3.897", "4.912"), ("0.28", "3.052", "3.651")]
    {
        let more =
            ["--exit-trace", trace, "--policy", "predicted", "--predictor", table, "--threshold", threshold];
        let report = json(&[&["run"], &SST2[..], &more].concat());
        let said = |key: &str| format!("{:.3}", number(&report[key]));
        assert_eq!(
            (said("average_exit_layer").as_str(), said("planned_exit_layer").as_str()),
            (actual, planned)
        );
        // The counts in the preset are of the same trace.
        let own = json(&[&["run"], &SST2[..], &["--policy", "predicted", "--threshold", threshold]].concat());
        for key in ["average_exit_layer", "planned_exit_layer", "energy_j", "latency_s"] {
            let (own, found) = (number(&own[key]), number(&report[key]));
            assert!((own / found - 1.0).abs() < 1e-9, "{key} at {threshold}: {own} against {found}");
        }
    }
    // Fitted to half of the development set, against a table fitted to the training set: at least as good on most halves.
    let fit = json(&["predictor", "fit", trace, "--compare", table]);
    let (fitted, given) = (number(&fit["splits"]["fitted_nat"]), number(&fit["splits"]["given_nat"]));
    assert!(fit["splits"]["better"].as_u64() > Some(10) && fitted < given, "{}", fit["splits"]);
    for (threshold, layer) in [("0.23", "4.297"), ("0.28", "3.942"), ("0.46", "2.698")] {
        let report =
            json(&[&["run"], &SST2[..], &["--exit-trace", trace, "--threshold", threshold]].concat());
        assert_eq!(format!("{:.3}", number(&report["average_exit_layer"])), layer);
    }
}

/// The preset's counts alone, which are there on every machine.
#[test]
fn the_preset_holds_the_published_layers() {
    let workload: Workload = preset("sst2").unwrap();
    let known = workload.exits.unwrap().predicted.unwrap();
    for (row, (actual, planned)) in
        known.thresholds.iter().zip([("5.252", "7.780"), ("3.897", "4.912"), ("3.052", "3.651")])
    {
        let all: u32 = row.sentences.iter().map(|[_, _, count]| count).sum();
        let mean = |layer: &dyn Fn(&[u32; 3]) -> u32| {
            let sum: u32 = row.sentences.iter().map(|group| layer(group) * group[2]).sum();
            format!("{:.3}", f64::from(sum) / f64::from(all))
        };
        assert_eq!(mean(&|[_, layer, _]| *layer), actual);
        assert_eq!(mean(&|[planned, layer, _]| if *planned == 0 { *layer } else { *planned }), planned);
    }
}

/// The table that the host writes: each row's layer and supply are those that the simulator takes for such a sentence.
#[test]
fn simulator_and_controller_choose_alike() {
    let (trace, table) = (file("alike.csv", TRACE), file("alike-table.csv", TABLE));
    let hex = file("alike.hex", "");
    let more = [
        "--exit-trace",
        &trace,
        "--threshold",
        "0.3",
        "--policy",
        "predicted",
        "--predictor",
        &table,
        "--target",
        "1ms",
    ];
    let arguments = [&TINY[..], &more].concat();
    answer(&[&["dvfs", "table", "-o", &hex], &arguments[..]].concat());
    let words: Vec<u32> = std::fs::read_to_string(&hex)
        .unwrap()
        .lines()
        .map(|line| u32::from_str_radix(line, 16).unwrap())
        .collect();
    assert_eq!(words.len(), kernels::dvfs::ROWS);
    let report = json(&[&["run"], &arguments[..]].concat());
    let parsed = Trace::parse("t", TRACE).unwrap();
    let mut planned = 0;
    for entropies in parsed.rows().filter(|row| row[0] >= 0.3) {
        let word = words[row((entropies[0] * 65536.0).round() as u32)];
        let of_machine = (u64::from(word & 0xffff), u64::from(word >> 16));
        let exits = report["exits"].as_array().unwrap().iter();
        let plans: Vec<(u64, u64)> = exits
            .filter_map(|exit| Some((exit["plan"]["layer"].as_u64()?, exit["plan"]["vdd_mv"].as_u64()?)))
            .collect();
        assert!(plans.contains(&of_machine), "{of_machine:?} is none of {plans:?}");
        planned += 1;
    }
    assert_eq!(planned, 4);
}

/// Quantising an entropy to the hardware's 16 fraction bits, and asking at the row's key, leaves the layer of a 100-row table as it is.
#[test]
fn a_policy_asks_the_row_that_the_hardware_asks() {
    let text: String = (0..100)
        .map(|key| {
            format!("{},{},{}\n", f64::from(key) / 100.0, f64::from(key) / 120.0, f64::from(key) / 200.0)
        })
        .collect();
    let table = Predictor::parse("t", &text, 1).unwrap();
    let policy = Predicted::new(&table, 0.3);
    for step in 0..4000 {
        let entropies = [f64::from(step) / 4000.0 + 0.0003, 0.9, 0.9, 0.9];
        let sentence = Sentence { entropies: &entropies, answers: &[], label: None };
        let expected = table.predict(&entropies, 0.3);
        let found = policy.leave(&sentence);
        assert_eq!(
            (found.layer, found.planned.unwrap_or(found.layer)),
            (expected.actual, expected.predicted),
            "{entropies:?}"
        );
    }
    let rows: Vec<[f64; 4]> = vec![[0.1, 0.0, 0.0, 0.0], [0.8, 0.9, 0.1, 0.0]];
    let sentences = rows.iter().map(|entropies| Sentence { entropies, answers: &[], label: None });
    assert_eq!(Exits::by(&policy, sentences).each, [0, 1]);
}

/// Logits of the golden kernels through every policy: patience needs answers, labels tell accuracy, a threshold is searched.
#[test]
fn policies_run_on_logits_of_the_golden_kernels() {
    let network = file(
        "tiny.toml",
        &answer(&["networks", "show", "tinybert-4"]).replace("vocabulary = 30522", "vocabulary = 100"),
    );
    let base = ["--network", network.as_str(), "--seq", "8"];
    let logits = answer(&[&["logits", "--sentences", "12", "--seed", "3"], &base[..]].concat());
    assert_eq!(logits, answer(&[&["logits", "--sentences", "12", "--seed", "3"], &base[..]].concat()));
    assert_eq!(logits.lines().count(), 13);
    let path = file("logits.csv", &logits);
    assert!(answer(&["check", &path]).contains("ok, logits: 12 sentences, 4 layers, with labels"));
    let layer = |more: &[&str]| {
        let report = json(&[&["run"], &base[..], &["--logits", &path], more].concat());
        (number(&report["average_exit_layer"]), number(&report["accuracy"]))
    };
    let threshold = json(&["threshold", &path, "--accuracy", "0", "--drop", "0"]);
    let found = threshold["found"].as_array().unwrap();
    assert!(number(&found[0]["exit_layer"]) < number(&found[1]["exit_layer"]) + 1e-9);
    for found in found {
        let nats = number(&found["threshold"]).to_string();
        let (at, accuracy) = layer(&["--threshold", &nats]);
        assert!(
            (at - number(&found["exit_layer"])).abs() < 1e-9
                && (accuracy - number(&found["accuracy"])).abs() < 1e-9
        );
    }
    let (patient, _) = layer(&["--policy", "patience", "--patience", "1"]);
    let (very, accuracy) = layer(&["--policy", "patience", "--patience", "9"]);
    assert!((2.0..=very).contains(&patient), "{patient} and {very}");
    assert_eq!((very, accuracy), (4.0, number(&threshold["full"])));
    let (oracle, right) = layer(&["--policy", "oracle"]);
    assert!(oracle <= very && right >= accuracy, "{oracle}, {right}");
}

/// What a wrong prediction costs, on a small trace: one sentence of five is forced out unsure, one runs at a higher supply than it needs.
#[test]
fn wrong_predictions_cost_what_they_say() {
    let (trace, table) = (file("cost.csv", TRACE), file("cost-table.csv", TABLE));
    let more = ["--exit-trace", &trace, "--threshold", "0.3", "--policy", "predicted", "--predictor", &table];
    let cost =
        |target: &str| json(&[&["predictor", "cost"], &TINY[..], &more, &["--target", target]].concat());
    let full = number(&json(&[&["run"], &TINY[..], &["--policy", "none"]].concat())["latency_s"]);
    // Tighter than every layer at the first supply, and met by a higher one.
    let found = cost(&format!("{}s", 0.84 * full));
    let (early, late) = (&found["early"], &found["late"]);
    assert_eq!((number(&early["share"]), number(&early["layers"])), (0.2, 1.0));
    assert_eq!((number(&late["share"]), number(&late["layers"])), (0.2, 2.0));
    assert_eq!((number(&found["missed"]), number(&early["late_if_run_on"])), (0.0, 0.2));
    assert!(number(&late["wasted_j"]) > 0.0, "{found}");
    let loose = cost("10s");
    assert_eq!((number(&loose["late"]["wasted_j"]), number(&loose["early"]["late_if_run_on"])), (0.0, 0.0));
}

#[test]
fn what_does_not_go_together_is_refused() {
    let trace = file("refused.csv", TRACE);
    let refused = |more: &[&str], exit: u8, message: &str| {
        let said = offramp(&[&["run"], more].concat());
        assert!(said.exit == exit && said.warns(message), "{more:?}: {} {}", said.exit, said.err);
    };
    let mnli = ["--network", "albert-base", "--task", "mnli"];
    refused(&[&mnli[..], &["--policy", "predicted"]].concat(), 2, "task `mnli` has no predicted exits");
    refused(
        &[&SST2[..], &["--policy", "predicted", "--threshold", "0.5"]].concat(),
        2,
        "take one of 0.09, 0.16, 0.28",
    );
    refused(
        &[&TINY[..], &["--exit-trace", &trace, "--threshold", "0.3", "--policy", "predicted"]].concat(),
        2,
        "add --predictor FILE",
    );
    refused(
        &[&TINY[..], &["--exit-trace", &trace, "--policy", "patience", "--patience", "2"]].concat(),
        2,
        "add --logits FILE",
    );
    refused(&[&SST2[..], &["--policy", "patience"]].concat(), 2, "go together");
    let patient = ["--exit-trace", &trace, "--policy", "patience", "--patience", "2", "--threshold", "0.3"];
    refused(&[&TINY[..], &patient].concat(), 2, "--threshold has no effect");
    let logits = file("refused-logits.csv", "1:0,1:1,2:0,2:1,3:0,3:1,4:0,4:1\n1,0,1,0,1,0,1,0\n");
    let knowing = ["--logits", &logits, "--policy", "oracle", "--threshold", "nan"];
    refused(&[&TINY[..], &knowing].concat(), 2, "must be a finite entropy");
    refused(&[&SST2[..], &["--supply", "slowest"]].concat(), 2, "--target");
    refused(&[&SST2[..], &["--target", "100"]].concat(), 2, "write a time with its unit");
    refused(
        &[&SST2[..], &["--policy", "none", "--threshold", "0.2"]].concat(),
        2,
        "--policy none takes no exits",
    );
    refused(
        &[&SST2[..], &["--exit-trace", &trace]].concat(),
        3,
        "4 off-ramps a sentence, the network has 12 layers",
    );
}
