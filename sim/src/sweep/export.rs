//! Results for other programs: CSV, JSON Lines, Parquet; a row for each point, in the order of points.
//!
//! Columns: `point`, `key`, `refused` (why there are no figures; else empty), the keys of the axes, the figures. Rows are read back
//! one by one through an index of the file, so that a million points need little memory.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use models::record::{Error, Kind};
use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;
use serde_json::json;
use toml::Value;

use super::manifest::{Manifest, Opened};
use super::store::{RESULTS, Record, failed, scan};

/// Rows of a Parquet row group.
const GROUP: usize = 1 << 13;

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values with a head.
    Csv,
    /// A JSON object a line.
    Jsonl,
    /// Apache Parquet.
    Parquet,
}

/// Finished points of a folder, in their order.
pub struct Results {
    /// What they are.
    pub manifest: Manifest,
    /// Their space and records.
    pub opened: Opened,
    /// Whether the file ends in a torn line.
    pub torn: bool,
    path: PathBuf,
    file: BufReader<File>,
    /// Number and place of each point, by number.
    index: Vec<(u64, u64)>,
}

impl Results {
    /// The results of a folder.
    ///
    /// # Errors
    /// There are none, they are damaged, or of a version that this one cannot read.
    pub fn open(folder: &Path) -> Result<Results, Error> {
        let none = |what: &str| {
            let message = format!("{} has no {what}: no sweep wrote it", folder.display());
            Error::new(Kind::Input, format!("`{}`", folder.display()), message, "name the folder of a sweep")
        };
        let manifest = Manifest::read(folder)?.ok_or_else(|| none("manifest"))?;
        let opened = manifest.open(folder)?;
        let columns = manifest.columns().len();
        let mut index = Vec::new();
        let mut at = 0;
        let (_, torn) = scan(folder, |record, bytes| {
            if record.values.as_ref().is_some_and(|values| values.len() != columns)
                || record.point >= opened.grid.points
            {
                return Err(foreign(folder, record.point));
            }
            index.push((record.point, at));
            at += bytes;
            Ok(())
        })?;
        index.sort_unstable();
        if let Some(pair) = index.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(foreign(folder, pair[0].0));
        }
        let path = folder.join(RESULTS);
        let file = File::open(&path).map_err(|error| failed(&path, "read", &error))?;
        let file = BufReader::with_capacity(1 << 13, file);
        Ok(Results { manifest, opened, torn, path, file, index })
    }

    /// How many points there are.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Gives every point to `each`, in order.
    ///
    /// # Errors
    /// The file changed under way, or those of `each`.
    pub fn each(&mut self, mut each: impl FnMut(&Opened, Record) -> io::Result<()>) -> io::Result<()> {
        let mut line = Vec::new();
        for (_, at) in &self.index {
            line.clear();
            let here = self.file.stream_position()?;
            self.file.seek_relative(*at as i64 - here as i64)?;
            self.file.read_until(b'\n', &mut line)?;
            each(&self.opened, serde_json::from_slice(&line)?)?;
        }
        self.file.seek(SeekFrom::Start(0)).map(|_| ())
    }

    /// One point.
    ///
    /// # Errors
    /// It is not there, or the file changed since.
    pub fn record(&self, point: u64) -> Result<Record, Error> {
        let read = || -> io::Result<Record> {
            let found = self.index.binary_search_by_key(&point, |(known, _)| *known);
            let at = found.map_err(|_| io::Error::from(io::ErrorKind::NotFound))?;
            let mut file = BufReader::new(File::open(&self.path)?);
            file.seek(SeekFrom::Start(self.index[at].1))?;
            let mut line = Vec::new();
            file.read_until(b'\n', &mut line)?;
            Ok(serde_json::from_slice(&line)?)
        };
        read().map_err(|error| failed(&self.path, "read", &error))
    }

    /// The keys that vary.
    pub fn keys(&self) -> Vec<String> {
        self.opened.grid.dimensions.iter().flat_map(|d| &d.keys).map(|key| key.text.clone()).collect()
    }
}

fn foreign(folder: &Path, point: u64) -> Error {
    let message = format!(
        "{}: point {point} is there twice or belongs to another sweep",
        folder.join(RESULTS).display()
    );
    Error::new(Kind::Input, format!("`{}`", folder.display()), message, "sweep into another folder")
}

/// The values of a point's axes.
pub fn axes(opened: &Opened, point: u64) -> Vec<Value> {
    let digits = opened.grid.digits(point);
    opened.grid.values(&digits).map(|(_, value)| value.clone()).collect()
}

/// Text of a value without quotes.
pub fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Writes all points.
///
/// # Errors
/// Nothing can be written, or results changed under way.
pub fn export(results: &mut Results, format: Format, out: impl Write + Send) -> io::Result<()> {
    match format {
        Format::Csv => csv(results, out),
        Format::Jsonl => jsonl(results, out),
        Format::Parquet => parquet(results, out).map_err(io::Error::other),
    }
}

fn csv(results: &mut Results, out: impl Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    let head = ["point", "key", "refused"].map(str::to_owned);
    let columns = results.manifest.columns();
    writer.write_record(head.into_iter().chain(results.keys()).chain(columns.iter().cloned()))?;
    let width = columns.len();
    results.each(|opened, record| {
        let head = [record.point.to_string(), record.key, record.refused.unwrap_or_default()];
        let figures = match record.values {
            Some(values) => values.iter().map(f64::to_string).collect(),
            None => vec![String::new(); width],
        };
        let varied: Vec<String> = axes(opened, record.point).iter().map(plain).collect();
        Ok(writer.write_record(head.into_iter().chain(varied).chain(figures))?)
    })?;
    writer.flush()
}

