//! Figures: plain data of one kind in, SVG or PNG out.
//!
//! Each kind has a file with its `Data`, which a caller fills with numbers and names, and its drawing, generic over the backend. Sizes
//! are in points times one factor ([`Size`]); the canvas has 21 to 25 units a point, so that whole coordinates do not show. Text is set in
//! a font of our own ([`font`]), measured before it is placed, and embedded in SVG: same data, same bytes, on every machine. A figure in a
//! column grows downward with its legend, rows or lanes; a slide is always 16:9 and divides what there is.
//!
//! Not drawn: titles and captions, which belong to the text around a figure; interaction; three dimensions.

mod axis;
mod bitmap;
pub mod breakdown;
pub mod distribution;
pub mod exits;
pub mod font;
mod frame;
mod geometry;
pub mod heatmap;
pub mod histogram;
mod labels;
mod legend;
pub mod lines;
mod marker;
pub mod pareto;
mod pattern;
mod pen;
mod raster;
pub mod roofline;
mod style;
mod svg;
mod ticks;
pub mod timeline;
pub mod vf;
pub mod waterfall;

use std::fmt;

use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, DrawingBackend, IntoDrawingArea, SVGBackend};

pub use axis::{Axis, Mark};
pub use style::Size;
pub(crate) use svg::base64;

use pen::{Pen, drawn};

/// A figure: the data of one kind.
#[derive(Clone, Debug)]
pub enum Figure {
    /// Two costs against each other, and the front of points that nothing beats.
    Pareto(pareto::Data),
    /// Several y over one x.
    Lines(lines::Data),
    /// Stacked bars.
    Breakdown(breakdown::Data),
    /// A value over two categories.
    Heatmap(heatmap::Data),
    /// Weighted histogram with percentiles.
    Histogram(histogram::Data),
    /// Share of sentences by exit layer.
    Exits(exits::Data),
    /// Performance against operational intensity, under its roofs.
    Roofline(roofline::Data),
    /// What each unit does when.
    Timeline(timeline::Data),
    /// Frequency against supply voltage.
    Vf(vf::Data),
    /// Steps from one value to another.
    Waterfall(waterfall::Data),
    /// How values of several groups are spread.
    Distribution(distribution::Data),
}

/// Why there is no figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// There is nothing to draw.
    Empty {
        /// What is missing.
        what: String,
    },
    /// A value is not a number, or infinite.
    NotFinite {
        /// What the value belongs to.
        what: String,
    },
    /// A value is negative where there is no place for it, or zero on a logarithmic axis.
    NotPositive {
        /// What the value belongs to.
        what: String,
    },
    /// Two lists that belong together differ in length, or an index is beyond its list.
    Shape {
        /// What does not fit.
        what: String,
    },
    /// The backend or the font failed.
    Draw {
        /// What it said.
        what: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Empty { what } => write!(f, "nothing to draw: {what}"),
            Error::NotFinite { what } => write!(f, "not a finite number: {what}"),
            Error::NotPositive { what } => write!(f, "a value that its axis cannot show: {what}"),
            Error::Shape { what } => write!(f, "lists that do not belong together: {what}"),
            Error::Draw { what } => write!(f, "drawing failed: {what}"),
        }
    }
}

impl std::error::Error for Error {}

/// The figure as SVG with its font inside.
pub fn write_svg(figure: &Figure, size: Size) -> Result<String, Error> {
    let canvas = canvas(figure, size)?;
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, canvas).into_drawing_area();
        draw(&area, figure, size)?;
        drawn(area.present())?;
    }
    svg::finish(&text, canvas, size)
}

/// The figure as PNG: 600 dots an inch in a column, 2560 × 1440 on a slide.
pub fn write_png(figure: &Figure, size: Size) -> Result<Vec<u8>, Error> {
    let canvas = canvas(figure, size)?;
    let mut bitmap = bitmap::Bitmap::new(canvas);
    {
        let area = raster::Raster(&mut bitmap).into_drawing_area();
        draw(&area, figure, size)?;
        drawn(area.present())?;
    }
    bitmap.png(size)
}

/// Width and height of the canvas that [`draw`] expects, in its units.
pub fn canvas(figure: &Figure, size: Size) -> Result<(u32, u32), Error> {
    check(figure)?;
    let height = match size {
        Size::Column => height(figure, size.width()),
        Size::Slide => size.width() * 9.0 / 16.0,
    };
    // Whole pixels of a PNG, which has a third of the canvas' resolution.
    let units = |points: f64| ((points * size.unit() / 3.0).round() as u32).max(1) * 3;
    Ok((units(size.width()), units(height)))
}

/// Draws on an area of any backend whose size is that of [`canvas`].
pub fn draw<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    figure: &Figure,
    size: Size,
) -> Result<(), Error> {
    check(figure)?;
    font::register()?;
    let pen = Pen::new(area, size)?;
    match figure {
        Figure::Pareto(data) => pareto::draw(&pen, data),
        Figure::Lines(data) => lines::draw(&pen, data),
        Figure::Breakdown(data) => breakdown::draw(&pen, data),
        Figure::Heatmap(data) => heatmap::draw(&pen, data),
        Figure::Histogram(data) => histogram::draw(&pen, data),
        Figure::Exits(data) => exits::draw(&pen, data),
        Figure::Roofline(data) => roofline::draw(&pen, data),
        Figure::Timeline(data) => timeline::draw(&pen, data),
        Figure::Vf(data) => vf::draw(&pen, data),
        Figure::Waterfall(data) => waterfall::draw(&pen, data),
        Figure::Distribution(data) => distribution::draw(&pen, data),
    }
}

/// Refuses data that cannot be drawn.
fn check(figure: &Figure) -> Result<(), Error> {
    match figure {
        Figure::Pareto(data) => pareto::check(data),
        Figure::Lines(data) => lines::check(data),
        Figure::Breakdown(data) => breakdown::check(data),
        Figure::Heatmap(data) => heatmap::check(data),
        Figure::Histogram(data) => histogram::check(data),
        Figure::Exits(data) => exits::check(data),
        Figure::Roofline(data) => roofline::check(data),
        Figure::Timeline(data) => timeline::check(data),
        Figure::Vf(data) => vf::check(data),
        Figure::Waterfall(data) => waterfall::check(data),
        Figure::Distribution(data) => distribution::check(data),
    }
}

/// Height in a column, in points.
fn height(figure: &Figure, width: f64) -> f64 {
    match figure {
        Figure::Pareto(data) => pareto::height(data, width),
        Figure::Lines(data) => lines::height(data, width),
        Figure::Breakdown(data) => breakdown::height(data, width),
        Figure::Heatmap(data) => heatmap::height(data, width),
        Figure::Histogram(_) | Figure::Vf(_) => style::HEIGHT,
        Figure::Exits(data) => exits::height(data, width),
        Figure::Roofline(data) => roofline::height(data, width),
        Figure::Timeline(data) => timeline::height(data, width),
        Figure::Waterfall(data) => waterfall::height(data, width),
        Figure::Distribution(data) => distribution::height(data, width),
    }
}
