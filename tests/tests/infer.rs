//! `offramp infer`: sentences of every kind of file on a small model, and what is refused.

use std::fs;
use std::path::{Path, PathBuf};

use models::checkpoint;
use offramp_tests::command::{Said, answer, offramp};
use serde_json::Value;

/// A folder with a small ALBERT of random weights and a vocabulary of its own.
fn model(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("infer").join(name);
    fs::create_dir_all(&folder).expect("a folder can be made");
    let from = root.join("../models/tests/references/albert");
    for file in ["config.json", "model.safetensors"] {
        fs::copy(from.join(file), folder.join(file)).expect("it is committed");
    }
    let words: Vec<String> = (4..60).map(|word| format!("w{word}")).collect();
    let vocabulary = format!("[PAD]\n[UNK]\n[CLS]\n[SEP]\n{}\n", words.join("\n"));
    fs::write(folder.join("vocab.txt"), vocabulary).expect("it can be written");
    folder
}

/// The same with an off-ramp behind each layer.
fn exiting(name: &str) -> PathBuf {
    let folder = model(name);
    let mut model = checkpoint::read(text(&folder)).unwrap_or_else(|error| panic!("{error}"));
    let layers = model.network.layers as usize;
    model.weights.ramps = vec![model.weights.ramps[0].clone(); layers];
    checkpoint::write(text(&folder), &model).unwrap_or_else(|error| panic!("{error}"));
    folder
}

fn text(path: &Path) -> &str {
    path.to_str().expect("paths are UTF-8")
}

/// Writes a file beside a model.
fn file(folder: &Path, name: &str, content: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, content).expect("it can be written");
    text(&path).to_owned()
}

fn infer(folder: &Path, path: &str, more: &[&str]) -> Said {
    offramp(&[&["infer", "--model", text(folder), "--text", path], more].concat())
}

/// Rows without their labels.
fn unlabelled(out: &str) -> Vec<String> {
    let row = |line: &str| {
        line.split(',').enumerate().filter(|(at, _)| *at != 4).map(|(_, f)| f.to_owned() + ",").collect()
    };
    out.lines().map(row).collect()
}

const SENTENCES: [&str; 3] = ["w4 w5, w6", "", "w59 w7 w7 unheard w8 w30 w31 w32 w33 w34"];

#[test]
fn every_kind_of_file_gives_the_same_rows() {
    let folder = model("kinds");
    let plain = file(&folder, "s.txt", &SENTENCES.map(|s| format!("{s}\n")).concat());
    let expected = infer(&folder, &plain, &[]);
    assert_eq!((expected.exit, expected.out.lines().count()), (0, 4), "{expected:?}");
    let rows = SENTENCES.iter().zip(0..).map(|(s, at)| format!("{{\"label\": {at}, \"text\": \"{s}\"}}\n\n"));
    let json = file(&folder, "s.jsonl", &rows.collect::<String>());
    let rows = SENTENCES.iter().zip(0..).map(|(s, at)| format!("{at},\"{s}\"\n"));
    let csv = file(&folder, "s.csv", &format!("label,sentence\n{}", rows.collect::<String>()));
    let rows = SENTENCES.iter().zip(0..).map(|(s, at)| format!("{s}\t{at}\n"));
    let tsv = file(&folder, "s.tsv", &format!("review\tstars\n{}", rows.collect::<String>()));
    for (path, more) in [(&json, &[][..]), (&csv, &[]), (&tsv, &["--column", "review", "--label", "stars"])] {
        let said = infer(&folder, path, more);
        assert_eq!(said.exit, 0, "{path}: {}", said.err);
        assert_eq!(unlabelled(&said.out), unlabelled(&expected.out), "{path}");
        assert!(said.warns("of 3 right"), "{path}: {}", said.err);
    }
    let said = infer(&folder, &plain, &["--format", "jsonl"]);
    let objects: Vec<Value> =
        said.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    for (object, row) in objects.iter().zip(expected.out.lines().skip(1)) {
        let fields: Vec<&str> = row.split(',').collect();
        assert_eq!(object["tokens"].to_string(), fields[1]);
        assert_eq!(object["entropies_nat"][0].to_string(), fields[8]);
    }
}

