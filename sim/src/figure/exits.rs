//! Share of sentences by exit layer, with the mean marked: a few thresholds side by side in one plot, many in small plots of one scale.

use plotters::prelude::DrawingBackend;

use super::axis::{Axis, Range, Scale};
use super::font::{self, CAPITALS, DESCENT};
use super::frame::{self, Frame, Side};
use super::legend::{Legend, Sample};
use super::pen::{Align, Pen, Rect, Stroke};
use super::style::{self, GAP, HEIGHT, INK, LEAST, SMALL, TEXT, THIN, TICK, TITLE};
use super::{Error, ticks};

/// Shares by layer.
#[derive(Clone, Debug)]
pub struct Data {
    /// What x counts: "exit layer".
    pub layers: String,
    /// What leaves: "sentences"; the y axis says their share in percent.
    pub weighted: String,
    /// One histogram each.
    pub series: Vec<Series>,
}

/// Exits at one threshold.
#[derive(Clone, Debug)]
pub struct Series {
    /// Its name: "0.2 nats".
    pub name: String,
    /// Weight of the sentences that leave after layer 1, 2, …; no weight is negative.
    pub weights: Vec<f64>,
}

/// More series than this are drawn in plots of their own.
const TOGETHER: usize = 4;
/// Height of a small plot in a column, with its name.
const SMALL_PLOT: f64 = 42.0;

impl Series {
    fn percent(&self, layers: usize) -> Vec<f64> {
        let all: f64 = self.weights.iter().sum();
        (0..layers).map(|layer| self.weights.get(layer).unwrap_or(&0.0) / all * 100.0).collect()
    }

    /// Mean layer, the first being 1.
    fn mean(&self) -> f64 {
        let all: f64 = self.weights.iter().sum();
        self.weights.iter().enumerate().map(|(index, weight)| (index + 1) as f64 * weight / all).sum()
    }

    fn label(&self) -> String {
        format!("{} (mean {})", self.name, ticks::number(self.mean(), 1))
    }
}

fn layers(data: &Data) -> usize {
    data.series.iter().map(|series| series.weights.len()).max().unwrap_or(0)
}

pub(super) fn check(data: &Data) -> Result<(), Error> {
    if data.series.is_empty() {
        return Err(Error::Empty { what: "no series of exits".into() });
    }
    for series in &data.series {
        let what = || format!("exits of {}", series.name);
        if series.weights.iter().any(|weight| !weight.is_finite() || *weight > 1e100) {
            return Err(Error::NotFinite { what: what() });
        }
        if series.weights.iter().any(|weight| *weight < 0.0) {
            return Err(Error::NotPositive { what: what() });
        }
        if series.weights.iter().sum::<f64>() <= 0.0 {
            return Err(Error::Empty { what: what() });
        }
    }
    Ok(())
}

pub(super) fn height(data: &Data, width: f64) -> f64 {
    if data.series.len() <= TOGETHER {
        let labels: Vec<String> = data.series.iter().map(Series::label).collect();
        return HEIGHT + Legend::new(Sample::Fill, labels.iter().map(String::as_str)).height(width);
    }
    data.series.len().div_ceil(columns(data, width - 2.0 * GAP)) as f64 * SMALL_PLOT + 34.0
}

fn share_axis(data: &Data) -> Axis {
    Axis::linear(&format!("share of {}", data.weighted), "%")
}

fn highest(data: &Data) -> Range {
    Range::from_zero(data.series.iter().flat_map(|series| series.percent(layers(data))))
}

pub(super) fn draw<DB: DrawingBackend>(pen: &Pen<DB>, data: &Data) -> Result<(), Error> {
    if data.series.len() <= TOGETHER { together(pen, data) } else { apart(pen, data) }
}

fn together<DB: DrawingBackend>(pen: &Pen<DB>, data: &Data) -> Result<(), Error> {
    let labels: Vec<String> = data.series.iter().map(Series::label).collect();
    let names: Vec<String> = (1..=layers(data)).map(|layer| layer.to_string()).collect();
    let outer = Legend::new(Sample::Fill, labels.iter().map(String::as_str)).draw(pen, pen.inside())?;
    // Means stand above the plot, each in a row of its own.
    let outer = Rect { top: outer.top + 5.0 * data.series.len() as f64, ..outer };
    let axis = share_axis(data);
    let y = Side::Values(&axis, highest(data));
    let frame = frame::draw(pen, outer, Side::Names(&data.layers, &names), y)?;
    for (index, series) in data.series.iter().enumerate() {
        bars(pen, &frame, series, (index, data.series.len()), layers(data))?;
    }
    frame::axes(pen, &frame)?;
    for (index, series) in data.series.iter().enumerate() {
        let row = (data.series.len() - 1 - index) as f64;
        mean(pen, &frame, series, index, frame.rect.top - 4.0 - 5.0 * row)?;
    }
    Ok(())
}

/// The bars of one of several series, beside those of the others.
fn bars<DB: DrawingBackend>(
    pen: &Pen<DB>,
    frame: &Frame,
    series: &Series,
    (index, count): (usize, usize),
    layers: usize,
) -> Result<(), Error> {
    let width = 0.8 / count as f64;
    for (layer, share) in series.percent(layers).into_iter().enumerate() {
        let left = layer as f64 + 0.1 + width * index as f64;
        let ((left, top), (right, bottom)) = (frame.at(left, share), frame.at(left + width * 0.94, 0.0));
        if bottom - top > 0.0 {
            pen.fill(Rect::new(left, top, right, bottom), index)?;
        }
    }
    Ok(())
}