fn jsonl(results: &mut Results, mut out: impl Write) -> io::Result<()> {
    let (keys, columns) = (results.keys(), results.manifest.columns());
    results.each(|opened, record| {
        let mut row = serde_json::Map::new();
        row.insert("point".into(), json!(record.point));
        row.insert("key".into(), json!(record.key));
        row.insert("refused".into(), json!(record.refused));
        for (key, value) in keys.iter().zip(axes(opened, record.point)) {
            row.insert(key.clone(), json!(value));
        }
        let figures = record.values.unwrap_or_default();
        for (index, column) in columns.iter().enumerate() {
            row.insert(column.clone(), json!(figures.get(index)));
        }
        serde_json::to_writer(&mut out, &row)?;
        out.write_all(b"\n")
    })?;
    out.flush()
}

/// What a column of an axis holds: numbers if all of its values are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    Whole,
    Number,
    Text,
}

fn cells(opened: &Opened) -> Vec<Cell> {
    let of = |values: &mut dyn Iterator<Item = &Value>| {
        values.fold(Cell::Whole, |cell, value| match value {
            Value::Integer(_) => cell,
            Value::Float(_) if cell != Cell::Text => Cell::Number,
            _ => Cell::Text,
        })
    };
    let dimensions = opened.grid.dimensions.iter();
    let columns = dimensions.flat_map(|d| (0..d.keys.len()).map(move |column| (d, column)));
    columns.map(|(d, column)| of(&mut d.positions.iter().map(|row| &row[column]))).collect()
}

fn schema(results: &Results, cells: &[Cell]) -> Result<Type, ParquetError> {
    let field = |name: &str, physical, repetition| {
        let text = (physical == Physical::BYTE_ARRAY).then_some(LogicalType::String);
        let builder = Type::primitive_type_builder(name, physical).with_repetition(repetition);
        builder.with_logical_type(text).build().map(Arc::new)
    };
    let (required, optional) = (Repetition::REQUIRED, Repetition::OPTIONAL);
    let mut fields = vec![
        field("point", Physical::INT64, required)?,
        field("key", Physical::BYTE_ARRAY, required)?,
        field("refused", Physical::BYTE_ARRAY, optional)?,
    ];
    for (key, cell) in results.keys().iter().zip(cells) {
        let physical = match cell {
            Cell::Whole => Physical::INT64,
            Cell::Number => Physical::DOUBLE,
            Cell::Text => Physical::BYTE_ARRAY,
        };
        fields.push(field(key, physical, required)?);
    }
    for column in results.manifest.columns() {
        fields.push(field(&column, Physical::DOUBLE, optional)?);
    }
    Type::group_type_builder("points").with_fields(fields).build()
}

fn parquet(results: &mut Results, out: impl Write + Send) -> Result<(), ParquetError> {
    let cells = cells(&results.opened);
    let schema = Arc::new(schema(results, &cells)?);
    let mut writer = SerializedFileWriter::new(out, schema, Arc::new(WriterProperties::default()))?;
    let width = results.manifest.columns().len();
    let mut rows: Vec<(Record, Vec<Value>)> = Vec::new();
    results.each(|opened, record| {
        let values = axes(opened, record.point);
        rows.push((record, values));
        if rows.len() == GROUP {
            group(&mut writer, &rows, &cells, width).map_err(io::Error::other)?;
            rows.clear();
        }
        Ok(())
    })?;
    group(&mut writer, &rows, &cells, width)?;
    writer.close().map(|_| ())
}

/// Writes rows as one group, column by column.
fn group<W: Write + Send>(
    writer: &mut SerializedFileWriter<W>,
    rows: &[(Record, Vec<Value>)],
    cells: &[Cell],
    width: usize,
) -> Result<(), ParquetError> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut group = writer.next_row_group()?;
    let bytes = |text: String| ByteArray::from(text.into_bytes());
    column::<Int64Type, _>(
        &mut group,
        rows.iter().map(|(record, _)| Some(record.point.cast_signed())),
        false,
    )?;
    column::<ByteArrayType, _>(
        &mut group,
        rows.iter().map(|(record, _)| Some(bytes(record.key.clone()))),
        false,
    )?;
    column::<ByteArrayType, _>(
        &mut group,
        rows.iter().map(|(record, _)| record.refused.clone().map(bytes)),
        true,
    )?;
    for (at, cell) in cells.iter().enumerate() {
        let values = rows.iter().map(|(_, values)| &values[at]);
        match cell {
            Cell::Whole => column::<Int64Type, _>(&mut group, values.map(Value::as_integer), false)?,
            Cell::Number => column::<DoubleType, _>(&mut group, values.map(number), false)?,
            Cell::Text => {
                column::<ByteArrayType, _>(&mut group, values.map(|v| Some(bytes(plain(v)))), false)?
            }
        }
    }
    for at in 0..width {
        let figures =
            rows.iter().map(|(record, _)| record.values.as_ref().and_then(|all| all.get(at).copied()));
        column::<DoubleType, _>(&mut group, figures, true)?;
    }
    group.close().map(|_| ())
}

fn number(value: &Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64))
}

/// Writes one column; what is absent is null where the column may be.
fn column<T: parquet::data_type::DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: impl Iterator<Item = Option<T::T>>,
    optional: bool,
) -> Result<(), ParquetError> {
    let all: Vec<Option<T::T>> = values.collect();
    let levels: Vec<i16> = all.iter().map(|value| i16::from(value.is_some())).collect();
    let some: Vec<T::T> = all.into_iter().flatten().collect();
    let Some(mut writer) = group.next_column()? else {
        return Err(ParquetError::General("more columns than the schema has".to_owned()));
    };
    writer.typed::<T>().write_batch(&some, optional.then_some(&levels[..]), None)?;
    writer.close()
}
