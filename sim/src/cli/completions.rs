//! `offramp completions`: a completion script, made from the command line's own definition.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Cli, Failure};

pub(super) const EXAMPLES: &str = "\
Examples:
  offramp completions bash > ~/.local/share/bash-completion/completions/offramp
  offramp completions fish > ~/.config/fish/completions/offramp.fish";

/// For which shell.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    shell: Shell,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    // By way of memory: the generator does not return what goes wrong when writing.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "offramp", &mut script);
    Ok(out.write_all(&script)?)
}
