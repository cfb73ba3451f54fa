//! `offramp man`: a manual page, made from the command line's own definition.

use std::io::Write;

use clap::CommandFactory;
use clap::error::ErrorKind;
use clap_mangen::Man;

use super::{Cli, Failure};

pub(super) const EXAMPLES: &str = "\
Examples:
  offramp man | man -l -            read the page of offramp
  offramp man check | man -l -      the page of a command";

/// Which page.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A command; without it, the page of offramp itself
    command: Option<String>,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let mut all = Cli::command();
    all.build();
    let page = match &args.command {
        None => all,
        Some(name) => match all.find_subcommand(name) {
            Some(command) => command.clone(),
            None => {
                let known: Vec<&str> = all.get_subcommands().map(clap::Command::get_name).collect();
                let message = format!("unknown command `{name}`; the commands are {}", known.join(", "));
                return Err(Failure::Arguments(all.error(ErrorKind::InvalidSubcommand, message)));
            }
        },
    };
    Ok(Man::new(page).render(out)?)
}
