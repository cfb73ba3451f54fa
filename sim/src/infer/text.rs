//! Sentences from files, one after the other, so that a file may be larger than memory.
//!
//! | name ends in | what |
//! |---|---|
//! | `.jsonl`, `.ndjson` | JSON Lines: an object each |
//! | `.csv`, `.tsv` | a table with a head; tabs are never quoted, as in GLUE |
//! | `.parquet` | Parquet, not compressed or by Snappy |
//! | anything else | plain text, a sentence a line; `-` is the input stream |
//!
//! In all but plain text the sentence is in a column that is named, else in `sentence` or `text`; a label is in one that is named, else in
//! `label`, and is the number of a class or its name.

use std::cell::Cell;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::rc::Rc;

use models::record::{Error, Kind, unreadable};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};

/// Longest line or row, bytes: a hundred times the longest sentence that a network of these families reads.
const LINE: u64 = 16 << 20;

/// A sentence of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// Its text.
    pub text: String,
    /// Its label, as it is written.
    pub label: Option<String>,
}

/// Names of columns; those that are usual if none.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// Of the sentence.
    pub text: Option<String>,
    /// Of the label.
    pub label: Option<String>,
}

/// Sentences as they are read.
pub type Sentences = Box<dyn Iterator<Item = Result<Sentence, Error>>>;

fn refuse(path: &str, message: &str, remedy: &str) -> Error {
    Error::new(Kind::Input, format!("`{path}`"), format!("{path}{message}"), remedy)
}

/// Opens a file of sentences.
///
/// # Errors
/// It cannot be read, or lacks the column.
pub fn open(path: &str, columns: &Columns) -> Result<Sentences, Error> {
    let ends = |endings: &[&str]| endings.iter().any(|ending| path.ends_with(ending));
    if ends(&[".parquet"]) {
        return parquet_rows(path, columns);
    }
    let reader: Box<dyn Read> = match path {
        "-" => Box::new(std::io::stdin()),
        _ => Box::new(file(path)?),
    };
    if ends(&[".csv", ".tsv"]) {
        return table(path, reader, columns, if ends(&[".tsv"]) { b'\t' } else { b',' });
    }
    let json = ends(&[".jsonl", ".ndjson"]);
    let (path, columns) = (path.to_owned(), columns.clone());
    let lines = Lines { path: path.clone(), reader: BufReader::new(reader), number: 0, ended: false };
    Ok(Box::new(lines.filter_map(move |line| match line {
        Err(error) => Some(Err(error)),
        // A blank line between objects is none; between sentences it is an empty sentence.
        Ok((_, line)) if json && line.trim().is_empty() => None,
        Ok((number, line)) if json => Some(object(&path, number, &line, &columns)),
        Ok((_, text)) => Some(Ok(Sentence { text, label: None })),
    })))
}

fn file(path: &str) -> Result<File, Error> {
    File::open(path).map_err(|error| unreadable(path, &error, "check the path of the sentences"))
}

/// Lines of a text with their numbers.
struct Lines<R> {
    path: String,
    reader: BufReader<R>,
    number: usize,
    ended: bool,
}

impl<R: Read> Iterator for Lines<R> {
    type Item = Result<(usize, String), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        self.number += 1;
        let mut bytes = Vec::new();
        let line = match (&mut self.reader).take(LINE).read_until(b'\n', &mut bytes) {
            Err(error) => Err(refuse(&self.path, &format!(":{}: {error}", self.number), "check the file")),
            Ok(0) => return None,
            Ok(length) if length as u64 == LINE => {
                let message = format!(":{}: the line is longer than {LINE} bytes", self.number);
                Err(refuse(&self.path, &message, "put each sentence on a line of its own"))
            }
            Ok(_) => String::from_utf8(bytes).map_err(|error| {
                let at = error.utf8_error().valid_up_to();
                let message =
                    format!(":{}:{}: 0x{:02x} is not UTF-8", self.number, at + 1, error.as_bytes()[at]);
                refuse(&self.path, &message, "save the file as UTF-8")
            }),
        };
        self.ended = line.is_err();
        Some(line.map(|line| (self.number, line.trim_end_matches(['\n', '\r']).to_owned())))
    }
}

/// The names under which a column is looked for.
fn names<'a>(named: &'a Option<String>, usual: &'a [&'a str]) -> Vec<&'a str> {
    named.as_ref().map_or_else(|| usual.to_vec(), |name| vec![name.as_str()])
}

/// Usual names of the sentence.
const TEXT: [&str; 2] = ["sentence", "text"];
/// Usual names of the label.
const LABEL: [&str; 1] = ["label"];

