//! Evaluates points on threads and hands batches of finished ones on.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use models::record::Error;

use super::evaluate::Evaluator;
use super::manifest::Opened;
use super::point::{Resolver, refused_key};
use super::store::Record;

/// Most points that a thread takes at a time, and least ones before it ends where programs change.
const CHUNK: std::ops::Range<usize> = 16..512;
/// Finished points of a batch.
const BATCH: usize = 16;

/// Finished points.
#[derive(Default)]
pub struct Batch {
    /// Their lines, ends included.
    pub lines: String,
    /// Each with its figures, if it has any.
    pub outcomes: Vec<(u64, Result<Vec<f64>, String>)>,
    /// Programs compiled for them.
    pub compiled: u64,
    /// Programs run for them.
    pub timed: u64,
}

/// Evaluates `points`, which stand in an order in which neighbours share most, and gives every batch to `sink`. Ends early,
/// with the points in flight finished, when `stop` is set or the sink fails.
///
/// # Errors
/// The sink's.
pub fn evaluate(
    opened: &Opened,
    points: &[u64],
    threads: usize,
    stop: &AtomicBool,
    mut sink: impl FnMut(Batch) -> Result<(), Error>,
) -> Result<(), Error> {
    let chunks = Mutex::new(chunks(opened, points).into_iter());
    let failed = AtomicBool::new(false);
    let halted = || stop.load(Ordering::Relaxed) || failed.load(Ordering::Relaxed);
    thread::scope(|scope| {
        let (sender, receiver): (SyncSender<Batch>, Receiver<Batch>) = sync_channel(2 * threads.max(1));
        for _ in 0..threads.max(1) {
            let (sender, chunks, halted) = (sender.clone(), &chunks, &halted);
            scope.spawn(move || {
                let mut worker = Worker::new(opened);
                while let Some(chunk) = next(chunks).filter(|_| !halted()) {
                    worker.run(chunk, halted, &sender);
                }
            });
        }
        drop(sender);
        let mut result = Ok(());
        for batch in receiver {
            if result.is_ok() {
                result = sink(batch);
                failed.store(result.is_err(), Ordering::Relaxed);
            }
        }
        result
    })
}

fn next<'a>(chunks: &Mutex<std::vec::IntoIter<&'a [u64]>>) -> Option<&'a [u64]> {
    // A thread that panicked took its own chunk alone.
    chunks.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next()
}

/// Cuts points where the program changes, into pieces neither too short nor too long.
fn chunks<'a>(opened: &Opened, points: &'a [u64]) -> Vec<&'a [u64]> {
    let grid = &opened.grid;
    let together = grid.together().max(1);
    let mut cuts = Vec::new();
    let (mut start, mut group) = (0, 0);
    for (at, point) in points.iter().enumerate() {
        let mine = grid.order(&grid.digits(*point)) / together;
        let long = at - start >= CHUNK.end;
        if at > start && (long || (mine != group && at - start >= CHUNK.start)) {
            cuts.push(&points[start..at]);
            start = at;
        }
        group = mine;
    }
    cuts.push(&points[start..]);
    cuts
}

/// A thread's own caches.
struct Worker<'a> {
    opened: &'a Opened,
    resolver: Resolver<'a>,
    evaluator: Evaluator,
}

impl<'a> Worker<'a> {
    fn new(opened: &'a Opened) -> Self {
        let resolver = Resolver::new(&opened.bases, &opened.grid);
        Worker { opened, resolver, evaluator: Evaluator::default() }
    }

    fn run(&mut self, chunk: &[u64], halted: &impl Fn() -> bool, sender: &SyncSender<Batch>) {
        for points in chunk.chunks(BATCH) {
            let mut batch = Batch::default();
            let (compiled, timed) = (self.evaluator.compiled, self.evaluator.timed);
            for point in points {
                if halted() {
                    break;
                }
                self.point(*point, &mut batch);
            }
            batch.compiled = self.evaluator.compiled - compiled;
            batch.timed = self.evaluator.timed - timed;
            // The receiver lives as long as the scope.
            let _ = sender.send(batch);
        }
    }

    fn point(&mut self, point: u64, batch: &mut Batch) {
        let (key, outcome) = one(self.opened, &mut self.resolver, &mut self.evaluator, point);
        let (values, refused) = match &outcome {
            Ok(values) => (Some(values.clone()), None),
            Err(reason) => (None, Some(reason.clone())),
        };
        let record = Record { point, key, values, refused };
        // Numbers and text serialise without fail.
        batch.lines.push_str(&serde_json::to_string(&record).unwrap_or_default());
        batch.lines.push('\n');
        batch.outcomes.push((point, outcome));
    }
}

/// Key and figures of one point; a point that no record allows has the key of its values.
fn one(
    opened: &Opened,
    resolver: &mut Resolver<'_>,
    evaluator: &mut Evaluator,
    point: u64,
) -> (String, Result<Vec<f64>, String>) {
    let digits = opened.grid.digits(point);
    match resolver.resolve(&digits) {
        Ok(resolved) => (resolved.key(), evaluator.evaluate(&resolved)),
        Err(error) => (refused_key(opened.grid.values(&digits)), Err(error.to_string())),
    }
}
