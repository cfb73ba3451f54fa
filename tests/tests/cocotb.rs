//! The outside judge: the emitted machine under cocotb, with bus models of another make (cocotbext-axi), on Icarus.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use offramp_tests::command::offramp;
use rtl::cosim::tools::{have, required};

/// Two layers on 8 words, an exit predicted and the supply changed, rows gathered from the NVM: the shortest program of the co-simulation
/// that uses every unit.
const PROGRAM: &str = "90";

/// The Python that has cocotb: that of `scripts/cocotb`, or the system's.
fn python(home: &Path) -> Option<PathBuf> {
    let judges = |python: &PathBuf| {
        let asked = Command::new(python).args(["-c", "import cocotb_tools.runner, cocotbext.axi"]).output();
        asked.is_ok_and(|said| said.status.success())
    };
    [home.join(".venv/bin/python"), PathBuf::from("python3")].into_iter().find(judges)
}

/// Not `eprintln`, which the test harness keeps to itself where a test passes.
fn aloud(line: &str) {
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// `None` where the judge is missing, after saying so.
fn judge(home: &Path) -> Option<PathBuf> {
    let what = "the machine under bus models of another make";
    if let Err(line) = have(&["iverilog"], what) {
        aloud(&line);
        return None;
    }
    let found = python(home);
    if found.is_none() {
        let line = format!("cocotb is missing (scripts/cocotb installs it): {what} was NOT tested");
        assert!(!required(), "{line}, and OFFRAMP_REQUIRE_TOOLS=1");
        aloud(&line);
    }
    found
}

#[test]
fn the_machine_holds_under_bus_models_of_another_make() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("cocotb");
    let Some(python) = judge(&home) else { return };
    let folder = tempfile::tempdir().unwrap();
    let emission = folder.path().join("emission").to_string_lossy().into_owned();
    let small = ["--set", "buffer.bytes=16384", "--set", "buffer.pages=8"];
    let design = ["emit", "--design", "offramp-n4", "--program", PROGRAM, "-o", &emission];
    let said = offramp(&[&design[..], &small].concat());
    assert_eq!((said.exit, said.err.as_str()), (0, ""), "{said:?}");
    let output = Command::new(python).arg(home.join("run.py")).arg(&emission).output().unwrap();
    let text = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text)).concat();
    let lines: Vec<&str> = text.lines().collect();
    let tail = lines[lines.len().saturating_sub(100)..].join("\n");
    assert!(output.status.success() && tail.contains("8 tests, 0 failed"), "{tail}");
}
