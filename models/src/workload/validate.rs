//! What a workload must hold; histograms are checked against their own sums.

use super::limits::*;
use super::{ExitHistogram, Exits, Layers, PredictedExits, Spans, Workload};
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
    if let Some(layers) = &workload.layers {
        validate_layers(layers, workload, problems);
    }
}

fn validate_layers(layers: &Layers, workload: &Workload, problems: &mut Problems) {
    problems.not_empty("layers.source", &layers.source);
    if workload.spans.is_some() {
        let message = "layers and spans both say how far heads look";
        problems.push("spans", message, "leave out spans where layers are described one by one");
    }
    for (index, layer) in layers.each.iter().enumerate() {
        let key = format!("layers.each.{index}");
        for (head, tokens) in layer.spans.iter().enumerate() {
            let key = format!("{key}.spans.{head}");
            let reason = "a head sees at most the sequence; 0 is one that was removed";
            problems.range(&key, *tokens, 0, workload.sequence_length, reason);
        }
        if layer.spans.iter().all(|span| *span == 0) {
            let message = format!("{key}.spans has no head that is left");
            problems.push(format!("{key}.spans"), message, "give at least one head a span of 1 or more");
        }
        let reason = "columns that are left; a layer without a feed-forward network has no program";
        problems.range(&format!("{key}.feed_forward"), layer.feed_forward, 1, u32::MAX, reason);
        let reason = "a share of weights";
        problems.range(&format!("{key}.density"), layer.density, 0.0, 1.0, reason);
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
    if let Some(predicted) = &exits.predicted {
        validate_predicted(predicted, exits.sentences, layers as u32, problems);
    }
}

fn validate_predicted(predicted: &PredictedExits, sentences: u32, layers: u32, problems: &mut Problems) {
    problems.not_empty("exits.predicted.source", &predicted.source);
    problems.range("exits.predicted.after", predicted.after, 1, layers.max(2) - 1, "a layer before the last");
    if predicted.thresholds.is_empty() {
        let message = "exits.predicted.thresholds is empty (nothing would be known)";
        problems.push("exits.predicted.thresholds", message, "give one, or leave out exits.predicted");
    }
    let mut below = -1.0;
    for (index, row) in predicted.thresholds.iter().enumerate() {
        let key = format!("exits.predicted.thresholds.{index}");
        if row.threshold.is_nan() || row.threshold <= below {
            let message = format!("{key}.threshold = {} must be above {below}", row.threshold);
            problems.push(format!("{key}.threshold"), message, "order them by threshold, each once, from 0");
        }
        below = row.threshold;
        for (at, [planned, layer, _]) in row.sentences.iter().enumerate() {
            let left = *planned == 0 && (1..=predicted.after).contains(layer);
            let foretold = *planned > predicted.after
                && *planned <= layers
                && layer <= planned
                && *layer > predicted.after;
            if !left && !foretold {
                problems.push(
                    format!("{key}.sentences.{at}"),
                    format!(
                        "{key}.sentences.{at}: predicted {planned}, left {layer} cannot be (predicted after layer {}, of {layers})",
                        predicted.after
                    ),
                    "a sentence leaves at the predicted layer or before; 0 is predicted for those that have left by then",
                );
            }
        }
        let sum: u64 = row.sentences.iter().map(|[_, _, count]| u64::from(*count)).sum();
        if sum != u64::from(sentences) {
            let message = format!("{key}.sentences count {sum} sentences, exits.sentences {sentences}");
            problems.push(format!("{key}.sentences"), message, "count each sentence once");
        }
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
