//! Prediction of the layer after which a sentence leaves, from its entropy at an early off-ramp.
//!
//! A table answers the entropy at off-ramp `after` with those that are to be expected at the later ones, up to the last but one. The sentence is
//! predicted to leave after the first of them that is expected below the threshold, else after the last layer. The row of an entropy is the one
//! with the nearest key, the lower one on a tie, as [`kernels::dvfs`] and the hardware have it. As CSV: a key and its entropies a line, in nats,
//! without a head; the authors' table of 100 rows is one (harvard-acc/EdgeBERT).
//!
//! **Policies.** A sentence that is sure at `after` or before has left. Else it leaves where it is sure, and at the predicted layer at the latest (`actual`); the
//! supply voltage is chosen for the predicted one. Where a prediction is below the layer at which the sentence would have been sure,
//! it leaves unsure (`early`); where it is above, voltage and energy are higher than they need be (`late`).
//!
//! **Fit.** Each later entropy as a non-decreasing function of the first, with the least squares (pool adjacent violators): no sizes or rates
//! to choose, and what is surer stays surer.
//!
//! Not modelled: a prediction from several off-ramps at once.

use std::fmt::Write;

use crate::record::{Error, Kind, read_text};
use crate::trace::{Trace, parse};

/// Rows of a table that is fitted, and rows a nat: what the hardware has.
const ROWS: usize = kernels::dvfs::ROWS;
const ROWS_PER_NAT: f64 = kernels::dvfs::ROWS_PER_NAT as f64;
/// Most bytes of a table.
const LIMIT: u64 = 16 << 20;

/// A table.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictor {
    /// Off-ramp whose entropy is asked, from 1.
    after: usize,
    /// Ascending.
    keys: Vec<f64>,
    /// Entropies at off-ramp `after` + 1 and on, for each key.
    expected: Vec<Vec<f64>>,
}

/// What a sentence does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prediction {
    /// Layer after which it is predicted to leave, from 1: that in which it has left, if it has.
    pub predicted: usize,
    /// Layer after which it leaves.
    pub actual: usize,
    /// Layer after which it would leave without a prediction.
    pub sure: usize,
}

/// Predictions over the sentences of a trace.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Summary {
    /// Mean layer after which sentences leave.
    pub actual: f64,
    /// Mean layer for which the voltage is chosen.
    pub predicted: f64,
    /// Mean layer without a prediction.
    pub sure: f64,
    /// Share of sentences that leave unsure, and the mean number of layers by which they do.
    pub early: (f64, f64),
    /// Share that is sure ahead of the prediction, and the mean number of layers by which it is.
    pub late: (f64, f64),
}

impl Predictor {
    /// The table in a file, which answers the entropy at off-ramp `after`.
    ///
    /// # Errors
    /// The file cannot be read, or as [`Predictor::parse`].
    pub fn read(path: &str, after: usize) -> Result<Predictor, Error> {
        Predictor::parse(path, &read_text(path, LIMIT, "check the path of the table")?, after)
    }

    /// The table that a text holds; `source` is what a person calls the text.
    ///
    /// # Errors
    /// No rows, rows of different lengths, what is no finite number from 0, keys that do not ascend.
    pub fn parse(source: &str, text: &str, after: usize) -> Result<Predictor, Error> {
        let (columns, numbers) = parse::parse(source, text, parse::ENTROPIES)?;
        let rows: Vec<&[f64]> = numbers.chunks_exact(columns).collect();
        let keys: Vec<f64> = rows.iter().map(|row| row[0]).collect();
        if let Some(at) = keys.windows(2).position(|pair| pair[0] >= pair[1]) {
            let message = format!("key {} of row {} must be above {}", keys[at + 1], at + 2, keys[at]);
            return Err(Error::new(
                Kind::Input,
                source,
                format!("{source}: {message}"),
                "order the rows by their first number",
            ));
        }
        Ok(Predictor { after, keys, expected: rows.iter().map(|row| row[1..].to_vec()).collect() })
    }

