//! `offramp report`: one page for a design review.

use std::io::Write;
use std::path::PathBuf;

use super::Failure;
use super::export::whole;
use super::sweep::warn_if_torn;
use crate::page;
use crate::plot::table::{Table, Where, parse_where};

pub(super) const EXAMPLES: &str = "\
Examples:
  offramp report results -o report.html
  offramp report results --where pu.sparsity=skip -o skip.html

The page needs no network and no other file: it opens from disk, prints, and follows the reader's light or dark. Its tables sort and
are saved as CSV. The same results give the same bytes.";

/// What to report.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder of a sweep
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// File to write
    #[arg(short, long, value_name = "FILE.html")]
    output: PathBuf,
    /// Only points in which the key has this value; can be repeated
    #[arg(long = "where", value_name = "KEY=VALUE", value_parser = parse_where)]
    only: Vec<Where>,
}

pub(super) fn run(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    let table = Table::read(&args.folder, &args.only)?;
    warn_if_torn(table.results.torn, &args.folder, err);
    let page = page::page(&table, &args.folder.to_string_lossy())?;
    whole(&args.output, |mut file| file.write_all(page.as_bytes()).and_then(|()| file.flush()))?;
    Ok(writeln!(out, "{}: {} points with figures", args.output.display(), table.rows.len())?)
}
