//! `offramp designs|technologies|networks|workloads list|show`: presets and files as they are read.

use std::io::Write;

use clap::Subcommand;
use models::record::{self, Record};

use super::Failure;

pub(super) const EXAMPLES: &str = "\
Examples:
  ... list                                 names and summaries of the presets
  ... show NAME                            the preset as a file, comments included
  ... show NAME --set KEY=VALUE > my.toml  the same with a key changed
  ... show ./my.toml                       a file, if it holds

KEY is dotted (pu.n, vf.0.f_mhz), VALUE is TOML; a bare word stands for a string.";

/// What to do with records of a kind.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Names and summaries of the presets
    List,
    /// The record as a file, with changes applied
    Show {
        /// A preset, or a file: a name with a `/` or that ends in .toml
        name: String,
        /// Change one key
        #[arg(long = "set", value_name = "KEY=VALUE")]
        sets: Vec<String>,
    },
}

pub(super) fn run<T: Record>(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    match &args.action {
        Action::List => list::<T>(out),
        Action::Show { name, sets } => show::<T>(name, sets, out),
    }
}

fn list<T: Record>(out: &mut dyn Write) -> Result<(), Failure> {
    let width = record::names::<T>().map(str::len).max().unwrap_or(0);
    for name in record::names::<T>() {
        writeln!(out, "{name:width$}  {}", record::preset::<T>(name)?.summary())?;
    }
    Ok(())
}

/// The text itself, so that comments stay; what changed it stands above.
fn show<T: Record>(name: &str, sets: &[String], out: &mut dyn Write) -> Result<(), Failure> {
    let (_, origin) = record::resolve::<T>(name, sets)?;
    if !origin.sets.is_empty() {
        // Quoted, since an argument may hold a line end, which would end the comment.
        let sets: Vec<String> = origin.sets.iter().map(|set| format!("{set:?}")).collect();
        writeln!(out, "# {} with {}", origin.source, sets.join(", "))?;
    }
    Ok(out.write_all(origin.text.as_bytes())?)
}
