//! A value over two lists of names, in viridis, whose lightness rises evenly; with the number in each cell where all numbers fit.

use plotters::prelude::DrawingBackend;
use plotters::style::RGBColor;

use super::axis::{Axis, Range, Scale, bounds};
use super::font::{self, CAPITALS};
use super::frame::{self, Side};
use super::pen::{Align, Pen, Rect, Stroke};
use super::style::{self, GAP, INK, LEAST, PAPER, SOFT, TEXT, THIN, TICK, TITLE};
use super::{Error, pattern, ticks};

/// Cells in columns and rows.
#[derive(Clone, Debug)]
pub struct Data {
    /// What the columns are.
    pub columns_title: String,
    /// Name of each column.
    pub columns: Vec<String>,
    /// What the rows are.
    pub rows_title: String,
    /// Name of each row, from the top.
    pub rows: Vec<String>,
    /// What the colour says; logarithmic if its axis is.
    pub value: Axis,
    /// For each row the value in each column; missing ones are hatched.
    pub cells: Vec<Vec<Option<f64>>>,
}

/// Viridis (Smith and van der Walt, in the public domain) at sixteen equal steps.
const VIRIDIS: [(u8, u8, u8); 16] = [
    (68, 1, 84),
    (72, 26, 108),
    (71, 47, 125),
    (65, 68, 135),
    (57, 86, 140),
    (49, 104, 142),
    (42, 120, 142),
    (35, 136, 142),
    (31, 152, 139),
    (34, 168, 132),
    (53, 183, 121),
    (84, 197, 104),
    (122, 209, 81),
    (165, 219, 54),
    (210, 226, 27),
    (253, 231, 37),
];

/// The colour of a share between 0 and 1.
fn viridis(share: f64) -> RGBColor {
    let place = share.clamp(0.0, 1.0) * (VIRIDIS.len() - 1) as f64;
    let index = (place as usize).min(VIRIDIS.len() - 2);
    let (low, high, rest) = (VIRIDIS[index], VIRIDIS[index + 1], place - index as f64);
    let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * rest).round() as u8;
    RGBColor(mix(low.0, high.0), mix(low.1, high.1), mix(low.2, high.2))
}

fn values(data: &Data) -> impl Iterator<Item = f64> + '_ {
    data.cells.iter().flatten().flatten().copied()
}

pub(super) fn check(data: &Data) -> Result<(), Error> {
    let fits = data.cells.iter().all(|row| row.len() == data.columns.len());
    if data.cells.len() != data.rows.len() || !fits {
        return Err(Error::Shape {
            what: format!("cells of a table of {} by {}", data.rows.len(), data.columns.len()),
        });
    }
    if values(data).next().is_none() {
        return Err(Error::Empty { what: "no cell with a value".into() });
    }
    data.value.check(values(data))
}

pub(super) fn height(data: &Data, _: f64) -> f64 {
    60.0 + (data.rows.len() as f64 * 15.0).clamp(70.0, 200.0)
}

/// What the colours span: the values themselves, or around the only one.
fn range(data: &Data) -> Range {
    let (low, high) = bounds(values(data));
    if low < high { Range { low, high } } else { Range::around(&data.value, [low]) }
}

pub(super) fn draw<DB: DrawingBackend>(pen: &Pen<DB>, data: &Data) -> Result<(), Error> {
    let shade = range(data).scale(data.value.log, 0.0, 1.0);
    let inside = pen.inside();
    let bar = bar_width(data, inside.height() * 0.7);
    let outer = Rect { right: inside.right - bar - GAP * 2.0, ..inside };
    let columns = Side::Names(&data.columns_title, &data.columns);
    let frame = frame::draw(pen, outer, columns, Side::Names(&data.rows_title, &data.rows))?;
    let labels = numbers(data, frame.rect);
    for (row, cells) in data.cells.iter().enumerate() {
        for (column, cell) in cells.iter().enumerate() {
            let y = (data.rows.len() - row) as f64;
            let (left, top) = frame.at(column as f64, y);
            let (right, bottom) = frame.at(column as f64 + 1.0, y - 1.0);
            let rect = Rect::new(left, top, right, bottom);
            draw_cell(pen, rect, cell.map(|value| shade.at(value)))?;
            if let (Some(value), Some((size, digits))) = (cell, labels) {
                let ink = style::ink_on(viridis(shade.at(*value)));
                let at = ((left + right) / 2.0, (top + bottom) / 2.0 + size * CAPITALS / 2.0);
                pen.ink(&ticks::significant(*value, digits), at, size, Align::Centre, ink)?;
            }
        }
    }
    pen.frame(frame.rect, Stroke::new(INK, THIN))?;
    color_bar(pen, data, frame.rect, inside)
}