/// A dashed line at the mean, with a triangle in the colour of the series on top.
fn mean<DB: DrawingBackend>(
    pen: &Pen<DB>,
    frame: &Frame,
    series: &Series,
    index: usize,
    y: f64,
) -> Result<(), Error> {
    let x = frame.x.at(series.mean() - 0.5);
    let color = style::color(index);
    pen.line(
        &[(x, frame.rect.bottom), (x, y)],
        Stroke { color, width: THIN * 1.6, dash: style::dash(index + 1) },
    )?;
    pen.polygon(&[(x, y + 2.2), (x - 2.6, y - 2.0), (x + 2.6, y - 2.0)], color)
}

/// As many small plots side by side as their measured names leave room for.
fn columns(data: &Data, width: f64) -> usize {
    let labels: Vec<String> = data.series.iter().map(Series::label).collect();
    let plot = font::widest(labels.iter().map(String::as_str), SMALL).max(SMALL_PLOT) + GAP;
    let fit = ((width - TITLE - 2.0 * GAP - 12.0) / plot).floor() as usize;
    fit.clamp(1, data.series.len().isqrt() + 1)
}

fn apart<DB: DrawingBackend>(pen: &Pen<DB>, data: &Data) -> Result<(), Error> {
    let count = data.series.len();
    let inside = pen.inside();
    let columns = columns(data, inside.width());
    let rows = count.div_ceil(columns);
    let area =
        Rect { left: inside.left + TITLE + GAP, bottom: inside.bottom - TITLE - TEXT - TICK, ..inside };
    let marks = font::width("20", SMALL) + TICK + 2.0;
    let (width, height) = ((area.width() - marks + GAP) / columns as f64 - GAP, area.height() / rows as f64);
    for (index, series) in data.series.iter().enumerate() {
        let (column, row) = (index % columns, index / columns);
        let left = area.left + marks + column as f64 * (width + GAP);
        let top = area.top + row as f64 * height;
        let plot = Rect::new(left, top + SMALL * 1.4, left + width, top + height - 5.0);
        let last = index + columns >= count;
        small(pen, data, series, plot, (column == 0, last))?;
    }
    let middle = (area.top + area.bottom) / 2.0;
    let title = share_axis(data).title(0);
    pen.upward(&title, (inside.left + TITLE * CAPITALS, middle), TITLE, Align::Centre)?;
    let middle = (area.left + marks + area.right) / 2.0;
    pen.text(&data.layers, (middle, inside.bottom - TITLE * DESCENT), TITLE, Align::Centre)
}

/// One small plot: its name above, values at the left if it is the first of its row, layers below if it is the last of its column.
fn small<DB: DrawingBackend>(
    pen: &Pen<DB>,
    data: &Data,
    series: &Series,
    plot: Rect,
    (first, last): (bool, bool),
) -> Result<(), Error> {
    let (layers, ink) = (layers(data), Stroke::new(INK, THIN));
    let x = Range { low: 0.0, high: layers as f64 }.scale(false, plot.left, plot.right);
    let y = highest(data).scale(false, plot.bottom, plot.top);
    let frame = Frame { rect: plot, x, y };
    bars(pen, &frame, series, (0, 1), layers)?;
    frame::axes(pen, &frame)?;
    let x = frame.x.at(series.mean() - 0.5);
    pen.line(&[(x, plot.bottom), (x, plot.top)], Stroke { dash: style::dash(1), ..ink })?;
    let size = if font::width(&series.label(), SMALL) <= plot.width() { SMALL } else { LEAST };
    let label = font::cut(&series.label(), size, plot.width());
    pen.text(&label, (plot.left, plot.top - 1.5 - size * DESCENT), size, Align::Left)?;
    for (value, text) in frame.y.ticks(true, SMALL).major.iter().filter(|_| first) {
        let at = frame.y.at(*value);
        pen.line(&[(plot.left - TICK, at), (plot.left, at)], ink)?;
        let baseline = at + SMALL * CAPITALS / 2.0;
        pen.text(text, (plot.left - TICK - 2.0, baseline), SMALL, Align::Right)?;
    }
    let numbers = layer_ticks(&frame.x, layers);
    for layer in numbers.into_iter().filter(|_| last) {
        let at = frame.x.at(layer as f64 - 0.5);
        pen.line(&[(at, plot.bottom), (at, plot.bottom + TICK)], ink)?;
        let baseline = plot.bottom + TICK + 2.0 + SMALL * CAPITALS;
        pen.text(&layer.to_string(), (at, baseline), SMALL, Align::Centre)?;
    }
    Ok(())
}

/// The layers that there is room to number: the first, then at an even distance.
fn layer_ticks(x: &Scale, layers: usize) -> Vec<usize> {
    let slot = x.length() / layers.max(1) as f64;
    let wide = font::width(&layers.to_string(), SMALL) * 1.5;
    let every = (1..=layers.max(1)).find(|every| *every as f64 * slot >= wide).unwrap_or(1);
    (1..=layers).step_by(every).collect()
}
