//! `offramp merge`: joins the shards of a sweep.

use std::io::Write;
use std::path::PathBuf;

use super::Failure;
use crate::sweep::merge;

pub(super) const EXAMPLES: &str = "\
Examples:
  offramp merge part1 part2 part3 -o whole

The parts must be of one space and one version of the model. What is missing or there twice is said, and nothing is written.
The joined folder is that of a sweep that ran in one piece: export, plot and report read it.";

/// What to join.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folders of the shards
    #[arg(required = true, value_name = "DIR")]
    folders: Vec<PathBuf>,
    /// Folder for all results; must not exist or be empty
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let points = merge::merge(&args.folders, &args.output)?;
    Ok(writeln!(out, "{points} points of {} folders in {}", args.folders.len(), args.output.display())?)
}
