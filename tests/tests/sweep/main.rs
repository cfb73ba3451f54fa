//! Sweeps: figures equal those of `offramp run`, the same bytes for any threads and shards, samples by their seed, searches that
//! find the front, and refusals that lose nothing.

mod figures;
mod folders;
mod memories;
mod samples;
mod spaces;

use std::fs;
use std::path::{Path, PathBuf};

use offramp_tests::command::{Said, offramp};

/// A space of 72 points on a small network, some of which no record or buffer allows.
const SPACE: &str = r#"
name = "small"
summary = "a small network"
question = "Does it hold?"
[base]
design = "offramp"
technology = "edgebert-12nm"
network = "tinybert-4"
task = "dense"
[[axis]]
key = "design.pu.n"
values = [3, 4, 8, 16]
[[axis]]
key = "design.buffer.bytes"
range = { from = 32768, to = 131072, step = "pow2" }
[[axis]]
zip = [
    { key = "design.axi.width_bits", values = [64, 128] },
    { key = "policy.tokens", values = [16, 32] },
]
[[axis]]
key = "design.operating.vdd_v"
range = { from = 0.65, to = 0.8, step = "linear", points = 3 }
[[filter]]
drop = ["design.buffer.bytes < 4096 * design.pu.n", "design.pu.n == 16"]
reason = "a page is smaller than its tile"
[[objective]]
metric = "energy"
goal = "min"
[[objective]]
metric = "latency"
goal = "min"
"#;

/// A folder with a space in it.
struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new(space: &str) -> Bench {
        let bench = Bench { folder: tempfile::tempdir().expect("a folder can be made") };
        fs::write(bench.path("space.toml"), space).expect("the space can be written");
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_string_lossy().into_owned()
    }

    /// Sweeps into a folder of this name.
    fn sweep(&self, name: &str, more: &[&str]) -> Said {
        let (space, folder) = (self.text("space.toml"), self.text(name));
        offramp(&[&["sweep", &space, "-o", &folder], more].concat())
    }

    /// The CSV of a folder.
    fn csv(&self, name: &str) -> String {
        done(offramp(&["export", &self.text(name)]))
    }
}

/// The output of a command that succeeds.
fn done(said: Said) -> String {
    assert_eq!(said.exit, 0, "{}{}", said.out, said.err);
    said.out
}

/// Rows of a CSV without quotes, by column.
fn rows(csv: &str) -> Vec<std::collections::BTreeMap<String, String>> {
    let mut lines = csv.lines();
    let head: Vec<&str> = lines.next().expect("a head").split(',').collect();
    let row = |line: &str| {
        let cells = line.split(',');
        head.iter().map(|name| (*name).to_owned()).zip(cells.map(str::to_owned)).collect()
    };
    lines.filter(|line| !line.contains('"')).map(row).collect()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("the file is there")
}

#[test]
fn figures_are_those_of_a_run() {
    let bench = Bench::new(SPACE);
    done(bench.sweep("whole", &[]));
    let rows = rows(&bench.csv("whole"));
    let mut compared = 0;
    for row in rows.iter().filter(|row| row["refused"].is_empty()).step_by(7) {
        let set = |key: &str| format!("{key}={}", row[&format!("design.{key}")]);
        let sets = ["pu.n", "buffer.bytes", "axi.width_bits", "operating.vdd_v"].map(set);
        let mut words = vec!["run", "--json", "--network", "tinybert-4", "--seq", &row["policy.tokens"]];
        for set in &sets {
            words.extend(["--set", set]);
        }
        let run: serde_json::Value = serde_json::from_str(&done(offramp(&words))).unwrap();
        for figure in [
            "latency_s",
            "energy_j",
            "area_mm2",
            "utilisation",
            "cycles",
            "average_exit_layer",
            "frequency_hz",
        ] {
            assert_eq!(
                row[figure].parse::<f64>().ok(),
                run[figure].as_f64(),
                "{figure} of point {}",
                row["point"]
            );
        }
        let reads: f64 = row["energy_nvm_reads_j"].parse().unwrap();
        let item = run["energy"].as_array().unwrap().iter().find(|item| item["name"] == "NVM reads").unwrap();
        assert_eq!(Some(reads), item["energy_j"].as_f64());
        compared += 1;
    }
    assert!(compared >= 5, "{compared} points compared");
}

#[test]
fn what_has_no_figures_says_why() {
    let bench = Bench::new(SPACE);
    let said = done(bench.sweep("whole", &[]));
    assert!(said.contains("6 left out: a page is smaller than its tile"), "{said}");
    let csv = bench.csv("whole");
    assert!(csv.contains("pu.n = 3 must be a power of two from 2 to 32"), "{csv}");
    assert_eq!(csv.lines().count(), 1 + 72 - 6, "a row for each point that no filter drops");
}

#[test]
fn an_early_exit_is_that_of_a_run() {
    let space = SPACE
        .replace("\"tinybert-4\"", "\"albert-base\"")
        .replace("\"dense\"", "\"sst2\"")
        .replace("[3, 4, 8, 16]", "[16]")
        .replace(
            "key = \"policy.tokens\", values = [16, 32]",
            "key = \"policy.threshold\", values = [0.23, 0.46]",
        )
        .replace("from = 32768, to = 131072", "from = 131072, to = 262144");
    let bench = Bench::new(&space);
    done(bench.sweep("whole", &[]));
    for row in rows(&bench.csv("whole")).iter().step_by(5) {
        let bytes = format!("buffer.bytes={}", row["design.buffer.bytes"]);
        let width = format!("axi.width_bits={}", row["design.axi.width_bits"]);
        let volts = format!("operating.vdd_v={}", row["design.operating.vdd_v"]);
        let run = done(offramp(&[
            "run",
            "--json",
            "--network",
            "albert-base",
            "--task",
            "sst2",
            "--threshold",
            &row["policy.threshold"],
            "--set",
            &bytes,
            "--set",
            &width,
            "--set",
            &volts,
        ]));
        let run: serde_json::Value = serde_json::from_str(&run).unwrap();
        for figure in ["latency_s", "energy_j", "cycles", "average_exit_layer"] {
            assert_eq!(
                row[figure].parse::<f64>().ok(),
                run[figure].as_f64(),
                "{figure} of point {}",
                row["point"]
            );
        }
    }
}