    /// The table as its file holds it.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (key, expected) in self.keys.iter().zip(&self.expected) {
            // Writing to a string cannot fail.
            let _ = write!(text, "{key}");
            expected.iter().for_each(|entropy| _ = write!(text, ",{entropy}"));
            text.push('\n');
        }
        text
    }

    /// A table for sentences like these: a row for each hundredth of a nat.
    ///
    /// # Errors
    /// There are not at least two off-ramps behind `after`, or no rows.
    pub fn fit<'a>(
        rows: impl Iterator<Item = &'a [f64]>,
        layers: usize,
        after: usize,
    ) -> Result<Predictor, Error> {
        // The last off-ramp decides nothing.
        if after == 0 || after + 1 >= layers {
            let message = format!("layer {after} must be from 1 to {} of {layers}", layers.saturating_sub(2));
            return Err(Error::new(Kind::Usage, "arguments", message, "predict from an earlier layer"));
        }
        let mut rows: Vec<&[f64]> = rows.collect();
        rows.sort_by(|a, b| a[after - 1].total_cmp(&b[after - 1]));
        let keys: Vec<f64> = (0..ROWS).map(|row| row as f64 / ROWS_PER_NAT).collect();
        let columns: Vec<Vec<f64>> = (after..layers - 1)
            .map(|layer| {
                let points: Vec<(f64, f64)> = rows.iter().map(|row| (row[after - 1], row[layer])).collect();
                let steps = ascending(&points);
                keys.iter().map(|key| at(&steps, *key)).collect()
            })
            .collect();
        let expected = (0..ROWS).map(|row| columns.iter().map(|column| column[row]).collect()).collect();
        Ok(Predictor { after, keys, expected })
    }

    /// Off-ramps that a sentence must have for the table.
    pub fn layers(&self) -> usize {
        self.after + self.expected.first().map_or(0, Vec::len) + 1
    }

    /// The row that answers an entropy.
    fn row(&self, entropy: f64) -> &[f64] {
        let above = self.keys.partition_point(|key| *key < entropy).min(self.keys.len() - 1);
        let below = above.saturating_sub(1);
        let nearer = if entropy - self.keys[below] <= self.keys[above] - entropy { below } else { above };
        &self.expected[nearer]
    }

    /// The layer that each row of the controller's table predicts, from 1, below `threshold`: it is asked at the row's key, a hundredth of a
    /// nat each ([`kernels::dvfs`]).
    pub fn rows(&self, threshold: f64) -> Vec<u32> {
        (0..ROWS).map(|row| self.layer(row as f64 / ROWS_PER_NAT, threshold) as u32).collect()
    }

    /// The layer that is predicted, from 1, for a sentence with this entropy at off-ramp `after`.
    fn layer(&self, entropy: f64, threshold: f64) -> usize {
        let layers = self.layers();
        let below = self.row(entropy).iter().position(|entropy| *entropy < threshold);
        // The last one listed stands for "never": it is the last but one, and the sentence runs to the end.
        let listed = below.filter(|at| self.after + at + 2 < layers);
        listed.map_or(layers, |at| self.after + at + 1)
    }

    /// Off-ramp whose entropy is asked, from 1.
    pub fn after(&self) -> usize {
        self.after
    }

    /// What a sentence with these entropies does.
    pub fn predict(&self, entropies: &[f64], threshold: f64) -> Prediction {
        let sure = crate::trace::exit_layer(entropies, threshold);
        if sure <= self.after {
            return Prediction { predicted: sure, actual: sure, sure };
        }
        let predicted = self.layer(entropies[self.after - 1], threshold);
        Prediction { predicted, actual: sure.min(predicted), sure }
    }

    /// Predictions over a trace.
    ///
    /// # Errors
    /// The trace has another number of off-ramps.
    pub fn summary(&self, trace: &Trace, threshold: f64) -> Result<Summary, Error> {
        if trace.layers() != self.layers() {
            let message = format!(
                "the table is for {} off-ramps (from {} on), the trace has {}",
                self.layers(),
                self.after,
                trace.layers()
            );
            return Err(Error::new(
                Kind::Fit,
                "table and trace",
                message,
                "take those of one network, and the layer of the table",
            ));
        }
        let all: Vec<Prediction> = trace.rows().map(|row| self.predict(row, threshold)).collect();
        let mean = |value: &dyn Fn(&Prediction) -> usize| {
            all.iter().map(value).sum::<usize>() as f64 / all.len() as f64
        };
        let off = |by: &dyn Fn(&Prediction) -> usize| {
            let wrong: Vec<usize> = all.iter().map(by).filter(|by| *by > 0).collect();
            let layers = wrong.iter().sum::<usize>() as f64 / wrong.len().max(1) as f64;
            (wrong.len() as f64 / all.len() as f64, layers)
        };
        Ok(Summary {
            actual: mean(&|p| p.actual),
            predicted: mean(&|p| p.predicted),
            sure: mean(&|p| p.sure),
            early: off(&|p| p.sure.saturating_sub(p.predicted)),
            late: off(&|p| p.predicted.saturating_sub(p.sure)),
        })
    }

    /// Mean square of what the table is off by, over all later off-ramps of these sentences, nat².
    pub fn mean_square<'a>(&self, rows: impl Iterator<Item = &'a [f64]>) -> f64 {
        let (mut sum, mut count) = (0.0, 0_u32);
        for row in rows {
            for (expected, found) in self.row(row[self.after - 1]).iter().zip(&row[self.after..]) {
                sum += (expected - found).powi(2);
                count += 1;
            }
        }
        sum / f64::from(count.max(1))
    }
}

