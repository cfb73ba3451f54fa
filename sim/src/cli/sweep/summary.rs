//! What a sweep comes to: how many points, what was left out and why, and the best by each objective.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use models::record::Error;

use crate::sweep::export::{axes, plain};
use crate::sweep::manifest::Opened;
use crate::sweep::metric::Metric;
use crate::sweep::run::Batch;
use crate::sweep::search::{Fitness, cost, excess};
use crate::sweep::select::Selection;
use crate::sweep::space::{Goal, Method, Space};
use crate::sweep::store::Record;

/// Reasons of refusal that are shown.
const REASONS: usize = 8;

/// Counts of a sweep.
pub(super) struct Summary {
    space: Space,
    grid: Vec<String>,
    points: u64,
    dropped: Vec<u64>,
    twice: u64,
    /// Points that were there at the start.
    pub(super) done: Vec<u64>,
    /// What is known of points, for a search.
    pub(super) fitness: BTreeMap<u64, Fitness>,
    searching: bool,
    ran: u64,
    compiled: u64,
    timed: u64,
    with_figures: u64,
    kept: u64,
    /// By reason without its numbers: how many, and the first as it was said.
    refused: BTreeMap<String, (u64, String)>,
    best: Vec<Option<(f64, u64)>>,
}

impl Summary {
    pub(super) fn new(opened: &Opened, selection: &Selection) -> Self {
        let space = opened.space.clone();
        let searching = space.sample.as_ref().is_some_and(|sample| sample.method == Method::Search);
        Summary {
            grid: opened.grid.dimensions.iter().flat_map(|d| &d.keys).map(|key| key.text.clone()).collect(),
            points: opened.grid.points,
            dropped: selection.dropped.clone(),
            twice: selection.twice,
            done: Vec::new(),
            fitness: BTreeMap::new(),
            searching,
            ran: 0,
            compiled: 0,
            timed: 0,
            with_figures: 0,
            kept: 0,
            refused: BTreeMap::new(),
            best: vec![None; space.objectives.len()],
            space,
        }
    }

    /// Counts a point that was there at the start.
    pub(super) fn found(&mut self, record: Record) -> Result<(), Error> {
        self.done.push(record.point);
        self.count(
            record.point,
            record.values.as_deref().ok_or(record.refused.as_deref().unwrap_or_default()),
        );
        Ok(())
    }

    /// Counts points that ran.
    pub(super) fn add(&mut self, batch: &Batch) {
        self.ran += batch.outcomes.len() as u64;
        self.compiled += batch.compiled;
        self.timed += batch.timed;
        for (point, outcome) in &batch.outcomes {
            self.count(*point, outcome.as_deref().map_err(String::as_str));
        }
    }

    fn count(&mut self, point: u64, outcome: Result<&[f64], &str>) {
        if self.searching {
            self.fitness.insert(point, Fitness::new(&self.space, outcome.ok()));
        }
        match outcome {
            Err(reason) => {
                let first = reason.lines().next().unwrap_or_default();
                let kind = first.replace(|c: char| c.is_ascii_digit() || c == '.', "");
                self.refused.entry(kind).or_insert_with(|| (0, first.to_owned())).0 += 1;
            }
            Ok(values) => {
                self.with_figures += 1;
                if self.space.constraints.iter().all(|constraint| excess(constraint, values) <= 0.0) {
                    self.kept += 1;
                    self.improve(point, values);
                }
            }
        }
    }

    fn improve(&mut self, point: u64, values: &[f64]) {
        for (best, objective) in self.best.iter_mut().zip(&self.space.objectives) {
            let mine = (cost(objective, values), point);
            if best.is_none_or(|best| mine.0.total_cmp(&best.0).then(mine.1.cmp(&best.1)).is_lt()) {
                *best = Some(mine);
            }
        }
    }

    pub(super) fn print(
        &self,
        opened: &Opened,
        folder: &Path,
        time: Duration,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        writeln!(out, "{} points of {} in {}", self.with_figures, self.points, folder.display())?;
        for (filter, dropped) in self.space.filters.iter().zip(&self.dropped) {
            writeln!(out, "  {dropped} left out: {} ({})", filter.reason, filter.drop.join(" and "))?;
        }
        if self.twice > 0 {
            writeln!(out, "  {} drawn twice by the sample, run once", self.twice)?;
        }
        self.print_refused(out)?;
        if !self.space.constraints.is_empty() {
            writeln!(out, "  {} keep every constraint", self.kept)?;
        }
        for (best, objective) in self.best.iter().zip(&self.space.objectives) {
            let (Some((value, point)), Ok(metric)) = (best, Metric::named(&objective.metric)) else {
                continue;
            };
            let word = if objective.goal == Goal::Min { "least" } else { "most" };
            let value = value.abs();
            let (name, unit) = (metric.name(), metric.unit());
            writeln!(
                out,
                "{word} {name}: {value:.4e} {unit}, point {point}: {}",
                self.describe(opened, *point)
            )?;
        }
        let seconds = time.as_secs_f64();
        let rate = self.ran as f64 / seconds.max(1e-9);
        writeln!(
            out,
            "{} points ran in {seconds:.1} s ({rate:.0} a second): {} programs compiled, {} timed",
            self.ran, self.compiled, self.timed
        )
    }

    fn print_refused(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut reasons: Vec<&(u64, String)> = self.refused.values().collect();
        reasons.sort_by_key(|(count, reason)| (std::cmp::Reverse(*count), reason));
        for (count, reason) in reasons.iter().take(REASONS) {
            let like = if *count > 1 { "among them: " } else { "" };
            writeln!(out, "  {count} without figures, {like}{reason}")?;
        }
        if reasons.len() > REASONS {
            let rest: u64 = reasons[REASONS..].iter().map(|(count, _)| count).sum();
            writeln!(
                out,
                "  {rest} without figures for other reasons: see the column `refused` of an export"
            )?;
        }
        Ok(())
    }

    fn describe(&self, opened: &Opened, point: u64) -> String {
        let values = axes(opened, point);
        let pairs = self.grid.iter().zip(&values).map(|(key, value)| format!("{key} = {}", plain(value)));
        pairs.collect::<Vec<_>>().join(", ")
    }
}
