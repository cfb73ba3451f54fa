//! Where the sentences of a trace leave, as a task says it: histograms, and what a prediction fitted to the same sentences would do.

use std::collections::BTreeMap;
use std::fmt::Write;

use models::predictor::Predictor;
use models::record::{Error, Kind};
use models::trace::Trace;

/// Thresholds that are counted besides the task's own, nats apart: as fine as published tables are.
const STEP: f64 = 0.05;
/// Layer after whose off-ramp the exit is predicted, as EdgeBERT does (Tambe et al., MICRO 2021).
const AFTER: usize = 1;

/// The part of a task about exits, by the trace in a file; at `threshold` nats unless a run says otherwise.
pub(super) fn exits(path: &str, (layers, classes): (u32, u32), threshold: f64) -> Result<String, Error> {
    let most = f64::from(classes).ln();
    if !(0.0..=most).contains(&threshold) {
        let message = format!(
            "--threshold {threshold} must be from 0 to {most:.3} nat, the most {classes} classes have"
        );
        return Err(Error::new(Kind::Usage, "arguments", message, "choose a threshold in this range"));
    }
    let trace = Trace::read(path)?;
    if trace.layers() != layers as usize {
        let message = format!("{path} has {} off-ramps, the model {layers}", trace.layers());
        return Err(Error::new(
            Kind::Fit,
            "trace",
            message,
            "take the trace that infer wrote for this model",
        ));
    }
    let source = toml::Value::String(format!("entropies of {path}")).to_string();
    let mut text = format!(
        "\n[exits]\nsentences = {}\nstanding = \"measured\"\nsource = {source}\n\
         threshold = {{ value = {threshold:?}, unit = \"nat\", standing = \"assumed\", source = \"--threshold\" }}\n",
        trace.sentences()
    );
    let thresholds = thresholds(threshold, most);
    for threshold in &thresholds {
        histogram(&mut text, &trace, *threshold);
    }
    if trace.layers() > AFTER + 1 {
        let table = Predictor::fit(trace.rows(), trace.layers(), AFTER)?;
        predicted(&mut text, &trace, &table, &thresholds, &source);
    }
    Ok(text)
}

/// Steps from 0 on, the task's own among them.
fn thresholds(own: f64, most: f64) -> Vec<f64> {
    let steps = (0..=(most / STEP) as u32).map(|step| (f64::from(step) * STEP * 1e6).round() / 1e6);
    let mut all: Vec<f64> = steps.chain([own]).collect();
    all.sort_by(f64::total_cmp);
    all.dedup();
    all
}

/// Writing to a string cannot fail.
fn histogram(text: &mut String, trace: &Trace, threshold: f64) {
    let all = trace.sentences() as f64;
    let percent: Vec<f64> =
        trace.histogram(threshold).iter().map(|count| 100.0 * *count as f64 / all).collect();
    let mean = trace.average_exit_layer(threshold);
    let _ = write!(
        text,
        "\n[[exits.histograms]]\nthreshold = {threshold:?}\nmean = {mean:?}\npercent = {percent:?}\n"
    );
}

fn predicted(text: &mut String, trace: &Trace, table: &Predictor, thresholds: &[f64], source: &str) {
    let _ = write!(
        text,
        "\n[exits.predicted]\nafter = {AFTER}\nstanding = \"derived\"\nsource = {}\n",
        source.replace("entropies of", "a table fitted to the entropies of")
    );
    for threshold in thresholds {
        let mut counts: BTreeMap<[usize; 2], u32> = BTreeMap::new();
        for row in trace.rows() {
            let foretold = table.predict(row, *threshold);
            let planned = if foretold.sure <= AFTER { 0 } else { foretold.predicted };
            *counts.entry([planned, foretold.actual]).or_default() += 1;
        }
        let rows: Vec<String> =
            counts.iter().map(|([planned, left], count)| format!("[{planned}, {left}, {count}]")).collect();
        let _ = write!(
            text,
            "\n[[exits.predicted.thresholds]]\nthreshold = {threshold:?}\nsentences = [{}]\n",
            rows.join(", ")
        );
    }
}
