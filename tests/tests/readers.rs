//! What sweeps write, read by others: Parquet by DuckDB, the report by Chromium. `scripts/readers` installs both.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use offramp_tests::command::offramp;
use rtl::cosim::tools::required;
use serde_json::Value;

/// Whole numbers, numbers and words vary, and some points have no figures.
const SPACE: &str = r#"
name = "read"
summary = "<b>not bold</b> & plain"
question = "Do others read it?"
[base]
design = "offramp"
technology = "edgebert-12nm"
network = "tinybert-4"
task = "dense"
[[axis]]
key = "design.pu.n"
values = [3, 8, 16]
[[axis]]
key = "design.operating.vdd_v"
values = [0.7, 0.8]
[[axis]]
key = "design.pu.sparsity"
values = ["gate", "skip"]
[[objective]]
metric = "energy"
goal = "min"
[[objective]]
metric = "latency"
goal = "min"
"#;

/// Voltages of the sweep that DuckDB reads.
const VOLTAGES: usize = 1500;

/// Says what is not there, or fails where it has to be.
fn missing(what: &str) {
    let line = format!("{what} is missing (scripts/readers installs it): what it reads was NOT tested");
    assert!(!required(), "{line}, and OFFRAMP_REQUIRE_TOOLS=1");
    // Not `eprintln`, which the test harness keeps to itself where a test passes.
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// A folder with a finished sweep in `results`.
fn swept(space: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder can be made");
    fs::write(folder.path().join("space.toml"), space).expect("the space can be written");
    command(folder.path(), &["sweep", "space.toml", "-o", "results"]);
    folder
}

/// Runs a command whose last words that name files are in the folder.
fn command(folder: &Path, arguments: &[&str]) {
    let inside = |word: &&str| word.contains('.') || *word == "results";
    let place = |word: &&str| folder.join(word).to_string_lossy().into_owned();
    let words: Vec<String> =
        arguments.iter().map(|word| if inside(word) { place(word) } else { (*word).to_owned() }).collect();
    let said = offramp(&words);
    assert_eq!(said.exit, 0, "{}", said.err);
}

/// The Python that has DuckDB: that of `scripts/readers`, or the system's.
fn python() -> Option<PathBuf> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("readers/.venv/bin/python");
    let reads = |python: &PathBuf| {
        Command::new(python).args(["-c", "import duckdb"]).output().is_ok_and(|said| said.status.success())
    };
    [home, PathBuf::from("python3")].into_iter().find(reads)
}

#[test]
fn duckdb_reads_the_rows_that_json_has() {
    let Some(python) = python() else { return missing("DuckDB") };
    // More rows than a row group of the file has.
    let voltages = format!("range = {{ from = 0.7, to = 0.8, step = \"linear\", points = {VOLTAGES} }}");
    let folder = swept(&SPACE.replace("values = [0.7, 0.8]", &voltages));
    for (format, file) in [("parquet", "all.parquet"), ("jsonl", "all.jsonl")] {
        command(folder.path(), &["export", "results", "--format", format, "-o", file]);
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("readers/rows.py");
    let output = Command::new(python).arg(script).arg(folder.path().join("all.parquet")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let columns = lines.next().unwrap();
    let names: Vec<&str> =
        columns.as_array().unwrap().iter().map(|column| column[0].as_str().unwrap()).collect();
    let kind = |name: &str| columns[names.iter().position(|known| *known == name).unwrap()][1].clone();
    let kinds = [
        ("point", "BIGINT"),
        ("design.pu.n", "BIGINT"),
        ("design.operating.vdd_v", "DOUBLE"),
        ("design.pu.sparsity", "VARCHAR"),
        ("energy_j", "DOUBLE"),
    ];
    for (name, expected) in kinds {
        assert_eq!(kind(name), expected, "{name}");
    }
    let json = fs::read_to_string(folder.path().join("all.jsonl")).unwrap();
    let (mut rows, mut written) = (0, json.lines());
    for read in lines {
        let line = written.next().unwrap_or_else(|| panic!("only {rows} rows were written"));
        let expected: Value = serde_json::from_str(line).unwrap();
        assert_eq!(names.len(), expected.as_object().unwrap().len(), "columns");
        for (name, value) in names.iter().zip(read.as_array().unwrap()) {
            assert_eq!(*value, expected[*name], "{name} of row {rows}");
        }
        rows += 1;
    }
    assert_eq!(rows, 3 * VOLTAGES * 2, "n, voltages, policies");
}

/// Clicks a head twice, follows a link, and writes what it saw into the page.
const PROBE: &str = r#"<script>
addEventListener("error", (event) => document.body.setAttribute("data-error", event.message));
addEventListener("load", () => {
  const table = document.getElementById("front");
  const column = [...table.tHead.rows[0].cells].findIndex((cell) => cell.textContent.startsWith("latency"));
  const order = () => [...table.tBodies[0].rows].map((row) => Number(row.cells[column].dataset.value));
  const seen = { images: [...document.images].map((image) => image.naturalWidth), orders: [] };
  for (let click = 0; click < 2; click++) {
    table.tHead.rows[0].cells[column].querySelector("button").click();
    seen.orders.push(order());
  }
  const links = [...document.querySelectorAll("a[href^='#']:not(.csv)")];
  seen.dead = links.filter((link) => !document.querySelector(link.getAttribute("href"))).length;
  seen.csv = text(table).split("\n").length;
  location.hash = table.querySelector("a").getAttribute("href");
  reveal();
  seen.open = document.querySelectorAll("details[open]").length;
  seen.bold = document.querySelectorAll("b").length;
  document.body.setAttribute("data-seen", JSON.stringify(seen));
});
</script></body>"#;

#[test]
fn chromium_shows_the_report_without_an_error() {
    if Command::new("chromium").arg("--version").output().is_err() {
        return missing("Chromium");
    }
    let folder = swept(SPACE);
    command(folder.path(), &["report", "results", "-o", "report.html"]);
    let page = fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(!page.contains("src=\"http") && !page.contains("href=\"http") && !page.contains("<b>not bold"));
    let probed = folder.path().join("probed.html");
    fs::write(&probed, page.replace("</body>", PROBE)).unwrap();
    let output = Command::new("chromium")
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--enable-logging=stderr",
            "--virtual-time-budget=5000",
        ])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .args(["--dump-dom".to_owned(), format!("file://{}", probed.display())])
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&output.stdout);
    let console = String::from_utf8_lossy(&output.stderr);
    assert!(!console.contains(":CONSOLE"), "{console}");
    assert!(!dom.contains("data-error=\""), "a script failed");
    let seen = dom.split("data-seen=\"").nth(1).and_then(|rest| rest.split('"').next());
    let seen: Value =
        serde_json::from_str(&seen.unwrap_or_else(|| panic!("{console}")).replace("&quot;", "\"")).unwrap();
    let widths = seen["images"].as_array().unwrap();
    assert!(widths.len() >= 4 && widths.iter().all(|width| width.as_u64() > Some(100)), "{seen}");
    let order = |index: usize| -> Vec<f64> {
        seen["orders"][index].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
    };
    let (up, down) = (order(0), order(1));
    assert!(up != down && up.is_sorted() && down.iter().rev().is_sorted(), "{seen}");
    assert_eq!(
        seen["csv"].as_u64(),
        Some(up.len() as u64 + 2),
        "a head, the rows and the last line's end: {seen}"
    );
    assert_eq!(seen["dead"], 0, "every link leads somewhere: {seen}");
    assert_eq!(seen["open"], 1, "the linked record is open");
}
