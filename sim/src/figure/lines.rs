//! Several series over one axis, each with colour, marker and dash, and an error bar where it has one.

use plotters::prelude::DrawingBackend;

use super::axis::{Axis, Range};
use super::frame::{self, Frame, Side};
use super::legend::{Legend, Sample};
use super::pen::{Pen, Stroke};
use super::style::{self, HEIGHT, LINE, MARKER, THIN};
use super::{Error, marker};

/// Series over one axis.
#[derive(Clone, Debug)]
pub struct Data {
    /// What the series run over.
    pub x: Axis,
    /// What they tell.
    pub y: Axis,
    /// The y axis starts at zero, for amounts that are compared by length.
    pub from_zero: bool,
    /// The series.
    pub series: Vec<Series>,
}

/// One line.
#[derive(Clone, Debug)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// Its points, x ascending.
    pub points: Vec<Point>,
}

/// One point of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Place.
    pub x: f64,
    /// Value.
    pub y: f64,
    /// Lower and upper end of its error bar, as values and not as distances.
    pub error: Option<(f64, f64)>,
}

fn points(data: &Data) -> impl Iterator<Item = &Point> {
    data.series.iter().flat_map(|series| &series.points)
}

fn heights(data: &Data) -> Vec<f64> {
    points(data).flat_map(|p| [Some(p.y), p.error.map(|e| e.0), p.error.map(|e| e.1)]).flatten().collect()
}

pub(super) fn check(data: &Data) -> Result<(), Error> {
    if points(data).next().is_none() {
        return Err(Error::Empty { what: "no point in any series".into() });
    }
    data.x.check(points(data).map(|p| p.x))?;
    data.y.check(heights(data))
}

fn legend(data: &Data) -> Legend<'_> {
    Legend::new(Sample::Line, data.series.iter().map(|series| series.name.as_str()))
}

pub(super) fn height(data: &Data, width: f64) -> f64 {
    HEIGHT + legend(data).height(width)
}

pub(super) fn draw<DB: DrawingBackend>(pen: &Pen<DB>, data: &Data) -> Result<(), Error> {
    let outer = legend(data).draw(pen, pen.inside())?;
    let x = Side::Values(&data.x, Range::around(&data.x, points(data).map(|p| p.x)));
    let range = if data.from_zero && !data.y.log {
        Range::from_zero(heights(data))
    } else {
        Range::around(&data.y, heights(data))
    };
    let frame = frame::draw(pen, outer, x, Side::Values(&data.y, range))?;
    let most = data.series.iter().map(|series| series.points.len()).max().unwrap_or(0);
    for (index, series) in data.series.iter().enumerate() {
        let at: Vec<_> = series.points.iter().map(|p| frame.at(p.x, p.y)).collect();
        let stroke = Stroke { color: style::color(index), width: LINE, dash: style::dash(index) };
        pen.line(&at, stroke)?;
        for point in &series.points {
            error_bar(pen, &frame, point, index)?;
        }
        // Markers at every point while they keep apart; then at some, not the same for each series.
        let every = (most / 16).max(1);
        for place in at.iter().skip(index % every).step_by(every) {
            marker::draw(pen, *place, index)?;
        }
    }
    Ok(())
}

fn error_bar<DB: DrawingBackend>(
    pen: &Pen<DB>,
    frame: &Frame,
    point: &Point,
    index: usize,
) -> Result<(), Error> {
    let Some((low, high)) = point.error else { return Ok(()) };
    let stroke = Stroke::new(style::color(index), THIN * 1.4);
    let ((x, low), (_, high)) = (frame.at(point.x, low), frame.at(point.x, high));
    pen.line(&[(x, low), (x, high)], stroke)?;
    for end in [low, high] {
        pen.line(&[(x - MARKER * 0.7, end), (x + MARKER * 0.7, end)], stroke)?;
    }
    Ok(())
}
