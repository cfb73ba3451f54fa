//! What a workload must hold; histograms are checked against their own sums.

use super::limits::*;
use super::{ExitHistogram, Exits, Spans, Workload};
use crate::record::Problems;

/// Twelve values rounded to a thousandth add up to within 0.006 of 100.
const SUM_TOLERANCE: f64 = 0.01;
/// Values rounded to a thousandth of a per cent at layers up to 12 move the mean by at most 0.0004.
const MEAN_TOLERANCE: f64 = 5e-4;

pub(super) fn validate(workload: &Workload, problems: &mut Problems) {
    problems.not_empty("name", &workload.name);
    problems.not_empty("summary", &workload.summary);
    problems.range("sequence_length", workload.sequence_length, TOKENS.0, TOKENS.1, "tokens of a sentence");
    problems.range("classes", workload.classes, CLASSES.0, CLASSES.1, "an entropy needs at least two");
    workload.weight_density.embedding.validate("weight_density.embedding", problems);
    workload.weight_density.encoder.validate("weight_density.encoder", problems);
    workload.activation_density.hidden.validate("activation_density.hidden", problems);
    workload.activation_density.probabilities.validate("activation_density.probabilities", problems);
    workload.activation_density.feed_forward.validate("activation_density.feed_forward", problems);
    if let Some(network) = &workload.network {
        problems.not_empty("network", network);
    }
    if let Some(spans) = &workload.spans {
        validate_spans(spans, workload.sequence_length, problems);
    }
    if let Some(exits) = &workload.exits {
        validate_exits(exits, problems);
    }
}

fn validate_spans(spans: &Spans, sequence_length: u32, problems: &mut Problems) {
    problems.not_empty("spans.source", &spans.source);
    if spans.tokens.is_empty() {
        problems.push("spans.tokens", "spans.tokens is empty (a network has heads)", "give one span a head");
    }
    for (head, tokens) in spans.tokens.iter().enumerate() {
        let key = format!("spans.tokens.{head}");
        problems.range(
            &key,
            *tokens,
            0,
            sequence_length,
            "a head sees at most the sequence; 0 switches it off",
        );
    }
}

fn validate_exits(exits: &Exits, problems: &mut Problems) {
    exits.threshold.validate("exits.threshold", problems);
    problems.not_empty("exits.source", &exits.source);
    problems.range(
        "exits.sentences",
        exits.sentences,
        SENTENCES.0,
        SENTENCES.1,
        "a histogram counts sentences",
    );
    if exits.at(exits.threshold.value).is_none() {
        problems.push(
            "exits.threshold.value",
            format!(
                "exits.threshold = {} must be that of a histogram (it is the default)",
                exits.threshold.value
            ),
            "choose the threshold of one of exits.histograms",
        );
    }
    let layers = exits.histograms.first().map_or(0, |row| row.percent.len());
    let mut below = -1.0;
    for (index, row) in exits.histograms.iter().enumerate() {
        histogram(&format!("exits.histograms.{index}"), row, layers, problems);
        if row.threshold.is_nan() || row.threshold <= below {
            problems.push(
                format!("exits.histograms.{index}.threshold"),
                format!("exits.histograms.{index}.threshold = {} must be above {below}", row.threshold),
                "order the histograms by threshold, each once, from 0",
            );
        }
        below = row.threshold;
    }
}

fn histogram(key: &str, row: &ExitHistogram, layers: usize, problems: &mut Problems) {
    let percent = format!("{key}.percent");
    if row.percent.len() != layers || layers == 0 {
        problems.push(
            &percent,
            format!(
                "{percent} has {} layers, the first histogram {layers} (all are of one network)",
                row.percent.len()
            ),
            "give one value a layer",
        );
    }
    for (index, value) in row.percent.iter().enumerate() {
        problems.range(&format!("{percent}.{index}"), *value, PERCENT.0, PERCENT.1, "per cent of sentences");
    }
    let sum: f64 = row.percent.iter().sum();
    problems_if_off(problems, &percent, "sum", sum, 100.0, SUM_TOLERANCE);
    let mean: f64 =
        row.percent.iter().zip(1_u32..).map(|(share, layer)| share * f64::from(layer) / 100.0).sum();
    problems_if_off(problems, &format!("{key}.mean"), "mean of percent", mean, row.mean, MEAN_TOLERANCE);
}

fn problems_if_off(
    problems: &mut Problems,
    key: &str,
    what: &str,
    found: f64,
    expected: f64,
    tolerance: f64,
) {
    // Not `>`, so that a value that is no number is refused too.
    let near = (found - expected).abs() <= tolerance;
    if !near {
        problems.push(
            key,
            format!("{key}: the {what} is {found:.4} and must be {expected:.4} within {tolerance}"),
            "check the row against its source",
        );
    }
}
