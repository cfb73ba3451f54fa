//! What people read when an input is wrong: the text of every kind of error, as committed under `snapshots/errors`, with
//! its exit code. Colours are off and the width is fixed.

use std::collections::BTreeSet;

use offramp_tests::command::{Said, offramp};
use offramp_tests::snapshot;

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
    ("cosim-coverage-folder", &["cosim", "--unit", "fifo", "--coverage", "data/trace.csv/below"]),
    ("cosim-wave-folder", &["cosim", "--unit", "fifo", "--wave", "data/trace.csv/below"]),
    ("unknown-command", &["design", "list"]),
    ("missing-argument", &["designs", "show"]),
    ("run-without-network", &["run"]),
    ("run-network", &["run", "--network", "albert"]),
    ("run-task", &["run", "--network", "albert-base", "--task", "sst-2"]),
    ("run-task-of-another-network", &["run", "--network", "bert-large", "--task", "sst2"]),
    ("run-design", &["run", "--network", "tinybert-4", "--design", "offramp-n64"]),
    ("run-technology", &["run", "--network", "tinybert-4", "--technology", "edgebert-7nm"]),
    ("run-record-of-another-kind", &["run", "--network", "data/bad/no-heads.toml"]),
    ("run-set", &["run", "--network", "tinybert-4", "--set", "pu.n=3"]),
    ("run-set-design-and-key", &["run", "--network", "tinybert-4", "--set", "axi.width=64"]),
    ("run-seq-0", &["run", "--network", "tinybert-4", "--seq", "0"]),
    ("run-seq-long", &["run", "--network", "tinybert-4", "--seq", "513"]),
    ("run-seq-word", &["run", "--network", "tinybert-4", "--seq", "many"]),
    ("run-threshold-nan", &["run", "--network", "albert-base", "--task", "sst2", "--threshold", "nan"]),
    ("run-threshold-negative", &["run", "--network", "albert-base", "--task", "sst2", "--threshold=-0.1"]),
    (
        "run-threshold-no-histogram",
        &["run", "--network", "albert-base", "--task", "sst2", "--threshold", "0.27"],
    ),
    ("run-threshold-without-exits", &["run", "--network", "tinybert-4", "--threshold", "0.3"]),
    ("run-trace-without-threshold", &["run", "--network", "tinybert-4", "--exit-trace", "data/trace.csv"]),
    (
        "run-trace-of-another-depth",
        &["run", "--network", "tinybert-4", "--exit-trace", "data/bad/two-layers.csv", "--threshold", "0.3"],
    ),
    (
        "run-trace-ragged",
        &["run", "--network", "tinybert-4", "--exit-trace", "data/bad/ragged.csv", "--threshold", "0.3"],
    ),
    (
        "run-trace-missing",
        &["run", "--network", "tinybert-4", "--exit-trace", "data/bad/nonesuch.csv", "--threshold", "0.3"],
    ),
    ("run-no-heads", &["run", "--network", "tinybert-4", "--task", "data/bad/no-heads.toml"]),
    ("run-voltage", &["run", "--network", "tinybert-4", "--set", "operating.vdd_v=1.3"]),
    ("run-memory", &["run", "--network", "tinybert-4", "--set", "external.memory=lpddr9"]),
    ("fit-buffer", &["run", "--network", "albert-xxlarge"]),
    ("fit-buffer-small", &["run", "--network", "bert-base", "--set", "buffer.bytes=8192"]),
    ("fit-aux", &["run", "--network", "bert-base", "--set", "aux.bytes=1024"]),
    ("fit-commands", &["run", "--network", "bert-base", "--set", "sequencer.commands=64"]),
    ("fit-program", &["program", "--network", "bert-base", "--set", "sequencer.commands=64"]),
    ("fit-softmax", &["op", "softmax", "--shape", "2048x2048"]),
    ("fit-matmul", &["op", "matmul", "--shape", "64x64x1048576"]),
    ("op-shape-missing", &["op", "matmul"]),
    ("op-shape-few", &["op", "matmul", "--shape", "64x64"]),
    ("op-shape-many", &["op", "entropy", "--shape", "2x2"]),
    ("op-shape-zero", &["op", "softmax", "--shape", "0x128"]),
    ("op-shape-negative", &["op", "softmax", "--shape=-1x128"]),
    ("op-shape-word", &["op", "layernorm", "--shape", "rowsx128"]),
    ("op-shape-large", &["op", "matmul", "--shape", "64x64x4294967297"]),
    ("op-unknown", &["op", "gelu", "--shape", "64x64"]),
    ("trace-exit-layer", &["trace", "--network", "albert-base", "--task", "sst2", "--exit-layer", "13"]),
    ("trace-exit-layer-without-exits", &["trace", "--network", "tinybert-4", "--exit-layer", "2"]),
    ("trace-folder", &["trace", "--network", "tinybert-4", "--seq", "16", "-o", "data"]),
    ("trace-no-folder", &["trace", "--network", "tinybert-4", "--seq", "16", "-o", "data/nonesuch/t.json"]),
    ("init-kind", &["init", "task"]),
    ("init-exists", &["init", "design", "-o", "data/trace.csv"]),
    ("init-force-without-output", &["init", "design", "--force"]),
    ("schema-kind", &["schema", "trace"]),
    ("emit-without-output", &["emit"]),
    (
        "emit-released",
        &["emit", "--design", "released", "--set", "sfu.cycles_per_vector=4", "-o", "data/never"],
    ),
    ("emit-tiles", &["emit", "--set", "pu.n=2", "--set", "buffer.bytes=67108864", "-o", "data/never"]),
    ("emit-occupied", &["emit", "--unit", "fifo", "-o", "data"]),
    ("cosim-only", &["cosim", "--unit", "fifo", "--mutants", "3", "--only", "9"]),
    ("cosim-mutants", &["cosim", "--unit", "machine", "--mutants", "3"]),
    ("run-nvm", &["run", "--network", "tinybert-4", "--nvm", "rram-22fl"]),
    ("run-nvm-without-array", &["run", "--network", "tinybert-4", "--nvm", "lpddr4"]),
    ("run-nvm-cell", &["run", "--network", "tinybert-4", "--nvm", "stt-28nm"]),
    ("memory-unit", &["check", "data/bad/memory.toml"]),
    ("fault-model", &["check", "data/bad/fault-model.toml"]),
    ("faults-encoding", &["faults", "--encoding", "bitmask,cells=mlc2"]),
    ("faults-groups", &["faults", "--encoding", "bitmask,codes=2+3"]),
    ("faults-matrix", &["faults", "--matrix", "slc=data/bad/matrix.csv"]),
    (
        "faults-matrix-levels",
        &["faults", "--matrix", "mlc2=data/bad/two-levels.csv", "--encoding", "dense,codes=mlc2"],
    ),
    ("faults-time", &["faults", "--faults", "rram-relaxation-a", "--after", "1e9"]),
    ("faults-no-model", &["faults", "--nvm", "fefet"]),
    ("faults-numbers", &["faults", "--numbers", "fp16"]),
    ("faults-within", &["faults", "--within", "2"]),
    ("image-missing", &["image", "--check", "data/bad/nonesuch"]),
    ("image-nowhere", &["image"]),
    ("synth-target", &["synth", "--target", "osu180"]),
    ("synth-unit", &["synth", "--unit", "int8_mca"]),
    ("synth-limit", &["synth", "--limit", "0"]),
    ("op-released", &["op", "matmul", "--shape", "64x64x64", "--design", "released", "--set", "pu.n=8"]),
];

#[test]
fn errors_read_as_committed() {
    for (name, arguments) in CATALOGUE {
        let Said { out, err, exit } = offramp(arguments);
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
