//! Figures of a sweep: every kind draws, the README's are those of its command, and what cannot be drawn is said.

use super::*;
use sim::figure::Figure;
use sim::plot::{recorded, table::Table};

/// Every kind of `offramp plot`.
const KINDS: [&str; 9] =
    ["pareto", "lines", "breakdown", "heatmap", "histogram", "exits", "roofline", "timeline", "vf"];

/// Plots into a file of the bench; what was said.
fn plot(bench: &Bench, words: &[&str], file: &str) -> Said {
    let (kind, more) = words.split_first().expect("a kind");
    offramp(&[&["plot", kind, &bench.text("whole"), "-o", &bench.text(file)], more].concat())
}

#[test]
fn every_kind_draws_the_same_bytes_twice() {
    let bench = Bench::new(SPACE);
    done(bench.sweep("whole", &[]));
    for kind in KINDS {
        for (file, size) in [("a.svg", "slide"), ("a.png", "column")] {
            done(plot(&bench, &[kind, "--size", size], file));
            let first = fs::read(bench.path(file)).unwrap();
            done(plot(&bench, &[kind, "--size", size], file));
            assert!(first == fs::read(bench.path(file)).unwrap(), "{kind} {file}");
            let head: &[u8] = if file.ends_with("png") { b"\x89PNG\r\n\x1a\n" } else { b"<svg" };
            assert!(first.starts_with(head), "{kind} {file}");
        }
    }
    let described = done(plot(&bench, &["timeline", "--point", "71"], "a.svg"));
    assert!(described.contains("point 71: pu.n = 16, "), "{described}");
}

#[test]
fn what_cannot_be_drawn_is_said_and_nothing_written() {
    let bench = Bench::new(SPACE);
    done(bench.sweep("whole", &[]));
    for (words, file, why) in [
        (&["pareto"][..], "a.pdf", "neither .svg nor .png"),
        (&["pareto", "--x", "latancy"], "a.svg", "did you mean `latency`?"),
        (&["lines", "--x", "pu.m"], "a.svg", "no axis has the key `pu.m`"),
        (&["lines", "--where", "pu.n=5"], "a.svg", "has figures where pu.n = 5"),
        (&["heatmap", "--x", "pu.n", "--y", "pu.n"], "a.svg", "x and y are both design.pu.n"),
        (&["breakdown", "--y", "latency"], "a.svg", "latency has no parts"),
        (&["histogram", "--x", "area"], "a.svg", "area is not one of a sentence"),
        (&["timeline", "--point", "0"], "a.svg", "point 0 has no figures"),
    ] {
        let said = plot(&bench, words, file);
        assert!(said.exit == 2 && said.warns(why), "{words:?}: {said:?}");
        assert!(!bench.path(file).exists(), "{words:?}");
    }
}

#[test]
fn no_stage_lies_above_a_roof() {
    let bench = Bench::new(SPACE);
    // Every n, and zeros are skipped: what was not done must not count.
    done(offramp(&["sweep", "n", "-o", &bench.text("whole")]));
    let table = Table::read(&bench.path("whole"), &[]).expect("the sweep is there");
    for row in &table.rows {
        let Ok(Figure::Roofline(data)) = recorded::roofline(&table, row) else { panic!("no roofline") };
        let (peak, bandwidth) = (data.peaks[0].value, data.bandwidths[0].value);
        assert!(data.points.len() >= 5, "{} stages", data.points.len());
        for stage in &data.points {
            let roof = peak.min(bandwidth * stage.x);
            assert!(stage.y <= roof, "{}: {} at {roof}", table.describe(row), stage.name);
        }
    }
}

#[test]
fn the_readme_shows_what_its_command_draws() {
    let bench = Bench::new(SPACE);
    done(offramp(&["sweep", "n", "-o", &bench.text("whole")]));
    for (words, name) in
        [(&["breakdown"][..], "energy-by-n.svg"), (&["lines", "--y", "latency"], "latency-by-n.svg")]
    {
        done(plot(&bench, words, name));
        let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
        offramp_tests::snapshot::check_file(&committed, &read(&bench.path(name)));
    }
}
