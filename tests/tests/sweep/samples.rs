//! Samples and searches: chosen by their seed, spread as promised, and near the front.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// The space with a sample.
fn sampled(method: &str, points: u32, seed: u32) -> String {
    let head = format!("[sample]\nmethod = \"{method}\"\npoints = {points}\nseed = {seed}\n");
    SPACE
        .replace("[[objective]]\nmetric = \"energy\"", &format!("{head}[[objective]]\nmetric = \"energy\""))
        .replace("[3, 4, 8, 16]", "[2, 4, 8, 16]")
        .replace("points = 3", "points = 6")
}

fn points(csv: &str) -> BTreeSet<String> {
    rows(csv).iter().map(|row| row["point"].clone()).collect()
}

#[test]
fn a_seed_chooses_the_points() {
    for method in ["random", "latin"] {
        let sets = [1, 1, 2].map(|seed| {
            let bench = Bench::new(&sampled(method, 24, seed));
            done(bench.sweep("some", &[]));
            points(&bench.csv("some"))
        });
        assert!(sets[0] == sets[1] && sets[0] != sets[2], "{method}: {sets:?}");
        let least = if method == "random" { 24 } else { 12 };
        assert!((least..=24).contains(&sets[0].len()), "{method}: {} points", sets[0].len());
    }
}

#[test]
fn a_latin_hypercube_takes_every_value_about_equally_often() {
    // No filter and no value that a record refuses: every point that is drawn is there.
    let space = sampled("latin", 24, 5);
    let start = space.find("[[filter]]").unwrap();
    let end = space.find("[sample]").unwrap();
    let bench = Bench::new(&format!("{}{}", &space[..start], &space[end..]));
    let said = done(bench.sweep("some", &[]));
    let rows = rows(&bench.csv("some"));
    let twice = 24 - rows.len();
    assert!(twice == 0 || said.contains(&format!("{twice} drawn twice")), "{said}");
    for (key, values) in [("design.pu.n", 4), ("design.buffer.bytes", 3), ("design.operating.vdd_v", 6)] {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for row in &rows {
            *counts.entry(&row[key]).or_default() += 1;
        }
        assert_eq!(counts.len(), values, "{key}");
        assert!(counts.values().all(|count| *count + twice >= 24 / values), "{key}: {counts:?}");
        assert!(counts.values().all(|count| *count <= 24 / values), "{key}: {counts:?}");
    }
}

/// Points that no other beats in energy and latency.
fn front(csv: &str) -> BTreeSet<String> {
    let rows = rows(csv);
    let figures = |row: &BTreeMap<String, String>| -> Option<[f64; 2]> {
        Some([row["energy_j"].parse().ok()?, row["latency_s"].parse().ok()?])
    };
    let all: Vec<(String, [f64; 2])> =
        rows.iter().filter_map(|row| Some((row["point"].clone(), figures(row)?))).collect();
    let beaten = |[energy, latency]: [f64; 2]| {
        all.iter().any(|(_, other)| {
            other[0] <= energy && other[1] <= latency && (other[0] < energy || other[1] < latency)
        })
    };
    all.iter().filter(|(_, mine)| !beaten(*mine)).map(|(point, _)| point.clone()).collect()
}

#[test]
fn a_search_finds_the_front_with_part_of_the_points() {
    let space = sampled("search", 1, 3)
        .replace("points = 6 }", "points = 40 }")
        .replace("\npoints = 1\n", "\npoints = 384\n");
    let whole = Bench::new(&space.replace("[sample]\nmethod = \"search\"\npoints = 384\nseed = 3\n", ""));
    done(whole.sweep("whole", &[]));
    let (all, bench) = (whole.csv("whole"), Bench::new(&space));
    done(bench.sweep("found", &[]));
    let found = bench.csv("found");
    let (truth, mine) = (front(&all), points(&found));
    let hit = truth.intersection(&mine).count();
    assert!(mine.len() <= 384 && all.lines().count() > 2 * 384, "{} of {}", mine.len(), all.lines().count());
    // A random choice of so many would hit two fifths.
    assert!(hit * 10 >= truth.len() * 7, "{hit} of {} points of the front", truth.len());
    resumed(&bench, &found);
}

/// A search that was stopped asks for the same points.
fn resumed(bench: &Bench, found: &str) {
    let results = bench.path("found/results.jsonl");
    let text = read(&results);
    let half: Vec<&str> = text.split_inclusive('\n').take(150).collect();
    fs::write(&results, half.concat()).expect("results can be written");
    done(bench.sweep("found", &["--threads", "1"]));
    assert_eq!(found, bench.csv("found"));
}

#[test]
fn a_search_has_no_shards() {
    let said = Bench::new(&sampled("search", 64, 1)).sweep("part", &["--shard", "1/2"]);
    assert!(said.exit == 2 && said.warns("a search has no parts"), "{said:?}");
}
