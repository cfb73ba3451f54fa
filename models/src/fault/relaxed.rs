//! Counted cells of 16 levels, some time after they were written; cells of fewer levels use some of them.

use super::{Confusion, Relaxed};
use crate::design::Cell;
use crate::record::Problems;

/// Levels that were written.
const COUNTED: usize = 16;

/// Those of the 16 levels that a cell uses, as far apart as whole numbers allow.
fn used(cell: Cell) -> &'static [usize] {
    match cell {
        Cell::Slc => &[0, 15],
        Cell::Mlc2 => &[0, 5, 10, 15],
        Cell::Mlc3 => &[0, 2, 4, 6, 9, 11, 13, 15],
    }
}

/// What the levels of a cell are read as at a time.
pub(super) fn confusion(counted: &[Relaxed], cell: Cell, after_s: Option<f64>) -> Result<Confusion, String> {
    let last = counted.last().ok_or("it has no counts")?;
    let at = after_s.unwrap_or(last.after_s);
    let next = counted.iter().position(|counts| counts.after_s >= at);
    match next {
        Some(next) if counted[next].after_s <= at => Ok(nearest(&counted[next], cell)),
        Some(next) if next > 0 => {
            let (before, after) = (&counted[next - 1], &counted[next]);
            let share = (at / before.after_s).ln() / (after.after_s / before.after_s).ln();
            Ok(nearest(before, cell).mixed(&nearest(after, cell), share))
        }
        _ => {
            Err(format!("{at} s after writing is outside of {} s to {} s", counted[0].after_s, last.after_s))
        }
    }
}

/// Reads as the nearest level that is used; midway, half goes to each side.
fn nearest(counts: &Relaxed, cell: Cell) -> Confusion {
    let used = used(cell);
    let row = |stored: &usize| {
        let cells = &counts.counts[*stored];
        let all: f64 = cells.iter().copied().map(f64::from).sum();
        let mut row = vec![0.0; used.len()];
        for (read, count) in cells.iter().enumerate() {
            let distance = |level: &usize| level.abs_diff(read);
            let least = used.iter().map(distance).min().unwrap_or(0);
            let ties: Vec<usize> = (0..used.len()).filter(|at| distance(&used[*at]) == least).collect();
            ties.iter().for_each(|at| row[*at] += f64::from(*count) / all / ties.len() as f64);
        }
        row
    };
    Confusion::of(used.iter().map(row).collect())
}

pub(super) fn validate(counted: &[Relaxed], problems: &mut Problems) {
    for (at, counts) in counted.iter().enumerate() {
        let key = format!("relaxed.{at}");
        if !(counts.after_s > 0.0 && counts.after_s.is_finite()) {
            let message = format!(
                "{key}.after_s = {} must be above 0 (times are interpolated in logarithms)",
                counts.after_s
            );
            problems.push(format!("{key}.after_s"), message, "give seconds after writing");
        }
        let square = counts.counts.len() == COUNTED && counts.counts.iter().all(|row| row.len() == COUNTED);
        if !square {
            let message =
                format!("{key}.counts must have {COUNTED} rows of {COUNTED} (levels written, levels read)");
            problems.push(format!("{key}.counts"), message, "give a row for each level that was written");
        } else if let Some(row) = counts.counts.iter().position(|row| row.iter().all(|count| *count == 0)) {
            let message = format!("{key}.counts: row {row} has no cells (its shares would be unknown)");
            problems.push(
                format!("{key}.counts"),
                message,
                "leave the time out, or count cells of every level",
            );
        }
    }
    for (at, pair) in counted.windows(2).enumerate() {
        if pair[0].after_s >= pair[1].after_s {
            let key = format!("relaxed.{}.after_s", at + 1);
            let message = format!("{key} = {} must be above {}", pair[1].after_s, pair[0].after_s);
            problems.push(&key, message, "order the counts by time");
        }
    }
}
