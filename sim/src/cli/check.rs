//! `offramp check`: reads files of any kind and says whether they hold.
//!
//! A file that ends in .csv is an exit trace, or logits if its first line names them. Any other is a record, of the kind with which it shares most keys; its
//! mistakes are then reported as those of that kind.

use std::io::Write;

use models::design::Design;
use models::fault::FaultModel;
use models::logits::Logits;
use models::memory::Memory;
use models::network::Network;
use models::record::{self, Error, Kind, Record};
use models::technology::Technology;
use models::trace::Trace;
use models::train::Recipe;
use models::workload::Workload;
use models::zoo::Entry;

use crate::sweep::space::Space;

use super::Failure;

pub(super) const EXAMPLES: &str = "\
Examples:
  offramp check mine.toml              a design, technology, network, workload, space or zoo entry: recognised by its keys
  offramp check designs/*.toml         every file is checked; the exit code is that of the worst
  offramp check entropies.csv          an exit trace: one row per sentence, one entropy per off-ramp
  offramp check logits.csv             logits: their columns are named in the first line";

/// Files to check.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Records (TOML), exit traces or logits (.csv)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
}

/// Every file is read before the first error is shown.
pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let mut errors = Vec::new();
    for file in &args.files {
        match check(file) {
            Ok(line) => writeln!(out, "{file}: ok, {line}")?,
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Failure::Records(errors)) }
}

/// One line about a file that holds.
fn check(file: &str) -> Result<String, Error> {
    if file.ends_with(".csv") {
        let text = Trace::text(file)?;
        if Logits::named(&text) {
            let logits = Logits::parse(file, &text)?;
            let labels = if logits.labels().is_some() { "with labels" } else { "without labels" };
            let (sentences, layers) = (logits.sentences(), logits.layers());
            return Ok(format!("logits: {sentences} sentences, {layers} layers, {labels}"));
        }
        let trace = Trace::parse(file, &text)?;
        return Ok(format!("exit trace: {} sentences, {} layers", trace.sentences(), trace.layers()));
    }
    let text = record::read_file(file)?;
    let keys = record::top_keys(file, &text)?;
    let kinds = [
        kind::<Design>(&keys),
        kind::<Technology>(&keys),
        kind::<Memory>(&keys),
        kind::<FaultModel>(&keys),
        kind::<Recipe>(&keys),
        kind::<Network>(&keys),
        kind::<Workload>(&keys),
        kind::<Space>(&keys),
        kind::<Entry>(&keys),
    ];
    let [first, rest @ ..] = kinds;
    let likeliest =
        rest.into_iter().fold(first, |best, kind| if kind.shared > best.shared { kind } else { best });
    if likeliest.shared == 0 {
        return Err(unknown(file));
    }
    (likeliest.summary)(file, &text)
}

/// A kind of record, as far as a file is concerned.
struct Likeness {
    /// Keys in common.
    shared: usize,
    summary: fn(&str, &str) -> Result<String, Error>,
}

fn kind<T: Record>(keys: &[String]) -> Likeness {
    let known = record::known_keys::<T>();
    Likeness { shared: keys.iter().filter(|key| known.contains(*key)).count(), summary: summary::<T> }
}

fn summary<T: Record>(file: &str, text: &str) -> Result<String, Error> {
    let record: T = record::parse(file, text)?;
    Ok(format!("{} `{}`: {}", T::KIND, record.name(), record.summary()))
}

fn unknown(file: &str) -> Error {
    Error::new(
        Kind::Input,
        format!("`{file}`"),
        format!(
            "`{file}` is TOML but no record (none of its keys belongs to a design, technology, memory, fault model, network, workload, space or zoo entry)"
        ),
        "start from a preset, e.g. offramp designs show offramp > mine.toml",
    )
}
