//! `offramp cosim` as a process: what it compares and leaves in folders, what it says where a tool is missing.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};

use rtl::cosim::tools::have;
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

/// Whether Verilator is there; if not, says so aloud, or fails where tools are required.
fn verilator(what: &str) -> bool {
    let there = have(&["verilator"], what);
    // Not `eprintln`, which the test harness keeps to itself where a test passes.
    there.map_err(|line| std::io::stderr().write_all(format!("{line}\n").as_bytes())).is_ok()
}

/// The FIFO in one shape, which is soon built; what is left goes into a folder.
fn fifo(option: &str, folder: &Path) -> Output {
    let arguments = ["--unit", "fifo", "--vectors", "300", "--set", "sequencer.queue=3", "--json", option];
    cosim(&arguments).arg(folder).output().expect("it runs")
}

#[test]
fn what_of_the_verilog_runs_is_counted_and_what_does_not_is_listed() {
    if !verilator("coverage") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder can be made");
    let said = fifo("--coverage", &folder.path().join("new/folder"));
    assert!(said.status.success(), "{}", text(&said.stderr));
    let value: Value = serde_json::from_slice(&said.stdout).expect("it is JSON");
    for kind in ["line", "toggle"] {
        let share = &value["coverage"]["fifo"]["benches"][kind];
        let [hit, points] = ["hit", "points"].map(|key| share[key].as_u64().expect("a number"));
        assert!(0 < hit && hit <= points, "{kind}: {hit} of {points}");
        assert_eq!(value["coverage"]["fifo"]["programs"][kind]["points"], 0, "no program has run");
    }
    let read = |name: &str| fs::read_to_string(folder.path().join("new/folder").join(name)).expect(name);
    let module = read("001-fifo.v");
    assert!(read("coverage.info").starts_with("TN:\nSF:001-fifo.v\nDA:"));
    for line in read("uncovered.txt").lines() {
        let number =
            line.strip_prefix("001-fifo.v:").and_then(|rest| rest.split(':').next()).expect("a place");
        let number: usize = number.parse().expect("a line");
        let code = module.lines().nth(number - 1).expect("the module has it").trim();
        assert!(line.contains(code) && line.contains("  // never "), "{line}");
    }
}

#[test]
fn a_wave_that_is_asked_for_is_left_and_named() {
    if !verilator("waves") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder can be made");
    let said = fifo("--wave", folder.path());
    let lines = text(&said.stderr);
    let wave = lines.lines().find_map(|line| line.trim().strip_prefix("wave: ")).expect("it is named");
    assert!(fs::read_to_string(wave).expect("it is there").contains("$scope module fifo"), "{lines}");
    assert_eq!(fs::read_dir(folder.path()).expect("it can be listed").count(), 1);
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
