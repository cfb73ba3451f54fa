//! The gradient of a step. The sentences are cut into a fixed number of shards, threads take shards, and what they find is summed in
//! the order of the shards: the result does not depend on the number of threads.

use std::panic::resume_unwind;
use std::thread;

use nalgebra::DMatrix;

use super::loss::{Terms, loss};
use super::net::{Batch, Mask, Net, Parameters, Reach};
use super::pool::Pool;
use crate::logits::largest;

/// Shards of a step.
pub(super) const SHARDS: usize = 4;

/// What is minimised.
pub(super) struct Task<'a> {
    pub(super) weights: &'a Parameters<f32>,
    pub(super) mask: Mask<'a, f32>,
    pub(super) terms: Terms<f32>,
    pub(super) reach: Reach,
    /// Weights of the teacher, if there is one to learn from; it sees everything.
    pub(super) teacher: Option<&'a Parameters<f32>>,
}

/// Sums over some sentences.
pub(super) struct Sums {
    pub(super) loss: f64,
    /// Right answers of each off-ramp.
    pub(super) right: Vec<u32>,
    pub(super) gradient: Vec<f32>,
}

/// Loss, answers and gradient of all shards.
pub(super) fn sums(net: &Net, task: &Task<'_>, shards: &[Batch], pool: &Pool, threads: usize) -> Sums {
    let mut all = parallel(shards, threads, |batch| shard(net, task, batch, pool)).into_iter();
    let none = || Sums { loss: 0.0, right: vec![], gradient: pool.zeros(net.layout.len()) };
    let mut sum = all.next().unwrap_or_else(none);
    for part in all {
        sum.loss += part.loss;
        sum.right.iter_mut().zip(part.right).for_each(|(sum, right)| *sum += right);
        sum.gradient.iter_mut().zip(&part.gradient).for_each(|(sum, g)| *sum += g);
        pool.give(part.gradient);
    }
    sum
}

/// Applies `work` to every item on at most so many threads; the results are in the order of the items.
pub(super) fn parallel<I: Sync, O: Send>(
    items: &[I],
    threads: usize,
    work: impl Fn(&I) -> O + Sync,
) -> Vec<O> {
    let share = items.len().div_ceil(threads.max(1)).max(1);
    let all = |items: &[I]| items.iter().map(&work).collect::<Vec<O>>();
    if items.len() <= share {
        return all(items);
    }
    thread::scope(|scope| {
        let handles: Vec<_> = items.chunks(share).map(|items| scope.spawn(move || all(items))).collect();
        handles
            .into_iter()
            .flat_map(|handle| handle.join().unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    })
}

fn shard(net: &Net, task: &Task<'_>, batch: &Batch, pool: &Pool) -> Sums {
    let run = net.run(task.weights, &task.mask, batch);
    let teacher = task.teacher.and_then(|teacher| {
        let run = net.run(teacher, &Mask::None, batch);
        run.logits().last().cloned()
    });
    let loss = loss(&task.terms, run.logits(), &batch.labels, teacher.as_ref());
    let mut gradient = pool.zeros(net.layout.len());
    net.back((task.weights, &task.mask, batch), &run, &loss.d_logits, task.reach, &mut gradient);
    let right = run.logits().map(|logits| right(logits, &batch.labels)).collect();
    Sums { loss: loss.sum.into(), right, gradient }
}

/// Right answers of an off-ramp.
fn right(logits: &DMatrix<f32>, labels: &[usize]) -> u32 {
    let answers = logits.column_iter().map(|column| {
        let column: Vec<f64> = column.iter().copied().map(f64::from).collect();
        largest(&column)
    });
    answers.zip(labels).map(|(answer, label)| u32::from(answer == *label)).sum()
}
