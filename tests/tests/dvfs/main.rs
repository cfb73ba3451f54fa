//! Sentence-level voltage and frequency scaling: from the policy and the controller's table to streams and ladders.

mod ladders;
mod points;
mod policies;
mod streams;
mod targets;
mod traces;

use offramp_tests::command::{answer, offramp};
use serde_json::Value;

/// What a command answers as JSON; progress may go to the error stream.
fn json(arguments: &[&str]) -> Value {
    let said = offramp(&[arguments, &["--json"]].concat());
    assert_eq!(said.exit, 0, "{arguments:?}: {}", said.err);
    serde_json::from_str(&said.out).expect("it is JSON")
}

/// The list under a key.
fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("{key} is a list, not {}", value[key]))
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is a number"))
}

/// A file of the test's own, by the name of the test.
fn file(name: &str, text: &str) -> String {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("dvfs");
    std::fs::create_dir_all(&folder).expect("a folder for the test");
    let path = folder.join(name);
    std::fs::write(&path, text).expect("the file is written");
    path.to_str().expect("the path is UTF-8").to_owned()
}

/// Arguments of ALBERT-base on SST-2.
const SST2: [&str; 4] = ["--network", "albert-base", "--task", "sst2"];
