//! `offramp zoo`: columns, ratios against `offramp run`, task switches, what does not fit, and entries that are wrong.

use std::collections::BTreeMap;

use models::record::preset;
use models::zoo::Entry;
use offramp_tests::command::{answer, offramp};
use serde_json::Value;

/// A row of the zoo by column.
type Row = BTreeMap<String, String>;

/// The rows of a zoo as CSV; progress goes to the error stream.
fn csv(arguments: &[&str]) -> Vec<Row> {
    let said = offramp(&[&["zoo", "--format", "csv"], arguments].concat());
    assert_eq!(said.exit, 0, "{}", said.err);
    let mut reader = csv::Reader::from_reader(said.out.as_bytes());
    reader.deserialize().map(|row| row.expect("a row has every column")).collect()
}

fn number(row: &Row, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column} of {} is `{}`", row["name"], row[column]))
}

/// Latency in ms and energy in mJ of a network without a task.
fn run(network: &str, more: &[&str]) -> [f64; 2] {
    let text = answer(&[&["run", "--network", network, "--seq", "32", "--json"], more].concat());
    let report: Value = serde_json::from_str(&text).expect("it is JSON");
    ["latency_s", "energy_j"].map(|key| 1e3 * report[key].as_f64().expect("a number"))
}

/// Sums of floating-point numbers round.
fn close(a: f64, b: f64) -> bool {
    (a / b - 1.0).abs() < 1e-12
}

#[test]
fn figures_and_ratios_are_those_of_run() {
    let rows = csv(&["bert-base", "distilbert", "tinybert-4", "--sequence", "32"]);
    let baseline = run("bert-base", &[]);
    for (row, name) in rows.iter().zip(["bert-base", "distilbert", "tinybert-4"]) {
        assert_eq!(row["name"], name);
        let [latency, energy] = run(name, &[]);
        assert!(
            close(number(row, "latency_ms"), latency) && close(number(row, "energy_mj"), energy),
            "{name}"
        );
        if name != "bert-base" {
            assert!(close(number(row, "speed_up"), baseline[0] / latency), "{name}");
            assert!(close(number(row, "energy_ratio"), baseline[1] / energy), "{name}");
        }
    }
    assert_eq!(
        (rows[0]["speed_up"].as_str(), rows[0]["baseline"].as_str()),
        ("", ""),
        "a baseline has no ratios"
    );
    assert_eq!((number(&rows[1], "claimed_speed_up"), number(&rows[2], "claimed_size_ratio")), (1.6, 7.5));
}

/// Layers without their top are the network with fewer layers; unstructured zeros are a workload's density.
#[test]
fn what_is_taken_away_runs_as_a_file_of_that_shape_does() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: String| {
        let path = folder.path().join(name).to_string_lossy().into_owned();
        std::fs::write(&path, text).unwrap();
        path
    };
    let shallow = answer(&["networks", "show", "bert-base", "--set", "layers=8"]);
    let sparse = answer(&["workloads", "show", "dense", "--set", "weight_density.encoder.value=0.03"]);
    let (shallow, sparse) = (file("shallow.toml", shallow), file("sparse.toml", sparse));
    let rows = csv(&["layer-drop-4", "movement-3", "--sequence", "32"]);
    for (row, expected) in rows.iter().zip([run(&shallow, &[]), run("bert-base", &["--task", &sparse])]) {
        let found = ["latency_ms", "energy_mj"].map(|column| number(row, column));
        assert!(close(found[0], expected[0]) && close(found[1], expected[1]), "{row:?}, {expected:?}");
    }
}

