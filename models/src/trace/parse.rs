//! From the text of a trace to its numbers, with the place of whatever is wrong.

use std::ops::Range;
use std::sync::Arc;

use crate::record::{Error, Kind, Place};

/// What the numbers of a text are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbers {
    /// What holds them.
    pub file: &'static str,
    /// One of them, and several.
    pub one: &'static str,
    pub many: &'static str,
    /// The least that one may be.
    pub least: f64,
    /// What one must be.
    pub expected: &'static str,
    /// Whether the first line names columns in any case, not only where it holds words.
    pub headed: bool,
}

/// Entropies of off-ramps.
pub(crate) const ENTROPIES: Numbers = Numbers {
    file: "trace",
    one: "entropy",
    many: "entropies",
    least: 0.0,
    expected: "must be a finite number from 0 (an entropy in nats)",
    headed: false,
};

/// A text, and what a person calls it.
struct Text<'a> {
    source: &'a str,
    text: &'a str,
    numbers: Numbers,
}

/// A field and its bytes in the text.
type Field<'a> = (&'a str, Range<usize>);

/// Columns and numbers, row after row.
pub(crate) fn parse(source: &str, text: &str, numbers: Numbers) -> Result<(usize, Vec<f64>), Error> {
    let file = Text { source, text, numbers };
    let (mut layers, mut entropies) = (0, Vec::new());
    for (index, (line, start)) in lines(text).enumerate() {
        if line.trim().is_empty() || index == 0 && (numbers.headed || is_header(line)) {
            continue;
        }
        let fields: Vec<Field<'_>> = fields(line, start).collect();
        if layers == 0 {
            layers = fields.len();
            file.enough(layers, start..start + line.len())?;
        }
        file.as_many(layers, &fields, start..start + line.len())?;
        for field in fields {
            entropies.push(file.number(field)?);
        }
    }
    if layers == 0 {
        let message = format!("the {} has no rows", numbers.file);
        return Err(file.error(0..0, message, "give one row per sentence"));
    }
    Ok((layers, entropies))
}

/// Lines without their ends, and where each starts. A mark of byte order is no part of the first.
fn lines(text: &str) -> impl Iterator<Item = (&str, usize)> {
    let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    text[mark..].split_inclusive('\n').scan(mark, |next, line| {
        let start = *next;
        *next += line.len();
        Some((line.trim_end_matches(['\n', '\r']), start))
    })
}

fn fields(line: &str, start: usize) -> impl Iterator<Item = Field<'_>> {
    line.split(',').scan(start, |next, field| {
        let begin = *next + (field.len() - field.trim_start().len());
        *next += field.len() + 1;
        let field = field.trim();
        Some((field, begin..begin + field.len()))
    })
}

/// A header holds words alone; `nan` and `inf` are numbers, though not good ones.
fn is_header(line: &str) -> bool {
    let word = |field: Field<'_>| {
        field.0.starts_with(|c: char| c.is_alphabetic() || c == '"') && field.0.parse::<f64>().is_err()
    };
    fields(line, 0).all(word)
}

impl Text<'_> {
    fn enough(&self, layers: usize, row: Range<usize>) -> Result<(), Error> {
        if layers >= 2 {
            return Ok(());
        }
        let Numbers { one, many, .. } = self.numbers;
        let message = format!("the row has one {one} and must have one per layer, at least 2");
        Err(self.error(row, message, &format!("separate the {many} by commas")))
    }

    fn as_many(&self, layers: usize, fields: &[Field<'_>], row: Range<usize>) -> Result<(), Error> {
        if fields.len() == layers {
            return Ok(());
        }
        let Numbers { one, many, .. } = self.numbers;
        let message = format!("the row has {} {many} and must have {layers}, as the first has", fields.len());
        Err(self.error(row, message, &format!("give one {one} per layer in every row")))
    }

    fn number(&self, (field, span): Field<'_>) -> Result<f64, Error> {
        let Numbers { one, least, expected, .. } = self.numbers;
        match field.parse::<f64>() {
            Ok(value) if value.is_finite() && value >= least => Ok(value),
            Ok(_) => Err(self.error(
                span,
                format!("{one} {field} {expected}"),
                &format!("check how the {} was written", self.numbers.file),
            )),
            Err(_) if field.is_empty() => {
                Err(self.error(span, format!("an empty field {expected}"), "fill it in"))
            }
            Err(_) => {
                Err(self.error(span, format!("`{}` {expected}", shorten(field)), "write it as in 0.25"))
            }
        }
    }

    fn error(&self, span: Range<usize>, message: String, remedy: &str) -> Error {
        // Only the lines around the place are drawn; a copy of a long trace for them is nothing beside reading it.
        let place = Place::new(self.source, &Arc::from(self.text), span);
        Error::at(Kind::Input, place, message, remedy)
    }
}

/// The start of a field, which in a file of another kind may be all of it.
fn shorten(field: &str) -> String {
    const SHOWN: usize = 40;
    let start: String = field.chars().take(SHOWN).collect();
    if start.len() < field.len() { start + "..." } else { start }
}
