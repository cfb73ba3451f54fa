//! Weighted histogram with percentiles: how a cost is spread over sentences.

use plotters::prelude::DrawingBackend;

use super::Error;
use super::axis::{Axis, Range, bounds};
use super::font::{self, CAPITALS, DESCENT};
use super::frame::{self, Frame, Side};
use super::pen::{Align, Pen, Rect, Stroke, text_box};
use super::style::{self, GAP, INK, PAPER, SMALL, THIN};
use super::ticks;

/// Weighted values.
#[derive(Clone, Debug)]
pub struct Data {
    /// What the values are.
    pub x: Axis,
    /// What their weights are: "sentences"; the y axis says their share in percent.
    pub weighted: String,
    /// Value and weight of each sample; no weight is negative.
    pub samples: Vec<(f64, f64)>,
    /// How many bins; as many as the number of samples suggests if none is said.
    pub bins: Option<usize>,
    /// Percentiles to mark: 50, 95, 99.
    pub percentiles: Vec<f64>,
}

pub(super) fn check(data: &Data) -> Result<(), Error> {
    data.x.check(data.samples.iter().map(|s| s.0))?;
    if data.samples.iter().any(|s| !s.1.is_finite()) {
        return Err(Error::NotFinite { what: format!("a weight of {}", data.weighted) });
    }
    if data.samples.iter().any(|s| s.1 < 0.0) {
        return Err(Error::NotPositive { what: format!("a weight of {}", data.weighted) });
    }
    if data.samples.iter().map(|s| s.1).sum::<f64>() <= 0.0 {
        return Err(Error::Empty { what: "no sample with a weight".into() });
    }
    if data.percentiles.iter().any(|p| !(0.0..=100.0).contains(p)) {
        return Err(Error::NotPositive { what: "a percentile outside of 0 to 100".into() });
    }
    Ok(())
}

/// The smallest value at or below which lies a share of the weight, in percent.
pub fn percentile(samples: &[(f64, f64)], percent: f64) -> Option<f64> {
    let mut sorted: Vec<_> = samples.iter().filter(|s| s.1 > 0.0).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let all: f64 = sorted.iter().map(|s| s.1).sum();
    let mut sum = 0.0;
    let reached = sorted.iter().find(|sample| {
        sum += sample.1;
        sum >= all * percent / 100.0 * (1.0 - 1e-12)
    });
    reached.or(sorted.last()).map(|sample| sample.0)
}

/// Edges of the bins: equal steps, of the logarithm on a logarithmic axis.
fn edges(data: &Data) -> Vec<f64> {
    let (low, high) = bounds(data.samples.iter().map(|s| s.0));
    let range = if low < high { Range { low, high } } else { Range::around(&data.x, [low]) };
    // Rice's rule, and never finer than the figure shows.
    let count = (2.0 * (data.samples.len() as f64).cbrt()).ceil() as usize;
    let bins = data.bins.unwrap_or(count).clamp(1, 80);
    let step = |index: usize| index as f64 / bins as f64;
    let edge = |index: usize| match data.x.log {
        true => range.low * (range.high / range.low).powf(step(index)),
        false => range.low + (range.high - range.low) * step(index),
    };
    (0..=bins).map(edge).collect()
}

/// Share of the weight in each bin, in percent; the last one holds its upper edge.
fn shares(data: &Data, edges: &[f64]) -> Vec<f64> {
    let mut shares = vec![0.0; edges.len() - 1];
    for (value, weight) in &data.samples {
        let bin = edges.partition_point(|edge| edge <= value).clamp(1, shares.len()) - 1;
        shares[bin] += weight;
    }
    let all: f64 = shares.iter().sum();
    shares.iter().map(|share| share / all * 100.0).collect()
}

pub(super) fn draw<DB: DrawingBackend>(pen: &Pen<DB>, data: &Data) -> Result<(), Error> {
    let edges = edges(data);
    let shares = shares(data, &edges);
    let y = Axis::linear(&format!("share of {}", data.weighted), "%");
    let x = Side::Values(&data.x, Range::around(&data.x, edges.iter().copied()));
    let marks = marks(data);
    let rows = if marks.len() > 1 { marks.len() } else { 1 };
    let inside = pen.inside();
    let room = rows as f64 * (SMALL + 2.0);
    let outer = Rect { top: inside.top + room, ..inside };
    let frame = frame::draw(pen, outer, x, Side::Values(&y, Range::from_zero(shares.iter().copied())))?;
    for (bin, share) in shares.iter().enumerate() {
        let (left, top) = frame.at(edges[bin], *share);
        let (right, bottom) = frame.at(edges[bin + 1], 0.0);
        pen.rect(Rect::new(left, top, right, bottom), style::faded(style::color(0), 0.75))?;
        if *share > 0.0 {
            pen.frame(Rect::new(left, top, right, bottom), Stroke::new(PAPER, THIN * 0.6))?;
        }
    }
    frame::axes(pen, &frame)?;
    percentiles(pen, &frame, &marks)
}

/// Value and label of each percentile, ascending.
fn marks(data: &Data) -> Vec<(f64, String)> {
    let mut percents = data.percentiles.clone();
    percents.sort_by(f64::total_cmp);
    let unit = &data.x.unit;
    percents
        .iter()
        .filter_map(|p| percentile(&data.samples, *p).map(|value| (p, value)))
        .map(|(p, value)| (value, format!("p{p}: {} {unit}", ticks::significant(value, 3))))
        .collect()
}

/// A line each, with its label above the plot in a row of its own: all at the right of their lines, the lowest on top, or all at the
/// left, the highest on top, so that no label crosses a line.
fn percentiles<DB: DrawingBackend>(
    pen: &Pen<DB>,
    frame: &Frame,
    marks: &[(f64, String)],
) -> Result<(), Error> {
    let at: Vec<f64> = marks.iter().map(|mark| frame.x.at(mark.0)).collect();
    let width = |index: usize| font::width(&marks[index].1, SMALL) + 2.5;
    let right = (0..marks.len()).all(|i| at[i] + width(i) <= pen.inside().right);
    for (index, (_, label)) in marks.iter().enumerate() {
        let row = if right { marks.len() - 1 - index } else { index } as f64;
        let baseline = frame.rect.top - 3.0 - row * (SMALL + 2.0) - SMALL * DESCENT;
        let stroke = Stroke { color: INK, width: THIN * 1.6, dash: style::dash(index) };
        pen.line(&[(at[index], frame.rect.bottom), (at[index], baseline - SMALL * CAPITALS)], stroke)?;
        let (place, align) = match right {
            true => (at[index] + 2.5, Align::Left),
            // Where a label would leave the canvas, it moves right over its own line.
            false => ((at[index] - 2.5).max(GAP + width(index)), Align::Right),
        };
        let plate = text_box(label, (place, baseline), SMALL, align);
        pen.rect(Rect { left: plate.left - 1.0, right: plate.right + 1.0, ..plate }, PAPER)?;
        pen.text(label, (place, baseline), SMALL, align)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::percentile;

    #[test]
    fn percentiles_count_weights() {
        let samples = [(3.0, 1.0), (1.0, 97.0), (2.0, 2.0), (9.0, 0.0)];
        assert_eq!(percentile(&samples, 50.0), Some(1.0));
        assert_eq!(percentile(&samples, 97.0), Some(1.0));
        assert_eq!(percentile(&samples, 98.0), Some(2.0));
        assert_eq!(percentile(&samples, 100.0), Some(3.0));
        assert_eq!(percentile(&[], 50.0), None);
    }
}
