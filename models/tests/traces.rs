//! Exit traces: a small one counted by hand, and the published one where it is at hand.

use models::predictor::Predictor;
use models::record::{self, Kind};
use models::trace::{Trace, exit_layer};
use models::workload::Workload;
use std::io::Write;

const SMALL: &str = include_str!("data/trace.csv");

fn small() -> Trace {
    Trace::parse("trace.csv", SMALL).expect("the trace of this test")
}

/// At 0.28: row 1 leaves at 1; row 2 at 3; row 3 at 3, since 0.28 is not below 0.28; row 4 at 4, the last, whose
/// entropy decides nothing; row 5 at 2.
#[test]
fn sentences_leave_at_the_first_entropy_below_the_threshold() {
    let trace = small();
    assert_eq!((trace.sentences(), trace.layers()), (5, 4));
    assert_eq!(trace.exit_layers(0.28).collect::<Vec<_>>(), [1, 3, 3, 4, 2]);
    assert_eq!(trace.histogram(0.28), [1, 1, 2, 1]);
    assert!((trace.average_exit_layer(0.28) - 13.0 / 5.0).abs() < f64::EPSILON);
}

#[test]
fn thresholds_at_the_ends() {
    let trace = small();
    assert_eq!(trace.histogram(0.0), [0, 0, 0, 5]);
    assert_eq!(trace.histogram(1.0), [5, 0, 0, 0]);
}

#[test]
fn the_last_off_ramp_is_ignored() {
    assert_eq!(exit_layer(&[0.6, 0.6, 0.0], 0.1), 3);
    assert_eq!(exit_layer(&[0.6, 0.6, 0.7], 0.1), 3);
    assert_eq!(exit_layer(&[], 0.1), 0);
}

#[test]
fn spaces_line_ends_and_a_byte_order_mark_do_not_matter() {
    let plain = Trace::parse("a", "0.1,0.2\n0.3,0.4\n").unwrap();
    for text in [
        "0.1,0.2\r\n0.3,0.4\r\n",
        " 0.1 ,\t0.2\n0.3,0.4",
        "\u{feff}0.1,0.2\n\n0.3,0.4\n",
        "a,b\n1e-1,.2\n0.3,0.4",
    ] {
        assert_eq!(Trace::parse("b", text).unwrap(), plain, "{text:?}");
    }
}

#[test]
fn what_is_wrong_is_shown_in_its_place() {
    for (text, line, column, found, message) in [
        ("", 1, 1, "", "the trace has no rows"),
        ("a,b\n", 1, 1, "", "the trace has no rows"),
        ("0.1\n", 1, 1, "0.1", "must have one per layer, at least 2"),
        ("0.1,0.2\n0.1,0.2,0.3\n", 2, 1, "0.1,0.2,0.3", "the row has 3 entropies and must have 2"),
        ("0.1,0.2\n0.1, nan\n", 2, 6, "nan", "entropy nan must be a finite number from 0"),
        ("nan,nan\n", 1, 1, "nan", "entropy nan must be a finite number from 0"),
        ("0.1,inf\n", 1, 5, "inf", "entropy inf must be a finite number from 0"),
        ("0.1,1e999\n", 1, 5, "1e999", "entropy 1e999 must be a finite number from 0"),
        ("0.1,-0.5\n", 1, 5, "-0.5", "entropy -0.5 must be a finite number from 0"),
        ("\u{e9},0.1\n", 1, 1, "\u{e9}", "`\u{e9}` must be a finite number from 0"),
        ("0.1,0.2\na,b\n", 2, 1, "a", "`a` must be a finite number from 0"),
        ("0.1,\n", 1, 5, "", "an empty field must be a finite number from 0"),
        ("a,b\n0.1,0.2\n0.1,o.2\n", 3, 5, "o.2", "`o.2` must be a finite number from 0"),
        ("\u{feff}a,b\r\n0.1,0.2\r\n0.1,x\r\n", 3, 5, "x", "`x` must be a finite number from 0"),
    ] {
        let error = Trace::parse("t.csv", text).expect_err(text);
        let place = error.problems[0].place.as_ref().unwrap();
        assert_eq!((error.kind, place.source()), (Kind::Input, "t.csv"));
        assert_eq!((place.line(), place.column(), place.found()), (line, column, found), "{text:?}: {error}");
        assert!(error.to_string().contains(message), "{text:?}: {error}");
        assert!(!error.render(80, false).is_empty());
    }
}

