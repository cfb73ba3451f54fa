//! Frequency against supply voltage, with the operating points that were chosen.

use plotters::prelude::DrawingBackend;

use super::axis::{Axis, Mark, Range};
use super::frame::{self, Side};
use super::pen::{Pen, Stroke};
use super::style::{self, LINE, MARKER, SMALL, THIN};
use super::{Error, labels, marker};

/// A curve and points on it.
#[derive(Clone, Debug)]
pub struct Data {
    /// Supply voltage: "V".
    pub x: Axis,
    /// Clock frequency: "MHz".
    pub y: Axis,
    /// Highest frequency at each voltage, voltage ascending.
    pub curve: Vec<(f64, f64)>,
    /// Operating points.
    pub points: Vec<Mark>,
}

/// As many points are joined to the axes; more lines than that would hide the labels.
const FEW: usize = 4;

fn all(data: &Data) -> Vec<(f64, f64)> {
    data.curve.iter().copied().chain(data.points.iter().map(|p| (p.x, p.y))).collect()
}

pub(super) fn check(data: &Data) -> Result<(), Error> {
    if all(data).is_empty() {
        return Err(Error::Empty { what: "no point of the curve".into() });
    }
    data.x.check(all(data).iter().map(|p| p.0))?;
    data.y.check(all(data).iter().map(|p| p.1))
}

pub(super) fn draw<DB: DrawingBackend>(pen: &Pen<DB>, data: &Data) -> Result<(), Error> {
    let all = all(data);
    let x = Side::Values(&data.x, Range::around(&data.x, all.iter().map(|p| p.0)));
    let y = Side::Values(&data.y, Range::around(&data.y, all.iter().map(|p| p.1)));
    let frame = frame::draw(pen, pen.inside(), x, y)?;
    let curve: Vec<_> = data.curve.iter().map(|p| frame.at(p.0, p.1)).collect();
    pen.line(&curve, Stroke::new(style::color(0), LINE * 1.2))?;
    if let [only] = curve.as_slice() {
        pen.disc(*only, MARKER * 0.7, style::color(0))?;
    }
    let at: Vec<_> = data.points.iter().map(|p| (frame.at(p.x, p.y), p.name.as_str())).collect();
    for (place, _) in at.iter().filter(|_| at.len() <= FEW) {
        // To both axes, where the values are read.
        let (x, y) = *place;
        let stroke = Stroke { color: style::SOFT, width: THIN, dash: style::dash(2) };
        pen.line(&[(frame.rect.left, y), (x, y), (x, frame.rect.bottom)], stroke)?;
    }
    for (place, _) in &at {
        marker::draw(pen, *place, 1)?;
    }
    // Labels keep off the curve: its points and what lies between them.
    let obstacles: Vec<_> = curve
        .windows(2)
        .flat_map(|pair| (0..=10).map(move |step| (pair[0], pair[1], f64::from(step) / 10.0)))
        .map(|(a, b, s)| labels::around((a.0 + (b.0 - a.0) * s, a.1 + (b.1 - a.1) * s), 1.0))
        .collect();
    let placed = labels::place(&at, (SMALL + 0.5, MARKER), frame.rect, &obstacles);
    labels::draw(pen, &at, &placed, SMALL + 0.5)
}
