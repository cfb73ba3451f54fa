//! A matrix: the share of cells written to a level that is read as each level.

use std::sync::Arc;

use crate::record::{Error, Kind, Place, read_text};

/// How far a row may be from one.
const ROUNDING: f64 = 1e-9;
/// Most bytes of a matrix's file; one of 16 levels written with 17 digits is a thousandth of it.
const LIMIT: u64 = 1 << 20;

/// Row by written level, column by level read; each row sums to one.
#[derive(Clone, Debug, PartialEq)]
pub struct Confusion {
    rows: Vec<Vec<f64>>,
}

impl Confusion {
    /// From rows that sum to one.
    pub(super) fn of(rows: Vec<Vec<f64>>) -> Confusion {
        Confusion { rows }
    }

    /// A cell of `bits` bits, `share` of which is misread: every step to a neighbour is as likely.
    pub fn adjacent(bits: u32, share: f64) -> Confusion {
        let levels = 1_usize << bits;
        // So many steps are there, from all levels together.
        let step = share * levels as f64 / (2 * levels - 2) as f64;
        let row = |stored: usize| {
            let mut row: Vec<f64> =
                (0..levels).map(|read| if read.abs_diff(stored) == 1 { step } else { 0.0 }).collect();
            row[stored] = 1.0 - row.iter().sum::<f64>();
            row
        };
        Confusion { rows: (0..levels).map(row).collect() }
    }

    /// Levels.
    pub fn levels(&self) -> usize {
        self.rows.len()
    }

    /// What a level is read as: a share for each level.
    pub fn row(&self, stored: u8) -> &[f64] {
        &self.rows[usize::from(stored)]
    }

    /// The share of cells written to a level that is misread.
    pub fn misread(&self, stored: u8) -> f64 {
        let stored = usize::from(stored);
        self.rows[stored].iter().enumerate().filter(|(read, _)| *read != stored).map(|(_, share)| share).sum()
    }

    /// The same, mean over all levels: the symbol error rate of cells whose levels are as likely.
    pub fn mean_error(&self) -> f64 {
        (0..self.levels()).map(|level| self.misread(level as u8)).sum::<f64>() / self.levels() as f64
    }

    /// `share` of the way from this matrix to another one.
    pub(super) fn mixed(&self, other: &Confusion, share: f64) -> Confusion {
        let mix = |(a, b): (&f64, &f64)| a + share * (b - a);
        let rows = self.rows.iter().zip(&other.rows).map(|(a, b)| a.iter().zip(b).map(mix).collect());
        Confusion { rows: rows.collect() }
    }

    /// Some of the cells are stuck at the lowest level, or at the highest, whatever was written.
    pub fn stuck(&self, low: f64, high: f64) -> Confusion {
        let last = self.levels() - 1;
        let at = |read: usize| if read == 0 { low } else { 0.0 } + if read == last { high } else { 0.0 };
        let row = |row: &Vec<f64>| {
            row.iter().enumerate().map(|(read, share)| (1.0 - low - high) * share + at(read)).collect()
        };
        Confusion { rows: self.rows.iter().map(row).collect() }
    }

    /// The matrix in a CSV file: a line for each written level, a share for each level read; no head.
    ///
    /// # Errors
    /// The file cannot be read, or as [`Confusion::parse`].
    pub fn read(path: &str) -> Result<Confusion, Error> {
        let text = read_text(path, LIMIT, "give a CSV file with a line for each written level")?;
        Confusion::parse(path, &text)
    }

    /// The matrix that a CSV text describes; `source` is what a person calls the text.
    ///
    /// # Errors
    /// Another number of levels than 2, 4 or 8, lines of another length, what is no share, a line that does not sum to one.
    pub fn parse(source: &str, text: &str) -> Result<Confusion, Error> {
        let shared: Arc<str> = Arc::from(text);
        let fault = |span: std::ops::Range<usize>, message: String, remedy: &str| {
            Error::at(Kind::Input, Place::new(source, &shared, span), message, remedy)
        };
        let mut rows: Vec<Vec<f64>> = Vec::new();
        let mut lines = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let span = start..start + line.trim_end().len();
            start += line.len();
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let mut row = Vec::new();
            let mut at = span.start;
            for word in line.trim_end().split(',') {
                let share = word.trim().parse::<f64>().ok().filter(|share| (0.0..=1.0).contains(share));
                row.push(share.ok_or_else(|| {
                    let message = format!("`{}` must be a share from 0 to 1", word.trim());
                    fault(
                        at..at + word.len(),
                        message,
                        "write shares separated by commas, a line for each level",
                    )
                })?);
                at += word.len() + 1;
            }
            rows.push(row);
            lines.push(span);
        }
        if ![2, 4, 8].contains(&rows.len()) {
            let message = format!("{} lines must be 2, 4 or 8, one for each level of a cell", rows.len());
            return Err(fault(0..0, message, "give a line for each written level, without a head"));
        }
        for (level, (row, span)) in rows.iter().zip(lines).enumerate() {
            let (found, levels) = (row.len(), rows.len());
            if found != levels {
                let message = format!("level {level} has {found} shares, there are {levels} levels");
                return Err(fault(span, message, "give a share for each level that can be read"));
            }
            let sum: f64 = row.iter().sum();
            if (sum - 1.0).abs() > ROUNDING {
                let message =
                    format!("level {level}: the shares sum to {sum}, must be 1 within {ROUNDING:e}");
                return Err(fault(span, message, "every read gives some level: make the line sum to one"));
            }
        }
        Ok(Confusion { rows })
    }
}
