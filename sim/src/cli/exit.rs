//! How a command ends: what went wrong, as text for people and as a number for scripts.

use std::io::{self, ErrorKind};

use models::record::{self, Kind};

use super::Style;
use crate::sentence::SetupError;

/// The exit code, by who has to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// It was done.
    Done = 0,
    /// A mistake of the program, or hardware that is not as the simulator says: please report it.
    Internal = 1,
    /// Wrong arguments: an unknown option or preset, a `--set` that does not hold.
    Usage = 2,
    /// An input file is wrong.
    Input = 3,
    /// Everything is well formed, but the workload does not fit the design, or no hardware does.
    Fit = 4,
    /// A file cannot be read or written, or a tool does not run.
    Io = 5,
    /// It was stopped from outside; what was finished is kept.
    Interrupted = 6,
}

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub enum Failure {
    /// The arguments are no command, or ask for help.
    Arguments(clap::Error),
    /// Records or traces are wrong; at least one error.
    Records(Vec<record::Error>),
    /// Design, technology and workload do not go together.
    Setup(SetupError),
    /// Hardware cannot be described, or differs from what it must be: each finding.
    Hardware(Vec<String>),
    /// A tool that is needed does not run.
    Tool(String),
    /// Stopped from outside; the command that goes on.
    Interrupted(String),
    /// Results cannot be written.
    Output(io::Error),
}

impl Failure {
    /// Whether the text is what was asked for: help or the version.
    pub(super) fn is_answer(&self) -> bool {
        matches!(self, Self::Arguments(error) if !error.use_stderr())
    }

    /// The exit code. A reader that closed its end, as `head` does, has what it wanted.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Arguments(error) if !error.use_stderr() => Exit::Done,
            Self::Arguments(_) => Exit::Usage,
            Self::Records(errors) => {
                errors.iter().map(|error| of(error.kind)).max().unwrap_or(Exit::Internal)
            }
            Self::Setup(SetupError::Mismatch(error)) => of(error.kind),
            Self::Setup(SetupError::Deadlock(_)) => Exit::Internal,
            Self::Hardware(_) => Exit::Internal,
            Self::Output(error) if error.kind() == ErrorKind::BrokenPipe => Exit::Done,
            Self::Interrupted(_) => Exit::Interrupted,
            Self::Tool(_) | Self::Output(_) => Exit::Io,
        }
    }

    /// The text for people.
    pub fn render(&self, style: Style) -> String {
        match self {
            Self::Arguments(error) if style.color => error.render().ansi().to_string(),
            Self::Arguments(error) => error.render().to_string(),
            Self::Records(errors) => errors
                .iter()
                .map(|error| error.render(style.width, style.color))
                .collect::<Vec<String>>()
                .join("\n"),
            Self::Setup(SetupError::Mismatch(error)) => error.render(style.width, style.color),
            Self::Setup(error) => format!("error: {error}\n"),
            Self::Hardware(findings) => {
                findings.iter().map(|finding| format!("error: {finding}\n")).collect()
            }
            Self::Tool(what) => format!("error: {what}\n"),
            Self::Interrupted(command) => {
                format!("interrupted: what is finished is kept; go on with\n  {command}\n")
            }
            Self::Output(error) if error.kind() == ErrorKind::BrokenPipe => String::new(),
            Self::Output(error) => format!("cannot write the result: {error}\n"),
        }
    }
}

fn of(kind: Kind) -> Exit {
    match kind {
        Kind::Usage => Exit::Usage,
        Kind::Input => Exit::Input,
        Kind::Fit => Exit::Fit,
        Kind::Io => Exit::Io,
    }
}

impl From<record::Error> for Failure {
    fn from(error: record::Error) -> Self {
        Self::Records(vec![error])
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<SetupError> for Failure {
    fn from(error: SetupError) -> Self {
        Self::Setup(error)
    }
}