#[test]
fn longer_sentences_cost_more_and_what_does_not_fit_is_dropped() {
    let folder = model("lengths");
    let long = "w9 ".repeat(100_000);
    let path = file(&folder, "s.txt", &format!("w4\n{long}\n"));
    let said = infer(&folder, &path, &[]);
    let row = |at: usize| -> Vec<f64> {
        said.out
            .lines()
            .nth(at)
            .expect("a row")
            .split(',')
            .map(|field| field.parse().unwrap_or(0.0))
            .collect()
    };
    let (short, long) = (row(1), row(2));
    assert_eq!((short[1], short[2], long[1], long[2]), (3.0, 0.0, 24.0, 99_978.0));
    assert!(long[6] > short[6] && long[7] > short[7], "{}", said.out);
    assert!(said.warns("1 sentences were longer than the network and were cut"), "{}", said.err);
}

/// As those of tests whose answers are kept back: -1.
#[test]
fn labels_that_name_no_class_are_counted_apart() {
    let folder = model("labels");
    let path = file(&folder, "s.csv", "sentence,label\nw4,-1\nw5,0\nw6,\nw7,five\n");
    let said = infer(&folder, &path, &[]);
    assert!(said.exit == 0 && said.warns("of 1 right"), "{}", said.err);
    assert!(said.warns("2 labels name no class and are not counted, the first of them `-1`"), "{}", said.err);
}

#[test]
fn traces_and_logits_are_files_that_other_commands_read() {
    let folder = exiting("files");
    let path = file(&folder, "s.csv", "sentence,label\nw4 w5,1\nw6,0\nw7 w8 w9,2\n");
    let (trace, logits) = (folder.join("trace.csv"), folder.join("logits.csv"));
    let said = infer(&folder, &path, &["--write-trace", text(&trace), "--write-logits", text(&logits)]);
    assert_eq!(said.exit, 0, "{}", said.err);
    let read = answer(&["check", text(&logits)]);
    // A sentence whose first off-ramp is under the threshold leaves there, and costs less.
    let entropies = fs::read_to_string(&trace).expect("it is there");
    let first = |row: &str| -> f64 { row.split(',').next().expect("a field").parse().expect("a number") };
    let first: Vec<f64> = entropies.lines().map(first).collect();
    let threshold = first.iter().copied().fold(f64::INFINITY, f64::min) + 1e-4;
    let left = infer(&folder, &path, &["--threshold", &threshold.to_string()]);
    for ((full, left), entropy) in said.out.lines().zip(left.out.lines()).skip(1).zip(first) {
        let fields =
            |row: &str| -> Vec<f64> { row.split(',').map(|field| field.parse().unwrap_or(0.0)).collect() };
        let (full, left) = (fields(full), fields(left));
        assert_eq!((full[5] as u32, left[5] as u32 == 1), (3, entropy < threshold));
        assert_eq!(left[6] < full[6] && left[7] < full[7], left[5] < full[5]);
    }
    assert!(
        read.contains("3 sentences") && fs::read_to_string(&trace).expect("it is there").lines().count() == 3,
        "{read}"
    );
    let embeddings = folder.join("e.csv");
    let said = infer(&folder, &path, &["--embeddings", text(&embeddings), "--precision", "f32"]);
    assert_eq!(said.exit, 0, "{}", said.err);
    let rows = fs::read_to_string(&embeddings).expect("it is there");
    assert!(rows.lines().all(|row| row.split(',').count() == 32) && rows.lines().count() == 3);
}

