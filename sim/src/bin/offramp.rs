//! The command line of the toolkit: see `offramp --help`.

use std::io::{self, BufWriter, IsTerminal};
use std::process::ExitCode;

use sim::cli::{self, Style};

/// Columns where neither the terminal nor COLUMNS says.
const WIDTH: usize = 100;

fn main() -> ExitCode {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let style = Style {
        width: columns.filter(|columns| *columns >= 40).unwrap_or(WIDTH),
        color: io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
        terminal: io::stderr().is_terminal(),
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let exit = cli::run(std::env::args_os(), &mut out, &mut io::stderr().lock(), style);
    ExitCode::from(exit as u8)
}
