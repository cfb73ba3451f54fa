//! Energy over the latency target.

use super::{SST2, json, number};

/// For every rule and task: energy never rises when the target is relaxed, where energy decides; the supply never rises, where it is the
/// slowest that meets it. What misses a target is counted.
#[test]
fn a_looser_target_never_costs_more() {
    for count in ["chip", "system"] {
        let value = json(&["dvfs", "targets", "--points", "91", "--count", count]);
        let curves = value.as_array().unwrap();
        assert_eq!(curves.len(), 4);
        for curve in curves {
            let targets = curve["targets"].as_array().unwrap();
            let of = |key: &str| -> Vec<f64> { targets.iter().map(|at| number(&at[key])).collect() };
            let (energy, missed, latency) = (of("energy_j"), of("missed"), of("latency_s"));
            let meets = missed.iter().position(|missed| *missed == 0.0).expect("some target is met by all");
            assert!(missed.windows(2).all(|pair| pair[0] >= pair[1]), "{}: {missed:?}", curve["task"]);
            assert!(
                latency.windows(2).all(|pair| pair[0] <= pair[1] + 1e-12),
                "{}: {latency:?}",
                curve["task"]
            );
            // Where no code meets the target the fastest is taken, for any of them: that is the dearest too.
            assert!(
                energy.windows(2).all(|pair| pair[0] >= pair[1] - 1e-15),
                "{}: {energy:?}",
                curve["task"]
            );
            assert!(energy[meets] > energy[targets.len() - 1], "{}: nothing is saved", curve["task"]);
        }
    }
}

#[test]
fn rules_differ_as_they_say() {
    let run = |rule: &str| {
        let target = ["--policy", "predicted", "--threshold", "0.16", "--target", "150ms", "--supply", rule];
        let report = json(&[&["run"], &SST2[..], &target].concat());
        let plans: Vec<u64> =
            report["exits"].as_array().unwrap().iter().filter_map(|e| e["plan"]["vdd_mv"].as_u64()).collect();
        (number(&report["energy_j"]), number(&report["latency_s"]), number(&report["vdd_v"]), plans)
    };
    let [race, slowest, thrifty] = ["race", "slowest", "thrifty"].map(run);
    assert_eq!((race.2, race.3.len()), (1.0, 0), "a race takes the highest code throughout");
    assert!(race.1 < thrifty.1 && thrifty.1 < slowest.1, "{race:?} {slowest:?} {thrifty:?}");
    assert!(thrifty.0 < race.0 && thrifty.0 < slowest.0, "{race:?} {slowest:?} {thrifty:?}");
    assert!(slowest.3.iter().max() < thrifty.3.iter().max());
    assert_eq!((slowest.2, thrifty.2), (0.8, 0.8), "sentences start at the design's supply");
}

/// A target between what one code and the next take: all meet it, and with the code below some would not.
#[test]
fn the_slowest_code_that_meets_the_target_is_taken() {
    let codes = json(&[&["dvfs", "codes"], &SST2[..]].concat());
    let codes = codes.as_array().unwrap();
    assert_eq!(codes.len(), 16);
    for pair in codes.windows(2) {
        let [slow, fast] = [number(&pair[0]["latency_s"]), number(&pair[1]["latency_s"])];
        let target = format!("{}s", f64::midpoint(slow, fast));
        let report = json(&[&["run"], &SST2[..], &["--target", &target, "--supply", "slowest"]].concat());
        assert_eq!((report["vdd_v"].clone(), number(&report["missed"])), (pair[1]["vdd_v"].clone(), 0.0));
    }
    let hopeless = json(&[&["run"], &SST2[..], &["--target", "1us", "--supply", "slowest"]].concat());
    assert_eq!((number(&hopeless["vdd_v"]), number(&hopeless["missed"])), (1.0, 1.0));
}

/// The figure is drawn, by its name.
#[test]
fn the_figure_of_four_tasks_is_drawn() {
    let path = super::file("targets.svg", "");
    super::answer(&["dvfs", "targets", "--points", "19", "-o", &path]);
    let svg = std::fs::read_to_string(&path).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("latency target"), "{}", &svg[..100]);
}

/// A change of the supply to where it is already is none: stretch by stretch a run costs what it costs in one.
#[test]
fn a_supply_that_stays_costs_what_a_run_costs() {
    let base = [&["run"], &SST2[..], &["--policy", "predicted", "--set", "operating.vdd_v=0.62"]].concat();
    let [plain, scaled] =
        [json(&base), json(&[&base[..], &["--target", "10s", "--supply", "slowest"]].concat())];
    for key in ["cycles", "latency_s", "energy_j"] {
        let (a, b) = (number(&plain[key]), number(&scaled[key]));
        // Sums of floating-point numbers in another order.
        assert!((a / b - 1.0).abs() < 1e-12, "{key}: {a} against {b}");
    }
    let plans: Vec<_> =
        scaled["exits"].as_array().unwrap().iter().filter_map(|e| e["plan"]["vdd_mv"].as_u64()).collect();
    assert!(plans.len() > 10 && plans.iter().all(|vdd_mv| *vdd_mv == 620), "{plans:?}");
}