#[test]
fn a_compressed_checkpoint_is_imported_and_run() {
    let folder = exiting("compressed");
    let new = folder.join("new");
    let said = answer(&[
        "compress",
        "--model",
        text(&folder),
        "--do",
        "prune=0.5",
        "--do",
        "heads=3",
        "--do",
        "quantise=af8_4@all",
        "--json",
        "--force",
        "-o",
        text(&new),
    ]);
    let json: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(json["steps"][0]["matrices"][0]["zeros"], 512, "{said}");
    let path = file(&folder, "s.txt", "w4 w5\nw6\n");
    assert_eq!(infer(&new, &path, &[]).exit, 0);
    let (network, task) = (folder.join("net.toml"), folder.join("task.toml"));
    let import =
        ["import", "--model", text(&new), "--network", text(&network), "--task", text(&task), "--seq", "16"];
    answer(&[&import[..], &["--force"]].concat());
    let again = offramp(&import);
    assert!(again.exit == 5 && again.warns("it is there already"), "{}", again.err);
    let records = ["--network", text(&network), "--task", text(&task)];
    let run: Value =
        serde_json::from_str(&answer(&[&["run", "--json"][..], &records].concat())).expect("JSON");
    assert!(run["cycles"].as_f64().expect("a number") > 0.0);
    assert!(run.to_string().contains("16 16 16 0 tokens"), "{run}");
    // Three heads of four cost less than all, as zeros do.
    let tries = [
        "fidelity",
        "--model",
        text(&folder),
        "--text",
        &path,
        "--try",
        "quantise=af8_4",
        "--try",
        "prune=0.9 activations=int8",
    ];
    let said = offramp(&tries);
    let cosines: Vec<f64> = said
        .out
        .lines()
        .skip(1)
        .map(|row| row.split_whitespace().next().expect("a field").parse().expect("a number"))
        .collect();
    assert!(cosines.len() == 2 && cosines[0] > 0.99 && cosines[1] < cosines[0], "{}", said.out);
    let said = offramp(&["compress", "--model", text(&folder), "--do", "heads=2", "-o", text(&folder)]);
    assert!(said.exit == 5 && said.warns("model.safetensors is there already"), "{}", said.err);
    let other = folder.join("other");
    let said = offramp(&["compress", "--model", text(&folder), "--do", "drop=9", "-o", text(&other)]);
    assert!(said.exit == 4 && said.warns("drop=9: there is no layer 9: the network has 3"), "{}", said.err);
}

