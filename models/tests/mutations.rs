//! Each key of each preset misspelt, removed and mistyped in turn: the error names the key. Random damage to the text
//! and random deltas: an error or a record, never a panic.

use models::design::Design;
use models::fault::FaultModel;
use models::memory::Memory;
use models::network::Network;
use models::record::{self, Record};
use models::technology::Technology;
use models::train::Recipe;
use models::workload::Workload;
use models::zoo::Entry;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use toml::{Table, Value};

/// Whether the absence of a key means something; indices of lists are left out of its path.
fn optional<T: Record>(path: &str) -> bool {
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
        "fault-model" => &["gaussian", "adjacent", "relaxed"],
        "recipe" => &["format", "grammar", "network"],
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
    let named: Vec<&str> = path.split('.').filter(|part| part.parse::<u32>().is_err()).collect();
    keys.contains(&named.join(".").as_str())
}

/// Dotted paths of every key below a value, tables in lists included.
fn paths(value: &Value, path: &[String], found: &mut Vec<Vec<String>>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Table(table) => table.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(array) => {
            array.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect()
        }
        _ => return,
    };
    for (key, child) in children {
        let path = [path, &[key]].concat();
        if value.is_table() {
            found.push(path.clone());
        }
        paths(child, &path, found);
    }
}

fn parent<'a>(root: &'a mut Value, path: &[String]) -> &'a mut Table {
    let mut value = root;
    for key in &path[..path.len() - 1] {
        value = match value {
            Value::Table(table) => &mut table[key.as_str()],
            Value::Array(array) => &mut array[key.parse::<usize>().expect("an index")],
            _ => unreachable!("a path leads through tables and lists"),
        };
    }
    value.as_table_mut().expect("a key is in a table")
}

/// The error that a damaged record gives; the record itself is a failure.
fn error<T: Record>(damaged: &Value, what: &str) -> String {
    match record::parse::<T>("damaged.toml", &toml::to_string(damaged).expect("a table")) {
        Ok(_) => panic!("accepted with {what}"),
        Err(error) => {
            assert!(error.render(100, false).contains("damaged.toml"), "the place is drawn for {what}");
            error.to_string()
        }
    }
}

fn mistyped(value: &Value) -> Value {
    if value.is_str() { Value::Integer(-7) } else { Value::String("seven".to_owned()) }
}

fn every_key<T: Record>() {
    for (name, text) in T::PRESETS {
        let whole: Value = toml::from_str(text).expect("a preset is TOML");
        let mut found = Vec::new();
        paths(&whole, &[], &mut found);
        for path in found {
            let (key, dotted) = (&path[path.len() - 1], path.join("."));

            let mut damaged = whole.clone();
            let table = parent(&mut damaged, &path);
            let value = table.remove(key).expect("the key was found");
            if !optional::<T>(&dotted) {
                let text = error::<T>(&damaged, &format!("{dotted} removed from {name}"));
                assert!(
                    text.contains(&format!("missing key `{dotted}`")),
                    "{name}, {dotted} removed:\n{text}"
                );
            }

            parent(&mut damaged, &path).insert(format!("{key}q"), value.clone());
            let text = error::<T>(&damaged, &format!("{dotted} misspelt in {name}"));
            assert!(text.contains(&format!("unknown key `{dotted}q`")), "{name}, {dotted} misspelt:\n{text}");

            let mut damaged = whole.clone();
            parent(&mut damaged, &path).insert(key.clone(), mistyped(&value));
            let text = error::<T>(&damaged, &format!("{dotted} mistyped in {name}"));
            assert!(text.contains(&format!("{dotted} = ")), "{name}, {dotted} mistyped:\n{text}");
        }
    }
}

#[test]
fn every_key_of_a_design_is_checked() {
    every_key::<Design>();
}

#[test]
fn every_key_of_a_technology_is_checked() {
    every_key::<Technology>();
}

#[test]
fn every_key_of_a_memory_is_checked() {
    every_key::<Memory>();
}

#[test]
fn every_key_of_a_fault_model_is_checked() {
    every_key::<FaultModel>();
}

#[test]
fn every_key_of_a_network_is_checked() {
    every_key::<Network>();
}

#[test]
fn every_key_of_a_workload_is_checked() {
    every_key::<Workload>();
}

#[test]
fn every_key_of_a_zoo_entry_is_checked() {
    every_key::<Entry>();
}

#[test]
fn every_key_of_a_recipe_is_checked() {
    every_key::<Recipe>();
}

fn below(random: &mut ChaCha8Rng, limit: usize) -> usize {
    random.next_u32() as usize % limit.max(1)
}

/// Cuts, swaps and insertions at random places of a text.
fn damage(text: &str, random: &mut ChaCha8Rng) -> String {
    const BITS: [&str; 12] = ["=", "[", "]", "{", "}", "\"", "\n", "-1", "nan", "1e999", "\u{e9}", "'''"];
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..=below(random, 3) {
        let at = below(random, characters.len());
        let end = (at + below(random, 12)).min(characters.len());
        let new: Vec<char> = BITS[below(random, BITS.len())].chars().collect();
        characters.splice(at..end, if random.next_u32().is_multiple_of(2) { new } else { Vec::new() });
    }
    characters.into_iter().collect()
}

fn random_damage<T: Record>() {
    for seed in 0..400 {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let (name, text) = T::PRESETS[below(&mut random, T::PRESETS.len())];
        let damaged = damage(text, &mut random);
        let argument = damage("pu.n=32", &mut random);
        let attempt = std::panic::catch_unwind(|| {
            if let Err(error) = record::parse::<T>("damaged.toml", &damaged) {
                assert!(!error.render(80, false).is_empty());
            }
            if let Err(error) = record::resolve::<T>(name, &[&argument]) {
                assert!(!error.render(80, false).is_empty());
            }
        });
        assert!(attempt.is_ok(), "seed {seed}, {} {name}, argument {argument:?}, text:\n{damaged}", T::KIND);
    }
}

#[test]
fn damaged_records_never_panic() {
    random_damage::<Design>();
    random_damage::<Technology>();
    random_damage::<Memory>();
    random_damage::<FaultModel>();
    random_damage::<Network>();
    random_damage::<Workload>();
    random_damage::<Entry>();
    random_damage::<Recipe>();
}
