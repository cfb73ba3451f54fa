//! Calls of the command line from a test.

use std::ffi::OsString;

use sim::cli::{self, Style};

/// Colours off, width fixed: what snapshots are taken with.
pub const STYLE: Style = Style { width: 100, color: false, terminal: false };

/// What a command wrote, and how it ended.
#[derive(Debug)]
pub struct Said {
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
    /// Exit code.
    pub exit: u8,
}

impl Said {
    /// Whether the error stream holds a message, wherever its lines are broken: they are broken by the length of paths too.
    pub fn warns(&self, message: &str) -> bool {
        let words: Vec<&str> = self.err.split_whitespace().filter(|word| *word != "│").collect();
        words.join(" ").contains(message)
    }
}

/// The words of a command line, the program's name first.
pub fn words<S: AsRef<str>>(arguments: &[S]) -> impl Iterator<Item = OsString> {
    std::iter::once("offramp").chain(arguments.iter().map(AsRef::as_ref)).map(OsString::from)
}

/// Runs `offramp` with these arguments.
///
/// # Panics
/// It writes what is not UTF-8.
pub fn offramp<S: AsRef<str>>(arguments: &[S]) -> Said {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = cli::run(words(arguments), &mut out, &mut err, STYLE) as u8;
    let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
    Said { out: text(out), err: text(err), exit }
}

/// The output of a command that has to succeed without a word on the error stream.
///
/// # Panics
/// It fails, or says something.
pub fn answer<S: AsRef<str> + std::fmt::Debug>(arguments: &[S]) -> String {
    let said = offramp(arguments);
    assert!(said.exit == 0 && said.err.is_empty(), "{arguments:?}: exit {}\n{}", said.exit, said.err);
    said.out
}
