//! How values of several groups are spread: a box from quartile to quartile with the median, lines to the least and the greatest.

use plotters::prelude::DrawingBackend;

use super::axis::{Axis, Range};
use super::frame::{self, Side};
use super::pen::{Pen, Rect, Stroke};
use super::style::{HEIGHT, INK, THIN};
use super::{Error, histogram, labels};

/// Groups of values.
#[derive(Clone, Debug)]
pub struct Data {
    /// What the values are.
    pub value: Axis,
    /// The groups.
    pub groups: Vec<Group>,
}

/// A group.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What they have in common.
    pub name: String,
    /// Its values; zeros have no place on a logarithmic axis, and are counted above the box.
    pub values: Vec<f64>,
}

impl Data {
    /// Values of a group that the axis shows.
    fn shown(&self, group: &Group) -> Vec<(f64, f64)> {
        group
            .values
            .iter()
            .filter(|value| !self.value.log || **value != 0.0)
            .map(|value| (*value, 1.0))
            .collect()
    }
}

pub(super) fn check(data: &Data) -> Result<(), Error> {
    let all: Vec<f64> =
        data.groups.iter().flat_map(|group| data.shown(group)).map(|(value, _)| value).collect();
    if all.is_empty() {
        return Err(Error::Empty { what: format!("every value of {} is zero", data.value.name) });
    }
    data.value.check(all)
}

pub(super) fn height(data: &Data, _: f64) -> f64 {
    HEIGHT + if data.groups.len() > 4 { 40.0 } else { 10.0 }
}

pub(super) fn draw<DB: DrawingBackend>(pen: &Pen<DB>, data: &Data) -> Result<(), Error> {
    let names: Vec<String> = data.groups.iter().map(|group| group.name.clone()).collect();
    let values = data.groups.iter().flat_map(|group| data.shown(group)).map(|(value, _)| value);
    let mut range = Range::around(&data.value, values);
    // Room for what stands above the boxes.
    range.high =
        if data.value.log { range.high * (range.high / range.low).powf(0.08) } else { range.high * 1.08 };
    let frame = frame::draw(pen, pen.inside(), Side::Names("", &names), Side::Values(&data.value, range))?;
    let slot = frame.rect.width() / data.groups.len() as f64;
    for (index, group) in data.groups.iter().enumerate() {
        let shown = data.shown(group);
        let at = |percent: f64| histogram::percentile(&shown, percent).map(|value| frame.y.at(value));
        let middle = frame.x.at(index as f64 + 0.5);
        let zeros = group.values.len() - shown.len();
        let mut top = frame.rect.bottom;
        if let (Some(least), Some(low), Some(median), Some(high), Some(most)) =
            (at(0.0), at(25.0), at(50.0), at(75.0), at(100.0))
        {
            let (left, right) = (frame.x.at(index as f64 + 0.3), frame.x.at(index as f64 + 0.7));
            let stroke = Stroke::new(INK, THIN);
            pen.line(&[(middle, least), (middle, low)], stroke)?;
            pen.line(&[(middle, high), (middle, most)], stroke)?;
            pen.fill(Rect::new(left, high, right, low), index)?;
            for y in [least, median, most] {
                pen.line(&[(left, y), (right, y)], stroke)?;
            }
            top = most;
        }
        if zeros > 0 {
            labels::above(
                pen,
                &format!("{zeros} of {} zero", group.values.len()),
                (middle, top),
                slot,
                true,
            )?;
        }
    }
    frame::axes(pen, &frame)
}
