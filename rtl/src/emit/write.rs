//! All files of a design into a folder, or none.

use super::File;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The file that marks a folder as an emission, so that the next one may replace it.
const MARK: &str = ".offramp-emission";

/// Why nothing was written.
#[derive(Debug)]
pub enum WriteError {
    /// The folder holds files that no emission put there.
    Occupied(PathBuf),
    /// The file system refused.
    Io(PathBuf, io::Error),
}

/// Writes `files` into `target`, through a folder beside it that is renamed once it is complete. An earlier emission is
/// replaced as a whole.
///
/// # Errors
/// `target` is neither absent, empty nor an earlier emission; or the file system refuses. Nothing is written then.
pub fn write(files: &[File], target: &Path) -> Result<(), WriteError> {
    let io = |error| WriteError::Io(target.to_owned(), error);
    if !replaceable(target).map_err(io)? {
        return Err(WriteError::Occupied(target.to_owned()));
    }
    let beside = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(beside).map_err(io)?;
    let stage = tempfile::Builder::new().prefix(".offramp-").tempdir_in(beside).map_err(io)?;
    let fresh = stage.path().join("new");
    fill(files, &fresh).map_err(io)?;
    if target.exists() {
        fs::rename(target, stage.path().join("old")).map_err(io)?;
    }
    fs::rename(&fresh, target).map_err(io)
}

fn replaceable(target: &Path) -> io::Result<bool> {
    match fs::read_dir(target) {
        Ok(mut entries) => Ok(entries.next().is_none() || target.join(MARK).exists()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

fn fill(files: &[File], folder: &Path) -> io::Result<()> {
    fs::create_dir(folder)?;
    for file in files {
        fs::write(folder.join(&file.name), &file.text)?;
    }
    fs::write(folder.join(MARK), "")
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WriteError::Occupied(path) => write!(
                f,
                "{} holds files that are no earlier emission; name an empty or a new folder",
                path.display()
            ),
            WriteError::Io(path, error) => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for WriteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            WriteError::Occupied(_) => None,
            WriteError::Io(_, error) => Some(error),
        }
    }
}
