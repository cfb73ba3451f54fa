//! A record that another one names: `nvm = "rram-22ffl"` in a technology is a preset, or the path of a file.

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Record, resolve};

/// The name as written, and the record of that name. A path counts from the working folder.
#[derive(Clone, Debug, PartialEq)]
pub struct Named<T> {
    name: String,
    record: Arc<T>,
}

impl<T> Named<T> {
    /// As written.
    pub fn written(&self) -> &str {
        &self.name
    }
}

impl<T: Clone> Named<T> {
    /// The record, to be changed; the name stays as written.
    pub fn make_mut(&mut self) -> &mut T {
        Arc::make_mut(&mut self.record)
    }
}

impl<T> Deref for Named<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.record
    }
}

/// As the record itself: who keeps results by a hash of what they are results of, sees that a file has changed.
impl<T: Serialize> Serialize for Named<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.record.serialize(serializer)
    }
}

impl<'de, T: Record> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let none: [&str; 0] = [];
        let (record, _) = resolve::<T>(&name, &none).map_err(|error| D::Error::custom(one_line(&error)))?;
        Ok(Named { name, record: Arc::new(record) })
    }
}

/// Stands between what is wrong with the named record and what to do, in the one text that a reader's error is.
pub(super) const REMEDY: char = '\u{1f}';

/// What is wrong with the named record, and what to do about the first of it.
fn one_line(error: &super::Error) -> String {
    let all: Vec<&str> = error.problems.iter().map(|problem| problem.message.as_str()).collect();
    let remedy =
        error.problems.iter().find_map(|problem| problem.remedy.as_deref()).unwrap_or("change the name");
    format!("{}{REMEDY}{remedy}", all.join("; "))
}

impl<T: Record> JsonSchema for Named<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("name of a {}", T::KIND).into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let known: Vec<&str> = super::names::<T>().collect();
        let description = format!(
            "A {}: one of {}, or the path of a file (with a `/`, or ending in .toml).",
            T::KIND,
            known.join(", ")
        );
        json_schema!({ "type": "string", "description": description })
    }
}
