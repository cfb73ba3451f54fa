//! A record that is read many times with other values: the way of sweeps.
//!
//! The text is parsed once. [`Template::with`] sets values in the parsed tree and reads the record from it, which takes
//! microseconds; whatever does not hold is read again from the text, by the way of `--set`, so that both refuse alike.

use std::marker::PhantomData;

use toml::{Table, Value};

use super::document::Document;
use super::{Error, Kind, Problems, Record, delta, source};

/// A record's text, ready to be read with other values.
pub struct Template<T> {
    name: String,
    text: String,
    preset: bool,
    table: Table,
    record: PhantomData<fn() -> T>,
}

impl<T: Record> Template<T> {
    /// A preset by name or a file by path.
    ///
    /// # Errors
    /// As [`resolve`](super::resolve) without deltas.
    pub fn open(base: &str) -> Result<Self, Error> {
        Self::new(source::open::<T>(base)?)
    }

    /// The record that a text describes; `name` is what a person calls the text.
    ///
    /// # Errors
    /// As [`parse`](super::parse).
    pub fn from_text(name: &str, text: &str) -> Result<Self, Error> {
        Self::new(Document::new(name, text, false))
    }

    fn new(document: Document) -> Result<Self, Error> {
        document.read::<T>()?;
        let table = document.text.parse::<Table>().map_err(|error| {
            Error::new(Kind::Input, &document.name, error.message().to_owned(), "check the text")
        })?;
        let Document { name, text, preset, .. } = document;
        Ok(Template { name, text, preset, table, record: PhantomData })
    }

    /// What a person calls the text: a path, or `preset NAME`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The record with each value set at its dotted key, in order.
    ///
    /// # Errors
    /// As [`resolve`](super::resolve) with the same deltas.
    pub fn with(&self, sets: &[(&str, &Value)]) -> Result<T, Error> {
        if let Some(record) = self.read(sets) {
            return Ok(record);
        }
        let mut document = Document::new(&self.name, &self.text, self.preset);
        for (key, value) in sets {
            delta::apply(&mut document, &format!("{key}={value}"))?;
        }
        document.read()
    }

    /// Whether the record knows the keys and takes values of these types, whatever its rules say of them.
    ///
    /// # Errors
    /// As [`Template::with`].
    pub fn takes(&self, sets: &[(&str, &Value)]) -> Result<(), Error> {
        if self.shape(sets).is_some() { Ok(()) } else { self.with(sets).map(|_| ()) }
    }

    /// The record, if keys and types hold.
    fn shape(&self, sets: &[(&str, &Value)]) -> Option<T> {
        let mut root = Value::Table(self.table.clone());
        for (key, value) in sets {
            set(&mut root, key, value)?;
        }
        root.try_into::<T>().ok()
    }

    /// The record, if it holds.
    fn read(&self, sets: &[(&str, &Value)]) -> Option<T> {
        let record = self.shape(sets)?;
        let mut problems = Problems::default();
        record.validate(&mut problems);
        problems.into_list().is_empty().then_some(record)
    }
}

/// Sets the value at a dotted key; none where the tree has no such key. A quantity that is given a bare number becomes an
/// assumption, as [`delta`] has it.
fn set(root: &mut Value, key: &str, value: &Value) -> Option<()> {
    let (quantity, only) = key.strip_suffix(".value").map_or((key, false), |quantity| (quantity, true));
    let mut found = root;
    for segment in quantity.split('.') {
        found = match found {
            Value::Table(table) => table.get_mut(segment)?,
            Value::Array(array) => array.get_mut(segment.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    match found {
        Value::Table(quantity) if value.is_integer() || value.is_float() => {
            let source = format!("--set {key}={value}");
            *quantity.get_mut("source")? = Value::String(source);
            *quantity.get_mut("standing")? = Value::String("assumed".to_owned());
            *quantity.get_mut("value")? = value.clone();
        }
        Value::Table(_) => return None,
        _ if only => return None,
        plain => *plain = value.clone(),
    }
    Some(())
}
