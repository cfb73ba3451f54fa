//! Lines, areas and text in points on a canvas of whole units: the only place that speaks to plotters.

use plotters::coord::Shift;
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::prelude::{DrawingArea, DrawingAreaErrorKind, DrawingBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontTransform, IntoFont, RGBColor, ShapeStyle};

use super::font::{self, FAMILY, LINE_HEIGHT};
use super::geometry::dashes;
pub(super) use super::geometry::{Point, Rect};
use super::style::{self, GAP, INK, PAPER, Size};
use super::{Error, pattern};

/// How a line is drawn.
#[derive(Clone, Copy)]
pub(super) struct Stroke {
    pub(super) color: RGBColor,
    pub(super) width: f64,
    pub(super) dash: &'static [f64],
}

impl Stroke {
    /// A full line.
    pub(super) fn new(color: RGBColor, width: f64) -> Stroke {
        Stroke { color, width, dash: &[] }
    }
}

/// Which point of a text is at the given place, along its baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Centre,
    Right,
}

/// The canvas with its unit.
pub(super) struct Pen<'a, DB: DrawingBackend> {
    area: &'a DrawingArea<DB, Shift>,
    unit: f64,
    pub(super) size: Size,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// The error of plotters as ours.
pub(super) fn drawn<E: std::error::Error + Send + Sync>(
    result: Result<(), DrawingAreaErrorKind<E>>,
) -> Result<(), Error> {
    result.map_err(|error| Error::Draw { what: error.to_string() })
}

impl<'a, DB: DrawingBackend> Pen<'a, DB> {
    pub(super) fn new(area: &'a DrawingArea<DB, Shift>, size: Size) -> Result<Self, Error> {
        drawn(area.fill(&PAPER))?;
        let (width, height) = area.dim_in_pixel();
        let unit = size.unit();
        Ok(Pen { area, unit, size, width: f64::from(width) / unit, height: f64::from(height) / unit })
    }

    /// All of the canvas but its margin.
    pub(super) fn inside(&self) -> Rect {
        Rect::new(GAP, GAP, self.width - GAP, self.height - GAP)
    }

    fn whole(&self, (x, y): Point) -> (i32, i32) {
        ((x * self.unit).round() as i32, (y * self.unit).round() as i32)
    }

    fn shape(&self, color: RGBColor, width: f64) -> ShapeStyle {
        ShapeStyle {
            color: color.to_rgba(),
            filled: false,
            stroke_width: (width * self.unit).round().max(1.0) as u32,
        }
    }

    pub(super) fn line(&self, points: &[Point], stroke: Stroke) -> Result<(), Error> {
        let shape = self.shape(stroke.color, stroke.width);
        for piece in dashes(points, stroke.dash) {
            let whole: Vec<_> = piece.into_iter().map(|p| self.whole(p)).collect();
            drawn(self.area.draw(&PathElement::new(whole, shape)))?;
        }
        Ok(())
    }

    /// A closed line; its last corner is like the others.
    pub(super) fn outline(&self, corners: &[Point], stroke: Stroke) -> Result<(), Error> {
        let closed: Vec<Point> = corners.iter().chain(corners.iter().take(2)).copied().collect();
        self.line(&closed, stroke)
    }

    pub(super) fn polygon(&self, corners: &[Point], color: RGBColor) -> Result<(), Error> {
        let whole: Vec<_> = corners.iter().map(|p| self.whole(*p)).collect();
        drawn(self.area.draw(&Polygon::new(whole, color)))
    }

    pub(super) fn disc(&self, centre: Point, radius: f64, color: RGBColor) -> Result<(), Error> {
        let radius = (radius * self.unit).round() as i32;
        drawn(self.area.draw(&Circle::new(self.whole(centre), radius, color.filled())))
    }

    pub(super) fn ring(&self, centre: Point, radius: f64, stroke: Stroke) -> Result<(), Error> {
        let radius = (radius * self.unit).round() as i32;
        let shape = self.shape(stroke.color, stroke.width);
        drawn(self.area.draw(&Circle::new(self.whole(centre), radius, shape)))
    }

    pub(super) fn rect(&self, rect: Rect, color: RGBColor) -> Result<(), Error> {
        let corners = [self.whole((rect.left, rect.top)), self.whole((rect.right, rect.bottom))];
        drawn(self.area.draw(&Rectangle::new(corners, color.filled())))
    }

    pub(super) fn frame(&self, rect: Rect, stroke: Stroke) -> Result<(), Error> {
        let Rect { left, top, right, bottom } = rect;
        self.outline(&[(left, top), (right, top), (right, bottom), (left, bottom)], stroke)
    }

    /// A rectangle in colour and pattern of the series at an index.
    pub(super) fn fill(&self, rect: Rect, index: usize) -> Result<(), Error> {
        self.rect(rect, style::color(index))?;
        for (from, to) in pattern::lines(rect, index) {
            self.line(&[from, to], Stroke::new(PAPER, 0.4))?;
        }
        Ok(())
    }

    /// Text with its baseline at a place.
    pub(super) fn text(&self, text: &str, at: Point, size: f64, align: Align) -> Result<(), Error> {
        self.ink(text, at, size, align, INK)
    }

    pub(super) fn ink(
        &self,
        text: &str,
        (x, y): Point,
        size: f64,
        align: Align,
        color: RGBColor,
    ) -> Result<(), Error> {
        // plotters' SVG sets the baseline of a text with its top at y to y + 0.76 em; so does our bitmap.
        self.letters(text, (x, y - 0.76 * size), size, align, color, FontTransform::None)
    }

    /// Text that reads upward, with its baseline at x.
    pub(super) fn upward(&self, text: &str, (x, y): Point, size: f64, align: Align) -> Result<(), Error> {
        self.letters(text, (x - 0.76 * size, y), size, align, INK, FontTransform::Rotate270)
    }

    fn letters(
        &self,
        text: &str,
        at: Point,
        size: f64,
        align: Align,
        color: RGBColor,
        transform: FontTransform,
    ) -> Result<(), Error> {
        let horizontal = match align {
            Align::Left => HPos::Left,
            Align::Centre => HPos::Center,
            Align::Right => HPos::Right,
        };
        let style = (FAMILY, (size * self.unit).round() * LINE_HEIGHT)
            .into_font()
            .transform(transform)
            .color(&color)
            .pos(Pos::new(horizontal, VPos::Top));
        drawn(self.area.draw(&Text::new(text.to_string(), self.whole(at), style)))
    }

    /// Lines of text, centred, the first one's baseline at a place.
    pub(super) fn paragraph(&self, lines: &[String], (x, y): Point, size: f64) -> Result<(), Error> {
        for (index, line) in lines.iter().enumerate() {
            self.text(line, (x, y + index as f64 * size * 1.15), size, Align::Centre)?;
        }
        Ok(())
    }
}

/// The box of a text with its baseline at a place.
pub(super) fn text_box(text: &str, (x, y): Point, size: f64, align: Align) -> Rect {
    let width = font::width(text, size);
    let left = match align {
        Align::Left => x,
        Align::Centre => x - width / 2.0,
        Align::Right => x - width,
    };
    Rect::new(left, y - font::CAPITALS * size, left + width, y + font::DESCENT * size)
}
