//! `offramp cosim` as a process: what it compares, what it says where a tool is missing.

use std::process::{Command, Output};

use serde_json::Value;

fn cosim(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_offramp"));
    command.arg("cosim").args(arguments);
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs it with a path on which nothing lies.
fn without_tools(arguments: &[&str], require: &str) -> Output {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mut command = cosim(arguments);
    command.env("PATH", folder.path()).env("OFFRAMP_REQUIRE_TOOLS", require).output().expect("it runs")
}

#[test]
fn one_unit_is_compared_and_counted() {
    let said = cosim(&["--unit", "fifo", "--vectors", "300", "--set", "sequencer.queue=3", "--json"])
        .output()
        .expect("it runs");
    assert!(said.status.success(), "{}", text(&said.stderr));
    let value: Value = serde_json::from_slice(&said.stdout).expect("it is JSON");
    if !value["skipped"].as_array().expect("a list").is_empty() {
        return;
    }
    assert!(value["vectors"].as_u64() > Some(100), "{value}");
    assert_eq!((&value["programs"], &value["differences"]), (&Value::from(0), &Value::from(0)));
    let unit = &value["units"]["fifo"];
    assert!(unit["vectors"] == value["vectors"] && unit["cycles"].as_u64() > Some(100), "{value}");
    assert!(unit["icarus"].as_u64() > Some(0) && unit["netlist"] == unit["icarus"], "{value}");
    assert!(text(&said.stderr).contains("[1/1] fifo: "), "{}", text(&said.stderr));
}

#[test]
fn a_missing_tool_is_told_and_is_a_failure_where_tools_are_required() {
    let skipped = without_tools(&["--quick", "--json"], "0");
    assert_eq!(skipped.status.code(), Some(0));
    assert!(text(&skipped.stderr).contains("verilator is missing: nothing was compared"));
    let value: Value = serde_json::from_slice(&skipped.stdout).expect("it is JSON");
    assert_eq!(value["vectors"], 0);
    assert_eq!(value["skipped"].as_array().map(Vec::len), Some(3));
    let required = without_tools(&["--quick"], "1");
    assert_eq!(required.status.code(), Some(5));
    assert!(required.stdout.is_empty() && text(&required.stderr).contains("iverilog is missing"));
}

#[test]
fn what_is_no_unit_and_what_is_no_number_is_refused() {
    for arguments in [["--unit", "fifa"], ["--vectors", "0"], ["--stalls", "100"], ["--set", "pu.n=3"]] {
        let said = cosim(&arguments).output().expect("it runs");
        assert_eq!(said.status.code(), Some(2), "{arguments:?}");
        assert!(said.stdout.is_empty() && !said.stderr.is_empty(), "{arguments:?}");
    }
}
