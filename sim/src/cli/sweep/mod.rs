//! `offramp sweep`: runs a design space and keeps every point.

mod progress;
mod slurm;
mod summary;

use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{io::Write, thread};

use models::record::{self, Error, Kind};

use super::{Failure, Style, stop};
use crate::sweep::manifest::{Opened, Shard};
use crate::sweep::run::{Batch, evaluate};
use crate::sweep::search::{Fitness, search};
use crate::sweep::select::{Selection, select};
use crate::sweep::space::{Method, Sample};
use crate::sweep::store::Store;
use progress::Progress;
use summary::Summary;

pub(super) const EXAMPLES: &str = "\
Examples:
  offramp init space > space.toml                  a space to edit: axes, filters, objectives
  offramp sweep space.toml -o results              run it; the same command goes on where it stopped
  offramp export results --format csv -o all.csv   a row for each point
  offramp plot pareto results -o front.svg         what is worth building
  offramp report results -o report.html            one page for the review
  offramp sweep space.toml -o part2 --shard 2/3    the second third; `offramp merge` joins them
  offramp sweep space.toml -o all --slurm --tasks 64 --threads 8 --sbatch=--partition=long

A folder holds one sweep: manifest.json says of what, results.jsonl has a line for each finished point. Ctrl-C finishes the
points under way and ends with exit code 6; nothing that is finished is lost, nothing is run twice.";

/// What to sweep.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The space: a preset or a file
    #[arg(value_name = "SPACE")]
    space: String,
    /// Folder for results; a sweep that is in it goes on
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Threads; as many as there are processors if not given
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=1024))]
    threads: Option<u32>,
    /// Run one part of several, e.g. 2/3; parts are joined by `offramp merge`
    #[arg(long, value_name = "I/N", conflicts_with = "slurm")]
    shard: Option<Shard>,
    #[command(flatten)]
    slurm: slurm::Submission,
}

/// A sweep under way.
struct Sweep<'a> {
    opened: &'a Opened,
    store: Store,
    threads: usize,
    progress: Progress<'a>,
    summary: Summary,
}

pub(super) fn run(
    args: &Args,
    out: &mut dyn Write,
    err: &mut dyn Write,
    style: Style,
) -> Result<(), Failure> {
    let (source, text) = text(&args.space)?;
    let opened = Opened::new(&source, &text, None)?;
    let sample = opened.space.sample.clone().filter(|sample| sample.method == Method::Search);
    if sample.is_some() && (args.shard.is_some() || args.slurm.slurm) {
        let message = "a search has no parts: its points depend on each other";
        let remedy = "leave --shard and --slurm out, or take another method";
        return Err(Error::new(Kind::Usage, "arguments", message, remedy).into());
    }
    if args.slurm.slurm {
        return slurm::submit(&args.slurm, (&text, &args.output, args.threads), out);
    }
    let mut selection = select(&opened.space, &opened.grid)?;
    if let Some(shard) = args.shard {
        selection.points = shard.part(&selection.points).to_vec();
    }
    let manifest = opened.manifest(&text, args.shard)?;
    let mut summary = Summary::new(&opened, &selection);
    let waits = || {
        // Who closed the error stream does not want to know.
        let _ = writeln!(err, "another sweep works on {}: waiting until it ends", args.output.display());
    };
    let (store, torn) = Store::open(&args.output, &manifest, waits, |record| summary.found(record))?;
    if torn {
        writeln!(err, "warning: the last line of {} was torn; its point runs again", args.output.display())?;
    }
    stop::watch()?;
    let threads = args.threads.map_or_else(processors, |threads| threads as usize);
    let progress = Progress::new(err, style.terminal);
    let mut sweep = Sweep { opened: &opened, store, threads, progress, summary };
    let start = Instant::now();
    match sample {
        Some(sample) => sweep.search(&sample)?,
        None => sweep.points(selection)?,
    }
    sweep.progress.end()?;
    let stopped = stop::asked();
    sweep.summary.print(&opened, &args.output, start.elapsed(), out)?;
    if stopped { Err(Failure::Interrupted(again(args))) } else { Ok(()) }
}

fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// The text of a space and what a person calls it.
fn text(name: &str) -> Result<(String, String), Error> {
    let (_, origin) = record::resolve::<crate::sweep::space::Space>(name, &[""; 0])?;
    Ok((origin.source, origin.text))
}

/// How to go on.
fn again(args: &Args) -> String {
    let shard = args.shard.map_or_else(String::new, |shard| format!(" --shard {shard}"));
    format!("offramp sweep {} -o {}{shard}", args.space, args.output.display())
}

impl Sweep<'_> {
    /// Runs the points that are not there yet.
    fn points(&mut self, mut selection: Selection) -> Result<(), Failure> {
        let done = &mut self.summary.done;
        done.sort_unstable();
        selection.points.retain(|point| done.binary_search(point).is_err());
        self.progress.begin(done.len(), done.len() + selection.points.len());
        self.evaluate(&selection.points, |_| ())
    }

    /// Runs points, keeps them, and lets `seen` see them.
    fn evaluate(&mut self, points: &[u64], mut seen: impl FnMut(&Batch)) -> Result<(), Failure> {
        let Sweep { opened, store, threads, progress, summary } = self;
        evaluate(opened, points, *threads, stop::flag(), |batch| {
            store.append(&batch.lines)?;
            summary.add(&batch);
            progress.add(batch.outcomes.len());
            seen(&batch);
            Ok(())
        })?;
        Ok(())
    }

    /// Searches; generations that an earlier run has finished are taken from the folder.
    fn search(&mut self, sample: &Sample) -> Result<(), Failure> {
        let mut known = std::mem::take(&mut self.summary.fitness);
        self.progress.begin(0, sample.points.min(self.opened.grid.points) as usize);
        let opened = self.opened;
        let mut failure = None;
        search(&opened.grid, sample, |points| {
            let fresh: Vec<u64> = points.iter().copied().filter(|point| !known.contains_key(point)).collect();
            self.progress.add(points.len() - fresh.len());
            let ran = self.evaluate(&fresh, |batch| {
                for (point, outcome) in &batch.outcomes {
                    known.insert(*point, Fitness::new(&opened.space, outcome.as_deref().ok()));
                }
            });
            failure = ran.err();
            Ok(points.iter().map(|point| known.get(point).cloned()).collect())
        })?;
        failure.map_or(Ok(()), Err)
    }
}

/// Where a folder's results are: shared by the commands that read them.
pub(super) fn warn_if_torn(torn: bool, folder: &Path, err: &mut dyn Write) {
    if torn {
        // Who closed the error stream does not want to know.
        let _ = writeln!(err, "warning: the last line of {} is torn and left out", folder.display());
    }
}
