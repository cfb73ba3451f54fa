//! Labels at points: each beside its point where it covers neither another label nor a point, with a leader if that is further away.

use plotters::prelude::DrawingBackend;

use super::Error;
use super::font::{self, CAPITALS, DESCENT};
use super::pen::{Align, Pen, Point, Rect, Stroke, text_box};
use super::style::{LEAST, PAPER, SMALL, SOFT, THIN};

/// A label with its place.
pub(super) struct Placed {
    baseline: Point,
    align: Align,
    /// From its point to the label, if they are apart.
    leader: Option<(Point, Point)>,
}

/// Distances from a marker to its label, in points; from the third on with a leader.
const DISTANCES: [f64; 7] = [2.0, 5.0, 10.0, 16.0, 24.0, 34.0, 46.0];
/// Directions, preferred first.
const DIRECTIONS: [Point; 8] =
    [(1.0, -0.9), (-1.0, -0.9), (1.0, 0.9), (-1.0, 0.9), (1.0, 0.0), (-1.0, 0.0), (0.0, -1.0), (0.0, 1.0)];

/// Places labels of markers of some radius one after the other within a rectangle; none where there is no room.
pub(super) fn place(
    labels: &[(Point, &str)],
    (size, radius): (f64, f64),
    within: Rect,
    obstacles: &[Rect],
) -> Vec<Option<Placed>> {
    let points: Vec<Rect> = labels.iter().map(|(at, _)| around(*at, radius)).collect();
    let mut taken: Vec<Rect> = Vec::new();
    labels
        .iter()
        .map(|(at, text)| {
            let free = |rect: &Rect, others: &[Rect]| others.iter().all(|other| !rect.overlaps(other));
            let found = candidates((*at, radius), text, size).find(|(rect, _)| {
                rect.within(&within) && free(rect, &taken) && free(rect, &points) && free(rect, obstacles)
            });
            let (rect, placed) = found.or_else(|| {
                // Better over a line than not at all, but never over another label.
                candidates((*at, radius), text, size)
                    .find(|(rect, _)| rect.within(&within) && free(rect, &taken) && free(rect, &points))
            })?;
            taken.push(rect);
            Some(placed)
        })
        .collect()
}

fn candidates((at, radius): (Point, f64), text: &str, size: f64) -> impl Iterator<Item = (Rect, Placed)> {
    DISTANCES.into_iter().flat_map(move |distance| {
        DIRECTIONS.into_iter().map(move |(x, y)| {
            let away = radius + distance;
            let anchor = (at.0 + x * away, at.1 + y * away);
            let (align, lower) = match (x, y) {
                (0.0, y) if y < 0.0 => (Align::Centre, -DESCENT),
                (0.0, _) => (Align::Centre, CAPITALS),
                (x, _) if x < 0.0 => (Align::Right, CAPITALS / 2.0),
                _ => (Align::Left, CAPITALS / 2.0),
            };
            let baseline = (anchor.0, anchor.1 + lower * size);
            let rect = text_box(text, baseline, size, align);
            let padded = Rect::new(rect.left - 1.0, rect.top - 0.8, rect.right + 1.0, rect.bottom + 0.8);
            let start = (at.0 + x * radius, at.1 + y * radius);
            let leader = (distance > 8.0).then_some((start, (anchor.0 - x * 0.6, anchor.1)));
            (padded, Placed { baseline, align, leader })
        })
    })
}

/// A square around a point.
pub(super) fn around((x, y): Point, half: f64) -> Rect {
    Rect::new(x - half, y - half, x + half, y + half)
}

/// Draws labels that were placed.
pub(super) fn draw<DB: DrawingBackend>(
    pen: &Pen<DB>,
    labels: &[(Point, &str)],
    placed: &[Option<Placed>],
    size: f64,
) -> Result<(), Error> {
    for ((_, text), place) in labels.iter().zip(placed) {
        if let Some(place) = place {
            if let Some((from, to)) = place.leader {
                pen.line(&[from, to], Stroke::new(SOFT, THIN))?;
            }
            // Paper below the text keeps grid and faded points out of it.
            pen.rect(text_box(text, place.baseline, size, place.align), PAPER)?;
            pen.text(text, place.baseline, size, place.align)?;
        }
    }
    Ok(())
}

/// Labels of bars lie side by side while each fits its slot.
pub(super) fn lie<'a>(labels: impl IntoIterator<Item = &'a str>, slot: f64) -> bool {
    font::widest(labels, SMALL) + 2.0 <= slot
}

/// A label above the middle of a bar: lying, or upward where slots are narrow, or not at all where even that would overlap.
pub(super) fn above<DB: DrawingBackend>(
    pen: &Pen<DB>,
    label: &str,
    (x, top): Point,
    slot: f64,
    lying: bool,
) -> Result<(), Error> {
    if lying {
        return pen.text(label, (x, top - 2.0), SMALL, Align::Centre);
    }
    let size = SMALL.min(slot / (CAPITALS + DESCENT + 0.05));
    if size < LEAST {
        return Ok(());
    }
    pen.upward(label, (x + size * CAPITALS / 2.0, top - 2.0), size, Align::Left)
}
