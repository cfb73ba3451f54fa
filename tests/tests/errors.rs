//! What people read when an input is wrong: the text of every kind of error, as committed under `snapshots/errors`, with
//! its exit code. Colours are off and the width is fixed.

use std::collections::BTreeSet;
use std::ffi::OsString;

use offramp_tests::snapshot;
use sim::cli::{self, Style};

/// Name of the snapshot, arguments.
const CATALOGUE: &[(&str, &[&str])] = &[
    ("syntax", &["check", "data/bad/syntax.toml"]),
    ("duplicate-key", &["check", "data/bad/duplicate-key.toml"]),
    ("unknown-key", &["check", "data/bad/unknown-key.toml"]),
    ("missing-key", &["check", "data/bad/missing-key.toml"]),
    ("wrong-unit", &["check", "data/bad/wrong-unit.toml"]),
    ("wrong-type", &["check", "data/bad/wrong-type.toml"]),
    ("out-of-range", &["check", "data/bad/out-of-range.toml"]),
    ("several", &["check", "data/bad/several.toml"]),
    ("no-record", &["check", "data/bad/no-record.toml"]),
    ("missing-file", &["check", "data/bad/nonesuch.toml"]),
    ("two-files", &["check", "data/bad/unknown-key.toml", "data/bad/nonesuch.toml"]),
    ("trace-ragged", &["check", "data/bad/ragged.csv"]),
    ("trace-not-finite", &["check", "data/bad/not-finite.csv"]),
    ("trace-negative", &["check", "data/bad/negative.csv"]),
    ("trace-word", &["check", "data/bad/word.csv"]),
    ("trace-empty", &["check", "data/bad/empty.csv"]),
    ("trace-missing", &["check", "data/bad/nonesuch.csv"]),
    ("unknown-preset", &["designs", "show", "oframp"]),
    ("unknown-preset-far", &["networks", "show", "gpt"]),
    ("no-such-file", &["designs", "show", "data/bad/nonesuch.toml"]),
    ("n-0", &["designs", "show", "offramp", "--set", "pu.n=0"]),
    ("n-3", &["designs", "show", "offramp", "--set", "pu.n=3"]),
    ("design-several", &["designs", "show", "released", "--set", "pu.n=32", "--set", "axi.burst_beats=257"]),
    ("format", &["designs", "show", "offramp", "--set", "format.exponent=5"]),
    ("set-without-value", &["designs", "show", "offramp", "--set", "pu.n"]),
    ("set-unknown-key", &["designs", "show", "offramp", "--set", "pu.lanes=8"]),
    ("set-near-key", &["designs", "show", "offramp", "--set", "pu.sparsty=skip"]),
    ("set-wrong-type", &["designs", "show", "offramp", "--set", "pu.n=sixteen"]),
    ("set-unknown-word", &["designs", "show", "offramp", "--set", "pu.sparsity=skipp"]),
    ("set-table", &["designs", "show", "offramp", "--set", "pu=8"]),
    ("set-not-toml", &["designs", "show", "offramp", "--set", "pu.n=8, 9"]),
    ("set-quantity", &["technologies", "show", "edgebert-12nm", "--set", "energy.mac_pj=-0.1"]),
    ("unknown-command", &["design", "list"]),
    ("missing-argument", &["designs", "show"]),
];

const STYLE: Style = Style { width: 100, color: false };

/// What a command writes to its two streams, and its exit code.
fn run(arguments: &[&str]) -> (String, String, u8) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = ["offramp"].iter().chain(arguments).map(OsString::from);
    let exit = cli::run(arguments, &mut out, &mut err, STYLE);
    let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
    (text(out), text(err), exit as u8)
}

#[test]
fn errors_read_as_committed() {
    for (name, arguments) in CATALOGUE {
        let (out, err, exit) = run(arguments);
        assert_eq!(out, "", "{name} writes no result");
        assert_ne!(exit, 0, "{name} fails");
        let text = format!("$ offramp {}\n{err}exit {exit}\n", arguments.join(" "));
        snapshot::check(&format!("errors/{name}"), &text);
    }
}

/// A snapshot whose case is gone would never fail again.
#[test]
fn every_committed_error_is_in_the_catalogue() {
    let named: BTreeSet<String> = CATALOGUE.iter().map(|(name, _)| format!("{name}.txt")).collect();
    assert_eq!(named.len(), CATALOGUE.len(), "names are used once");
    let folder = snapshot::path("errors/x").parent().unwrap().to_owned();
    let committed: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(committed, named);
}
