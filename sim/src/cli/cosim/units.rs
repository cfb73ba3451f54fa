//! The checks of the units, side by side.

use std::io::Write;

use super::super::parallel::parallel;
use rtl::verify::{Check, Failed, Plan, Tally};

/// What came of a check.
pub(super) struct Outcome {
    pub(super) unit: &'static str,
    pub(super) parts: &'static [&'static str],
    pub(super) result: Result<Tally, Box<Failed>>,
}

/// Runs `checks` on as many threads as there are processors, and tells of each as it ends; in the order of `checks`.
pub(super) fn run(checks: &[&Check], plan: &Plan, err: &mut dyn Write) -> Vec<Outcome> {
    let work = |check: &&Check| Outcome { unit: check.unit, parts: check.parts, result: check.run(plan) };
    parallel(checks, work, |outcome, done| tell(outcome, done, checks.len(), err))
}

fn tell(outcome: &Outcome, done: usize, all: usize, err: &mut dyn Write) {
    let said = match &outcome.result {
        Ok(tally) => {
            let waves: String =
                tally.waves.iter().map(|wave| format!("\n  wave: {}", wave.display())).collect();
            format!("{} values agree in {} cycles{waves}", tally.vectors, tally.cycles)
        }
        Err(failed) => failed.to_string(),
    };
    // Who closed the error stream does not want to know.
    let _ = writeln!(err, "[{done}/{all}] {}: {said}", outcome.unit);
}
