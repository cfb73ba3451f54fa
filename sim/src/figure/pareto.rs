//! Two costs against each other, both better when smaller: what nothing beats in full colour on a stepped front, the rest faded.
//!
//! The step is the honest line: between two designs of the front there is no third that would lie on a chord.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use plotters::prelude::DrawingBackend;

use super::axis::{Axis, Mark, Range};
use super::frame::{self, Frame, Side};
use super::legend::{Legend, Sample};
use super::pen::{Pen, Point, Stroke};
use super::style::{self, HEIGHT, INK, LINE, MARKER, SMALL, THIN};
use super::{Error, labels, marker};

/// Markers nearer than this, in points, are one.
const APART: f64 = 0.25;

/// Points in groups.
#[derive(Clone, Debug)]
pub struct Data {
    /// The first cost.
    pub x: Axis,
    /// The second.
    pub y: Axis,
    /// Groups, each with a marker and a colour.
    pub groups: Vec<Group>,
    /// Points with a ring and a label: the knee, a reference.
    pub marks: Vec<Mark>,
}

/// Points that belong together.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its name in the legend.
    pub name: String,
    /// x and y of each point.
    pub points: Vec<(f64, f64)>,
}

fn points(data: &Data) -> impl Iterator<Item = (f64, f64)> + '_ {
    data.groups.iter().flat_map(|group| group.points.iter().copied())
}

fn both(data: &Data) -> Vec<(f64, f64)> {
    points(data).chain(data.marks.iter().map(|mark| (mark.x, mark.y))).collect()
}

pub(super) fn check(data: &Data) -> Result<(), Error> {
    if points(data).next().is_none() {
        return Err(Error::Empty { what: "no point".into() });
    }
    data.x.check(both(data).iter().map(|p| p.0))?;
    data.y.check(both(data).iter().map(|p| p.1))
}

fn legend(data: &Data) -> Legend<'_> {
    Legend::new(Sample::Marker, data.groups.iter().map(|group| group.name.as_str()))
}

pub(super) fn height(data: &Data, width: f64) -> f64 {
    HEIGHT + 10.0 + legend(data).height(width)
}

/// Points that no other point is below in one cost and at most equal in the other, by x.
pub fn front(points: impl IntoIterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let mut sorted: Vec<_> = points.into_iter().collect();
    sorted.sort_by(by_place);
    let mut front: Vec<(f64, f64)> = Vec::new();
    for point in sorted {
        if front.last().is_none_or(|last| point.1 < last.1) {
            front.push(point);
        }
    }
    front
}

pub(super) fn draw<DB: DrawingBackend>(pen: &Pen<DB>, data: &Data) -> Result<(), Error> {
    let outer = legend(data).draw(pen, pen.inside())?;
    let all = both(data);
    let x = Side::Values(&data.x, Range::around(&data.x, all.iter().map(|p| p.0)));
    let y = Side::Values(&data.y, Range::around(&data.y, all.iter().map(|p| p.1)));
    let frame = frame::draw(pen, outer, x, y)?;
    let best = front(points(data));
    let on_front = |point: &(f64, f64)| best.binary_search_by(|other| by_place(other, point)).is_ok();
    for (index, group) in data.groups.iter().enumerate() {
        let faded = style::faded(style::color(index), 0.35);
        for at in places(&frame, group.points.iter().filter(|point| !on_front(point))) {
            marker::tinted(pen, at, index, faded, MARKER * 0.7)?;
        }
    }
    step(pen, &frame, &best)?;
    for (index, group) in data.groups.iter().enumerate() {
        for at in places(&frame, group.points.iter().filter(|point| on_front(point))) {
            marker::draw(pen, at, index)?;
        }
    }
    marks(pen, &frame, data)
}

/// By x, then by y.
fn by_place(a: &(f64, f64), b: &(f64, f64)) -> Ordering {
    a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
}

/// Where points lie. Of a million most lie on others: what cannot be seen is left out.
fn places<'a>(frame: &Frame, points: impl Iterator<Item = &'a (f64, f64)>) -> Vec<Point> {
    let mut taken = BTreeSet::new();
    let cell = |(x, y): Point| [x, y].map(|place| (place / APART).round() as i64);
    points.map(|(x, y)| frame.at(*x, *y)).filter(|at| taken.insert(cell(*at))).collect()
}

/// From the top edge down along the front to the right edge: what lies above and right of it is beaten.
fn step<DB: DrawingBackend>(pen: &Pen<DB>, frame: &Frame, best: &[(f64, f64)]) -> Result<(), Error> {
    let mut line = Vec::new();
    for (x, y) in best.iter().map(|point| frame.at(point.0, point.1)) {
        let above = line.last().map_or(frame.rect.top, |last: &(f64, f64)| last.1);
        line.extend([(x, above), (x, y)]);
    }
    if let Some(last) = line.last().copied() {
        line.push((frame.rect.right, last.1));
    }
    pen.line(&line, Stroke::new(INK, LINE * 0.8))
}

fn marks<DB: DrawingBackend>(pen: &Pen<DB>, frame: &Frame, data: &Data) -> Result<(), Error> {
    let at: Vec<_> = data.marks.iter().map(|m| (frame.at(m.x, m.y), m.name.as_str())).collect();
    let others: Vec<_> = points(data).map(|p| labels::around(frame.at(p.0, p.1), MARKER * 0.7)).collect();
    for (place, _) in &at {
        pen.ring(*place, MARKER * 1.9, Stroke::new(INK, THIN * 1.4))?;
    }
    let placed = labels::place(&at, (SMALL + 0.5, MARKER * 2.1), frame.rect, &others);
    labels::draw(pen, &at, &placed, SMALL + 0.5)
}

#[cfg(test)]
mod tests {
    use super::front;

    #[test]
    fn the_front_is_what_nothing_beats() {
        let points = [(3.0, 1.0), (1.0, 3.0), (2.0, 2.0), (2.0, 2.5), (3.0, 3.0), (1.0, 4.0)];
        assert_eq!(front(points), [(1.0, 3.0), (2.0, 2.0), (3.0, 1.0)]);
    }
}
