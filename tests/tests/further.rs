//! `offramp train --from`: a checkpoint trained further on labelled sentences, to one that infers as its metrics say.
//!
//! The real one takes `scripts/minilm`, `OFFRAMP_MINILM` names another folder of it; without, its test says so and passes.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use offramp_tests::command::{Said, offramp};
use offramp_tests::minilm;
use serde_json::Value;
use tempfile::TempDir;

/// A folder of a run.
struct Run(TempDir);

impl Run {
    fn new() -> Self {
        Run(tempfile::tempdir().expect("a folder can be made"))
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().expect("paths are UTF-8").to_owned()
    }

    fn write(&self, name: &str, text: &str) -> String {
        fs::write(self.path(name), text).expect("it can be written");
        self.path(name)
    }

    /// The small BERT of the references, with a vocabulary of its 61 words.
    fn bert(&self) -> String {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/tests/references/bert");
        fs::create_dir(self.path("bert")).expect("it can be made");
        for name in ["config.json", "model.safetensors"] {
            fs::copy(from.join(name), self.path(&format!("bert/{name}"))).expect("it can be copied");
        }
        let words: String = (4..61).fold(String::new(), |mut text, number| {
            let _ = writeln!(text, "w{number}");
            text
        });
        self.write("bert/vocab.txt", &format!("[PAD]\n[UNK]\n[CLS]\n[SEP]\n{words}"));
        self.path("bert")
    }

    /// Sentences of two labels, which one word tells, from a number on.
    fn sentences(&self, name: &str, first: u32) -> String {
        let mut text = "text\tstars\n".to_owned();
        for number in first..first + 24 {
            let label = if number % 2 == 0 { "one" } else { "two" };
            let other = 40 + number * 5 % 17;
            let _ = writeln!(text, "w{} w{} w{other}\t{label}", 30 + number % 7, 20 + number % 2);
        }
        self.write(name, &text)
    }

    fn train(&self, more: &[&str]) -> Said {
        let output = self.path("new");
        offramp(&[&["train", "-o", &output], more].concat())
    }

    fn metrics(&self) -> Value {
        let text = fs::read_to_string(self.path("new/metrics.json")).expect("it is written");
        serde_json::from_str(&text).expect("it is JSON")
    }

    /// What `infer` says of the result: share of right answers in percent, mean exit layer.
    fn infer(&self, test: &str, more: &[&str]) -> (f64, f64) {
        let (model, threshold) = (self.path("new"), self.metrics()["threshold"].to_string());
        let words = ["infer", "--model", &model, "--text", test, "--threshold", &threshold];
        let said = offramp(&[&words[..], more].concat());
        assert_eq!(said.exit, 0, "{}", said.err);
        (number_after(&said.err, " right: "), number_after(&said.err, "mean exit layer "))
    }

    /// In `f32`, `infer` finds what the metrics say.
    fn infers_as_the_metrics_say(&self, test: &str, more: &[&str]) {
        let (right, layer) = self.infer(test, &[&["--precision", "f32"], more].concat());
        let metrics = self.metrics();
        let number = |key: &str| metrics[key].as_f64().expect("a number");
        // Printed with two digits and with three.
        assert!((right - 100.0 * number("exit_accuracy")).abs() < 6e-3, "{right} {metrics}");
        assert!((layer - number("mean_exit")).abs() < 6e-4, "{layer} {metrics}");
    }
}

fn number_after(text: &str, word: &str) -> f64 {
    let rest = text.split(word).nth(1).expect("it is said");
    rest.split([' ', ',']).next().expect("a number").parse().expect("a number")
}

/// Fewer steps than the recipe's.
fn steps(teacher: u32, student: u32, ramps: u32) -> Vec<String> {
    let half = student / 2;
    let sets = [
        ("teacher.steps", teacher),
        ("teacher.warm_up", 1),
        ("student.steps", student),
        ("student.warm_up", 1),
        ("ramps.steps", ramps),
        ("ramps.warm_up", 1),
        ("pruning.start", 1),
        ("pruning.end", half),
        ("spans.freeze", half),
    ];
    sets.iter().flat_map(|(key, value)| ["--set".to_owned(), format!("{key}={value}")]).collect()
}

