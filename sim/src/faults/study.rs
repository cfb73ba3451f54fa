//! Many trials: in parallel, in batches, until the interval is as narrow as asked.

use std::num::NonZeroU32;

use serde::Serialize;

use super::{Damage, Store};

/// Trials between two looks at the interval; the same for any number of threads, so that they stop at the same one.
const BATCH: u64 = 32;
/// Standard errors on each side of a mean that hold 95 % of a normal distribution.
const DEVIATIONS: f64 = 1.96;

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Until {
    /// After so many trials at the latest.
    pub trials: u64,
    /// Or when the 95 % interval of the mean of the relative L2 is within this share of the mean.
    pub within: Option<f64>,
}

/// A mean over trials.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// Half of the 95 % interval of the mean.
    pub half_width: f64,
    /// The largest of the trials.
    pub most: f64,
}

/// Trials of a store, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Study {
    /// What each has done.
    pub trials: Vec<Damage>,
}

impl Study {
    /// Goes on until it is enough; `done` is told of each batch, and may end the study by returning false.
    pub fn run(
        &mut self,
        store: &Store,
        seed: u64,
        until: Until,
        threads: NonZeroU32,
        mut done: impl FnMut(&[Damage]) -> bool,
    ) {
        while !self.is_enough(until) {
            let first = self.trials.len() as u64;
            let numbers: Vec<u64> = (first..until.trials.min(first + BATCH)).collect();
            let part = numbers.len().div_ceil(threads.get() as usize).max(1);
            let batch: Vec<Damage> = std::thread::scope(|scope| {
                let run = |numbers: &[u64]| numbers.iter().map(|n| store.trial(seed, *n)).collect::<Vec<_>>();
                let workers: Vec<_> =
                    numbers.chunks(part).map(|part| scope.spawn(move || run(part))).collect();
                // A trial does not panic; if one did, its panic is ours.
                let join = |worker: std::thread::ScopedJoinHandle<'_, Vec<Damage>>| {
                    worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                };
                workers.into_iter().flat_map(join).collect()
            });
            self.trials.extend(&batch);
            if !done(&batch) {
                return;
            }
        }
    }

    /// Whether there are enough trials.
    fn is_enough(&self, until: Until) -> bool {
        let count = self.trials.len() as u64;
        let narrow = |within: f64| {
            let found = self.estimate(|damage| damage.relative_l2);
            count >= BATCH
                && count.is_multiple_of(BATCH)
                && found.mean > 0.0
                && found.half_width <= within * found.mean
        };
        count >= until.trials || until.within.is_some_and(narrow)
    }

    /// The mean of a figure over all trials.
    pub fn estimate(&self, figure: impl Fn(&Damage) -> f64) -> Estimate {
        let values: Vec<f64> = self.trials.iter().map(figure).collect();
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count.max(1.0);
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        // One trial tells nothing of the spread.
        let half_width =
            if count > 1.0 { DEVIATIONS * (squares / (count - 1.0) / count).sqrt() } else { f64::INFINITY };
        Estimate { mean, half_width, most: values.iter().copied().fold(0.0, f64::max) }
    }
}
