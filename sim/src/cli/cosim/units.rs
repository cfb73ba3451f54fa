//! The checks of the units, side by side.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use rtl::verify::{Check, Failed, Plan, Tally};

/// What came of a check.
pub(super) struct Outcome {
    pub(super) unit: &'static str,
    pub(super) parts: &'static [&'static str],
    pub(super) result: Result<Tally, Box<Failed>>,
}

/// Runs `checks` on as many threads as there are processors, and tells of each as it ends; in the order of `checks`.
pub(super) fn run(checks: &[&Check], plan: &Plan, err: &mut dyn Write) -> Vec<Outcome> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(checks.len());
    let next = AtomicUsize::new(0);
    let mut outcomes: Vec<(usize, Outcome)> = thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        for _ in 0..threads {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                while let Some((at, check)) = take(checks, next) {
                    let result = check.run(plan);
                    let outcome = Outcome { unit: check.unit, parts: check.parts, result };
                    // The receiver lives as long as the scope.
                    let _ = sender.send((at, outcome));
                }
            });
        }
        drop(sender);
        receiver
            .into_iter()
            .enumerate()
            .map(|(done, outcome)| {
                tell(&outcome.1, done + 1, checks.len(), err);
                outcome
            })
            .collect()
    });
    outcomes.sort_by_key(|(at, _)| *at);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

/// The next check that nobody runs.
fn take<'a>(checks: &[&'a Check], next: &AtomicUsize) -> Option<(usize, &'a Check)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    checks.get(at).map(|check| (at, *check))
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
