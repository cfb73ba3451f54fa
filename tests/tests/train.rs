//! `offramp train`: a run of the recipe for tests, to a checkpoint that infers as its metrics say.

use std::fs;
use std::path::Path;

use offramp_tests::command::offramp;
use serde_json::Value;

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
        let after = |word: &str| -> f64 {
            let rest = said.err.split(word).nth(1).expect("it is said");
            rest.split([' ', ',']).next().expect("a number").parse().expect("a number")
        };
        (after("mean exit layer "), after(" right: "))
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
