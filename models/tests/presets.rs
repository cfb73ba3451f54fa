//! Every preset is what it says, and no mistake in one goes unnamed.

use models::design::Design;
use models::fault::FaultModel;
use models::memory::Memory;
use models::network::Network;
use models::record::{self, Record};
use models::technology::Technology;
use models::train::Recipe;
use models::workload::Workload;
use models::zoo::Entry;

fn presets_are_complete<T: Record>() {
    for name in record::names::<T>() {
        let preset =
            record::preset::<T>(name).unwrap_or_else(|error| panic!("{name}:\n{}", error.render(100, false)));
        assert_eq!(preset.name(), name, "the {} preset's name key", T::KIND);
    }
}

#[test]
fn designs_are_complete() {
    presets_are_complete::<Design>();
}

#[test]
fn technologies_are_complete() {
    presets_are_complete::<Technology>();
}

#[test]
fn networks_are_complete() {
    presets_are_complete::<Network>();
}

#[test]
fn workloads_are_complete() {
    presets_are_complete::<Workload>();
}

#[test]
fn memories_are_complete() {
    presets_are_complete::<Memory>();
}

#[test]
fn fault_models_are_complete() {
    presets_are_complete::<FaultModel>();
}

#[test]
fn zoo_entries_are_complete() {
    presets_are_complete::<Entry>();
}

#[test]
fn recipes_are_complete() {
    presets_are_complete::<Recipe>();
}