/// Heads and columns of each layer, as a task says them: heads that were pruned have span 0, which a design that skips leaves out.
#[test]
fn layers_that_were_pruned_by_blocks_run_as_a_task_says_them() {
    let entry: Entry = preset("block-squad-26").expect("a preset is valid");
    let kept = entry.blocks.expect("it was pruned by blocks").layers;
    let mut task = answer(&["workloads", "show", "dense"]);
    task.push_str("\n[layers]\nstanding = \"measured\"\nsource = \"the same table\"\n");
    for layer in kept {
        let spans: Vec<u32> = (0..12).map(|head| if head < layer.heads { 32 } else { 0 }).collect();
        let columns = (3072.0 * layer.feed_forward_density).round();
        task.push_str(&format!(
            "\n[[layers.each]]\nspans = {spans:?}\nfeed_forward = {columns}\ndensity = 1.0\n"
        ));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("blocks.toml").to_string_lossy().into_owned();
    std::fs::write(&path, task).unwrap();
    let expected = run("bert-base", &["--task", &path]);
    let row = csv(&["block-squad-26", "--sequence", "32"]).remove(0);
    let found = ["latency_ms", "energy_mj"].map(|column| number(&row, column));
    assert!(close(found[0], expected[0]) && close(found[1], expected[1]), "{found:?}, {expected:?}");
}

/// Bytes: a code an element is what a dense encoder takes, and biases and norms beside it: 3 % for BERT base.
#[test]
fn bytes_are_those_of_the_program() {
    let rows = csv(&["bert-base", "movement-10", "--sequence", "32"]);
    let encoder = number(&rows[0], "encoder_bytes") / 85_054_464.0;
    assert!((1.0..1.03).contains(&encoder), "{encoder} bytes a parameter");
    // A bit of mask for each weight and a tenth of the codes, in banks that fill unevenly: 0.225 to 0.3.
    let pruned = number(&rows[1], "encoder_bytes") / 85_054_464.0;
    assert!((0.225..0.3).contains(&pruned), "{pruned} bytes a weight");
    assert!(close(number(&rows[1], "encoder_size_ratio"), encoder / pruned));
}

/// Zeros that are gated save energy and no cycle but of loads; those that are skipped save cycles too.
#[test]
fn reasons_follow_the_design() {
    let of = |sparsity: &str| {
        let set = format!("pu.sparsity={sparsity}");
        csv(&["movement-3", "--sequence", "32", "--set", &set]).remove(0)
    };
    let (gate, skip) = (of("gate"), of("skip"));
    assert!(gate["reasons"].contains("which the design gates"), "{gate:?}");
    // 0.97^256 = 0.0411 %.
    assert!(skip["reasons"].contains("skips whole tiles of 16 x 16, 0.041 % of which are"), "{skip:?}");
    assert!(number(&skip, "latency_ms") < number(&gate, "latency_ms"));
}

/// 272,384 biases of 16 bits and a classifier of 1024 x 2 against 335 million weights.
#[test]
fn a_task_switch_loads_biases_and_a_classifier() {
    let row = csv(&["bitfit", "--sequence", "32"]).remove(0);
    let bytes = number(&row, "switch_bytes");
    // The classifier's two columns are padded to 16.
    assert!((2.0 * 272_384.0 + 1024.0 * 2.0..2.0 * 272_384.0 + 1024.0 * 17.0).contains(&bytes), "{bytes}");
    assert!(number(&row, "stored_bytes") > 500.0 * bytes);
    // At most a beat of eight bytes a cycle at 506.4 MHz.
    assert!(number(&row, "switch_ms") > 1e3 * bytes / 8.0 / 506.4e6);
    assert!(row["reasons"].contains("a task switch loads"), "{row:?}");
}

/// 127 products of 32 x 32 x 32, one after the other, in each direction: 8 tiles of 16 cycles each at least.
#[test]
fn words_run_as_chains_of_products() {
    let rows = csv(&["cmow-cbow", "cmow-cbow-bidirectional", "distilbert"]);
    let cycles = number(&rows[0], "latency_ms") * 1e-3 * 506.4e6;
    assert!(cycles > 127.0 * 128.0, "{cycles}");
    assert!(number(&rows[0], "latency_ms") < number(&rows[1], "latency_ms"));
    assert!(close(
        number(&rows[1], "speed_up"),
        number(&rows[2], "latency_ms") / number(&rows[1], "latency_ms")
    ));
    assert_eq!(rows[0]["encoder_size_ratio"], "", "words have no encoder");
}

#[test]
fn counts_that_differ_are_told() {
    let row = csv(&["tinybert-4", "--sequence", "16"]).remove(0);
    assert!(row["reasons"].contains("parameters: 14.3502 M, published 14.5000 M (-1.0 %)"), "{row:?}");
    let row = csv(&["distilbert", "--sequence", "16"]).remove(0);
    assert!(!row["reasons"].contains("parameters:"), "66 M is met: {row:?}");
}

#[test]
fn what_does_not_fit_is_a_row_unless_nothing_fits() {
    let rows = csv(&["tinybert-4", "albert-xxlarge", "--sequence", "16"]);
    assert_eq!(rows[1]["latency_ms"], "");
    assert!(
        rows[1]["reasons"].contains("feed-forward network does not fit: operand buffer 0 needs"),
        "{rows:?}"
    );
    let alone = offramp(&["zoo", "albert-xxlarge", "--sequence", "16"]);
    assert!(alone.exit == 4 && alone.warns("no entry fits the design"), "{}", alone.err);
}

#[test]
fn json_and_table_say_the_same() {
    let json = offramp(&["zoo", "tinybert-4", "--format", "json", "--sequence", "16"]);
    let document: Value = serde_json::from_str(&json.out).expect("it is JSON");
    let entry = &document["entries"][0];
    assert_eq!((&entry["name"], &document["tokens"]), (&"tinybert-4".into(), &16.into()));
    assert_eq!(entry["claims"]["speed_up"]["said"], "9.4x faster");
    let row = csv(&["tinybert-4", "--sequence", "16"]).remove(0);
    assert_eq!(entry["latency_ms"].as_f64(), Some(number(&row, "latency_ms")));
    let table = offramp(&["zoo", "tinybert-4", "--sequence", "16"]);
    assert!(
        table.out.contains("9.4x faster") && table.out.contains("tinybert-4 (against bert-base)"),
        "{}",
        table.out
    );
    assert_eq!(table.err, "[1/1] tinybert-4\n");
}

/// Every column that help names is there, in that order.
#[test]
fn help_names_the_columns() {
    let help = answer(&["zoo", "--help"]);
    let (_, columns) = help.split_once("Columns of csv:").expect("help documents the columns");
    let (columns, _) = columns.split_once('.').unwrap();
    let columns: Vec<&str> = columns.split(',').map(str::trim).collect();
    let said = offramp(&["zoo", "tinybert-4", "--format", "csv", "--sequence", "16"]);
    assert_eq!(said.out.lines().next(), Some(columns.join(",").as_str()));
}

#[test]
fn a_bad_entry_is_told_by_key_and_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.toml").to_string_lossy().into_owned();
    let text = answer(&["zoo-entries", "show", "block-squad-26"]);
    std::fs::write(&path, text.replace("heads = 3,", "heads = 30,")).unwrap();
    for command in [&["zoo", path.as_str()][..], &["check", path.as_str()]] {
        let said = offramp(command);
        assert!(
            said.exit == 3 && said.warns("blocks.layers.11.heads = 30 must be from 1 to 12"),
            "{}",
            said.err
        );
        assert!(said.err.contains("bad.toml"), "{}", said.err);
    }
    let said = offramp(&["zoo", "tinybert"]);
    assert!(said.exit == 2 && said.warns("tinybert-4"), "the nearest is named: {}", said.err);
    let said = offramp(&["zoo", "tinybert-4", "--sequence", "513"]);
    assert!(said.exit == 2 && said.warns("must be from 1 to the 512 positions"), "{}", said.err);
}
