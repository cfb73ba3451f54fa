//! Roofline: performance against operational intensity, log-log, under peaks (level) and bandwidths (rising).
//!
//! Points are labelled where they are while every label finds room; otherwise a legend tells them by marker and colour.

use plotters::prelude::DrawingBackend;

use super::axis::{Axis, Mark, Range};
use super::frame::{self, Frame, Side};
use super::legend::{Legend, Sample};
use super::pen::{Align, Pen, Point, Rect, Stroke, text_box};
use super::style::{self, HEIGHT, INK, LINE, MARKER, SMALL};
use super::{Error, labels, marker};

/// Roofs and points under them; both axes are drawn logarithmic.
#[derive(Clone, Debug)]
pub struct Data {
    /// Operational intensity: "MAC/B".
    pub x: Axis,
    /// Performance: "MAC/s".
    pub y: Axis,
    /// Peaks, in the unit of y.
    pub peaks: Vec<Roof>,
    /// Bandwidths, in the unit of y by that of x.
    pub bandwidths: Vec<Roof>,
    /// Stages, layers or designs.
    pub points: Vec<Mark>,
}

/// A limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Roof {
    /// Its label, with the value and its unit: "AXI, 1.6 GB/s".
    pub name: String,
    /// Its value.
    pub value: f64,
}

/// Both axes, logarithmic whatever their owner said.
fn axes(data: &Data) -> (Axis, Axis) {
    (Axis { log: true, ..data.x.clone() }, Axis { log: true, ..data.y.clone() })
}

/// Intensities at which a bandwidth meets a peak.
fn knees(data: &Data) -> impl Iterator<Item = f64> + '_ {
    data.peaks.iter().flat_map(|peak| data.bandwidths.iter().map(|slope| peak.value / slope.value))
}

pub(super) fn check(data: &Data) -> Result<(), Error> {
    if data.points.is_empty() && (data.peaks.is_empty() || data.bandwidths.is_empty()) {
        return Err(Error::Empty { what: "no point, and no corner of roofs".into() });
    }
    let (x, y) = axes(data);
    x.check(data.points.iter().map(|point| point.x))?;
    y.check(data.points.iter().map(|point| point.y))?;
    y.check(data.peaks.iter().chain(&data.bandwidths).map(|roof| roof.value))?;
    x.check(knees(data))
}

fn legend(data: &Data) -> Legend<'_> {
    Legend::new(Sample::Marker, data.points.iter().map(|point| point.name.as_str()))
}

/// More points than this get a legend without a try.
const DIRECT: usize = 10;

pub(super) fn height(data: &Data, width: f64) -> f64 {
    HEIGHT + 10.0 + if data.points.len() > DIRECT { legend(data).height(width) } else { 0.0 }
}

pub(super) fn draw<DB: DrawingBackend>(pen: &Pen<DB>, data: &Data) -> Result<(), Error> {
    let crowded = data.points.len() > DIRECT;
    let outer = if crowded { legend(data).draw(pen, pen.inside())? } else { pen.inside() };
    let (x_axis, y_axis) = axes(data);
    let (x, y) = ranges(data, &x_axis, &y_axis);
    let frame = frame::draw(pen, outer, Side::Values(&x_axis, x), Side::Values(&y_axis, y))?;
    let mut taken = Vec::new();
    roofs(pen, &frame, data, &mut taken)?;
    let at: Vec<_> = data.points.iter().map(|p| (frame.at(p.x, p.y), p.name.as_str())).collect();
    for (index, (place, _)) in at.iter().enumerate() {
        marker::draw(pen, *place, index)?;
    }
    if crowded {
        return Ok(());
    }
    let placed = labels::place(&at, (SMALL, MARKER), frame.rect, &taken);
    labels::draw(pen, &at, &placed, SMALL)
}

/// All points and corners, with room for the labels of roofs.
fn ranges(data: &Data, x_axis: &Axis, y_axis: &Axis) -> (Range, Range) {
    let mut x = Range::around(x_axis, data.points.iter().map(|p| p.x).chain(knees(data)));
    (x.low, x.high) = (x.low / 2.0, x.high * 4.0);
    let peaks = data.peaks.iter().map(|peak| peak.value);
    let slopes = data.bandwidths.iter().map(|slope| slope.value * x.low * 2.0);
    let limits: Vec<f64> =
        if data.peaks.is_empty() { slopes.collect() } else { peaks.chain(slopes).collect() };
    let mut y = Range::around(y_axis, data.points.iter().map(|p| p.y).chain(limits));
    y.high *= 1.6;
    (x, y)
}

