//! Rows of answers as they come, and what is kept of them for the files at the end.

use std::fmt::Write as _;
use std::io::Write;
use std::sync::Arc;

use models::logits::{Logits, largest};
use models::model::Model;
use models::record::{Error, Kind};
use serde_json::{Map, Value};

use super::super::Failure;
use super::super::field::quoted;
use super::Format;
use crate::infer::cost::Cost;
use crate::infer::{Answer, Precision};
use crate::policy::{Policy, Sentence};

/// A sentence that has been answered.
pub(super) struct Row {
    /// As the file has it.
    pub label: Option<String>,
    /// Tokens that were run.
    pub tokens: usize,
    /// Tokens that did not fit.
    pub dropped: usize,
    /// What the model says.
    pub answer: Answer,
    /// What it costs to leave after each layer.
    pub costs: Arc<[Cost]>,
}

/// Sums over all sentences, and what the files at the end hold.
#[derive(Default)]
pub(super) struct Totals {
    rows: usize,
    dropped: usize,
    right: usize,
    layers: usize,
    latency_s: f64,
    energy_j: f64,
    entropies: Vec<Vec<f64>>,
    logits: Vec<f64>,
    /// Class of each sentence that has a known label.
    labels: Vec<usize>,
    /// Sentences whose label names no class, and the label of the first.
    unknown: Option<(usize, String)>,
    embeddings: String,
}

/// Writes rows.
pub(super) struct Writer<'a> {
    format: Format,
    model: &'a Model,
    policy: &'a dyn Policy,
    out: &'a mut dyn Write,
    /// So far.
    pub totals: Totals,
}

impl<'a> Writer<'a> {
    /// Writes the head.
    pub(super) fn new(
        format: Format,
        model: &'a Model,
        policy: &'a dyn Policy,
        out: &'a mut dyn Write,
    ) -> Result<Self, Failure> {
        if format == Format::Csv {
            let ramps = (1..=model.weights.ramps.len()).map(|ramp| format!(",entropy_{ramp}_nat"));
            let ramps: String = ramps.collect();
            writeln!(out, "sentence,tokens,dropped,predicted,label,exit_layer,latency_s,energy_j{ramps}")?;
        }
        Ok(Writer { format, model, policy, out, totals: Totals::default() })
    }

    /// Writes a row and keeps what the files need.
    pub(super) fn row(&mut self, row: &Row) -> Result<(), Failure> {
        let answers: Vec<usize> = row.answer.logits.iter().map(|logits| largest(logits)).collect();
        let layers = self.model.network.layers as usize;
        let known = Sentence { entropies: &row.answer.entropies, answers: &answers, label: None };
        let layer = if self.model.exits() { self.policy.leave(&known).layer } else { layers };
        let ramp = if self.model.exits() { layer - 1 } else { 0 };
        let predicted = answers.get(ramp).copied();
        let cost = row.costs[ramp];
        self.totals.add(
            row,
            predicted,
            row.label.as_deref().and_then(|label| self.model.class(label)),
            (layer, cost),
        );
        let names = [
            predicted.map(|class| self.name(class)).unwrap_or_default(),
            row.label.clone().unwrap_or_default(),
        ];
        match self.format {
            Format::Csv => self.csv(row, &names, (layer, cost)),
            Format::Jsonl => self.json(row, &names, (layer, cost)),
        }
    }

    fn csv(&mut self, row: &Row, names: &[String; 2], (layer, cost): (usize, Cost)) -> Result<(), Failure> {
        let [predicted, label] = names.each_ref().map(|name| quoted(name));
        let (number, Row { tokens, dropped, .. }) = (self.totals.rows, row);
        let entropies: String = row.answer.entropies.iter().map(|nats| format!(",{nats}")).collect();
        let Cost { latency_s, energy_j } = cost;
        Ok(writeln!(
            self.out,
            "{number},{tokens},{dropped},{predicted},{label},{layer},{latency_s:.9},{energy_j:.6e}{entropies}"
        )?)
    }

