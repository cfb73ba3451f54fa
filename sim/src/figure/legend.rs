//! A legend outside of the plot: above it in a column, beside it on a slide, in as many columns as its measured names leave room for.

use plotters::prelude::DrawingBackend;

use super::font::{self, CAPITALS};
use super::pen::{Align, Pen, Rect, Stroke};
use super::style::{self, GAP, LEAST, LINE, ROW, Size, TEXT};
use super::{Error, marker};

/// What stands before a name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sample {
    /// A line with dash and marker of a series.
    Line,
    /// A marker.
    Marker,
    /// Colour and pattern of an area.
    Fill,
}

/// Entries of a legend: the series at each index.
pub(super) struct Legend<'a> {
    pub(super) sample: Sample,
    pub(super) names: Vec<&'a str>,
}

/// Columns and rows of a legend at a font size.
struct Grid {
    rows: usize,
    /// Width of each column, with its sample.
    columns: Vec<f64>,
    size: f64,
    row: f64,
}

impl Grid {
    fn width(&self) -> f64 {
        self.columns.iter().sum::<f64>() + GAP * 2.0 * self.columns.len().saturating_sub(1) as f64
    }

    fn height(&self) -> f64 {
        self.rows as f64 * self.row
    }
}

impl<'a> Legend<'a> {
    /// One entry, with nothing to tell it from, needs no legend.
    pub(super) fn new(sample: Sample, names: impl IntoIterator<Item = &'a str>) -> Legend<'a> {
        let names: Vec<&str> = names.into_iter().collect();
        Legend { sample, names: if names.len() > 1 { names } else { Vec::new() } }
    }

    fn sample_width(&self) -> f64 {
        if self.sample == Sample::Line { 20.0 } else { 9.0 }
    }

    fn grid(&self, columns: usize, size: f64, widest: f64) -> Grid {
        let rows = self.names.len().div_ceil(columns);
        let widths = self.names.chunks(rows).map(|names| {
            let name = font::widest(names.iter().copied(), size);
            (name.min(widest - self.sample_width() - 3.0)) + self.sample_width() + 3.0
        });
        Grid { rows, columns: widths.collect(), size, row: ROW * size / TEXT }
    }

    /// The fewest rows that fit a width.
    fn above(&self, width: f64) -> Grid {
        (1..=self.names.len())
            .rev()
            .map(|columns| self.grid(columns, TEXT, width))
            .find(|grid| grid.width() <= width)
            .unwrap_or_else(|| self.grid(1, TEXT, width))
    }

    /// The fewest columns that fit a height and leave at least 55 % of the width for the plot: smaller if need be, then with names cut
    /// short; none where not even an initial would be left of them.
    fn beside(&self, outer: Rect) -> Option<Grid> {
        let most = outer.width() * 0.45;
        let columns = |size: f64| {
            let rows = (outer.height() / (ROW * size / TEXT)).floor().max(1.0) as usize;
            self.names.len().div_ceil(rows)
        };
        let whole = [TEXT, TEXT - 1.0, LEAST].into_iter().find_map(|size| {
            Some(self.grid(columns(size), size, f64::INFINITY)).filter(|grid| grid.width() <= most)
        });
        let count = columns(LEAST) as f64;
        let widest = (most - GAP * 2.0 * (count - 1.0)) / count;
        whole.or_else(|| (widest > 40.0).then(|| self.grid(count as usize, LEAST, widest)))
    }

    /// Height above a plot in a column of some width.
    pub(super) fn height(&self, width: f64) -> f64 {
        if self.names.is_empty() { 0.0 } else { self.above(width - 2.0 * GAP).height() + GAP }
    }

    /// Draws the legend at the top or the right of a rectangle and returns what is left of it.
    pub(super) fn draw<DB: DrawingBackend>(&self, pen: &Pen<DB>, outer: Rect) -> Result<Rect, Error> {
        if self.names.is_empty() {
            return Ok(outer);
        }
        if pen.size == Size::Slide
            && let Some(grid) = self.beside(outer)
        {
            let left = outer.right - grid.width();
            self.entries(pen, &grid, left, outer.top)?;
            return Ok(Rect { right: left - GAP * 2.0, ..outer });
        }
        let grid = self.above(outer.width());
        self.entries(pen, &grid, outer.left, outer.top)?;
        Ok(Rect { top: outer.top + grid.height() + GAP, ..outer })
    }

    fn entries<DB: DrawingBackend>(
        &self,
        pen: &Pen<DB>,
        grid: &Grid,
        left: f64,
        top: f64,
    ) -> Result<(), Error> {
        let mut x = left;
        for (column, names) in self.names.chunks(grid.rows).enumerate() {
            for (row, name) in names.iter().enumerate() {
                let middle = top + (row as f64 + 0.5) * grid.row;
                self.sample(pen, column * grid.rows + row, x, middle)?;
                let room = grid.columns[column] - self.sample_width() - 3.0;
                let name = font::cut(name, grid.size, room + 0.01);
                let baseline = middle + grid.size * CAPITALS / 2.0;
                pen.text(&name, (x + self.sample_width() + 3.0, baseline), grid.size, Align::Left)?;
            }
            x += grid.columns[column] + GAP * 2.0;
        }
        Ok(())
    }

    fn sample<DB: DrawingBackend>(&self, pen: &Pen<DB>, index: usize, x: f64, y: f64) -> Result<(), Error> {
        match self.sample {
            Sample::Line => {
                let stroke = Stroke { color: style::color(index), width: LINE, dash: style::dash(index) };
                pen.line(&[(x, y), (x + 20.0, y)], stroke)?;
                marker::draw(pen, (x + 10.0, y), index)
            }
            Sample::Marker => marker::draw(pen, (x + 4.5, y), index),
            Sample::Fill => pen.fill(Rect::new(x, y - 3.0, x + 9.0, y + 3.0), index),
        }
    }
}
