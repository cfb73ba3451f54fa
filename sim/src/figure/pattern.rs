//! Patterns of areas, as lines of paper over the colour: an area is told by its pattern where colours look alike.

use super::pen::{Point, Rect};

/// Distance between lines.
const PITCH: f64 = 2.6;
/// How many patterns there are; one more than a divisor of the colours would let both repeat together later.
const KINDS: usize = 7;

/// Lines of the pattern of the series at an index, clipped to a rectangle. Neighbours of one series continue each other.
pub(super) fn lines(rect: Rect, index: usize) -> Vec<(Point, Point)> {
    match (index + index / KINDS) % KINDS {
        1 => rising(rect, PITCH),
        2 => falling(rect, PITCH),
        3 => across(rect, PITCH),
        4 => [rising(rect, PITCH * 1.4), falling(rect, PITCH * 1.4)].concat(),
        5 => upright(rect, PITCH),
        6 => [across(rect, PITCH * 1.3), upright(rect, PITCH * 1.3)].concat(),
        _ => Vec::new(),
    }
}

/// Multiples of a pitch strictly between two values.
fn multiples(from: f64, to: f64, pitch: f64) -> impl Iterator<Item = f64> {
    let first = (from / pitch).floor() as i64 + 1;
    (first..).map(move |k| k as f64 * pitch).take_while(move |value| *value < to)
}

/// Lines x + y = c.
pub(super) fn rising(rect: Rect, pitch: f64) -> Vec<(Point, Point)> {
    let Rect { left, top, right, bottom } = rect;
    multiples(left + top, right + bottom, pitch * 1.414)
        .map(|c| {
            let (x0, x1) = ((c - bottom).max(left), (c - top).min(right));
            ((x0, c - x0), (x1, c - x1))
        })
        .collect()
}

/// Lines x − y = c.
fn falling(rect: Rect, pitch: f64) -> Vec<(Point, Point)> {
    let Rect { left, top, right, bottom } = rect;
    multiples(left - bottom, right - top, pitch * 1.414)
        .map(|c| {
            let (x0, x1) = ((c + top).max(left), (c + bottom).min(right));
            ((x0, x0 - c), (x1, x1 - c))
        })
        .collect()
}

fn across(rect: Rect, pitch: f64) -> Vec<(Point, Point)> {
    multiples(rect.top, rect.bottom, pitch).map(|y| ((rect.left, y), (rect.right, y))).collect()
}

fn upright(rect: Rect, pitch: f64) -> Vec<(Point, Point)> {
    multiples(rect.left, rect.right, pitch).map(|x| ((x, rect.top), (x, rect.bottom))).collect()
}