    fn json(&mut self, row: &Row, names: &[String; 2], (layer, cost): (usize, Cost)) -> Result<(), Failure> {
        let mut object = Map::new();
        object.insert("sentence".into(), self.totals.rows.into());
        object.insert("tokens".into(), row.tokens.into());
        object.insert("dropped".into(), row.dropped.into());
        for (key, name) in ["predicted", "label"].into_iter().zip(names).filter(|(_, name)| !name.is_empty())
        {
            object.insert(key.into(), name.as_str().into());
        }
        object.insert("exit_layer".into(), layer.into());
        object.insert("latency_s".into(), cost.latency_s.into());
        object.insert("energy_j".into(), cost.energy_j.into());
        object.insert("entropies_nat".into(), row.answer.entropies.clone().into());
        Ok(writeln!(self.out, "{}", Value::Object(object))?)
    }

    /// What a class means, or its number.
    fn name(&self, class: usize) -> String {
        self.model.labels.get(class).cloned().unwrap_or_else(|| class.to_string())
    }
}

impl Totals {
    fn add(
        &mut self,
        row: &Row,
        predicted: Option<usize>,
        label: Option<usize>,
        (layer, cost): (usize, Cost),
    ) {
        self.rows += 1;
        self.dropped += usize::from(row.dropped > 0);
        self.layers += layer;
        self.latency_s += cost.latency_s;
        self.energy_j += cost.energy_j;
        self.right += usize::from(label.is_some() && label == predicted);
        self.labels.extend(label);
        let named = row.label.as_deref().map(str::trim).filter(|name| !name.is_empty());
        if let (Some(name), None) = (named, label) {
            self.unknown.get_or_insert_with(|| (0, name.to_owned())).0 += 1;
        }
        self.entropies.push(row.answer.entropies.clone());
        self.logits.extend(row.answer.logits.iter().flatten());
        let numbers: Vec<String> = row.answer.embedding.iter().map(f32::to_string).collect();
        self.embeddings.push_str(&numbers.join(","));
        self.embeddings.push('\n');
    }

    /// Sentences so far.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// The embeddings, a line for each sentence.
    pub(super) fn embeddings(&self) -> &str {
        &self.embeddings
    }

    /// The entropies as an exit trace.
    pub(super) fn trace_text(&self) -> String {
        let mut text = String::new();
        for entropies in &self.entropies {
            let row: Vec<String> = entropies.iter().map(f64::to_string).collect();
            text.push_str(&row.join(","));
            text.push('\n');
        }
        text
    }

    /// The logits, with labels where every sentence has one.
    pub(super) fn logits_text(&self, model: &Model) -> Result<String, Error> {
        let labels = (self.labels.len() == self.rows).then(|| self.labels.clone());
        let (layers, classes) = (model.weights.ramps.len(), model.network.classes as usize);
        let logits = Logits::of(layers, classes, self.logits.clone(), labels);
        let none = || {
            let message = "the model has no classifier, so that there are no logits";
            Error::new(Kind::Usage, "arguments", message, "leave out --write-logits")
        };
        logits.map(|logits| logits.text()).ok_or_else(none)
    }

    /// A few lines for people.
    pub(super) fn summary(&self, precision: Precision) -> String {
        let count = self.rows.max(1) as f64;
        let how = match precision {
            Precision::Exact => "bit-exact",
            Precision::F32 => "f32",
        };
        let mut text = format!(
            "{} sentences, {how}: mean exit layer {:.3}, {:.3} ms and {:.3} uJ a sentence\n",
            self.rows,
            self.layers as f64 / count,
            self.latency_s / count * 1e3,
            self.energy_j / count * 1e6
        );
        // A String takes whatever is written.
        if !self.labels.is_empty() {
            let (right, all) = (self.right, self.labels.len());
            let _ = writeln!(text, "{right} of {all} right: {:.2} %", 100.0 * right as f64 / all as f64);
        }
        if let Some((count, first)) = &self.unknown {
            let _ = writeln!(
                text,
                "{count} labels name no class and are not counted, the first of them `{first}`"
            );
        }
        if self.dropped > 0 {
            let _ = writeln!(text, "{} sentences were longer than the network and were cut", self.dropped);
        }
        text
    }
}
