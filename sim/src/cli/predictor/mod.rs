//! `offramp predictor`: a table that predicts exits, fitted to a trace, or tried on one.

mod cost;

use std::io::Write;
use std::path::PathBuf;

use clap::Subcommand;
use models::predictor::{Predictor, Summary};
use models::record::Error;
use models::trace::Trace;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::{Value, json};

use super::Failure;
use super::export::whole;
use super::faults::refuse;

pub(super) const EXAMPLES: &str = "\
Examples:
  offramp predictor fit entropies.csv -o table.csv                      half of the sentences fit it, the other half judge it
  offramp predictor fit entropies.csv --compare published.csv           beside another table, on the same half
  offramp predictor try entropies.csv --table table.csv --threshold 0.09 --threshold 0.16
  offramp predictor cost --network albert-base --task sst2 --policy predicted --exit-trace entropies.csv --predictor table.csv --target 50ms

A trace is CSV: an entropy in nats for each off-ramp, a line for each sentence. A table answers the entropy at off-ramp --after with those
to be expected at the later ones; a sentence is predicted to leave after the first that is expected below the threshold.

Columns of a trial: mean layer after which sentences leave, for which the voltage is chosen, and at which they would leave without a prediction;
share of sentences that the prediction lets leave unsure (early), and for which voltage and energy are higher than they need be (late), each with the mean
number of layers.

Keys of --json: sentences, layers, after, seed, splits (count, fitted_nat, given_nat, better), errors (nat2, of each table on the half that judges), trials (of each: table, threshold, actual,
predicted, sure, early, late).";

/// Thresholds of a trial where none is given: those of the authors' scripts for SST-2.
const THRESHOLDS: [f64; 3] = [0.09, 0.16, 0.28];

/// What to do with a table.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Fit a table to half of a trace, judge it on the other half
    Fit(Fit),
    /// What a table does to the sentences of a trace
    Try(Try),
    /// What wrong predictions cost on a machine: energy wasted, targets missed
    Cost(cost::Args),
}

/// What a prediction is made from.
#[derive(Debug, clap::Args)]
struct Common {
    /// Entropies of sentences: CSV
    trace: String,
    /// Off-ramp whose entropy is asked
    #[arg(long, default_value_t = 1, value_name = "LAYER")]
    after: usize,
    /// Entropy under which a sentence leaves, nats; can be repeated
    #[arg(long = "threshold", value_name = "NATS")]
    thresholds: Vec<f64>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Fit {
    #[command(flatten)]
    common: Common,
    /// A table to compare with
    #[arg(long, value_name = "FILE")]
    compare: Option<String>,
    /// Which half is which
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    seed: u64,
    /// Further halves, by the seeds that follow: a table to compare with is compared on all of them
    #[arg(long, default_value_t = 20, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..=10_000))]
    splits: u64,
    /// File to write: a table fitted to the same half
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct Try {
    #[command(flatten)]
    common: Common,
    /// The table
    #[arg(long, value_name = "FILE")]
    table: String,
}

/// A table with its name.
type Named = (String, Predictor);

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    match &args.action {
        Action::Fit(args) => fit(args, out),
        Action::Try(args) => tried(args, out),
        Action::Cost(args) => cost::run(args, out),
    }
}

fn tried(args: &Try, out: &mut dyn Write) -> Result<(), Failure> {
    let common = &args.common;
    let trace = Trace::read(&common.trace)?;
    let table = Predictor::read(&args.table, common.after)?;
    let tables = [(args.table.clone(), table)];
    report(common, (&trace, &trace), &tables, None, None, out)
}

fn fit(args: &Fit, out: &mut dyn Write) -> Result<(), Failure> {
    let common = &args.common;
    let trace = Trace::read(&common.trace)?;
    let (fits, judges) = halves(&trace, args.seed)?;
    let fitted = Predictor::fit(fits.rows(), trace.layers(), common.after)?;
    if let Some(path) = &args.output {
        whole(path, |mut file| file.write_all(fitted.text().as_bytes()).and_then(|()| file.flush()))?;
    }
    let mut tables = vec![("fitted".to_owned(), fitted)];
    let mut splits = None;
    if let Some(path) = &args.compare {
        let table = Predictor::read(path, common.after)?;
        splits = Some(Splits::new(args, &trace, &table)?);
        tables.push((path.clone(), table));
    }
    report(common, (&trace, &judges), &tables, Some((args.seed, &fits)), splits.as_ref(), out)
}

/// Errors of fitted tables and of one that was given, over several halves.
struct Splits {
    count: u64,
    /// Mean of the root of the mean square on the half that judges, nats: fitted to the other half, and given.
    fitted: f64,
    given: f64,
    /// Halves on which the fitted table is better.
    better: u64,
}

impl Splits {
    fn new(args: &Fit, trace: &Trace, given: &Predictor) -> Result<Self, Error> {
        let mut splits = Splits { count: args.splits, fitted: 0.0, given: 0.0, better: 0 };
        for split in 0..args.splits {
            let (fits, judges) = halves(trace, args.seed.wrapping_add(split))?;
            let fitted = Predictor::fit(fits.rows(), trace.layers(), args.common.after)?;
            let [mine, its] = [&fitted, given].map(|table| table.mean_square(judges.rows()).sqrt());
            splits.fitted += mine / args.splits as f64;
            splits.given += its / args.splits as f64;
            splits.better += u64::from(mine < its);
        }
        Ok(splits)
    }
}

/// The sentences that fit, and those that judge: each goes to either with the same chance.
fn halves(trace: &Trace, seed: u64) -> Result<(Trace, Trace), Error> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut fits, mut judges) = (Vec::new(), Vec::new());
    for row in trace.rows() {
        if rng.random_bool(0.5) { fits.push(row) } else { judges.push(row) }
    }
    let half = |rows: &[&[f64]]| Trace::of(trace.layers(), rows);
    match (half(&fits), half(&judges)) {
        (Some(fits), Some(judges)) => Ok((fits, judges)),
        _ => Err(refuse(
            format!("the trace has {} sentences: too few for two halves", trace.sentences()),
            "give more of them, or another --seed",
        )),
    }
}

