//! The one style of all figures: sizes in points, which a [`Size`] makes units of its canvas, colours, dashes. What an index selects repeats only after colour, marker and dash have
//! all come round, so that colour is never the only difference.

use plotters::style::RGBColor;

/// What a figure is drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// A column of a journal: 85 mm wide, as high as its data need.
    Column,
    /// A slide: 254 mm wide, 16:9, everything twice as large.
    Slide,
}

impl Size {
    /// Millimetres from left to right.
    pub(super) fn millimetres(self) -> f64 {
        match self {
            Size::Column => 85.0,
            Size::Slide => 254.0,
        }
    }

    /// Width in points; those of a slide are twice those of a column.
    pub(super) fn width(self) -> f64 {
        match self {
            Size::Column => 240.96, // 85 mm, up to whole pixels at 600 dots an inch
            Size::Slide => 360.0,
        }
    }

    /// Units of the canvas in a point.
    pub(super) fn unit(self) -> f64 {
        match self {
            Size::Column => 25.0,          // 1,800 units an inch
            Size::Slide => 7680.0 / 360.0, // three times 2,560 pixels
        }
    }
}

/// Height of a plain figure in a column.
pub(super) const HEIGHT: f64 = 160.0;
/// Font size of axis titles.
pub(super) const TITLE: f64 = 8.0;
/// Font size of tick labels, legends and names.
pub(super) const TEXT: f64 = 7.0;
/// Font size of what stands inside a figure; nothing is set smaller than [`LEAST`].
pub(super) const SMALL: f64 = 6.0;
/// The smallest font size that is still read in print.
pub(super) const LEAST: f64 = 5.0;
/// Width of a line of data.
pub(super) const LINE: f64 = 1.0;
/// Width of axes, ticks and outlines.
pub(super) const THIN: f64 = 0.5;
/// Radius of a marker.
pub(super) const MARKER: f64 = 2.3;
/// Length of a tick.
pub(super) const TICK: f64 = 2.5;
/// Space between things that do not belong together, and around the figure.
pub(super) const GAP: f64 = 4.0;
/// Height of a row of a legend.
pub(super) const ROW: f64 = 9.5;

/// Text, axes and outlines.
pub(super) const INK: RGBColor = RGBColor(0, 0, 0);
/// What is said less loudly: leaders, annotations.
pub(super) const SOFT: RGBColor = RGBColor(110, 110, 110);
/// Grid lines.
pub(super) const GRID: RGBColor = RGBColor(225, 225, 225);
/// Paper.
pub(super) const PAPER: RGBColor = RGBColor(255, 255, 255);

/// Colours of Okabe and Ito, which people with any colour vision tell apart; without their yellow, too light for a line on white.
const COLORS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(70, 70, 70),
];

/// Lengths of dash and gap in turn; the first is a full line.
const DASHES: [&[f64]; 5] =
    [&[], &[4.0, 1.6], &[1.2, 1.2], &[5.0, 1.4, 1.2, 1.4], &[7.0, 1.4, 1.2, 1.4, 1.2, 1.4]];

/// Colour of the series at an index.
pub(super) fn color(index: usize) -> RGBColor {
    COLORS[index % COLORS.len()]
}

/// Dash of the series at an index.
pub(super) fn dash(index: usize) -> &'static [f64] {
    DASHES[index % DASHES.len()]
}

/// A colour mixed with paper: `share` of it is left. Figures have no transparency, which not every printer and converter knows.
pub(super) fn faded(color: RGBColor, share: f64) -> RGBColor {
    let mix = |c: u8| (f64::from(c) * share + 255.0 * (1.0 - share)).round() as u8;
    RGBColor(mix(color.0), mix(color.1), mix(color.2))
}

/// Ink that is read on a colour.
pub(super) fn ink_on(color: RGBColor) -> RGBColor {
    let light = 0.299 * f64::from(color.0) + 0.587 * f64::from(color.1) + 0.114 * f64::from(color.2);
    if light < 140.0 { PAPER } else { INK }
}
