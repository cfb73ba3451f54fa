//! The command line under random arguments: whatever is typed, it answers or refuses with a reason; it never panics.
//!
//! `OFFRAMP_FUZZ` sets the number of command lines (2,000), `OFFRAMP_SEED` the first seed; a failure prints its seed and
//! arguments.

use std::panic::catch_unwind;

use models::design::Design;
use models::record::Record;
use offramp_tests::command::{answer, offramp};
use rand::prelude::*;
use rand_chacha::ChaCha8Rng;

/// Values and sizes that many keys and operations take.
const PLAIN: &[&str] =
    &["1", "2", "4", "8", "16", "32", "64", "100", "128", "256", "1024", "4096", "65536", "1048576"];
/// Values that a key of any kind may be given: good ones, limits of integer types, and what is no value at all.
const VALUES: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "4",
    "7",
    "8",
    "16",
    "32",
    "64",
    "128",
    "255",
    "256",
    "1024",
    "4096",
    "65536",
    "1048576",
    "16777216",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "18446744073709551615",
    "-1",
    "0.5",
    "0.8",
    "1e308",
    "nan",
    "inf",
    "true",
    "false",
    "dense",
    "gate",
    "skip",
    "overlapped",
    "released",
    "slc",
    "mlc3",
    "ddr4",
    "\"",
    "[]",
    "{}",
    "",
    "=",
    "\u{fc}",
];
const SIZES: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "15",
    "16",
    "17",
    "64",
    "100",
    "768",
    "4096",
    "1048576",
    "1048577",
    "4294967296",
    "-1",
    "x",
    "1e3",
    "",
];

fn pick<'a>(rng: &mut ChaCha8Rng, from: &[&'a str]) -> &'a str {
    from[rng.random_range(..from.len())]
}

/// Mostly what is plain, sometimes what is strange.
fn mostly<'a>(rng: &mut ChaCha8Rng, plain: &[&'a str], strange: &[&'a str]) -> &'a str {
    let from = if rng.random_bool(0.9) { plain } else { strange };
    pick(rng, from)
}

/// Every `table.key` of the default design.
fn keys() -> Vec<String> {
    let (mut table, mut keys) = (String::new(), Vec::new());
    let (_, text) = Design::PRESETS.iter().find(|(name, _)| *name == "offramp").expect("the preset is there");
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[') {
            table = format!("{}.", name.split(']').next().expect("a split has a first part"));
        } else if let Some((key, _)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) {
            keys.push(format!("{table}{key}"));
        }
    }
    assert!(keys.len() > 15, "{keys:?}");
    keys
}

/// Random options of a policy and its target.
fn policy(rng: &mut ChaCha8Rng, option: &mut impl FnMut(&str, &str)) {
    if rng.random_bool(0.4) {
        option(
            "--policy",
            mostly(rng, &["none", "conventional", "predicted", "patience", "oracle"], &["", "best"]),
        );
    }
    if rng.random_bool(0.2) {
        option("--predictor", mostly(rng, &["data/table.csv"], &["data/trace.csv", "data", "/dev/null"]));
    }
    if rng.random_bool(0.2) {
        option("--predict-after", mostly(rng, &["1", "2", "3"], VALUES));
    }
    if rng.random_bool(0.1) {
        option("--patience", mostly(rng, &["1", "2"], VALUES));
    }
    if rng.random_bool(0.3) {
        option("--target", mostly(rng, &["1ms", "50ms", "2s"], &["0s", "50", "-1ms", "1e999s", "nans"]));
    }
    if rng.random_bool(0.2) {
        option("--supply", mostly(rng, &["race", "slowest", "thrifty"], &["best"]));
    }
}

