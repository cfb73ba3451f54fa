//! The record of a sweep: a question, what stays, what varies, what is dropped, and what counts as good.
//!
//! A key of an axis begins with the record that it changes: `design.pu.n`, `technology.energy.mac_pj`, `network.layers`,
//! `task.sequence_length`, `policy.threshold`; or it is that word alone and its values are names: `design`, `technology`,
//! `network`, `task`. The values of an axis vary independently of those of others; the keys of a `zip` vary together.

use models::record::{Problems, Record};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::metric::Metric;
use super::{axis, filter};

/// A design space and what is asked of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Space {
    /// What it is called.
    pub name: String,
    /// One line for listings.
    pub summary: String,
    /// What the sweep is to answer; the head of its report.
    pub question: String,
    /// What every point starts from.
    pub base: Base,
    /// What varies; the last varies fastest.
    #[serde(rename = "axis")]
    pub axes: Vec<Axis>,
    /// Points that are left out.
    #[serde(rename = "filter", default)]
    pub filters: Vec<Filter>,
    /// Which points are run; all where it is absent.
    pub sample: Option<Sample>,
    /// What counts as good, for Pareto fronts and searches.
    #[serde(rename = "objective")]
    pub objectives: Vec<Objective>,
    /// What a good point must keep.
    #[serde(rename = "constraint", default)]
    pub constraints: Vec<Constraint>,
}

/// What every point starts from: presets or files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Base {
    /// Design: a preset or a file.
    pub design: String,
    /// Technology: a preset or a file.
    pub technology: String,
    /// Network: a preset or a file.
    pub network: String,
    /// Workload: a preset or a file.
    pub task: String,
    /// Entropies of each sentence at each off-ramp, CSV, in place of the task's histograms.
    pub exit_trace: Option<String>,
}

/// Something that varies: one key, or several that vary together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    /// The key, with the record first.
    pub key: Option<String>,
    /// Its values.
    #[schemars(with = "Option<Vec<serde_json::Value>>")]
    pub values: Option<Vec<toml::Value>>,
    /// Its values, counted out.
    pub range: Option<Range>,
    /// Keys that vary together, in place of `key`.
    pub zip: Option<Vec<Series>>,
}

/// A key and its values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// The key, with the record first.
    pub key: String,
    /// Its values.
    #[schemars(with = "Vec<serde_json::Value>")]
    pub values: Vec<toml::Value>,
}

/// Values from one number to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// First value. Written as whole numbers, `from` and `to` make whole numbers.
    #[schemars(with = "f64")]
    pub from: toml::Value,
    /// Last value.
    #[schemars(with = "f64")]
    pub to: toml::Value,
    /// How values follow each other.
    pub step: Step,
    /// How many values; absent for powers of two.
    pub points: Option<u32>,
}

/// How the values of a range follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// By equal differences.
    Linear,
    /// By equal ratios.
    Log,
    /// By doubling.
    Pow2,
}

/// Points that are left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// Comparisons; a point in which all hold is dropped.
    pub drop: Vec<String>,
    /// Why.
    pub reason: String,
}

/// Which points are run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// How they are chosen.
    pub method: Method,
    /// How many; for a search, how many are evaluated at most.
    pub points: u64,
    /// Seed of the choice.
    pub seed: u64,
}

/// How points are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Each with equal chance.
    Random,
    /// Latin hypercube: every value of every axis about equally often.
    Latin,
    /// Towards the Pareto front of the objectives (NSGA-II).
    Search,
}

/// What counts as good.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Objective {
    /// Name of a metric.
    pub metric: String,
    /// Which way is better.
    pub goal: Goal,
}

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Goal {
    /// Less.
    Min,
    /// More.
    Max,
}

/// What a good point must keep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Constraint {
    /// Name of a metric.
    pub metric: String,
    /// In the metric's unit.
    pub at_most: Option<f64>,
    /// In the metric's unit.
    pub at_least: Option<f64>,
}

impl Record for Space {
    const KIND: &'static str = "space";
    const PRESETS: &'static [(&'static str, &'static str)] = &[
        ("edge-nlp", include_str!("../../presets/space.toml")),
        ("n", include_str!("../../presets/n.toml")),
    ];

    fn name(&self) -> &str {
        &self.name
    }

    fn summary(&self) -> &str {
        &self.summary
    }

    fn validate(&self, problems: &mut Problems) {
        problems.not_empty("name", &self.name);
        problems.not_empty("summary", &self.summary);
        problems.not_empty("question", &self.question);
        axis::validate(&self.axes, problems);
        filter::validate(self, problems);
        validate_sample(self, problems);
        validate_goals(self, problems);
    }
}

fn validate_sample(space: &Space, problems: &mut Problems) {
    let Some(sample) = &space.sample else { return };
    problems.range("sample.points", sample.points, 1, 1 << 32, "each is simulated");
    if sample.method == Method::Search {
        problems.range("sample.points", sample.points, 8, 1 << 20, "a search keeps all that it has seen");
    }
}

fn validate_goals(space: &Space, problems: &mut Problems) {
    if space.objectives.is_empty() {
        problems.push(
            "objective",
            "there is no objective (nothing says what is good)",
            "add one, e.g. [[objective]] metric = \"energy\", goal = \"min\"",
        );
    }
    for (index, objective) in space.objectives.iter().enumerate() {
        known_metric(&format!("objective.{index}.metric"), &objective.metric, problems);
        if space.objectives[..index].iter().any(|other| other.metric == objective.metric) {
            problems.push(
                format!("objective.{index}.metric"),
                format!("objective `{}` is there twice", objective.metric),
                "keep one of the two",
            );
        }
    }
    for (index, constraint) in space.constraints.iter().enumerate() {
        let key = format!("constraint.{index}");
        known_metric(&format!("{key}.metric"), &constraint.metric, problems);
        if constraint.at_most.is_none() && constraint.at_least.is_none() {
            problems.push(&key, "the constraint has no limit", "add at_most = ... or at_least = ...");
        }
        for (name, limit) in [("at_most", constraint.at_most), ("at_least", constraint.at_least)] {
            if limit.is_some_and(|limit| !limit.is_finite()) {
                problems.push(
                    format!("{key}.{name}"),
                    "a limit must be a finite number",
                    "give it in the metric's unit",
                );
            }
        }
    }
}

fn known_metric(key: &str, name: &str, problems: &mut Problems) {
    if let Err(remedy) = Metric::named(name) {
        problems.push(key, format!("unknown metric `{name}`"), remedy);
    }
}
