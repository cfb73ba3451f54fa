//! `offramp export`: the results of a sweep for other programs.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::Failure;
use super::sweep::warn_if_torn;
use crate::sweep::export::{self, Results};

pub(super) const EXAMPLES: &str = "\
Examples:
  offramp export results --format csv -o all.csv
  offramp export results --format jsonl | jq 'select(.latency_s < 0.05) | .key'
  offramp export results --format parquet -o all.parquet

A row for each finished point, in the order of points: point, key, refused (why it has no figures), the keys that vary, the
figures with their units. Joules are those of a sentence, the mean over sentences; shares are of that energy.";

/// The kind of file.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// Comma-separated values, with a head
    Csv,
    /// A JSON object a line
    Jsonl,
    /// Apache Parquet
    Parquet,
}

/// What to export.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder of a sweep
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Kind of file
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    /// File to write; the output stream if not given
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    let mut results = Results::open(&args.folder)?;
    warn_if_torn(results.torn, &args.folder, err);
    let format = match args.format {
        Format::Csv => export::Format::Csv,
        Format::Jsonl => export::Format::Jsonl,
        Format::Parquet => export::Format::Parquet,
    };
    match &args.output {
        None => {
            let mut buffer = Vec::new();
            export::export(&mut results, format, &mut buffer)?;
            Ok(out.write_all(&buffer)?)
        }
        Some(path) => whole(path, |file| export::export(&mut results, format, file)),
    }
}

/// Writes a file that is there whole or not at all: under another name first.
pub(super) fn whole(
    path: &Path,
    write: impl FnOnce(BufWriter<File>) -> io::Result<()>,
) -> Result<(), Failure> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let temporary = path.with_file_name(format!(".{name}.new"));
    let written = File::create(&temporary).and_then(|file| write(BufWriter::new(file)));
    let renamed = written.and_then(|()| fs::rename(&temporary, path));
    renamed.map_err(|error| {
        let _ = fs::remove_file(&temporary);
        crate::sweep::store::failed(path, "write", &error).into()
    })
}
