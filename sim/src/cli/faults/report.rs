//! Trials as a table, as JSON and as a figure.

use std::io::Write;

use models::memory::Memory;
use serde_json::{Value, json};

use super::{Args, Tried, bytes};
use crate::cli::Failure;
use crate::faults::{Coded, Damage, Estimate, ModelDamage};
use crate::figure::{Axis, Figure, distribution};

/// Figures of a trial: key, and what it is.
type Figures = [(&'static str, fn(&Damage) -> f64); 5];
const FIGURES: Figures = [
    ("cells_misread", |damage| damage.cells as f64),
    ("code_errors", |damage| damage.code_errors),
    ("mask_errors", |damage| damage.index_errors),
    ("element_errors", |damage| damage.element_errors),
    ("relative_l2", |damage| damage.relative_l2),
];

/// A figure of a model: key, and what it is.
type ModelFigure = (&'static str, fn(&ModelDamage) -> f64);
const MODEL: [ModelFigure; 4] = [
    ("logits", |damage| damage.logits),
    ("entropy_nats", |damage| damage.entropy_nats),
    ("exits", |damage| damage.exits),
    ("flips", |damage| damage.flips),
];

/// A mean with half of its interval, in two and one digits.
pub(in crate::cli) fn said(estimate: Estimate) -> String {
    let Estimate { mean, half_width, .. } = estimate;
    match half_width.is_finite() {
        _ if mean <= 0.0 => "0".to_owned(),
        true => format!("{mean:.2e} ± {half_width:.0e}"),
        false => format!("{mean:.2e}"),
    }
}

pub(super) fn table(
    args: &Args,
    (memory, tensor): (&Memory, &Coded),
    tried: &[Tried],
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let rows = tensor.codes.len() / tensor.length;
    let zeros = tensor.codes.iter().filter(|code| **code == 0).count();
    writeln!(
        out,
        "{rows} x {} {}, {:.1} % zeros{}",
        tensor.length,
        tensor.numbers.name(),
        100.0 * zeros as f64 / tensor.codes.len() as f64,
        tensor
            .rounding
            .map_or_else(String::new, |share| format!(", rounding to codes changed {share:.2e} of the norm"))
    )?;
    writeln!(
        out,
        "memory {}, cells misread by {}, seed {}\n",
        memory.name,
        args.faults.said(memory)?,
        args.seed
    )?;
    let width = tried.iter().map(|one| one.name.len()).max().unwrap_or(0);
    writeln!(
        out,
        "{:width$} {:>9} {:>10} {:>8} {:>7} {:>18} {:>18} {:>18} {:>18} {:>9}",
        "encoding",
        "MB",
        "cells, M",
        "mm2",
        "trials",
        "code errors",
        "mask errors",
        "element errors",
        "relative L2",
        "largest"
    )?;
    for one in tried {
        let cells = one.store.cells().iter().sum::<u64>() as f64 / 1e6;
        let figure = |at: usize| said(one.study.estimate(FIGURES[at].1));
        writeln!(
            out,
            "{:width$} {:>9.3} {cells:>10.3} {:>8.4} {:>7} {:>18} {:>18} {:>18} {:>18} {:>9.2e}",
            one.name,
            bytes(one.store.stored()) / 1e6,
            one.area_mm2,
            one.study.trials.len(),
            figure(1),
            figure(2),
            figure(3),
            figure(4),
            one.study.estimate(FIGURES[4].1).most
        )?;
    }
    Ok(())
}

/// What the first trials did to a model, if there is one, of whose sentences it answers a share `right` with nothing wrong.
pub(super) fn model(tried: &[Tried], right: Option<f64>, out: &mut dyn Write) -> Result<(), Failure> {
    if tried.iter().all(|one| one.model.is_empty()) {
        return Ok(());
    }
    let width = tried.iter().map(|one| one.name.len()).max().unwrap_or(0);
    write!(out, "\n{:width$} {:>7}", "golden kernels", "trials")?;
    MODEL.iter().try_for_each(|(name, _)| write!(out, " {name:>14}"))?;
    writeln!(out, "{}", if right.is_some() { format!(" {:>14}", "right") } else { String::new() })?;
    let percent = |share: f64| format!(" {:>12.2} %", 100.0 * share);
    for one in tried {
        write!(out, "{:width$} {:>7}", one.name, one.model.len())?;
        MODEL.iter().try_for_each(|(_, figure)| write!(out, " {:>14.3e}", mean(&one.model, *figure)))?;
        writeln!(out, "{}", self::right(&one.model).map_or_else(String::new, percent))?;
    }
    if let Some(right) = right {
        let none = 15 * MODEL.len();
        writeln!(out, "{:width$} {:>7}{:none$}{}", "with nothing wrong", "", "", percent(right))?;
    }
    Ok(())
}

/// Mean share of right answers over trials, where it is known.
fn right(trials: &[ModelDamage]) -> Option<f64> {
    let sum: f64 = trials.iter().map(|damage| damage.right).sum::<Option<f64>>()?;
    Some(sum / trials.len().max(1) as f64)
}

/// The mean of a figure over trials.
fn mean(trials: &[ModelDamage], figure: fn(&ModelDamage) -> f64) -> f64 {
    trials.iter().map(figure).sum::<f64>() / trials.len().max(1) as f64
}

pub(super) fn json(
    args: &Args,
    (memory, tensor): (&Memory, &Coded),
    tried: &[Tried],
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let one = |one: &Tried| {
        let mut value = json!({
            "encoding": one.name,
            "bytes": bytes(one.store.stored()),
            "cells": one.store.cells(),
            "area_mm2": one.area_mm2,
            "trials": one.study.trials.len(),
        });
        for (name, figure) in FIGURES {
            value[name] = estimate(one.study.estimate(figure));
        }
        if !one.model.is_empty() {
            let figures =
                MODEL.iter().map(|(name, figure)| ((*name).to_owned(), mean(&one.model, *figure).into()));
            value["model"] = Value::Object(figures.collect());
            if let Some(right) = right(&one.model) {
                value["model"]["right"] = right.into();
            }
        }
        value
    };
    let value = json!({
        "tensor": {
            "rows": tensor.codes.len() / tensor.length, "length": tensor.length, "numbers": tensor.numbers.name(),
            "rounding": tensor.rounding,
        },
        "faults": args.faults.said(memory)?,
        "memory": memory.name,
        "seed": args.seed,
        "encodings": tried.iter().map(one).collect::<Vec<Value>>(),
    });
    Ok(crate::report::json::write(&value, out)?)
}

/// An estimate as JSON; half of an interval that nothing is known of is null.
fn estimate(estimate: Estimate) -> Value {
    json!({ "mean": estimate.mean, "half_width": estimate.half_width, "most": estimate.most })
}

/// How the relative L2 of each encoding is spread over its trials.
pub(super) fn figure(tried: &[Tried]) -> Figure {
    let group = |one: &Tried| distribution::Group {
        name: one.short.clone(),
        values: one.study.trials.iter().map(|damage| damage.relative_l2).collect(),
    };
    Figure::Distribution(distribution::Data {
        value: Axis::log("relative L2 of what is read", ""),
        groups: tried.iter().map(group).collect(),
    })
}
