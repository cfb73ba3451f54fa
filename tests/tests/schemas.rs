//! The schemas of TOML files: committed as they are made, true of every preset, false of every damaged one, and never stricter
//! than the reader.

use std::path::Path;

use jsonschema::Validator;
use models::design::Design;
use models::fault::FaultModel;
use models::memory::Memory;
use models::network::Network;
use models::record::{self, Record};
use models::schema::text;
use models::technology::Technology;
use models::train::Recipe;
use models::workload::Workload;
use models::zoo::Entry;
use offramp_tests::{command, snapshot};
use serde_json::{Value, json};
use sim::schema::kinds;
use sim::sweep::space::Space;

#[test]
fn schemas_are_committed_as_they_are_printed() {
    for kind in &kinds() {
        let printed = command::answer(&["schema", kind.name]);
        assert_eq!(printed, text(kind));
        let name = format!("../docs/schemas/{}.schema.json", kind.name);
        snapshot::check_file(&Path::new(env!("CARGO_MANIFEST_DIR")).join(name), &printed);
    }
}

/// The schema of a kind, itself valid by draft 2020-12.
fn validator<T: Record>() -> Validator {
    let kinds = kinds();
    let kind = kinds.iter().find(|kind| kind.name == T::KIND).expect("the kind has a schema");
    let schema: Value = serde_json::from_str(&text(kind)).expect("a schema is JSON");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    jsonschema::draft202012::new(&schema).expect("a schema holds by its own schema")
}

fn presets<T: Record>() -> impl Iterator<Item = (&'static str, Value)> {
    let read = |text: &str| toml::from_str(text).expect("a preset is TOML");
    T::PRESETS.iter().map(move |(name, text)| (*name, read(text)))
}

/// A table with one of its keys, or a plain value without one.
type Pointer = (String, Option<String>);

/// Pointers to every key and to every plain value below a value.
fn pointers(value: &Value, path: &str, found: &mut Vec<Pointer>) {
    match value {
        Value::Object(table) => {
            for (key, child) in table {
                found.push((path.to_owned(), Some(key.clone())));
                pointers(child, &format!("{path}/{key}"), found);
            }
        }
        Value::Array(list) => {
            for (index, child) in list.iter().enumerate() {
                pointers(child, &format!("{path}/{index}"), found);
            }
        }
        _ => found.push((path.to_owned(), None)),
    }
}

fn every<T: Record>() -> Vec<(&'static str, Value, Vec<Pointer>)> {
    let list = presets::<T>().map(|(name, whole)| {
        let mut found = Vec::new();
        pointers(&whole, "", &mut found);
        (name, whole, found)
    });
    list.collect()
}

fn presets_hold<T: Record>() {
    let validator = validator::<T>();
    for (name, preset) in presets::<T>() {
        let errors: Vec<String> =
            validator.validate(&preset).err().into_iter().flatten().map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
    }
}

#[test]
fn presets_hold_by_their_schema() {
    presets_hold::<Design>();
    presets_hold::<Technology>();
    presets_hold::<Memory>();
    presets_hold::<FaultModel>();
    presets_hold::<Workload>();
    presets_hold::<Network>();
    presets_hold::<Entry>();
    presets_hold::<Recipe>();
    presets_hold::<Space>();
}

/// Whether the absence of a key of a table means something.
fn optional<T: Record>(table: &str, key: &str) -> bool {
    let keys: &[&str] = match T::KIND {
        "workload" => &["network", "spans", "exits", "exits.predicted"],
        "technology" => &["alpha_power", "vf.power_mw"],
        "memory" => &[
            "faults",
            "node_nm",
            "endurance",
            "retention_s",
            "retention_k",
            "slc",
            "mlc2",
            "mlc3",
            "channel",
        ],
        "recipe" => &["format", "grammar", "network"],
        "fault-model" => &["gaussian", "adjacent", "relaxed"],
        "zoo" => &[
            "network",
            "words",
            "bottleneck",
            "baseline",
            "depth",
            "spans",
            "blocks",
            "weight_density",
            "task_switch",
            "published",
            "published.parameters",
            "published.parameters.differs",
            "published.operations",
            "published.operations.count.differs",
            "scores",
            "claims",
            "claims.speed_up",
            "claims.size",
            "reason",
        ],
        _ => &[],
    };
    let path = format!("{table}/{key}");
    let named: Vec<&str> =
        path.split('/').filter(|part| !part.is_empty() && part.parse::<u32>().is_err()).collect();
    keys.contains(&named.join(".").as_str())
}

