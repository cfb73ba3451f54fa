//! Axes around a plot: margins from measured labels, grid, ticks, titles.

use plotters::prelude::DrawingBackend;

use super::Error;
use super::axis::{Axis, Range, Scale};
use super::font::{self, CAPITALS, DESCENT};
use super::pen::{Align, Pen, Rect, Stroke};
use super::style::{GAP, GRID, INK, LEAST, TEXT, THIN, TICK, TITLE};
use super::ticks::Ticks;

/// Baselines of one paragraph are this far apart, in font sizes.
const LEADING: f64 = 1.15;

/// What lies along one side of a plot.
#[derive(Clone, Copy)]
pub(super) enum Side<'a> {
    /// Values.
    Values(&'a Axis, Range),
    /// Names at 0.5, 1.5, …; the title may be empty.
    Names(&'a str, &'a [String]),
}

/// A plot: where it is and where values lie in it.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    pub(super) rect: Rect,
    pub(super) x: Scale,
    pub(super) y: Scale,
}

impl Frame {
    pub(super) fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.x.at(x), self.y.at(y))
    }
}

/// How names are set in slots of some width.
struct Names {
    size: f64,
    /// Names read upward.
    upward: bool,
    /// Each name's lines; none where slots are too narrow for every name.
    lines: Vec<Vec<String>>,
    /// Space that they take across the axis.
    depth: f64,
}

impl Side<'_> {
    fn scale(&self, from: f64, to: f64) -> Scale {
        match self {
            Side::Values(axis, range) => range.scale(axis.log, from, to),
            Side::Names(_, names) => {
                Range { low: 0.0, high: names.len().max(1) as f64 }.scale(false, from, to)
            }
        }
    }

    fn title(&self, ticks: &Ticks) -> String {
        match self {
            Side::Values(axis, _) => axis.title(ticks.exponent),
            Side::Names(title, _) => (*title).to_string(),
        }
    }
}

/// Draws the axes of a plot that fills a rectangle with all its labels.
pub(super) fn draw<DB: DrawingBackend>(pen: &Pen<DB>, outer: Rect, x: Side, y: Side) -> Result<Frame, Error> {
    let frame = layout(outer, x, y);
    let (x_ticks, y_ticks) = (ticks(x, &frame.x, false), ticks(y, &frame.y, true));
    grid(pen, &frame, &x_ticks, &y_ticks, matches!(y, Side::Values(..)))?;
    below(pen, &frame, outer, x, &x_ticks)?;
    beside(pen, &frame, outer, y, &y_ticks)?;
    Ok(frame)
}

/// The lines of axes again, over what was drawn at them.
pub(super) fn axes<DB: DrawingBackend>(pen: &Pen<DB>, frame: &Frame) -> Result<(), Error> {
    let Rect { left, top, right, bottom } = frame.rect;
    pen.line(&[(left, top), (left, bottom), (right, bottom)], Stroke::new(INK, THIN))
}

fn ticks(side: Side, scale: &Scale, upright: bool) -> Ticks {
    match side {
        Side::Values(..) => scale.ticks(upright, TEXT),
        Side::Names(..) => Ticks::default(),
    }
}

/// Margins: what y takes at the left decides the width for x, and what x takes below the height for y; twice settles it.
fn layout(outer: Rect, x: Side, y: Side) -> Frame {
    let mut rect = outer;
    rect.top += TEXT * CAPITALS / 2.0;
    for _ in 0..3 {
        let x_scale = x.scale(rect.left, rect.right);
        let y_scale = y.scale(rect.bottom, rect.top);
        let (x_ticks, y_ticks) = (ticks(x, &x_scale, false), ticks(y, &y_scale, true));
        let depth = match x {
            Side::Values(..) => TEXT * CAPITALS,
            Side::Names(_, names) => names_below(names, rect.width()).depth,
        };
        let widest = match y {
            Side::Values(..) => font::widest(y_ticks.major.iter().map(|t| t.1.as_str()), TEXT),
            Side::Names(_, names) => names_beside(names, rect.height(), outer.width()).depth,
        };
        let title = |side: Side, ticks: &Ticks, length: f64| {
            let lines = font::wrap(&side.title(ticks), TITLE, length).len() as f64;
            if lines > 0.0 { GAP * 1.1 + TITLE * (CAPITALS + DESCENT + (lines - 1.0) * LEADING) } else { 0.0 }
        };
        rect.left = outer.left + title(y, &y_ticks, outer.height()) + widest + TICK + 2.0;
        rect.bottom = outer.bottom - title(x, &x_ticks, rect.width()) - depth - TICK - 2.0;
        if let Side::Values(..) = x {
            rect.right = outer.right - font::widest(x_ticks.major.iter().map(|t| t.1.as_str()), TEXT) / 2.0;
        }
    }
    Frame { rect, x: x.scale(rect.left, rect.right), y: y.scale(rect.bottom, rect.top) }
}

