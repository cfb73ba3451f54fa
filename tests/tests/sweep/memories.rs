//! Memories in a sweep: by name along an axis, and as files that may change.

use std::fs;

use serde_json::Value;

use super::{Bench, done, rows};
use offramp_tests::command::{answer, offramp};

/// `NVM` stands for the values of the axis.
const SPACE: &str = r#"
name = "memories"
summary = "where embeddings lie"
question = "Does it hold?"
[base]
design = "offramp"
technology = "edgebert-12nm"
network = "tinybert-4"
task = "dense"
[[axis]]
key = "technology.nvm"
values = [NVM]
[[axis]]
key = "policy.tokens"
values = [16]
[[objective]]
metric = "energy"
goal = "min"
"#;

#[test]
fn a_memory_along_an_axis_is_that_of_a_run() {
    let bench = Bench::new(&SPACE.replace("NVM", r#""rram-22ffl", "rram-nvsim", "ctt""#));
    done(bench.sweep("results", &[]));
    let csv = bench.csv("results");
    for (row, name) in rows(&csv).iter().zip(["rram-22ffl", "rram-nvsim", "ctt"]) {
        let words = ["run", "--network", "tinybert-4", "--seq", "16", "--nvm", name, "--json"];
        let run: Value = serde_json::from_str(&answer(&words)).expect("it is JSON");
        for (column, key) in [("energy_j", "energy_j"), ("latency_s", "latency_s"), ("area_mm2", "area_mm2")]
        {
            let found: f64 = row[column].parse().unwrap_or_else(|_| panic!("{column} of {csv}"));
            assert_eq!(Some(found.to_bits()), run[key].as_f64().map(f64::to_bits), "{name}, {column}");
        }
    }
}

/// Results of one memory are never taken for those of another, nor are figures drawn of it.
#[test]
fn a_memory_file_that_has_changed_is_told() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mine = folder.path().join("mine.toml");
    let text = answer(&["memories", "show", "rram-22ffl"]);
    fs::write(&mine, &text).expect("it can be written");
    let bench = Bench::new(&SPACE.replace("NVM", &format!("{:?}", mine.to_str().expect("a name"))));
    done(bench.sweep("results", &[]));
    let before = bench.csv("results");
    let changed = text.replacen("value = 0.5, unit = \"pJ/bit\"", "value = 5, unit = \"pJ/bit\"", 1);
    assert_ne!(changed, text);
    fs::write(&mine, changed).expect("it can be written");
    let again = bench.sweep("results", &[]);
    assert!(again.exit != 0 && again.warns("technology"), "{}", again.err);
    let plot = offramp(&["plot", "pareto", &bench.text("results"), "-o", &bench.text("p.svg")]);
    assert!(
        plot.exit == 3 && plot.warns("is another than the one that the results were made with"),
        "{}",
        plot.err
    );
    fs::write(&mine, text).expect("it can be written");
    done(bench.sweep("results", &[]));
    assert_eq!(bench.csv("results"), before);
}
