//! `offramp emit`: all files or none, the same bytes every time, and only what there is hardware for.

use std::collections::BTreeMap;
use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use offramp_tests::command::{Said, answer, offramp};
use rand::prelude::*;
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

/// Names and contents of a folder.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("it can be listed").path());
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    paths
        .map(|path| (name(&path).expect("it has a name"), fs::read(&path).expect("it can be read")))
        .collect()
}

fn emit(folder: &Path, more: &[&str]) -> Said {
    let output = folder.to_string_lossy().into_owned();
    offramp(&[&["emit", "--design", "offramp-n4", "-o", &output], more].concat())
}

#[test]
fn the_machine_is_written_with_all_that_goes_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let (first, again) = (folder.path().join("deep/first"), folder.path().join("again"));
    let said = emit(&first, &[]);
    assert_eq!((said.exit, said.err.as_str()), (0, ""), "{said:?}");
    let files = contents(&first);
    for name in [
        "offramp.v",
        "offramp.f",
        "offramp_offramp-n4.core",
        "offramp.sdc",
        "offramp.xdc",
        "offramp_tb.sv",
        "registers.md",
        "offramp_registers.h",
        "design.toml",
    ] {
        assert!(files.contains_key(name) && said.out.contains(name), "{name}: {}", said.out);
    }
    let design = first.join("design.toml").to_string_lossy().into_owned();
    assert!(answer(&["check", &design]).contains("ok, design"));
    assert_eq!(emit(&again, &[]).exit, 0);
    assert_eq!(files, contents(&again), "the same design gives the same bytes");
}

#[test]
fn a_unit_comes_with_its_bench_and_replaces_an_earlier_emission() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("out");
    assert_eq!(emit(&target, &[]).exit, 0);
    let said = emit(&target, &["--unit", "vector_mac", "--json"]);
    let value: Value = serde_json::from_str(&said.out).expect("it is JSON");
    assert_eq!((&value["top"], &value["modules"]), (&Value::from("vector_mac"), &Value::from(2)));
    let files = contents(&target);
    let listed: Vec<&str> =
        value["files"].as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap()).collect();
    assert!(listed.contains(&"vector_mac.v") && listed.contains(&"multiply.v"), "{listed:?}");
    assert!(listed.contains(&"vector_mac_tb.sv") && listed.contains(&"vector_mac_tb.hex"), "{listed:?}");
    assert!(listed.iter().all(|name| files.contains_key(*name)));
    assert_eq!(files.len(), listed.len() + 1, "the mark, and nothing of the machine: {files:?}");
}

#[test]
fn nothing_is_written_where_a_design_is_refused_or_the_folder_is_anothers() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("out");
    for (more, exit) in [
        (["--set", "pu.n=3"], 2),
        (["--set", "sfu.cycles_per_vector=2"], 4),
        (["--set", "operating.vdd_v=1.5"], 4),
        (["--unit", "nonesuch"], 2),
    ] {
        let said = emit(&target, &more);
        assert_eq!((said.exit, said.out.as_str()), (exit, ""), "{more:?}: {}", said.err);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{more:?}");
    }
    fs::create_dir(&target).unwrap();
    fs::write(target.join("thesis.tex"), "years").unwrap();
    let said = emit(&target, &[]);
    assert!(said.exit == 5 && said.warns("no earlier emission"), "{said:?}");
    assert_eq!(contents(&target).len(), 1);
    let said = emit(&target.join("thesis.tex/below"), &[]);
    assert!(said.exit == 5 && !said.err.is_empty(), "{said:?}");
}

#[test]
fn an_unknown_unit_is_told_with_those_that_there_are() {
    let near = offramp(&["emit", "--unit", "vector_macc", "-o", "data/never"]);
    assert!(near.warns("did you mean vector_mac?"), "{}", near.err);
    let far = offramp(&["emit", "--unit", "flux", "-o", "data/never"]);
    assert!(far.warns("significand") && far.warns("axi_write"), "{}", far.err);
}

/// Random designs are emitted or refused with a reason.
#[test]
fn no_design_panics() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("out");
    let units = ["vector_mac", "accumulator", "epilogue", "requantise", "log2", "control", "burst"];
    let mut exits = BTreeMap::<u8, u32>::new();
    for seed in 0..60 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut power = |least: u32, most: u32| 1_u64 << rng.random_range(least..=most);
        let mut sets = vec![
            format!("pu.n={}", power(1, 5)),
            format!("buffer.bytes={}", power(10, 26)),
            format!("buffer.pages={}", power(0, 8)),
            format!("axi.width_bits={}", power(5, 10)),
            format!("aux.bytes={}", power(10, 20)),
        ];
        for (key, range) in [
            ("format.width", 3..=8),
            ("format.exponent", 1..=4),
            ("sequencer.commands", 16..=4096),
            ("sequencer.queue", 1..=64),
            ("axi.burst_beats", 1..=256),
            ("axi.outstanding", 1..=16),
        ] {
            sets.push(format!("{key}={}", rng.random_range(range)));
        }
        let mut more: Vec<&str> = sets.iter().flat_map(|set| ["--set", set]).collect();
        if rng.random_bool(0.7) {
            more.extend(["--unit", units[rng.random_range(..units.len())]]);
        }
        let said =
            catch_unwind(|| emit(&target, &more)).unwrap_or_else(|_| panic!("seed {seed}: {more:?} panics"));
        assert!([0, 2, 4].contains(&said.exit), "seed {seed}: {more:?}: exit {}\n{}", said.exit, said.err);
        *exits.entry(said.exit).or_default() += 1;
    }
    assert!(exits.len() == 3, "every exit code is reached: {exits:?}");
}
