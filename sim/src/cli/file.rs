//! Files that a command writes.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::Path;

use models::record::{Error, Kind};

/// What becomes of a file that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Old {
    /// It is replaced.
    Replace,
    /// It stays, and nothing is written.
    Keep,
}

/// Opens a file to be written from its start.
///
/// # Errors
/// It cannot be written, or is there and must stay.
pub(super) fn create(path: &Path, old: Old) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.write(true);
    match old {
        Old::Replace => options.create(true).truncate(true),
        Old::Keep => options.create_new(true),
    };
    options.open(path).map_err(|error| unwritten(path, &error))
}

/// Why a file has not been written.
pub(super) fn unwritten(path: &Path, error: &io::Error) -> Error {
    let (reason, remedy) = match error.kind() {
        ErrorKind::AlreadyExists => {
            ("it is there already".to_owned(), "name another file with -o, or add --force")
        }
        ErrorKind::NotFound => ("no such folder".to_owned(), "name a file in a folder that exists with -o"),
        ErrorKind::IsADirectory => ("it is a folder".to_owned(), "name a file with -o"),
        ErrorKind::PermissionDenied => {
            ("permission denied".to_owned(), "name a file that can be written with -o")
        }
        _ => (error.to_string(), "name a file that can be written with -o"),
    };
    Error::new(Kind::Io, "arguments", format!("cannot write `{}`: {reason}", path.display()), remedy)
}