/// Lines of peaks, from the steepest bandwidth on, and of bandwidths, up to the highest peak.
fn lines(frame: &Frame, data: &Data) -> Vec<(Point, Point)> {
    let steepest = data.bandwidths.iter().map(|slope| slope.value).fold(0.0, f64::max);
    let highest = data.peaks.iter().map(|peak| peak.value).fold(0.0, f64::max);
    let peaks = data.peaks.iter().map(|peak| {
        let from = if steepest > 0.0 { (peak.value / steepest).max(frame.x.low) } else { frame.x.low };
        (frame.at(from, peak.value), (frame.rect.right, frame.y.at(peak.value)))
    });
    let slopes = data.bandwidths.iter().map(|slope| {
        let top = if highest > 0.0 { highest } else { frame.y.high };
        let high = (top / slope.value).min(frame.x.high);
        let low = (frame.y.low / slope.value).max(frame.x.low).min(high);
        (frame.at(low, low * slope.value), frame.at(high, high * slope.value))
    });
    peaks.chain(slopes).collect()
}

/// Draws the roofs and writes their names where they cover neither a line nor a point; adds both to what is taken.
fn roofs<DB: DrawingBackend>(
    pen: &Pen<DB>,
    frame: &Frame,
    data: &Data,
    taken: &mut Vec<Rect>,
) -> Result<(), Error> {
    let lines = lines(frame, data);
    let steepest = data.bandwidths.iter().map(|slope| slope.value).fold(0.0, f64::max);
    let count = data.peaks.len();
    for (index, (from, to)) in lines.iter().enumerate() {
        let kind = if index < count { index } else { index - count };
        pen.line(&[*from, *to], Stroke { color: INK, width: LINE, dash: style::dash(kind) })?;
        taken.extend((0..=60).map(|i| labels::around(between(*from, *to, f64::from(i) / 60.0), 0.7)));
    }
    let points = data.points.iter().map(|p| labels::around(frame.at(p.x, p.y), MARKER));
    let lines_only = taken.clone();
    taken.extend(points);
    for (index, (roof, line)) in data.peaks.iter().chain(&data.bandwidths).zip(lines).enumerate() {
        let kind = if index < count {
            Kind::Peak
        } else if roof.value >= steepest {
            Kind::Steepest
        } else {
            Kind::Slower
        };
        let free = |others: &[Rect]| {
            places(line, kind).find(|(baseline, align)| {
                let rect = text_box(&roof.name, *baseline, SMALL, *align);
                rect.within(&frame.rect) && others.iter().all(|other| !other.overlaps(&rect))
            })
        };
        // Better over a point than not at all.
        if let Some((baseline, align)) = free(taken).or_else(|| free(&lines_only)) {
            taken.push(text_box(&roof.name, baseline, SMALL, align));
            pen.text(&roof.name, baseline, SMALL, align)?;
        }
    }
    Ok(())
}

fn between(a: Point, b: Point, share: f64) -> Point {
    (a.0 + (b.0 - a.0) * share, a.1 + (b.1 - a.1) * share)
}

/// What a line is, for where its name belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Peak,
    /// The bandwidth that no other lies left of.
    Steepest,
    Slower,
}

/// Where the name of a roof may stand, preferred first: at a peak from its right end, above or below; at the steepest bandwidth on its
/// left from the top; at others on their right from the bottom.
fn places((from, to): (Point, Point), kind: Kind) -> impl Iterator<Item = (Point, Align)> {
    let (above, below) = ((-2.0, -2.5, Align::Right), (-2.0, SMALL * 1.1, Align::Right));
    let (left, right) = ((-3.0, 0.0, Align::Right), (4.0, SMALL * 0.9, Align::Left));
    let sides = match kind {
        Kind::Peak => [above, below],
        Kind::Steepest => [left, right],
        Kind::Slower => [right, left],
    };
    let steps = if kind == Kind::Peak {
        (0..82).map(|i| (i / 2, i % 2)).collect::<Vec<_>>()
    } else {
        (0..82).map(|i| (i % 41, i / 41)).collect()
    };
    steps.into_iter().map(move |(step, side)| {
        let (right, down, align) = sides[side];
        let along = step as f64 / 40.0;
        let at = between(from, to, if align == Align::Right { 1.0 - along } else { along });
        ((at.0 + right, at.1 + down), align)
    })
}
