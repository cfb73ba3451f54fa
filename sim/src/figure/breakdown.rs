//! Stacked bars: what a total is made of, by category, with the total above each bar.

use plotters::prelude::DrawingBackend;

use super::axis::{Axis, Range};
use super::font;
use super::frame::{self, Frame, Side};
use super::legend::{Legend, Sample};
use super::pen::{Pen, Rect, Stroke};
use super::style::{HEIGHT, PAPER, SMALL, THIN};
use super::{Error, labels, ticks};

/// Bars of parts.
#[derive(Clone, Debug)]
pub struct Data {
    /// What the bars are, below them; may be empty.
    pub categories_title: String,
    /// Name of each bar.
    pub categories: Vec<String>,
    /// What is stacked; linear.
    pub value: Axis,
    /// Name of each part, the lowest first.
    pub parts: Vec<String>,
    /// For each bar the value of each part; none is negative.
    pub values: Vec<Vec<f64>>,
}

pub(super) fn check(data: &Data) -> Result<(), Error> {
    if data.categories.is_empty() || data.parts.is_empty() {
        return Err(Error::Empty { what: "no bar, or no part of a bar".into() });
    }
    if data.values.len() != data.categories.len() {
        return Err(Error::Shape {
            what: format!("{} names for {} bars", data.categories.len(), data.values.len()),
        });
    }
    if let Some(bar) = data.values.iter().find(|bar| bar.len() != data.parts.len()) {
        return Err(Error::Shape { what: format!("{} names for {} parts", data.parts.len(), bar.len()) });
    }
    if data.value.log || data.values.iter().flatten().any(|value| *value < 0.0) {
        return Err(Error::NotPositive {
            what: format!("a stack of {} needs a linear axis and no negative part", data.value.name),
        });
    }
    data.value.check(data.values.iter().flatten().copied())
}

fn legend(data: &Data) -> Legend<'_> {
    Legend::new(Sample::Fill, data.parts.iter().map(String::as_str))
}

pub(super) fn height(data: &Data, width: f64) -> f64 {
    let names = if data.categories.len() > 8 { 25.0 } else { 0.0 };
    HEIGHT + names + legend(data).height(width)
}

pub(super) fn draw<DB: DrawingBackend>(pen: &Pen<DB>, data: &Data) -> Result<(), Error> {
    let outer = legend(data).draw(pen, pen.inside())?;
    let totals: Vec<f64> = data.values.iter().map(|bar| bar.iter().sum()).collect();
    let names = Side::Names(&data.categories_title, &data.categories);
    // Above the highest bar stays room for its total, which stands upright over narrow bars.
    let texts: Vec<String> = totals.iter().map(|total| ticks::significant(*total, 3)).collect();
    let count = data.categories.len() as f64;
    let all = || texts.iter().map(String::as_str);
    let lying = labels::lie(all(), outer.width() * 0.85 / count);
    let room = if lying { SMALL + 2.0 } else { font::widest(all(), SMALL) + 4.0 };
    let mut range = Range::from_zero(totals.iter().copied());
    range.high = range.high / 1.06 / (1.0 - room / (outer.height() - 30.0)).max(0.3);
    let frame = frame::draw(pen, outer, names, Side::Values(&data.value, range))?;
    for (index, bar) in data.values.iter().enumerate() {
        stack(pen, &frame, index, bar)?;
        let (at, slot) = (frame.at(index as f64 + 0.5, totals[index]), frame.rect.width() / count);
        labels::above(pen, &texts[index], at, slot, lying)?;
    }
    frame::axes(pen, &frame)
}

fn stack<DB: DrawingBackend>(pen: &Pen<DB>, frame: &Frame, index: usize, bar: &[f64]) -> Result<(), Error> {
    let (left, right) = (frame.x.at(index as f64 + 0.14), frame.x.at(index as f64 + 0.86));
    let mut low = 0.0;
    for (part, value) in bar.iter().enumerate() {
        let rect = Rect::new(left, frame.y.at(low + value), right, frame.y.at(low));
        low += value;
        if rect.height() > 0.0 {
            pen.fill(rect, part)?;
        }
        if rect.height() > 2.0 {
            pen.line(&[(left, rect.top), (right, rect.top)], Stroke::new(PAPER, THIN))?;
        }
    }
    Ok(())
}