#[test]
fn a_checkpoint_learns_a_file_and_infers_as_its_metrics_say() {
    let run = Run::new();
    let (from, text, test) = (run.bert(), run.sentences("train.tsv", 0), run.sentences("test.tsv", 100));
    let steps = steps(60, 60, 20);
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    let given = ["--from", &from, "--text", &text, "--test", &test, "--label", "stars"];
    let said = run.train(&[&given[..], &steps].concat());
    assert!(said.exit == 0 && said.out.contains("accuracy by off-ramp"), "{said:?}");
    assert!(said.err.contains("teacher 60 of 60") && said.err.contains("off-ramps 20 of 20"), "{}", said.err);
    let metrics = run.metrics();
    assert!(metrics["teacher_accuracy"] == 1.0 && metrics["exit_accuracy"] == 1.0, "{metrics}");
    run.infers_as_the_metrics_say(&test, &["--label", "stars"]);
    let (exact, _) = run.infer(&test, &["--label", "stars"]);
    // One sentence of 24 may lie so near to the other class that 8 bits turn it.
    assert!(exact >= 95.0, "bit-exact {exact} %");
    let config = fs::read_to_string(run.path("new/config.json")).expect("it is written");
    assert!(config.contains("\"one\"") && config.contains("\"two\""), "{config}");
    for (name, there) in
        [("vocab.txt", true), ("recipe.toml", true), ("test.tsv", false), ("state.bin", false)]
    {
        assert_eq!(Path::new(&run.path(&format!("new/{name}"))).exists(), there, "{name}");
    }
}

#[test]
fn what_cannot_be_learnt_is_refused() {
    let run = Run::new();
    let (from, text) = (run.bert(), run.sentences("train.tsv", 0));
    let test = run.write("test.tsv", "text\tstars\nw20 w30\tone\nw21 w31\tthree\n");
    let bare = run.write("bare.tsv", "text\tstars\nw20 w30\tone\nw21 w31\t\n");
    let refused = |arguments: &[&str], exit: u8, message: &str| {
        let said = run.train(arguments);
        assert!(said.exit == exit && said.warns(message), "{arguments:?}: {} {}", said.exit, said.err);
        assert!(!Path::new(&run.path("new")).exists(), "nothing is written");
    };
    let given = |test| vec!["--from", &from, "--text", &text, "--test", test, "--label", "stars"];
    refused(&given(&test), 3, "sentence 2 has the label `three`, which no sentence to learn has");
    refused(&given(&bare), 3, "sentence 2 has no label");
    refused(&[&given(&text)[..], &["tiny"]].concat(), 2, "`tiny` has the table [network]");
    refused(&["fine-tune"], 2, "trains a checkpoint further, and there is none");
    refused(&["--from", &from], 2, "--text <FILE>");
    refused(&["--text", &text], 2, "--from <DIR>");
    refused(
        &[&given(&text)[..], &["--set", "grammar.test=9"]].concat(),
        2,
        "missing key `grammar.curriculum`",
    );
}

/// The script's task, a few steps of the real model, and its forward pass elsewhere in the toolkit.
#[test]
fn minilm_learns_docstrings() {
    let Some(folder) = minilm::folder() else { return };
    let run = Run::new();
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../scripts/docstrings");
    let done = Command::new("python3").arg(script).arg(run.path("")).output().expect("python3 runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let text = run.path("train.tsv");
    let rows = fs::read_to_string(run.path("test.tsv")).expect("it is written");
    let learnt = fs::read_to_string(&text).expect("it is written");
    assert!(
        learnt.lines().count() > 1500 && rows.lines().count() > 500,
        "{} sentences",
        learnt.lines().count()
    );
    let all: Vec<&str> = rows.lines().collect();
    let some: Vec<&str> = all.iter().take(1).chain(all.iter().skip(1).step_by(20)).copied().collect();
    let test = run.write("some.tsv", &format!("{}\n", some.join("\n")));
    let steps = steps(3, 4, 2);
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    let given = ["--from", &folder, "--text", &text, "--test", &test];
    let said = run.train(&[&given[..], &steps].concat());
    assert_eq!(said.exit, 0, "{}", said.err);
    let sparsity = run.metrics()["encoder_sparsity"].as_f64().expect("a number");
    assert!((sparsity - 0.6).abs() < 1e-4, "{sparsity}");
    run.infers_as_the_metrics_say(&test, &[]);
}
