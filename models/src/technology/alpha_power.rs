//! The alpha-power law of a transistor's delay: f = k (V - Vt)^a / V (Sakurai and Newton, JSSC 25, 584, 1990).
//!
//! **Fit.** Least squares of the logarithms, so that residuals are relative: for a threshold, ln(f V) is a straight line over
//! ln(V - Vt), solved in closed form; the threshold is searched in steps of 0.1 mV below the lowest point.

use super::AlphaPower;

/// Step of the search for the threshold, V.
const STEP_V: f64 = 1e-4;

/// A law fitted to points.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// Supply at which nothing switches any more, V.
    pub threshold_v: f64,
    /// Exponent.
    pub exponent: f64,
    /// Factor, in the frequency's unit times V^(1 - exponent).
    pub factor: f64,
}

impl AlphaPower {
    /// Frequency at `vdd_v`, of the law that has the frequency of `top` (voltage and frequency) there.
    pub(super) fn frequency(&self, top: (f64, f64), vdd_v: f64) -> f64 {
        let shape = |v: f64| shape(self.threshold_v.value, self.exponent.value, v);
        top.1 * shape(vdd_v) / shape(top.0)
    }
}

fn shape(threshold_v: f64, exponent: f64, vdd_v: f64) -> f64 {
    (vdd_v - threshold_v).max(0.0).powf(exponent) / vdd_v
}

impl Fit {
    /// Fits points of voltage and frequency; none where they are fewer than three, which any law would meet.
    pub fn new(points: &[(f64, f64)]) -> Option<Fit> {
        let least = points.iter().map(|point| point.0).fold(f64::INFINITY, f64::min);
        if points.len() < 3 {
            return None;
        }
        let steps = (least / STEP_V) as u32;
        let fits = (0..steps).filter_map(|step| Fit::with(points, f64::from(step) * STEP_V));
        fits.min_by(|a, b| a.squares(points).total_cmp(&b.squares(points)))
    }

    /// The best law with this threshold.
    fn with(points: &[(f64, f64)], threshold_v: f64) -> Option<Fit> {
        let count = points.len() as f64;
        let logs = || points.iter().map(|(v, f)| ((v - threshold_v).ln(), (f * v).ln()));
        let (mean_x, mean_y) = logs().fold((0.0, 0.0), |sum, p| (sum.0 + p.0 / count, sum.1 + p.1 / count));
        let (xx, xy) = logs().fold((0.0, 0.0), |sum, (x, y)| {
            (sum.0 + (x - mean_x).powi(2), sum.1 + (x - mean_x) * (y - mean_y))
        });
        let exponent = xy / xx;
        let factor = (mean_y - exponent * mean_x).exp();
        (xx > 0.0 && factor.is_finite()).then_some(Fit { threshold_v, exponent, factor })
    }

    /// Frequency at `vdd_v`.
    pub fn frequency(&self, vdd_v: f64) -> f64 {
        self.factor * shape(self.threshold_v, self.exponent, vdd_v)
    }

    /// What the law says at each point over what is there, less one.
    pub fn residuals(&self, points: &[(f64, f64)]) -> Vec<f64> {
        points.iter().map(|(v, f)| self.frequency(*v) / f - 1.0).collect()
    }

    fn squares(&self, points: &[(f64, f64)]) -> f64 {
        points.iter().map(|(v, f)| (self.frequency(*v) / f).ln().powi(2)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_law_is_found_again() {
        let law = Fit { threshold_v: 0.35, exponent: 1.69, factor: 3000.0 };
        let points: Vec<(f64, f64)> = [0.5, 0.6, 0.8, 0.9].map(|v| (v, law.frequency(v))).to_vec();
        let found = Fit::new(&points).unwrap();
        assert!((found.threshold_v - 0.35).abs() < 1.5e-4, "{found:?}");
        assert!((found.exponent - 1.69).abs() < 1e-2, "{found:?}");
        assert!(found.residuals(&points).iter().all(|off| off.abs() < 1e-3), "{found:?}");
    }

    #[test]
    fn two_points_are_no_fit() {
        assert_eq!(Fit::new(&[(0.5, 1.0), (0.6, 2.0)]), None);
    }
}
