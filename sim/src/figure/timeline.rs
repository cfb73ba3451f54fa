//! What each unit does when: a lane for each unit, a span for each command, in colour and pattern of its stage.
//!
//! A lane with more spans than the figure can show is told by columns of a third of a point: each has the stage that is busiest in it,
//! and is as high as the unit is busy.

use plotters::prelude::DrawingBackend;

use super::Error;
use super::axis::{Axis, Range, bounds};
use super::font::{self, CAPITALS};
use super::frame::{self, Frame, Side};
use super::legend::{Legend, Sample};
use super::pen::{Align, Pen, Rect, Stroke};
use super::style::{self, GRID, SMALL, THIN};

/// Spans in lanes.
#[derive(Clone, Debug)]
pub struct Data {
    /// Time: cycles or microseconds; linear.
    pub x: Axis,
    /// Units, from the top.
    pub lanes: Vec<String>,
    /// Stages, in the order of the legend.
    pub stages: Vec<String>,
    /// What was done, in any order.
    pub spans: Vec<Span>,
}

/// A unit is busy with a stage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// Index of its unit in `lanes`.
    pub lane: usize,
    /// Index in `stages`.
    pub stage: usize,
    /// When it begins.
    pub begin: f64,
    /// When it is over.
    pub end: f64,
}

/// Width of a column of a crowded lane.
const COLUMN: f64 = 1.0 / 3.0;

pub(super) fn check(data: &Data) -> Result<(), Error> {
    if data.spans.is_empty() {
        return Err(Error::Empty { what: "no span in any lane".into() });
    }
    data.x.check(data.spans.iter().flat_map(|span| [span.begin, span.end]))?;
    if data.x.log {
        return Err(Error::Shape { what: "a timeline on a logarithmic axis".into() });
    }
    let lost = |span: &Span| span.lane >= data.lanes.len() || span.stage >= data.stages.len();
    if let Some(span) = data.spans.iter().find(|span| lost(span)) {
        return Err(Error::Shape { what: format!("lane {}, stage {}", span.lane, span.stage) });
    }
    if let Some(span) = data.spans.iter().find(|span| span.end < span.begin) {
        return Err(Error::NotPositive { what: format!("span from {} to {}", span.begin, span.end) });
    }
    Ok(())
}

fn legend(data: &Data) -> Legend<'_> {
    Legend::new(Sample::Fill, data.stages.iter().map(String::as_str))
}

pub(super) fn height(data: &Data, width: f64) -> f64 {
    36.0 + (data.lanes.len() as f64 * 17.0).max(60.0) + legend(data).height(width)
}

pub(super) fn draw<DB: DrawingBackend>(pen: &Pen<DB>, data: &Data) -> Result<(), Error> {
    let outer = legend(data).draw(pen, pen.inside())?;
    let (low, high) = bounds(data.spans.iter().flat_map(|span| [span.begin, span.end]));
    // A program that starts soon after zero is shown from zero.
    let low = if low > 0.0 && low < high * 0.1 { 0.0 } else { low };
    let range = if low < high { Range { low, high } } else { Range::around(&data.x, [low]) };
    let frame = frame::draw(pen, outer, Side::Values(&data.x, range), Side::Names("", &data.lanes))?;
    let mut lanes: Vec<Vec<Span>> = vec![Vec::new(); data.lanes.len()];
    for span in &data.spans {
        lanes[span.lane].push(*span);
    }
    let columns = (frame.rect.width() / COLUMN) as usize;
    for (index, spans) in lanes.iter().enumerate() {
        let lane = Lane::new(&frame, data.lanes.len() - 1 - index);
        pen.line(
            &[(frame.rect.left, lane.bottom), (frame.rect.right, lane.bottom)],
            Stroke::new(GRID, THIN),
        )?;
        if spans.len() * 2 > columns {
            crowded(pen, &frame, &lane, spans, (data.stages.len(), columns))?;
        } else {
            sparse(pen, &frame, &lane, spans, &data.stages)?;
        }
    }
    frame::axes(pen, &frame)
}

/// Upper and lower edge of a lane.
struct Lane {
    top: f64,
    bottom: f64,
}

impl Lane {
    fn new(frame: &Frame, from_below: usize) -> Lane {
        let middle = from_below as f64 + 0.5;
        Lane { top: frame.y.at(middle + 0.36), bottom: frame.y.at(middle - 0.36) }
    }
}

/// Each span as it is, with the name of its stage where that fits.
fn sparse<DB: DrawingBackend>(
    pen: &Pen<DB>,
    frame: &Frame,
    lane: &Lane,
    spans: &[Span],
    stages: &[String],
) -> Result<(), Error> {
    for span in spans {
        let (left, right) = (frame.x.at(span.begin), frame.x.at(span.end).max(frame.x.at(span.begin) + 0.15));
        let rect = Rect::new(left, lane.top, right, lane.bottom);
        let name = &stages[span.stage];
        let fits = font::width(name, SMALL) + 3.0 <= rect.width() && SMALL <= rect.height();
        if !fits {
            pen.fill(rect, span.stage)?;
            continue;
        }
        // The name says more than a pattern, and is not read on one.
        let color = style::color(span.stage);
        pen.rect(rect, color)?;
        let at = ((left + right) / 2.0, (lane.top + lane.bottom + SMALL * CAPITALS) / 2.0);
        pen.ink(name, at, SMALL, Align::Centre, style::ink_on(color))?;
    }
    Ok(())
}

/// Busy time of each stage in each column.
fn occupancy(frame: &Frame, spans: &[Span], stages: usize, columns: usize) -> Vec<Vec<f64>> {
    let mut busy = vec![vec![0.0; stages]; columns];
    let place = |time: f64| (frame.x.at(time) - frame.rect.left) / frame.rect.width() * columns as f64;
    for span in spans {
        let (from, to) = (place(span.begin).max(0.0), place(span.end).min(columns as f64));
        for column in from.floor() as usize..(to.ceil() as usize).min(columns) {
            let left = from.max(column as f64);
            busy[column][span.stage] += (to.min(column as f64 + 1.0) - left).max(0.0);
        }
    }
    busy
}

/// One rectangle for neighbouring columns that look the same.
fn crowded<DB: DrawingBackend>(
    pen: &Pen<DB>,
    frame: &Frame,
    lane: &Lane,
    spans: &[Span],
    (stages, columns): (usize, usize),
) -> Result<(), Error> {
    let looks = occupancy(frame, spans, stages, columns).into_iter().map(|busy| {
        let all: f64 = busy.iter().sum::<f64>().min(1.0);
        let most = (0..stages).max_by(|a, b| busy[*a].total_cmp(&busy[*b])).unwrap_or(0);
        // Sixteen heights are as many as are told apart; a unit that did anything shows.
        (most, (all * 16.0).ceil() as u32)
    });
    let looks: Vec<_> = looks.collect();
    let edge = |column: usize| frame.rect.left + frame.rect.width() * column as f64 / columns as f64;
    let mut first = 0;
    for group in looks.chunk_by(|a, b| a == b) {
        let (stage, busy) = group[0];
        let (left, right) = (edge(first), edge(first + group.len()));
        first += group.len();
        if busy > 0 {
            let top = lane.bottom - (lane.bottom - lane.top) * f64::from(busy) / 16.0;
            pen.fill(Rect::new(left, top, right, lane.bottom), stage)?;
        }
    }
    Ok(())
}