#[test]
fn a_missing_trace_is_named() {
    let error = Trace::read("/nowhere/trace.csv").unwrap_err();
    assert_eq!(error.kind, Kind::Io);
    assert!(error.to_string().contains("cannot read `/nowhere/trace.csv`: no such file"), "{error}");
}

/// Mean exit layers of the authors' SST-2 trace at their three thresholds, as published to three decimals.
#[test]
fn the_published_trace_gives_the_published_exit_layers() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/sst2_dev_entropy.csv");
    if !std::path::Path::new(path).exists() {
        // Not by `eprintln`, which the test runner hides: what is not tested is said aloud.
        let _ = writeln!(std::io::stderr(), "skipped: {path} is not there");
        return;
    }
    let trace = Trace::read(path).unwrap();
    let sst2: Workload = record::preset("sst2").unwrap();
    assert_eq!((trace.sentences(), trace.layers()), (872, 12));
    for (threshold, published) in [(0.23, 4.297), (0.28, 3.942), (0.46, 2.698)] {
        let average = trace.average_exit_layer(threshold);
        assert!((average - published).abs() < 5e-4, "{average} at {threshold}");
        let row = sst2.histogram(Some(threshold)).unwrap();
        assert!((average - row.mean).abs() < 5e-4, "{average} against the preset's {}", row.mean);
        for (count, percent) in trace.histogram(threshold).into_iter().zip(&row.percent) {
            // The preset's shares are rounded to a thousandth.
            assert!(
                (count as f64 / 8.72 - percent).abs() < 6e-4,
                "{count} against {percent} % at {threshold}"
            );
        }
    }
}

/// The authors' table on their trace: mean layers at which sentences leave, and for which the voltage is chosen, as published to
/// three decimals. Keys are nearest, the lower one on a tie.
#[test]
fn the_published_table_gives_the_published_layers() {
    let path = |name| format!("{}/../../shared/data/{name}", env!("CARGO_MANIFEST_DIR"));
    let (trace, table) = (path("sst2_dev_entropy.csv"), path("sst2_predictor_lut.csv"));
    if !std::path::Path::new(&table).exists() {
        let _ = writeln!(std::io::stderr(), "skipped: {table} is not there");
        return;
    }
    let (trace, table) = (Trace::read(&trace).unwrap(), Predictor::read(&table, 1).unwrap());
    for (threshold, actual, predicted) in [(0.09, 5.252, 7.780), (0.16, 3.897, 4.912), (0.28, 3.052, 3.651)] {
        let found = table.summary(&trace, threshold).unwrap();
        assert!((found.actual - actual).abs() < 5e-4, "{found:?} at {threshold}");
        assert!((found.predicted - predicted).abs() < 5e-4, "{found:?} at {threshold}");
        assert!((found.sure - trace.average_exit_layer(threshold)).abs() < 1e-12, "{found:?}");
    }
    // It is written as it was read.
    assert_eq!(Predictor::parse("again", &table.text(), 1).unwrap(), table);
}

/// A trace of our own, by hand: later entropies follow the first, but for one sentence.
#[test]
fn a_fitted_table_predicts_what_it_was_shown() {
    let rows: Vec<Vec<f64>> =
        (0..10).map(|k| f64::from(k) / 10.0).map(|h| vec![h, h / 2.0, h / 4.0, h / 8.0]).collect();
    let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
    let trace = Trace::of(4, &rows).unwrap();
    let table = Predictor::fit(trace.rows(), 4, 1).unwrap();
    assert_eq!(table.layers(), 4);
    assert!(
        table.mean_square(trace.rows()) < 1e-12,
        "the function ascends, so its steps pass through every point"
    );
    // Below 0.2: 0.0 and 0.1 leave at once, 0.2 and 0.3 after layer 2; the third off-ramp stands for never.
    let found = table.summary(&trace, 0.2).unwrap();
    assert_eq!(found.early, (0.0, 0.0));
    assert!((found.predicted - (2.0 * 1.0 + 2.0 * 2.0 + 6.0 * 4.0) / 10.0).abs() < 1e-12, "{found:?}");
    for (after, message) in [(0, "layer 0 must be from 1 to 2 of 4"), (3, "layer 3 must be from 1 to 2 of 4")]
    {
        let error = Predictor::fit(trace.rows(), 4, after).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
    }
    let error = Predictor::parse("t.csv", "0.2,0.1\n0.1,0.3\n", 1).unwrap_err();
    assert!(error.to_string().contains("key 0.1 of row 2 must be above 0.2"), "{error}");
}