fn report(
    common: &Common,
    (trace, judges): (&Trace, &Trace),
    tables: &[Named],
    fitted: Option<(u64, &Trace)>,
    splits: Option<&Splits>,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let thresholds =
        if common.thresholds.is_empty() { THRESHOLDS.to_vec() } else { common.thresholds.clone() };
    if let Some(nats) = thresholds.iter().find(|nats| !(nats.is_finite() && **nats >= 0.0)) {
        let message = format!("--threshold {nats} must be a finite entropy of at least 0 nat");
        return Err(refuse(message, "entropies of C classes lie between 0 and ln C").into());
    }
    let mut trials = Vec::new();
    for threshold in thresholds {
        for (name, table) in tables {
            trials.push((name, threshold, table.summary(judges, threshold)?));
        }
    }
    let errors: Vec<f64> = tables.iter().map(|(_, table)| table.mean_square(judges.rows())).collect();
    if common.json {
        let errors = tables.iter().zip(&errors).map(|((name, _), error)| (name.clone(), json!(error)));
        let value = json!({
            "sentences": trace.sentences(), "layers": trace.layers(), "after": common.after,
            "seed": fitted.map(|(seed, _)| seed),
            "splits": splits.map(|s| json!({ "count": s.count, "fitted_nat": s.fitted, "given_nat": s.given, "better": s.better })),
            "errors": Value::Object(errors.collect()),
            "trials": trials.iter().map(|(name, threshold, s)| json!({
                "table": name, "threshold": threshold, "actual": s.actual, "predicted": s.predicted, "sure": s.sure,
                "early": { "share": s.early.0, "layers": s.early.1 }, "late": { "share": s.late.0, "layers": s.late.1 },
            })).collect::<Vec<_>>(),
        });
        return Ok(crate::report::json::write(&value, out)?);
    }
    match fitted {
        Some((seed, fits)) => writeln!(
            out,
            "{} sentences fit, {} judge (seed {seed}); {} off-ramps, predicted after {}",
            fits.sentences(),
            judges.sentences(),
            trace.layers(),
            common.after
        )?,
        None => writeln!(
            out,
            "{} sentences, {} off-ramps, predicted after {}",
            trace.sentences(),
            trace.layers(),
            common.after
        )?,
    }
    for ((name, _), error) in tables.iter().zip(&errors) {
        writeln!(
            out,
            "{name}: entropies off by {:.4} nat (root of the mean square {error:.5} nat2)",
            error.sqrt()
        )?;
    }
    if let Some(Splits { count, fitted, given, better }) = splits {
        writeln!(
            out,
            "over {count} halves: fitted {fitted:.4} nat, given {given:.4} nat; fitted is better on {better}"
        )?;
    }
    let width = tables.iter().map(|(name, _)| name.len()).max().unwrap_or(0).max(5);
    writeln!(
        out,
        "\n{:>9} {:width$} {:>8} {:>10} {:>8} {:>20} {:>20}",
        "threshold", "table", "actual", "predicted", "sure", "early", "late"
    )?;
    for (name, threshold, summary) in &trials {
        let Summary { actual, predicted, sure, early, late } = summary;
        let off = |(share, layers): &(f64, f64)| format!("{:.1} % by {layers:.2}", 100.0 * share);
        writeln!(
            out,
            "{threshold:>9} {name:width$} {actual:>8.3} {predicted:>10.3} {sure:>8.3} {:>20} {:>20}",
            off(early),
            off(late)
        )?;
    }
    Ok(())
}
