//! The committed model in every command that runs one: exits through the ladder, faults, the machine itself; and a model whose layers
//! differ, from checkpoint to simulation.

use std::fs;
use std::path::{Path, PathBuf};

use offramp_tests::command::{answer, offramp};
use serde_json::Value;

/// The committed model, and its test sentences.
fn mini() -> (String, String) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/presets/checkpoints/albert-mini");
    (folder.to_owned(), format!("{folder}/test.tsv"))
}

/// A folder for what a test writes.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("trained").join(name);
    fs::create_dir_all(&folder).expect("a folder can be made");
    folder
}

fn text(path: &Path) -> &str {
    path.to_str().expect("paths are UTF-8")
}

fn json(arguments: &[&str]) -> Value {
    let said = offramp(arguments);
    assert_eq!(said.exit, 0, "{arguments:?}: {}", said.err);
    serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {}", said.out))
}

#[test]
fn the_ladder_climbs_on_the_exits_of_the_model() {
    let ((model, all), folder) = (mini(), folder("ladder"));
    let some: Vec<String> =
        fs::read_to_string(all).expect("it is committed").lines().take(201).map(str::to_owned).collect();
    let sentences = folder.join("some.tsv");
    fs::write(&sentences, some.join("\n") + "\n").expect("it can be written");
    let (trace, network, task) =
        (folder.join("trace.csv"), folder.join("network.toml"), folder.join("task.toml"));
    let infer = ["infer", "--model", &model, "--text", text(&sentences), "--write-trace", text(&trace)];
    let said = offramp(&[&infer[..], &["--threshold", "0.2"]].concat());
    assert_eq!(said.exit, 0, "{}", said.err);
    let exits = said.out.lines().skip(1).map(|row| row.split(',').nth(5).and_then(|f| f.parse::<f64>().ok()));
    let exits: Vec<f64> = exits.collect::<Option<_>>().expect("exit layers");
    let mean = exits.iter().sum::<f64>() / exits.len() as f64;
    let import = ["import", "--model", &model, "--network", text(&network), "--task", text(&task), "--force"];
    let more = ["--seq", "22", "--exit-trace", text(&trace), "--threshold", "0.2"];
    answer(&[&import[..], &more].concat());
    let records = ["--network", text(&network), "--task", text(&task)];
    let run = json(&[&["run", "--json"][..], &records].concat());
    let found = run["average_exit_layer"].as_f64();
    assert!(found.is_some_and(|found| (found - mean).abs() < 1e-3), "{mean}: {run}");
    let ladder = json(&[&["ladder", "--json"][..], &records].concat());
    assert!(ladder.to_string().contains("early-exit"), "{ladder}");
    let more = ["--seq", "22", "--exit-trace", text(&trace), "--threshold", "0.8"];
    let said = offramp(&[&import[..], &more].concat());
    assert!(said.exit == 2 && said.warns("--threshold 0.8 must be from 0 to 0.693 nat"), "{}", said.err);
}

#[test]
fn faults_cost_the_model_right_answers() {
    let (model, all) = mini();
    let faults = |stuck: &'static str| {
        let arguments = ["faults", "--model", &model, "--text", &all, "--sentences", "120", "--trials", "3"];
        let more = ["--encoding", "bitmask,codes=mlc3,mask=slc", "--stuck", stuck, "--json"];
        json(&[&arguments[..], &more].concat())["encodings"][0]["model"].clone()
    };
    let (few, many) = (faults("0,1e-6"), faults("0.02,0.02"));
    let right = |value: &Value| value["right"].as_f64().expect("labels are known");
    assert!(right(&few) > 0.97, "{few}");
    assert!(right(&many) < right(&few), "{few} {many}");
    assert!(many["flips"].as_f64() > few["flips"].as_f64(), "{few} {many}");
    for other in [&["--density", "0.5"][..], &["--seq", "9"], &["--network", "bert-base"]] {
        let said = offramp(&[&["faults", "--model", &model, "--text", &all], other].concat());
        assert_eq!(said.exit, 2, "{other:?}: {}", said.err);
    }
    let said = offramp(&["faults", "--threshold", "0.2"]);
    assert_eq!(said.exit, 2, "{}", said.err);
}

#[test]
fn sentences_of_the_model_run_on_the_machine() {
    if let Err(line) = rtl::cosim::tools::have(&["verilator"], "sentences of the model on the machine") {
        return println!("{line}");
    }
    let (model, all) = mini();
    let cosim = ["cosim", "--unit", "machine", "--design", "offramp-n4", "--model", &model, "--text", &all];
    let said = offramp(&[&cosim[..], &["--programs", "2", "--threshold", "0.2", "--json"]].concat());
    assert_eq!(said.exit, 0, "{}", said.err);
    let value: Value =
        serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {}", said.out));
    assert!(value["programs"] == 2 && value["differences"] == 0, "{value}");
    assert!(said.err.contains("sentence 2 of"), "{}", said.err);
}

#[test]
fn layers_that_differ_are_imported_inferred_and_run() {
    let folder = folder("uneven");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let whole = folder.join("whole");
    fs::create_dir_all(&whole).expect("a folder can be made");
    for file in ["config.json", "model.safetensors"] {
        let from = root.join("../models/tests/references/bert").join(file);
        fs::copy(from, whole.join(file)).expect("it is committed");
    }
    let words: String = (4..60).map(|word| format!("w{word}\n")).collect();
    fs::write(whole.join("vocab.txt"), format!("[PAD]\n[UNK]\n[CLS]\n[SEP]\n{words}")).expect("written");
    let sentences = folder.join("s.txt");
    fs::write(&sentences, "w4 w5 w6\nw7 w8 w9 w10 w11\n").expect("it can be written");
    let small = folder.join("small");
    // Blocks as wide as a head: some heads and columns of some layers are left without any weight.
    let compress = ["compress", "--model", text(&whole), "--do", "blocks=8x32,0.7", "--do", "compact"];
    answer(&[&compress[..], &["--json", "--force", "-o", text(&small)]].concat());
    let latency = |model: &Path, biases: &str| -> f64 {
        let infer = ["infer", "--model", text(model), "--text", text(&sentences), "--biases", biases];
        let said = offramp(&infer);
        assert_eq!(said.exit, 0, "{}", said.err);
        let row = said.out.lines().nth(2).expect("two sentences");
        row.split(',').nth(6).and_then(|field| field.parse().ok()).expect("a latency")
    };
    let (all, left) = (latency(&whole, "shared"), latency(&small, "shared"));
    assert!(left < all, "what is removed costs nothing: {left} of {all} s");
    // The same commands one after the other take as long as the loop, but for what a control command waits.
    let unrolled = latency(&whole, "layer");
    assert!((unrolled / all - 1.0).abs() < 0.02, "{unrolled} {all}");
    let (network, task) = (folder.join("network.toml"), folder.join("task.toml"));
    let records = ["--network", text(&network), "--task", text(&task)];
    let import = ["import", "--model", text(&small), "--seq", "16", "--force"];
    answer(&[&import[..], &records].concat());
    let record = fs::read_to_string(&task).expect("it is there");
    assert_eq!(record.matches("[[layers.each]]").count(), 2, "{record}");
    let run = json(&[&["run", "--json"][..], &records].concat());
    assert!(run["cycles"].as_f64() > Some(0.0), "{run}");
    let said = offramp(&["run", "--network", "albert-base", "--task", text(&task)]);
    assert!(said.exit == 3 && said.warns("has 2 layers, network `albert-base` has 12"), "{}", said.err);
}
