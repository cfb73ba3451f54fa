//! `offramp train`: a run of the recipe for tests, to a checkpoint that infers as its metrics say.

use std::fs;
use std::path::Path;

use offramp_tests::command::offramp;
use serde_json::Value;

/// What `offramp infer` says of the committed checkpoint's own test sentences: share of right answers in percent, mean exit layer.
fn committed(rows: &[&str], more: &[&str]) -> (f64, f64) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/presets/checkpoints/albert-mini");
    let file = tempfile::NamedTempFile::with_suffix(".tsv").expect("a file can be made");
    fs::write(file.path(), format!("sentence\tlabel\tdifficulty\n{}\n", rows.join("\n")))
        .expect("it can be written");
    let path = |path: &Path| path.to_str().expect("paths are UTF-8").to_owned();
    let words = ["infer", "--model", &path(&folder), "--text", &path(file.path())];
    let said = offramp(&[&words[..], more].concat());
    assert_eq!(said.exit, 0, "{}", said.err);
    (number_after(&said.err, " right: "), number_after(&said.err, "mean exit layer "))
}

fn number_after(text: &str, word: &str) -> f64 {
    let rest = text.split(word).nth(1).expect("it is said");
    rest.split([' ', ',']).next().expect("a number").parse().expect("a number")
}

#[test]
fn the_committed_checkpoint_leaves_early_where_sentences_are_easy() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/presets/checkpoints/albert-mini/test.tsv");
    let text = fs::read_to_string(path).expect("it is committed");
    let of = |difficulty: &str| -> Vec<&str> {
        text.lines().filter(|row| row.ends_with(&format!("\t{difficulty}"))).take(100).collect()
    };
    let mut before = 0.0;
    for difficulty in ["0", "1", "2", "3"] {
        let rows = of(difficulty);
        assert_eq!(rows.len(), 100);
        let (right, exit) = committed(&rows, &["--threshold", "0.1"]);
        println!("difficulty {difficulty}, bit-exact: {right} % right, mean exit layer {exit}");
        // A hundred sentences: 95 % is five wrong ones.
        assert!(right >= 95.0, "difficulty {difficulty}: {right} %");
        assert!(exit > before, "difficulty {difficulty}: {exit} after {before}");
        before = exit;
    }
}

#[test]
fn a_trained_checkpoint_infers_as_its_metrics_say() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("train");
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("it can be removed");
    }
    let path = |name: &str| folder.join(name).to_str().expect("paths are UTF-8").to_owned();
    let model = path("tiny");
    let said = offramp(&["train", "tiny", "-o", &model]);
    assert!(said.exit == 0 && said.out.contains("accuracy by off-ramp"), "{said:?}");
    assert!(
        said.err.contains("teacher") && said.err.contains("off-ramps"),
        "long work shows progress: {}",
        said.err
    );
    let again = offramp(&["train", "tiny", "-o", &model]);
    assert!(again.exit == 5 && again.warns("model.safetensors is there already"), "{}", again.err);
    let none = offramp(&["train", "-o", &path("none"), "--resume"]);
    assert!(none.exit == 5 && none.warns("there is nothing to resume"), "{}", none.err);

    let text = fs::read_to_string(path("tiny/metrics.json")).expect("it is written");
    let metrics: Value = serde_json::from_str(&text).expect("it is JSON");
    let threshold = metrics["threshold"].to_string();
    let test = path("tiny/test.tsv");
    let infer = |precision: &str| {
        let words = [
            "infer",
            "--model",
            &model,
            "--text",
            &test,
            "--threshold",
            &threshold,
            "--precision",
            precision,
        ];
        let said = offramp(&words);
        assert_eq!(said.exit, 0, "{}", said.err);
        (number_after(&said.err, "mean exit layer "), number_after(&said.err, " right: "))
    };
    let (layer, right) = infer("f32");
    let number = |key: &str| metrics[key].as_f64().expect("a number");
    // Printed with three digits and with two.
    assert!((layer - number("mean_exit")).abs() < 6e-4, "{layer} {}", number("mean_exit"));
    assert!((right - 100.0 * number("exit_accuracy")).abs() < 6e-3, "{right} {}", number("exit_accuracy"));
    // The weights were trained in the machine's format; its activations have 8 bits, which costs this task little.
    let (_, exact) = infer("exact");
    assert!((exact - right).abs() < 5.0, "bit-exact {exact} %, f32 {right} %");
}
