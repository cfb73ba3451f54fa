//! Levels as normal distributions, told apart by thresholds where the densities of neighbours cross.

use std::f64::consts::SQRT_2;

use super::{Confusion, Gaussian};
use crate::record::Problems;

/// What each level is read as: the parts of its distribution between the thresholds.
pub(super) fn confusion(levels: &Gaussian) -> Confusion {
    let points: Vec<(f64, f64)> = levels.means.iter().copied().zip(levels.sigmas.iter().copied()).collect();
    let thresholds: Vec<f64> = points.windows(2).map(|pair| crossing(pair[0], pair[1])).collect();
    let row = |stored: usize| {
        let (mean, sigma) = points[stored];
        let below = |at: Option<&f64>, none: f64| at.map_or(none, |t| tail((mean - t) / sigma));
        let above = |at: Option<&f64>, none: f64| at.map_or(none, |t| tail((t - mean) / sigma));
        // Tails on the side away from the mean, so that small ones keep their digits.
        let share = |read: usize| match read {
            _ if read < stored => {
                below(thresholds.get(read), 1.0)
                    - read.checked_sub(1).map_or(0.0, |t| below(thresholds.get(t), 0.0))
            }
            _ if read > stored => above(thresholds.get(read - 1), 1.0) - above(thresholds.get(read), 0.0),
            _ => 0.0,
        };
        let mut row: Vec<f64> = (0..points.len()).map(share).collect();
        row[stored] = 1.0 - row.iter().sum::<f64>();
        row
    };
    Confusion::of((0..points.len()).map(row).collect())
}

/// Where the densities of two normal distributions are equal, between their means.
fn crossing((low, low_sigma): (f64, f64), (high, high_sigma): (f64, f64)) -> f64 {
    let (a, b) = (low_sigma.powi(-2), high_sigma.powi(-2));
    if (a - b).abs() <= 1e-12 * a {
        return f64::midpoint(low, high);
    }
    // (x - low)² a / 2 + ln low_sigma = (x - high)² b / 2 + ln high_sigma
    let (half, rest) =
        (b * high - a * low, a * low * low - b * high * high + 2.0 * (low_sigma / high_sigma).ln());
    let root = (half * half - (a - b) * rest).max(0.0).sqrt();
    let both = [(-half + root) / (a - b), (-half - root) / (a - b)];
    let between = both.into_iter().find(|x| (low..=high).contains(x));
    between.unwrap_or_else(|| f64::midpoint(low, high))
}

/// The share of a normal distribution above so many standard deviations.
fn tail(deviations: f64) -> f64 {
    0.5 * libm::erfc(deviations / SQRT_2)
}

pub(super) fn validate(levels: &Gaussian, key: &str, problems: &mut Problems) {
    let count = 1 << levels.cell.bits();
    let (means, sigmas) = (&levels.means, &levels.sigmas);
    if means.len() != count || sigmas.len() != count {
        let message = format!(
            "{key} has {} means and {} sigmas, a cell `{}` has {count} levels",
            means.len(),
            sigmas.len(),
            levels.cell.name()
        );
        problems.push(key, message, "give one of each for every level");
        return;
    }
    if !means.windows(2).all(|pair| pair[0] < pair[1]) {
        let message = format!("{key}.means must ascend (a level is told from its neighbours by thresholds)");
        problems.push(format!("{key}.means"), message, "order the levels by their means");
    }
    if !sigmas.iter().all(|sigma| sigma.is_finite() && *sigma > 0.0) {
        let message = format!("{key}.sigmas must be above 0");
        problems.push(format!("{key}.sigmas"), message, "give the standard deviation of each level");
    }
}
