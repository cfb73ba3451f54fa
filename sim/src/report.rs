//! What a run found, as JSON for machines and as tables for people.

pub mod json;
pub mod table;

use crate::sentence::Outcomes;
use models::program::{Stage, Unit};
use std::collections::BTreeMap;

/// Mean busy cycles of each stage and unit over the sentences.
fn stage_cycles(outcomes: &Outcomes) -> BTreeMap<Stage, [f64; 4]> {
    let mut stages: BTreeMap<Stage, [f64; 4]> = BTreeMap::new();
    for outcome in &outcomes.outcomes {
        for ((stage, unit), cycles) in &outcome.run.stages {
            let index = Unit::ALL.iter().position(|u| u == unit).unwrap_or(0);
            stages.entry(*stage).or_default()[index] += outcome.share * *cycles as f64;
        }
    }
    stages
}
