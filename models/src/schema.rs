//! JSON Schemas of the TOML files, made from the types that read them: what an editor needs to complete, explain and underline.
//!
//! A schema says keys, types, words, units and the limits of single values; descriptions are the types' comments. A file that
//! breaks its schema is refused by [`record`](crate::record) too. Not stated: rules between keys, powers of two that another
//! key bounds, texts that must not be empty; `offramp check` knows them all.

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};
use serde_json::Value;

use crate::design::Design;
use crate::fault::FaultModel;
use crate::memory::Memory;
use crate::network::Network;
use crate::record::Record;
use crate::technology::Technology;
use crate::train::Recipe;
use crate::workload::Workload;
use crate::zoo::Entry;

/// A kind of file that has a schema.
pub struct Kind {
    /// The word for it in commands, e.g. "design".
    pub name: &'static str,
    /// Name and text of each preset.
    pub presets: &'static [(&'static str, &'static str)],
    schema: fn() -> Schema,
}

/// The kinds of this crate.
pub const KINDS: [Kind; 8] = [
    kind::<Design>(),
    kind::<Technology>(),
    kind::<Memory>(),
    kind::<FaultModel>(),
    kind::<Workload>(),
    kind::<Network>(),
    kind::<Entry>(),
    kind::<Recipe>(),
];

/// A kind of file by its type.
pub const fn kind<T: Record + JsonSchema>() -> Kind {
    Kind { name: T::KIND, presets: T::PRESETS, schema: schema::<T> }
}

/// The schema of a kind, draft 2020-12.
pub fn schema<T: Record + JsonSchema>() -> Schema {
    let generator = SchemaSettings::draft2020_12().for_deserialize().into_generator();
    let mut schema = generator.into_root_schema_for::<T>();
    schema.insert("title".to_owned(), format!("{} of offramp", T::KIND).into());
    RecursiveTransform(without_null).transform(&mut schema);
    schema
}

/// The schema as it is printed and committed.
pub fn text(kind: &Kind) -> String {
    let schema = Value::from((kind.schema)());
    format!("{schema:#}\n")
}

/// TOML has no null: what may be absent is left out.
fn without_null(schema: &mut Schema) {
    let null = Value::from("null");
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|found| *found != null);
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(any)) = schema.get_mut("anyOf") {
        any.retain(|found| found.get("type") != Some(&null));
        if let [Value::Object(only)] = any.as_slice() {
            let only = only.clone();
            schema.remove("anyOf");
            only.into_iter().for_each(|(key, value)| _ = schema.insert(key, value));
        }
    }
}
