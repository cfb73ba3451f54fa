//! Markers: the shape says the series as well as the colour does. Corners are constants: no sine of the host's library reaches a figure.

use plotters::prelude::DrawingBackend;
use plotters::style::RGBColor;

use super::Error;
use super::pen::{Pen, Point, Stroke};
use super::style::{self, MARKER, PAPER};

/// Corners in radii; a disc has none.
const SHAPES: [&[Point]; 8] = [
    &[],
    &[(-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)],
    &[(0.0, -1.2), (1.1, 0.8), (-1.1, 0.8)],
    &[(0.0, -1.25), (1.25, 0.0), (0.0, 1.25), (-1.25, 0.0)],
    &[(0.0, 1.2), (1.1, -0.8), (-1.1, -0.8)],
    &[
        (-0.35, -1.15),
        (0.35, -1.15),
        (0.35, -0.35),
        (1.15, -0.35),
        (1.15, 0.35),
        (0.35, 0.35),
        (0.35, 1.15),
        (-0.35, 1.15),
        (-0.35, 0.35),
        (-1.15, 0.35),
        (-1.15, -0.35),
        (-0.35, -0.35),
    ],
    &[
        (-1.06, -0.57),
        (-0.57, -1.06),
        (0.0, -0.49),
        (0.57, -1.06),
        (1.06, -0.57),
        (0.49, 0.0),
        (1.06, 0.57),
        (0.57, 1.06),
        (0.0, 0.49),
        (-0.57, 1.06),
        (-1.06, 0.57),
        (-0.49, 0.0),
    ],
    &[
        (0.0, -1.3),
        (0.36, -0.5),
        (1.24, -0.4),
        (0.58, 0.19),
        (0.76, 1.05),
        (0.0, 0.61),
        (-0.76, 1.05),
        (-0.58, 0.19),
        (-1.24, -0.4),
        (-0.36, -0.5),
    ],
];

/// A marker of the series at an index, in its colour. The second round of shapes is hollow.
pub(super) fn draw<DB: DrawingBackend>(pen: &Pen<DB>, at: Point, index: usize) -> Result<(), Error> {
    tinted(pen, at, index, style::color(index), MARKER)
}

/// The same in another colour and size.
pub(super) fn tinted<DB: DrawingBackend>(
    pen: &Pen<DB>,
    at: Point,
    index: usize,
    color: RGBColor,
    radius: f64,
) -> Result<(), Error> {
    let hollow = (index / SHAPES.len()) % 2 == 1;
    let shape = SHAPES[index % SHAPES.len()];
    let place = |scale: f64| -> Vec<Point> {
        shape.iter().map(|(x, y)| (at.0 + x * radius * scale, at.1 + y * radius * scale)).collect()
    };
    let stroke = Stroke::new(color, 0.7);
    match (shape.is_empty(), hollow) {
        (true, false) => pen.disc(at, radius, color),
        (true, true) => {
            pen.disc(at, radius * 0.9, PAPER)?;
            pen.ring(at, radius * 0.9, stroke)
        }
        (false, false) => pen.polygon(&place(1.0), color),
        (false, true) => {
            pen.polygon(&place(0.9), PAPER)?;
            pen.outline(&place(0.9), stroke)
        }
    }
}