/// Space for colours, ticks and title of the bar.
fn bar_width(data: &Data, length: f64) -> f64 {
    let ticks = range(data).scale(data.value.log, length, 0.0).ticks(true, TEXT);
    let widest = font::widest(ticks.major.iter().map(|t| t.1.as_str()), TEXT);
    8.0 + TICK + 2.0 + widest + GAP * 1.1 + TITLE
}

/// The largest font size and the most digits with which every number fits its cell.
fn numbers(data: &Data, rect: Rect) -> Option<(f64, i32)> {
    let width = rect.width() / data.columns.len() as f64 - 2.0;
    let height = rect.height() / data.rows.len() as f64 - 1.5;
    for digits in [3, 2] {
        for size in [TEXT, TEXT - 1.0, LEAST] {
            let texts: Vec<_> = values(data).map(|value| ticks::significant(value, digits)).collect();
            if font::widest(texts.iter().map(String::as_str), size) <= width && size * CAPITALS <= height {
                return Some((size, digits));
            }
        }
    }
    None
}

fn draw_cell<DB: DrawingBackend>(pen: &Pen<DB>, rect: Rect, share: Option<f64>) -> Result<(), Error> {
    if let Some(share) = share {
        return pen.rect(rect, viridis(share));
    }
    pen.rect(rect, PAPER)?;
    for (from, to) in pattern::rising(rect, 2.2) {
        pen.line(&[from, to], Stroke::new(SOFT, 0.4))?;
    }
    Ok(())
}

fn color_bar<DB: DrawingBackend>(pen: &Pen<DB>, data: &Data, plot: Rect, inside: Rect) -> Result<(), Error> {
    let left = plot.right + GAP * 2.0;
    let bar = Rect::new(left, plot.top, left + 8.0, plot.bottom);
    let scale: Scale = range(data).scale(data.value.log, bar.bottom, bar.top);
    let steps = 128;
    let edge = |step: usize| bar.bottom - bar.height() * step as f64 / f64::from(steps);
    for step in 0..steps as usize {
        // Each stripe reaches under the next, so that no paper shows between them.
        let top = edge((step + 2).min(steps as usize));
        let share = (step as f64 + 0.5) / f64::from(steps);
        pen.rect(Rect::new(bar.left, top, bar.right, edge(step)), viridis(share))?;
    }
    pen.frame(bar, Stroke::new(INK, THIN))?;
    let ticks = scale.ticks(true, TEXT);
    for (value, label) in &ticks.major {
        let y = scale.at(*value);
        pen.line(&[(bar.right, y), (bar.right + TICK, y)], Stroke::new(INK, THIN))?;
        let at = (bar.right + TICK + 2.0, y + TEXT * CAPITALS / 2.0);
        pen.text(label, at, TEXT, Align::Left)?;
    }
    let title = font::cut(&data.value.title(ticks.exponent), TITLE, inside.height());
    let half = font::width(&title, TITLE) / 2.0;
    let middle = ((bar.top + bar.bottom) / 2.0).max(inside.top + half).min(inside.bottom - half);
    pen.upward(&title, (inside.right - TITLE * 0.21, middle), TITLE, Align::Centre)
}

#[cfg(test)]
mod tests {
    use super::viridis;

    #[test]
    fn lightness_rises_all_along_the_colours() {
        let light = |share: f64| {
            let color = viridis(share);
            0.2126 * f64::from(color.0) + 0.7152 * f64::from(color.1) + 0.0722 * f64::from(color.2)
        };
        assert!((1..=100).all(|i| light(f64::from(i) / 100.0) > light(f64::from(i - 1) / 100.0)));
    }
}