#[test]
fn what_cannot_be_inferred_is_refused_after_what_could() {
    let folder = model("refused");
    let plain = file(&folder, "s.txt", "w4\n");
    let table = file(&folder, "s.tsv", "a\tb\n1\t2\n");
    let broken = file(&folder, "s.jsonl", "{\"text\": \"w4\"}\n{\"text\": \n");
    let unwritten = folder.join("never.csv");
    let cases: [(&str, &[&str], u8, &str); 8] = [
        (&plain, &["--biases", "layer"], 2, "the layers of the model share their weights"),
        (&plain, &["--write-logits", text(&unwritten)], 2, "the model has no off-ramps between its layers"),
        ("nowhere.txt", &[], 5, "cannot read `nowhere.txt`"),
        (&table, &[], 3, "no column `sentence` or `text`; there are `a`, `b`"),
        (&table, &["--column", "a", "--label", "c"], 3, "no column `c`"),
        (&broken, &["--calibrate", &plain], 3, "s.jsonl:2: no JSON"),
        (&plain, &["--threshold", "0.3"], 2, "the model has no off-ramps between its layers"),
        (&plain, &["--model", "nowhere"], 2, "cannot be used multiple times"),
    ];
    for (path, more, exit, message) in cases {
        let said = infer(&folder, path, more);
        assert!(said.exit == exit && said.warns(message), "{path} {more:?}: {} {}", said.exit, said.err);
    }
    let bytes = folder.join("bytes.txt");
    fs::write(&bytes, b"w4 w5\nw6 \xff\n").expect("it can be written");
    let said = infer(&folder, text(&bytes), &["--calibrate", &plain]);
    assert!(said.exit == 3 && said.warns("bytes.txt:2:4: 0xff is not UTF-8"), "{}", said.err);
    assert_eq!(said.out.lines().count(), 2, "the row ahead of it is there: {}", said.out);
    let huge = exiting("huge");
    let mut model = checkpoint::read(text(&huge)).unwrap_or_else(|error| panic!("{error}"));
    model
        .weights
        .layers
        .iter_mut()
        .flat_map(|layer| layer.matrices_mut())
        .for_each(|dense| dense.weight.fill(1e38));
    checkpoint::write(text(&huge), &model).unwrap_or_else(|error| panic!("{error}"));
    for words in [
        &["infer", "--model", text(&huge), "--text", &plain][..],
        &["fidelity", "--model", text(&huge), "--text", &plain, "--try", "prune=0.5"],
    ] {
        let said = offramp(words);
        assert!(said.exit == 3 && said.warns("not finite in f32"), "{words:?}: {}", said.err);
    }
    let said = offramp(&["infer", "--model", "nowhere", "--text", &plain]);
    assert!(said.exit == 5 && said.warns("cannot read `nowhere/config.json`: no such file"), "{}", said.err);
    let open = file(&folder, "open.csv", &format!("sentence\nw4\n\"{}", "w5 ".repeat(8 << 20)));
    let said = infer(&folder, &open, &["--calibrate", &plain]);
    assert!(said.exit == 3 && said.warns("the row is longer than 16777216 bytes"), "{}", said.err);
    let empty = file(&folder, "empty.txt", "");
    let said = infer(&folder, &empty, &[]);
    assert!(said.exit == 3 && said.warns("there is no sentence to calibrate on"), "{}", said.err);
}

#[test]
fn a_calibration_that_was_kept_answers_one_sentence_as_among_others() {
    let folder = model("calibrated");
    let all = file(&folder, "all.txt", "w4 w5 w6\nw7\nw8 w9 w10 w11 w12\n");
    let one = file(&folder, "one.txt", "w7\n");
    let kept = folder.join("calibration.json");
    let among = infer(&folder, &all, &["--write-calibration", text(&kept), "--format", "jsonl"]);
    assert_eq!(among.exit, 0, "{}", among.err);
    let answer = |said: &Said, at: usize| -> Value {
        let row = said.out.lines().nth(at).expect("a row");
        let mut row: Value = serde_json::from_str(row).expect("JSON");
        row["sentence"].take();
        row
    };
    let alone = infer(&folder, &one, &["--calibration", text(&kept), "--format", "jsonl"]);
    assert_eq!(alone.exit, 0, "{}", alone.err);
    assert_eq!(answer(&alone, 0), answer(&among, 1));
    let whole = fs::read_to_string(&kept).expect("it is there");
    // A nine ahead of each largest magnitude: codes become coarser, and the entropies other ones.
    let wider = (0..=9).rev().fold(whole.clone(), |text, digit| {
        text.replace(&format!("\"largest\":{digit}"), &format!("\"largest\":9{digit}"))
    });
    let wider = file(&folder, "wider.json", &wider);
    let coarse = infer(&folder, &one, &["--calibration", &wider, "--format", "jsonl"]);
    assert_eq!(coarse.exit, 0, "{}", coarse.err);
    assert_ne!(answer(&coarse, 0)["entropies_nat"], answer(&among, 1)["entropies_nat"]);
    for (name, content, message) in [
        ("other.json", whole.replace("\"layer\":2", "\"layer\":7"), "it is of another model"),
        ("cut.json", whole[..whole.len() / 2].to_owned(), "no calibration"),
        ("negative.json", whole.replacen("\"largest\":", "\"largest\":-", 1), "must be a finite magnitude"),
    ] {
        let path = file(&folder, name, &content);
        let said = infer(&folder, &one, &["--calibration", &path]);
        assert!(said.exit == 3 && said.warns(message), "{name}: {} {}", said.exit, said.err);
    }
}