fn damaged_keys<T: Record>() {
    let validator = validator::<T>();
    for (name, whole, found) in every::<T>() {
        for (table, key) in found.iter().filter_map(|(table, key)| Some((table, key.as_ref()?))) {
            let damaged = |change: &dyn Fn(&mut serde_json::Map<String, Value>, Value)| {
                let mut damaged = whole.clone();
                let table = damaged.pointer_mut(table).and_then(Value::as_object_mut).expect("a table");
                let value = table.remove(key).expect("the key was found");
                change(table, value);
                damaged
            };
            let misspelt = damaged(&|table, value| _ = table.insert(format!("{key}q"), value));
            let mistyped = damaged(&|table, value| {
                let wrong = if value.is_string() { json!(-7) } else { json!("seven") };
                table.insert(key.clone(), wrong);
            });
            assert!(!validator.is_valid(&misspelt), "{name}: {table}/{key} misspelt");
            assert!(!validator.is_valid(&mistyped), "{name}: {table}/{key} mistyped");
            let optional = optional::<T>(table, key);
            assert_eq!(validator.is_valid(&damaged(&|_, _| ())), optional, "{name}: {table}/{key} removed");
            let extra = damaged(&|table, value| {
                table.insert(key.clone(), value);
                table.insert("colour".to_owned(), json!("red"));
            });
            assert!(!validator.is_valid(&extra), "{name}: {table} with a key that none has");
            if key == "unit" {
                let unit = damaged(&|table, _| _ = table.insert("unit".to_owned(), json!("furlong")));
                assert!(!validator.is_valid(&unit), "{name}: {table} in another unit");
            }
        }
    }
}

#[test]
fn damaged_presets_do_not() {
    damaged_keys::<Design>();
    damaged_keys::<Technology>();
    damaged_keys::<Memory>();
    damaged_keys::<FaultModel>();
    damaged_keys::<Workload>();
    damaged_keys::<Network>();
    damaged_keys::<Entry>();
    damaged_keys::<Recipe>();
}

/// Numbers at and beyond most limits.
const NUMBERS: [f64; 8] = [-1.0, 0.0, 1.0, 3.0, 0.25, 33.0, 1e5, 1e12];

/// A value that the schema refuses is refused by the reader as well; how many there were.
fn no_stricter<T: Record>() -> usize {
    let validator = validator::<T>();
    let mut refused = 0;
    for (name, whole, found) in every::<T>() {
        for (pointer, _) in found.iter().filter(|(_, key)| key.is_none()) {
            for number in NUMBERS {
                let mut changed = whole.clone();
                let value = changed.pointer_mut(pointer).expect("the value was found");
                let whole = number.fract().abs() < f64::EPSILON && !value.is_f64();
                *value = if whole { json!(number as i64) } else { json!(number) };
                if !validator.is_valid(&changed) {
                    refused += 1;
                    let text = toml::to_string(&changed).expect("a table");
                    assert!(record::parse::<T>(name, &text).is_err(), "{name}: {pointer} = {number}");
                }
            }
        }
    }
    refused
}

#[test]
fn a_schema_is_never_stricter_than_the_reader() {
    let refused = [
        no_stricter::<Design>(),
        no_stricter::<Technology>(),
        no_stricter::<Workload>(),
        no_stricter::<Network>(),
        no_stricter::<Entry>(),
        no_stricter::<Recipe>(),
    ];
    assert!(refused.iter().all(|count| *count > 50), "limits are there and are met: {refused:?}");
}

#[test]
fn limits_are_those_of_the_reader() {
    let schema = |name: &str| -> Value {
        serde_json::from_str(&command::answer(&["schema", name])).expect("a schema is JSON")
    };
    let design = schema("design");
    assert_eq!(design["$defs"]["Pu"]["properties"]["n"]["enum"], json!([2, 4, 8, 16, 32]));
    assert_eq!(design["$defs"]["Sequencer"]["properties"]["queue"]["maximum"], 64);
    let mac = &schema("technology")["$defs"]["PicojoulesPerMac"]["properties"];
    assert_eq!(mac["unit"]["const"], "pJ/MAC");
    assert_eq!((&mac["value"]["minimum"], &mac["value"]["maximum"]), (&json!(0.0), &json!(1000.0)));
    assert_eq!(design["properties"]["pu"]["description"], "The processing unit.");
}
