//! Files that commands write: traces and files to start from.

use offramp_tests::command::{answer, offramp};
use serde_json::Value;

/// The path of a file in a folder, as an argument.
fn path(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).to_string_lossy().into_owned()
}

#[test]
fn a_trace_is_the_same_in_a_file_and_on_the_output() {
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder, "trace.json");
    let arguments = ["trace", "--network", "tinybert-4", "--seq", "16", "--set", "sequencer.queue=2"];
    let said = answer(&[&arguments[..], &["-o", &file]].concat());
    assert!(said.starts_with(&format!("{file}: ")) && said.contains("ui.perfetto.dev"), "{said}");
    let written = std::fs::read_to_string(&file).unwrap();
    assert_eq!(answer(&arguments), written);
    assert_eq!(answer(&[&arguments[..], &["-o", "-"]].concat()), written);
}

/// What a trace says of itself is enough to make it again.
#[test]
fn a_trace_names_the_command_that_makes_it() {
    let arguments =
        ["trace", "--network", "albert-base", "--task", "sst2", "--seq", "32", "--threshold", "0.5"];
    let trace = answer(&[&arguments[..], &["--exit-layer", "2", "--set", "pu.n=8"]].concat());
    let value: Value = serde_json::from_str(&trace).expect("a trace is JSON");
    let about = &value["otherData"];
    assert_eq!((&about["layers"], &about["design"]), (&2.into(), &"offramp".into()));
    let words: Vec<&str> = about["command"].as_str().unwrap().split(' ').skip(1).collect();
    assert_eq!(answer(&words), trace);
}

/// The last layer that any sentence reaches: at threshold 0.7 all leave at the first off-ramp.
#[test]
fn a_trace_goes_as_deep_as_any_sentence() {
    for (threshold, layers) in [("0.7", 1), ("0.28", 12)] {
        let task = ["trace", "--network", "albert-base", "--task", "sst2", "--seq", "16"];
        let trace = answer(&[&task[..], &["--threshold", threshold]].concat());
        let value: Value = serde_json::from_str(&trace).expect("a trace is JSON");
        assert_eq!(value["otherData"]["layers"], layers, "{threshold}");
    }
}

#[test]
fn init_writes_what_check_takes_and_replaces_nothing_unasked() {
    let folder = tempfile::tempdir().unwrap();
    for (kind, shown, name) in [
        ("design", "designs", "offramp"),
        ("technology", "technologies", "edgebert-12nm"),
        ("workload", "workloads", "sst2"),
        ("network", "networks", "albert-base"),
        ("zoo", "zoo-entries", "block-squad-26"),
        ("recipe", "recipes", "fine-tune"),
    ] {
        let text = answer(&["init", kind]);
        assert!(text.starts_with("# "), "{kind} has its comments");
        assert_eq!(text, answer(&[shown, "show", name]));
        let file = path(&folder, &format!("{kind}.toml"));
        answer(&["init", kind, "-o", &file]);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
        assert!(answer(&["check", &file]).contains(&format!("ok, {kind} `{name}`")));
        std::fs::write(&file, "mine").unwrap();
        let said = offramp(&["init", kind, "-o", &file]);
        assert!(said.exit == 5 && said.warns("it is there already"), "{}", said.err);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
        answer(&["init", kind, "-o", &file, "--force"]);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    }
    assert!(answer(&["init", "space"]).starts_with("# "));
}