fn object(path: &str, number: usize, line: &str, columns: &Columns) -> Result<Sentence, Error> {
    let object: serde_json::Value = serde_json::from_str(line)
        .map_err(|error| refuse(path, &format!(":{number}: no JSON: {error}"), "write one object a line"))?;
    let names_of_text = names(&columns.text, &TEXT);
    let text = names_of_text.iter().find_map(|name| object.get(name)?.as_str());
    let text = text.ok_or_else(|| {
        let message = format!(":{number}: no text under the key `{}`", names_of_text.join("` or `"));
        refuse(path, &message, "name the key: --column KEY")
    })?;
    let label = names(&columns.label, &LABEL).iter().find_map(|name| object.get(name).cloned());
    let label = label.map(|label| label.as_str().map_or_else(|| label.to_string(), str::to_owned));
    Ok(Sentence { text: text.to_owned(), label })
}

/// Where the columns are in a head.
fn places(path: &str, head: &[String], columns: &Columns) -> Result<(usize, Option<usize>), Error> {
    let place = |names: &[&str]| names.iter().find_map(|name| head.iter().position(|own| own == name));
    let wanted = names(&columns.text, &TEXT);
    let missing = |wanted: &[&str], option: &str| {
        let message = format!(": no column `{}`; there are `{}`", wanted.join("` or `"), head.join("`, `"));
        refuse(path, &message, &format!("name the column: {option} NAME"))
    };
    let text = place(&wanted).ok_or_else(|| missing(&wanted, "--column"))?;
    let label = place(&names(&columns.label, &LABEL));
    match &columns.label {
        Some(name) if label.is_none() => Err(missing(&[name], "--label")),
        _ => Ok((text, label)),
    }
}

/// A reader that gives no more than a row may have until it is told that one has ended: an open quote reads no whole file.
struct Rows {
    reader: Box<dyn Read>,
    left: Rc<Cell<u64>>,
}

impl Read for Rows {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.left.get() == 0 {
            return Err(std::io::Error::other(format!("the row is longer than {LINE} bytes")));
        }
        let length = self.reader.read(buffer)?;
        self.left.set(self.left.get().saturating_sub(length as u64));
        Ok(length)
    }
}

fn table(path: &str, reader: Box<dyn Read>, columns: &Columns, delimiter: u8) -> Result<Sentences, Error> {
    let mut table = csv::ReaderBuilder::new();
    table.delimiter(delimiter).quoting(delimiter == b',').flexible(true);
    let left = Rc::new(Cell::new(LINE));
    let mut table = table.from_reader(Rows { reader, left: Rc::clone(&left) });
    let owned = path.to_owned();
    let failed =
        move |error: csv::Error| refuse(&owned, &format!(": {error}"), "mend the table at this place");
    let head: Vec<String> = table.headers().map_err(&failed)?.iter().map(str::to_owned).collect();
    let (text, label) = places(path, &head, columns)?;
    let path = path.to_owned();
    Ok(Box::new(table.into_records().map(move |row| {
        let row = row.map_err(&failed)?;
        left.set(LINE);
        let line = row.position().map_or(0, csv::Position::line);
        let field = row.get(text).ok_or_else(|| {
            refuse(
                &path,
                &format!(":{line}: {} fields, the sentence is number {}", row.len(), text + 1),
                "fill the row",
            )
        })?;
        Ok(Sentence { text: field.to_owned(), label: label.and_then(|at| row.get(at)).map(str::to_owned) })
    })))
}

fn parquet_rows(path: &str, columns: &Columns) -> Result<Sentences, Error> {
    let owned = path.to_owned();
    let failed = move |error: parquet::errors::ParquetError| {
        let remedy = "check that it is Parquet, not compressed or by Snappy";
        refuse(&owned, &format!(": {error}"), remedy)
    };
    let reader = SerializedFileReader::new(file(path)?).map_err(&failed)?;
    let schema = reader.metadata().file_metadata().schema_descr().root_schema().get_fields().iter();
    let head: Vec<String> = schema.map(|field| field.name().to_owned()).collect();
    let (text, label) = places(path, &head, columns)?;
    let path = path.to_owned();
    Ok(Box::new(reader.into_iter().enumerate().map(move |(number, row)| {
        let row = row.map_err(&failed)?;
        let field = |at: usize| Row::get_column_iter(&row).nth(at).map(|(_, field)| field);
        let Some(Field::Str(sentence)) = field(text) else {
            let message = format!(": row {}: column `{}` holds no text", number + 1, head[text]);
            return Err(refuse(&path, &message, "name a column of strings: --column NAME"));
        };
        let label =
            label.and_then(field).filter(|field| !matches!(field, Field::Null)).map(|field| match field {
                Field::Str(label) => label.clone(),
                other => other.to_string(),
            });
        Ok(Sentence { text: sentence.clone(), label })
    })))
}
