//! What a run found, as JSON for machines and as tables for people.

pub mod json;
pub mod table;

use crate::policy::Exits;
use crate::sentence::{Outcomes, Setup};
use models::program::{Stage, Unit};
use std::collections::BTreeMap;

/// Where an input came from.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Input {
    /// What it is.
    pub input: &'static str,
    /// What was taken.
    pub value: String,
    /// From where.
    pub source: String,
}

/// What is simulated, and where it came from.
pub struct Resolved {
    /// The setup.
    pub setup: Setup,
    /// Name of the task.
    pub task: String,
    /// Name of the policy by which sentences leave.
    pub policy: &'static str,
    /// Where they leave.
    pub exits: Exits,
    /// For each row of the controller's table the predicted layer, where a table predicts.
    pub rows: Vec<u32>,
    /// Provenance.
    pub inputs: Vec<Input>,
}

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