/// The non-decreasing steps with the least squares through points that ascend in x: the last x of each step, and its value.
fn ascending(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    // Last x, sum and number of each step.
    let mut steps: Vec<(f64, f64, f64)> = Vec::new();
    for (x, y) in points {
        let mut step = (*x, *y, 1.0);
        while let Some(last) = steps.last().filter(|last| last.1 / last.2 >= step.1 / step.2) {
            step = (step.0, step.1 + last.1, step.2 + last.2);
            steps.pop();
        }
        steps.push(step);
    }
    steps.into_iter().map(|(x, sum, count)| (x, sum / count)).collect()
}

/// The value of steps at `x`; beyond the last one, the last.
fn at(steps: &[(f64, f64)], x: f64) -> f64 {
    let step = steps.iter().find(|(end, _)| x <= *end).or(steps.last());
    step.map_or(0.0, |(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_ascend_and_are_means() {
        let points = [(0.0, 1.0), (1.0, 3.0), (2.0, 2.0), (3.0, 2.5), (4.0, 9.0)];
        assert_eq!(ascending(&points), [(0.0, 1.0), (3.0, 2.5), (4.0, 9.0)]);
        for (x, value) in [(-1.0, 1.0), (0.5, 2.5), (3.0, 2.5), (3.5, 9.0), (7.0, 9.0)] {
            assert!((at(&ascending(&points), x) - value).abs() < 1e-12, "{x}");
        }
    }

    /// Three off-ramps: the first is asked, the second predicted.
    #[test]
    fn a_prediction_bounds_the_exit() {
        let table = Predictor::parse("table", "0.2,0.1\n0.4,0.3\n", 1).unwrap();
        assert_eq!(table.layers(), 3);
        let predict = |entropies: [f64; 3]| table.predict(&entropies, 0.2);
        let of = |predicted, actual, sure| Prediction { predicted, actual, sure };
        assert_eq!(predict([0.1, 0.0, 0.0]), of(1, 1, 1), "sure at the first");
        assert_eq!(
            predict([0.3, 0.5, 0.0]),
            of(3, 3, 3),
            "a tie takes the lower row, and the last one listed stands for never"
        );
        assert_eq!(predict([0.31, 0.1, 0.0]), of(3, 2, 2), "the upper row expects it never");
        let table = Predictor::parse("table", "0.2,0.1,0.1\n0.4,0.3,0.1\n", 1).unwrap();
        let predict = |entropies: [f64; 4]| table.predict(&entropies, 0.2);
        assert_eq!(predict([0.3, 0.5, 0.5, 0.0]), of(2, 2, 4), "out early");
    }
}
