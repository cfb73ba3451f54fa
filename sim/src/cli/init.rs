//! `offramp init`: a commented file to start from.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use models::design::Design;
use models::fault::FaultModel;
use models::memory::Memory;
use models::network::Network;
use models::record::{self, Error, Record};
use models::technology::Technology;
use models::train::Recipe;
use models::workload::Workload;
use models::zoo::Entry;

use super::{Failure, file};
use crate::sweep::space::Space;

pub(super) const EXAMPLES: &str = "\
Examples:
  offramp init design -o mine.toml             the preset offramp, with a comment on every key
  offramp init workload -o mine.toml --force   whatever is there is replaced
  offramp init technology | less
  offramp init space -o space.toml             a few hundred points that run as they are: offramp sweep space.toml

The files are the presets offramp, edgebert-12nm, rram-22ffl, rram-gaussian, sst2, albert-base, edge-nlp and block-squad-26. Edit one, then: offramp check mine.toml";

/// A file to start from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Start {
    /// What to build
    Design,
    /// What it is made of
    Technology,
    /// What it keeps weights in
    Memory,
    /// How often cells are misread
    FaultModel,
    /// What it is asked
    Workload,
    /// What it computes
    Network,
    /// What a sweep varies
    Space,
    /// What was published of a network, and what of it is claimed
    Zoo,
    /// How a network is trained
    Recipe,
}

/// What to start, and where.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Kind of file
    #[arg(value_name = "KIND")]
    start: Start,
    /// File to write; `-` or none is standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the file if it is there
    #[arg(long, requires = "output")]
    force: bool,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let text = text(args.start)?;
    let Some(path) = args.output.as_deref().filter(|path| *path != Path::new("-")) else {
        return Ok(out.write_all(text.as_bytes())?);
    };
    let old = if args.force { file::Old::Replace } else { file::Old::Keep };
    let written = file::create(path, old)?.write_all(text.as_bytes());
    written.map_err(|error| file::unwritten(path, &error))?;
    Ok(writeln!(out, "{}: edit it, then offramp check it", path.display())?)
}

fn text(start: Start) -> Result<String, Error> {
    match start {
        Start::Design => preset::<Design>("offramp"),
        Start::Technology => preset::<Technology>("edgebert-12nm"),
        Start::Memory => preset::<Memory>("rram-22ffl"),
        Start::FaultModel => preset::<FaultModel>("rram-gaussian"),
        Start::Workload => preset::<Workload>("sst2"),
        Start::Network => preset::<Network>("albert-base"),
        Start::Space => preset::<Space>("edge-nlp"),
        Start::Zoo => preset::<Entry>("block-squad-26"),
        Start::Recipe => preset::<Recipe>("fine-tune"),
    }
}

/// The text of a preset, comments included.
fn preset<T: Record>(name: &str) -> Result<String, Error> {
    let none: [&str; 0] = [];
    Ok(record::resolve::<T>(name, &none)?.1.text)
}