fn grid<DB: DrawingBackend>(
    pen: &Pen<DB>,
    frame: &Frame,
    x: &Ticks,
    y: &Ticks,
    with_y: bool,
) -> Result<(), Error> {
    let Rect { left, top, right, bottom } = frame.rect;
    let (light, ink) = (Stroke::new(GRID, THIN), Stroke::new(INK, THIN));
    for (value, _) in &x.major {
        let at = frame.x.at(*value);
        pen.line(&[(at, top), (at, bottom)], light)?;
        pen.line(&[(at, bottom), (at, bottom + TICK)], ink)?;
    }
    for (value, _) in y.major.iter().filter(|_| with_y) {
        let at = frame.y.at(*value);
        pen.line(&[(left, at), (right, at)], light)?;
        pen.line(&[(left - TICK, at), (left, at)], ink)?;
    }
    for at in x.minor.iter().map(|value| frame.x.at(*value)) {
        pen.line(&[(at, bottom), (at, bottom + TICK * 0.5)], ink)?;
    }
    for at in y.minor.iter().map(|value| frame.y.at(*value)) {
        pen.line(&[(left - TICK * 0.5, at), (left, at)], ink)?;
    }
    axes(pen, frame)
}

fn below<DB: DrawingBackend>(
    pen: &Pen<DB>,
    frame: &Frame,
    outer: Rect,
    side: Side,
    ticks: &Ticks,
) -> Result<(), Error> {
    let top = frame.rect.bottom + TICK + 2.0;
    for (value, label) in &ticks.major {
        pen.text(label, (frame.x.at(*value), top + TEXT * CAPITALS), TEXT, Align::Centre)?;
    }
    if let Side::Names(_, names) = side {
        let set = names_below(names, frame.rect.width());
        for (index, lines) in set.lines.iter().enumerate() {
            let at = frame.x.at(index as f64 + 0.5);
            if set.upward {
                let across = set.size * (CAPITALS - DESCENT) / 2.0;
                for line in lines {
                    pen.upward(line, (at + across, top), set.size, Align::Right)?;
                }
            } else {
                pen.paragraph(lines, (at, top + set.size * CAPITALS), set.size)?;
            }
        }
    }
    let lines = font::wrap(&side.title(ticks), TITLE, frame.rect.width());
    let last = outer.bottom - TITLE * DESCENT - lines.len().saturating_sub(1) as f64 * TITLE * LEADING;
    pen.paragraph(&lines, ((frame.rect.left + frame.rect.right) / 2.0, last), TITLE)
}

fn beside<DB: DrawingBackend>(
    pen: &Pen<DB>,
    frame: &Frame,
    outer: Rect,
    side: Side,
    ticks: &Ticks,
) -> Result<(), Error> {
    let right = frame.rect.left - TICK - 2.0;
    for (value, label) in &ticks.major {
        let baseline = frame.y.at(*value) + TEXT * CAPITALS / 2.0;
        pen.text(label, (right, baseline), TEXT, Align::Right)?;
    }
    if let Side::Names(_, names) = side {
        let set = names_beside(names, frame.rect.height(), outer.width());
        for (index, lines) in set.lines.iter().enumerate() {
            // The first name is at the top.
            let at = frame.y.at((names.len() - 1 - index) as f64 + 0.5) + set.size * CAPITALS / 2.0;
            for line in lines {
                pen.text(line, (right, at), set.size, Align::Right)?;
            }
        }
    }
    let lines = font::wrap(&side.title(ticks), TITLE, outer.height());
    let wanted = (frame.rect.top + frame.rect.bottom) / 2.0;
    for (index, line) in lines.iter().enumerate() {
        let half = font::width(line, TITLE) / 2.0;
        let middle = wanted.max(outer.top + half).min(outer.bottom - half);
        let baseline = outer.left + TITLE * (CAPITALS + index as f64 * LEADING);
        pen.upward(line, (baseline, middle), TITLE, Align::Centre)?;
    }
    Ok(())
}

/// Names below a plot: in up to three lines, smaller if need be, or upward where slots are narrow.
fn names_below(names: &[String], width: f64) -> Names {
    let slot = width / names.len().max(1) as f64;
    for size in [TEXT, TEXT - 1.0] {
        let lines: Vec<_> = names.iter().map(|name| font::wrap(name, size, slot - 3.0)).collect();
        let most = lines.iter().map(Vec::len).max().unwrap_or(0);
        let whole = names.iter().zip(&lines).all(|(name, lines)| lines.join(" ") == name.trim());
        if whole && most <= 3 {
            let depth = size * (CAPITALS + DESCENT + most.saturating_sub(1) as f64 * LEADING);
            return Names { size, upward: false, lines, depth };
        }
    }
    let (size, every) = thinned(slot);
    let lines: Vec<_> = kept(names, every).map(|name| vec![font::cut(&name, size, 70.0)]).collect();
    let depth = font::widest(lines.iter().flatten().map(String::as_str), size);
    Names { size, upward: true, lines, depth }
}

/// Names at the left of a plot, in one line each, at most 35 % of the width.
fn names_beside(names: &[String], height: f64, width: f64) -> Names {
    let (size, every) = thinned(height / names.len().max(1) as f64);
    let lines: Vec<_> = kept(names, every).map(|name| vec![font::cut(&name, size, width * 0.35)]).collect();
    let depth = font::widest(lines.iter().flatten().map(String::as_str), size);
    Names { size, upward: false, lines, depth }
}

/// Font size for names one above the other in slots, and which of them there is room for.
fn thinned(slot: f64) -> (f64, usize) {
    let room = slot / (CAPITALS + DESCENT + 0.08);
    if room >= LEAST { (room.min(TEXT), 1) } else { (LEAST, (LEAST / room.max(0.01)).ceil() as usize) }
}

fn kept(names: &[String], every: usize) -> impl Iterator<Item = String> + '_ {
    names.iter().enumerate().map(
        move |(index, name)| {
            if index % every == 0 { name.clone() } else { String::new() }
        },
    )
}