/// A random command line of words that mean something, in places where they may not.
fn command_line(rng: &mut ChaCha8Rng, keys: &[String]) -> Vec<String> {
    let mut words = match rng.random_range(0..4) {
        0 => {
            vec!["op".to_owned(), pick(rng, &["matmul", "softmax", "layernorm", "entropy"]).to_owned()]
        }
        1 => vec!["run".to_owned()],
        2 => vec!["stream".to_owned(), "--sentences=50".to_owned()],
        _ => vec!["program".to_owned()],
    };
    let sizes = match words.get(1).map(String::as_str) {
        Some("matmul") => 3,
        Some("entropy") => 1,
        _ => 2,
    };
    let is_op = words[0] == "op";
    let mut option = |name: &str, value: &str| words.push(format!("{name}={value}"));
    if is_op {
        let sizes: Vec<&str> = (0..sizes).map(|_| mostly(rng, PLAIN, SIZES)).collect();
        option("--shape", &sizes.join("x"));
    } else {
        option("--network", mostly(rng, &["tinybert-4", "tinybert-6", "albert-base"], &["bert", "", "data"]));
        option("--seq", mostly(rng, &["1", "16", "17", "128"], SIZES));
        if rng.random_bool(0.3) {
            option(
                "--task",
                mostly(rng, &["dense", "sst2", "mnli"], &["data/bad/no-heads.toml", "data/trace.csv", "/"]),
            );
        }
        if rng.random_bool(0.2) {
            option("--threshold", mostly(rng, &["0", "0.28", "0.5"], VALUES));
        }
        if rng.random_bool(0.2) {
            option(
                "--exit-trace",
                mostly(rng, &["data/trace.csv"], &["data/bad/ragged.csv", "data", "", "/dev/null"]),
            );
        }
        policy(rng, &mut option);
    }
    if rng.random_bool(0.5) {
        option(
            "--design",
            mostly(rng, &["offramp", "offramp-n4", "offramp-n32", "released"], &["data/bad/syntax.toml"]),
        );
    }
    for _ in 0..rng.random_range(0..4) {
        let key = &keys[rng.random_range(..keys.len())];
        option("--set", &format!("{key}={}", mostly(rng, PLAIN, VALUES)));
    }
    words
}

#[test]
fn no_command_line_panics() {
    let from_environment = |name: &str, default| std::env::var(name).map_or(default, |v| v.parse().unwrap());
    let (lines, first): (u64, u64) =
        (from_environment("OFFRAMP_FUZZ", 2000), from_environment("OFFRAMP_SEED", 1));
    let keys = keys();
    let mut exits = [0; 6];
    for seed in first..first + lines {
        let words = command_line(&mut ChaCha8Rng::seed_from_u64(seed), &keys);
        let said =
            catch_unwind(|| offramp(&words)).unwrap_or_else(|_| panic!("seed {seed}: {words:?} panics"));
        assert!(
            [0, 2, 3, 4, 5].contains(&said.exit),
            "seed {seed}: {words:?}: exit {}\n{}",
            said.exit,
            said.err
        );
        assert_eq!(said.exit == 0, said.err.is_empty(), "seed {seed}: {words:?}\n{}", said.err);
        assert_eq!(
            said.exit == 0,
            !said.out.is_empty(),
            "seed {seed}: {words:?}: a refusal writes no result"
        );
        exits[usize::from(said.exit)] += 1;
    }
    println!("exit codes: {exits:?}");
    assert!(
        lines < 1000 || [0, 2, 3, 4, 5].iter().all(|&exit| exits[exit] > 0),
        "every exit code is reached: {exits:?}"
    );
}

/// A network at its limits is answered or refused as quickly as any other.
#[test]
fn extreme_networks_are_refused_or_run() {
    let folder = tempfile::tempdir().unwrap();
    let preset = answer(&["networks", "show", "tinybert-4"]);
    for (key, values) in [
        ("layers", ["0", "1024", "1025", "4294967295"]),
        ("hidden", ["12", "65532", "65537", "4294967295"]),
        ("feed_forward", ["1", "262144", "262145", "4294967295"]),
        ("heads", ["1", "312", "7", "4294967295"]),
        ("vocabulary", ["1", "16777216", "0", "4294967296"]),
        ("positions", ["1", "65536", "65537", "-1"]),
        ("classes", ["2", "1024", "1025", "1"]),
    ] {
        for value in values {
            let change = |line: &str| {
                let is_it = line.starts_with(&format!("{key} = "))
                    || key == "hidden" && line.starts_with("embedding = ");
                if is_it { format!("{} = {value}", line.split(' ').next().unwrap()) } else { line.to_owned() }
            };
            let text: Vec<String> = preset.lines().map(change).collect();
            let path = folder.path().join("network.toml");
            std::fs::write(&path, text.join("\n")).unwrap();
            let path = path.to_str().unwrap();
            for arguments in [vec!["run", "--network", path], vec!["run", "--network", path, "--seq", "1"]] {
                let said = offramp(&arguments);
                assert!(
                    [0, 2, 3, 4].contains(&said.exit),
                    "{key} = {value}: exit {}\n{}",
                    said.exit,
                    said.err
                );
            }
        }
    }
}
