//! Fault models against their published tables, and the matrices that are refused.
#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

use models::design::Cell;
use models::fault::{Confusion, FaultModel};
use models::record::{self, Kind, preset};

fn mean(model: &str, cell: Cell, after_s: Option<f64>) -> f64 {
    preset::<FaultModel>(model).unwrap().confusion(cell, after_s).unwrap().mean_error()
}

/// A published value to as many digits as it has: within half of the last one, and a hundredth of that for its own rounding.
fn is(found: f64, published: f64, digit: f64) {
    assert!((found - published).abs() <= 0.505 * digit, "{found}, published {published}");
}

/// NVMExplorer's levels: mean symbol error 7.9e-9 (two bits), 3.8e-3 (three), none that double precision sees (one).
#[test]
fn gaussian_levels_err_as_published() {
    is(mean("rram-gaussian", Cell::Mlc2, None), 7.9e-9, 0.1e-9);
    is(mean("rram-gaussian", Cell::Mlc3, None), 3.8e-3, 0.1e-3);
    assert!(mean("rram-gaussian", Cell::Slc, None) < 1e-300);
    // Single tails: level 1 of four read above, level 6 of eight read below and above.
    let of = |cell| preset::<FaultModel>("rram-gaussian").unwrap().confusion(cell, None).unwrap();
    // Levels are published with six digits, which moves a tail at 5.5 standard deviations by 0.05 %, at 9 by 0.2 %.
    let near =
        |found: f64, published: f64| assert!((found / published - 1.0).abs() < 2e-3, "{found}, {published}");
    near(of(Cell::Mlc2).row(1)[2], 1.743e-8);
    near(of(Cell::Mlc3).row(6)[5], 6.300e-3);
    near(of(Cell::Mlc3).row(6)[7], 3.058e-3);
    near(of(Cell::Mlc2).row(0)[1], 1.214e-20);
}

/// Rows of the counted cells: technology, seconds, symbol error of 8, 4 and 2 levels.
#[test]
fn relaxed_cells_err_as_counted() {
    let rows = [
        ("a", 0.01, 0.041, 0.0, 0.0),
        ("a", 1.0, 0.102, 4.9e-4, 0.0),
        ("a", 1e5, 0.143, 4.5e-3, 0.0),
        ("b", 0.01, 0.065, 1.1e-3, 0.0),
        ("b", 1.0, 0.158, 7.4e-3, 0.0),
        ("b", 1e5, 0.248, 1.8e-2, 0.0),
        ("c", 0.01, 0.070, 1.9e-3, 0.0),
        ("c", 1e5, 0.403, 8.8e-2, 1.1e-3),
    ];
    for (technology, time, three, two, one) in rows {
        let of = |cell| mean(&format!("rram-relaxation-{technology}"), cell, Some(time));
        println!("{technology} {time}: {} {} {}", of(Cell::Mlc3), of(Cell::Mlc2), of(Cell::Slc));
        is(of(Cell::Mlc3), three, 0.001);
        is(
            of(Cell::Mlc2),
            two,
            if two < 1e-3 {
                1e-5
            } else if two < 1e-2 {
                1e-4
            } else {
                1e-3
            },
        );
        is(of(Cell::Slc), one, 1e-4);
    }
}

/// Between two times the error grows; outside of them nothing is claimed.
#[test]
fn time_is_interpolated_and_bounded() {
    let model: FaultModel = preset("rram-relaxation-b").unwrap();
    let at = |time| model.confusion(Cell::Mlc3, Some(time)).unwrap().mean_error();
    assert!(at(1.0) < at(10.0) && at(10.0) < at(100.0));
    assert!((at(10.0) - f64::midpoint(at(1.0), at(100.0))).abs() < 1e-12, "halfway in logarithms");
    let error = model.confusion(Cell::Mlc3, Some(2e5)).unwrap_err();
    assert!(error.to_string().contains("200000 s after writing is outside of 0.01 s to 100000 s"), "{error}");
    let error = preset::<FaultModel>("rram-gaussian").unwrap().confusion(Cell::Mlc3, Some(1.0)).unwrap_err();
    assert_eq!(error.kind, Kind::Fit);
}

#[test]
fn every_row_of_every_matrix_sums_to_one() {
    for name in record::names::<FaultModel>() {
        let model: FaultModel = preset(name).unwrap();
        for cell in Cell::ALL {
            let Ok(confusion) = model.confusion(cell, None) else { continue };
            for matrix in [confusion.stuck(0.1, 0.2), confusion] {
                for level in 0..matrix.levels() {
                    let row = matrix.row(level as u8);
                    assert!(
                        (row.iter().sum::<f64>() - 1.0).abs() < 1e-12,
                        "{name} {cell:?} {level}: {row:?}"
                    );
                    assert!(row.iter().all(|share| (0.0..=1.0).contains(share)), "{name} {cell:?}: {row:?}");
                }
            }
        }
    }
}

#[test]
fn wrong_matrices_are_refused_where_they_are_wrong() {
    for (text, place, message) in [
        ("0.9,0.1\n0.2,0.7\n", "m.csv:2:1", "level 1: the shares sum to 0.8999"),
        ("1,0\n0,1\n0,1\n", "m.csv:1:1", "3 lines must be 2, 4 or 8"),
        ("1,0,0\n0,1\n", "m.csv:1:1", "level 0 has 3 shares, there are 2 levels"),
        ("1,0\nx,1\n", "m.csv:2:1", "`x` must be a share from 0 to 1"),
        ("1,0\n1.5,-0.5\n", "m.csv:2:1", "`1.5` must be a share"),
        ("0.5,nan\n0,1\n", "m.csv:1:5", "`nan` must be a share"),
        ("", "m.csv:1:1", "0 lines"),
    ] {
        let error = Confusion::parse("m.csv", text).unwrap_err().to_string();
        assert!(error.contains(place) && error.contains(message), "{text:?}: {error}");
    }
    let good = Confusion::parse("m.csv", "# stored, read\n0.75, 0.25\r\n0,1\n").unwrap();
    assert_eq!((good.row(0)[1].to_bits(), good.levels()), (0.25_f64.to_bits(), 2));
}
