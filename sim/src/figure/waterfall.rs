//! Steps from one value to another: what each change of a ladder gains, as a bar between the value before and the value after.

use plotters::prelude::DrawingBackend;

use super::axis::{Axis, Range};
use super::frame::{self, Frame, Side};
use super::pen::{Pen, Rect, Stroke};
use super::style::{HEIGHT, INK, SOFT, THIN};
use super::{Error, labels, ticks};

/// A ladder.
#[derive(Clone, Debug)]
pub struct Data {
    /// What the steps are, below them; may be empty.
    pub steps_title: String,
    /// What is told; factors are best read on a logarithmic axis.
    pub value: Axis,
    /// What a bar is labelled with.
    pub change: Change,
    /// The steps; the first is where the ladder starts.
    pub steps: Vec<Step>,
    /// Name of a last bar from the bottom to the last value, if there is to be one.
    pub total: Option<String>,
}

/// What a step is labelled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Value after less value before.
    Difference,
    /// The larger of both by the smaller, with × for more and ÷ for less.
    Factor,
}

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What was changed.
    pub name: String,
    /// The value after it.
    pub value: f64,
}

pub(super) fn check(data: &Data) -> Result<(), Error> {
    if data.steps.is_empty() {
        return Err(Error::Empty { what: "no step".into() });
    }
    let values = || data.steps.iter().map(|step| step.value);
    if data.change == Change::Factor && values().any(|value| value <= 0.0) {
        return Err(Error::NotPositive { what: format!("a factor of {}", data.value.name) });
    }
    data.value.check(values())
}

pub(super) fn height(data: &Data, _: f64) -> f64 {
    HEIGHT + if data.steps.len() > 6 { 40.0 } else { 10.0 }
}

/// From, to and label of each bar, and whether it starts at the bottom.
fn bars(data: &Data) -> Vec<(f64, f64, String, bool)> {
    let whole = |value: f64| (value, value, ticks::significant(value, 3), true);
    let mut bars: Vec<_> = data.steps.first().map(|step| whole(step.value)).into_iter().collect();
    for pair in data.steps.windows(2) {
        let (from, to) = (pair[0].value, pair[1].value);
        let label = match data.change {
            Change::Difference if to > from => format!("+{}", ticks::significant(to - from, 3)),
            Change::Difference => ticks::significant(to - from, 3),
            Change::Factor if to >= from => format!("×{}", ticks::significant(to / from, 3)),
            Change::Factor => format!("÷{}", ticks::significant(from / to, 3)),
        };
        bars.push((from, to, label, false));
    }
    if let (Some(_), Some(last)) = (&data.total, data.steps.last()) {
        bars.push(whole(last.value));
    }
    bars
}

fn range(data: &Data) -> Range {
    let values = data.steps.iter().map(|step| step.value);
    let mut range = if data.value.log {
        let mut range = Range::around(&data.value, values);
        // Bars on a logarithmic axis have no natural bottom: the decade below the least.
        range.low = 10f64.powf((range.low / 1.5).log10().floor());
        range.high *= (range.high / range.low).powf(0.1);
        range
    } else {
        Range::from_zero(values)
    };
    if !data.value.log {
        range.high += (range.high - range.low) * 0.08;
        range.low -= if range.low < 0.0 { (range.high - range.low) * 0.05 } else { 0.0 };
    }
    range
}

pub(super) fn draw<DB: DrawingBackend>(pen: &Pen<DB>, data: &Data) -> Result<(), Error> {
    let names: Vec<String> =
        data.steps.iter().map(|step| step.name.clone()).chain(data.total.clone()).collect();
    let x = Side::Names(&data.steps_title, &names);
    let frame = frame::draw(pen, pen.inside(), x, Side::Values(&data.value, range(data)))?;
    let bars = bars(data);
    let slot = frame.rect.width() / bars.len() as f64;
    let lying = labels::lie(bars.iter().map(|bar| bar.2.as_str()), slot);
    for (index, (from, to, label, whole)) in bars.iter().enumerate() {
        let base = if data.value.log { frame.y.low } else { 0.0 };
        let from = if *whole { base } else { *from };
        let rect = bar(&frame, index, from, *to);
        // Down and up differ in colour, pattern and sign; whole bars are grey.
        pen.fill(
            rect,
            if *whole {
                0
            } else if *to > from {
                1
            } else {
                2
            },
        )?;
        if index + 1 < bars.len() {
            let (y, next) = (frame.y.at(*to), frame.x.at(index as f64 + 1.15));
            let stroke = Stroke::new(SOFT, THIN);
            pen.line(&[(rect.right, y), (next, y)], stroke)?;
        }
        if rect.height() < THIN {
            pen.line(&[(rect.left, rect.top), (rect.right, rect.top)], Stroke::new(INK, THIN))?;
        }
        labels::above(pen, label, ((rect.left + rect.right) / 2.0, rect.top), slot, lying)?;
    }
    if frame.y.low < 0.0 {
        let zero = frame.y.at(0.0);
        pen.line(&[(frame.rect.left, zero), (frame.rect.right, zero)], Stroke::new(INK, THIN))?;
    }
    frame::axes(pen, &frame)
}

fn bar(frame: &Frame, index: usize, from: f64, to: f64) -> Rect {
    let (left, right) = (frame.x.at(index as f64 + 0.15), frame.x.at(index as f64 + 0.85));
    let (a, b) = (frame.y.at(from), frame.y.at(to));
    Rect::new(left, a.min(b), right, a.max(b))
}
