//! `offramp threshold`: the entropy threshold for an accuracy, from logits with labels.

use std::io::Write;

use models::logits::Logits;
use models::record::{Error, Kind};
use serde_json::json;

use super::Failure;
use crate::policy::threshold::{At, highest, thresholds};
use crate::report::json::write;

pub(super) const EXAMPLES: &str = "\
Examples:
  offramp threshold dev.csv --accuracy 0.91              the highest threshold with at least that accuracy
  offramp threshold dev.csv --drop 0.01 --drop 0.02      that loses at most so much against running every layer
  offramp threshold dev.csv --json | jq '.found[0].threshold'

Logits are CSV. The first line names the columns: `label`, then LAYER:CLASS for each class of each layer, layers from 1, classes from 0, e.g.
label,1:0,1:1,2:0,2:1. Then a line for each sentence. Without labels no accuracy is known: sweep policy.threshold, or give --threshold to `offramp run`.

Keys of --json: sentences, layers, full (accuracy of the last layer), found (of each: accuracy_asked, threshold, exit_layer, accuracy).";

/// Drops where nothing is asked: those at which the EdgeBERT paper works.
const DROPS: [f64; 3] = [0.01, 0.02, 0.05];

/// Whose threshold.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Logits with labels: CSV
    logits: String,
    /// Least share of right answers; can be repeated
    #[arg(long = "accuracy", value_name = "SHARE")]
    accuracies: Vec<f64>,
    /// Most that may be lost against every layer, as a share; can be repeated; 0.01, 0.02, 0.05 if nothing is asked
    #[arg(long = "drop", value_name = "SHARE")]
    drops: Vec<f64>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    if let Some(share) = args.accuracies.iter().chain(&args.drops).find(|share| !(0.0..=1.0).contains(*share))
    {
        let message = format!("{share} must be a share from 0 to 1");
        return Err(Error::new(Kind::Usage, "arguments", message, "e.g. 0.91").into());
    }
    let logits = Logits::read(&args.logits)?;
    let all = thresholds(&args.logits, &logits)?;
    let full = all.last().map_or(0.0, |at| at.accuracy);
    let nothing = args.accuracies.is_empty() && args.drops.is_empty();
    let drops = if nothing { &DROPS[..] } else { &args.drops };
    let asked: Vec<f64> =
        args.accuracies.iter().copied().chain(drops.iter().map(|drop| (full - drop).max(0.0))).collect();
    let found: Vec<(f64, Option<At>)> = asked.iter().map(|asked| (*asked, highest(&all, *asked))).collect();
    if args.json {
        let one = |(asked, at): &(f64, Option<At>)| {
            json!({
                "accuracy_asked": asked, "threshold": at.map(|at| at.threshold), "exit_layer": at.map(|at| at.exit_layer),
                "accuracy": at.map(|at| at.accuracy),
            })
        };
        let value = json!({
            "sentences": logits.sentences(), "layers": logits.layers(), "full": full, "found": found.iter().map(one).collect::<Vec<_>>(),
        });
        return Ok(write(&value, out)?);
    }
    writeln!(
        out,
        "{} sentences, {} off-ramps; every layer: {:.2} % right\n",
        logits.sentences(),
        logits.layers(),
        100.0 * full
    )?;
    writeln!(out, "  asked   exit layer      right    threshold")?;
    for (asked, at) in found {
        match at {
            // As exact as it is: rounded up it would let another sentence leave.
            Some(At { threshold, exit_layer, accuracy }) => writeln!(
                out,
                "{:>5.2} % {exit_layer:>12.3} {:>8.2} %    {threshold} nat",
                100.0 * asked,
                100.0 * accuracy
            )?,
            None => writeln!(out, "{:>5.2} %   no threshold reaches it", 100.0 * asked)?,
        }
    }
    Ok(())
}
