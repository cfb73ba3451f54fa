//! The component model against the measured points of ISSCC 2023 22.9, and the constant that was fitted to them.

use models::design::Design;
use models::record::preset;
use models::technology::Technology;
use sim::peak::compare;

use super::{json, number};

fn chip() -> (Design, Technology) {
    (preset("offramp").expect("a preset"), preset("edgebert-12nm").expect("a preset"))
}

#[test]
fn every_measured_power_is_met_within_15_per_cent() {
    let value = json(&["dvfs", "points"]);
    let points = value["points"].as_array().unwrap();
    let residuals: Vec<f64> = points.iter().map(|point| number(&point["residual"])).collect();
    assert_eq!(residuals.len(), 5);
    assert!(residuals.iter().all(|off| off.abs() < 0.15), "{residuals:?}");
    let worst = residuals.iter().map(|off| off.abs()).fold(0.0, f64::max);
    assert!((worst - number(&value["worst"])).abs() < 1e-12);
}

/// One constant, once: the least squares of the relative residuals, which are linear in it, are where the preset says.
#[test]
fn the_fabric_is_what_a_single_fit_gives() {
    let (design, mut technology) = chip();
    let stated = technology.energy.fabric_pj_per_mac_slot.value;
    let mut residuals = |value: f64| -> Vec<f64> {
        technology.energy.fabric_pj_per_mac_slot.value = value;
        compare(&design, &technology).unwrap().iter().map(|c| c.residual().unwrap()).collect()
    };
    let (at_zero, at_one) = (residuals(0.0), residuals(1.0));
    let slopes: Vec<f64> = at_one.iter().zip(&at_zero).map(|(one, zero)| one - zero).collect();
    let products: f64 = at_zero.iter().zip(&slopes).map(|(zero, slope)| -zero * slope).sum();
    let best = products / slopes.iter().map(|slope| slope * slope).sum::<f64>();
    // Stated with three digits.
    assert!((best - stated).abs() < 5e-4 + 1e-9, "{best} against {stated}");
}

#[test]
fn the_report_says_what_was_assumed_and_how_the_law_fits() {
    let text = super::answer(&["dvfs", "points", "--above", "0.65"]);
    for said in ["law fitted to 4 points", "0.6 % root mean square", "assumed:", "straight lines", "at most"]
    {
        assert!(text.contains(said), "`{said}` is missing:\n{text}");
    }
}

/// Below its floor SRAM keeps its supply, and the core does not; above it both follow the square.
#[test]
fn sram_stays_at_its_floor() {
    let item = |vdd: &str, name: &str| {
        let set = format!("operating.vdd_v={vdd}");
        let value =
            json(&["run", "--network", "tinybert-4", "--technology", "edgebert-12nm-paper", "--set", &set]);
        let items = value["energy"].as_array().unwrap().iter();
        let found: Vec<f64> = items.filter(|i| i["name"] == name).map(|i| number(&i["energy_j"])).collect();
        found[0]
    };
    let ratio = |name: &str, above: &str, below: &str| item(above, name) / item(below, name);
    let near = |found: f64, expected: f64| {
        assert!((found / expected - 1.0).abs() < 1e-9, "{found} against {expected}")
    };
    near(ratio("operand data", "0.62", "0.5"), 1.0);
    near(ratio("MAC datapath", "0.62", "0.5"), (0.62_f64 / 0.5).powi(2));
    near(ratio("operand data", "0.8", "0.62"), (0.8_f64 / 0.62).powi(2));
}
