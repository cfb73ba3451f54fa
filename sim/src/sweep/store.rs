//! The folder of a sweep: a manifest, and one line for each finished point, appended and never changed.
//!
//! A line is written at once with its end. A sweep that was killed leaves whole lines and at most one torn one at the end, which
//! is dropped with a warning. A lock, held while a sweep runs, lets a second one wait. A full disk ends a sweep with all
//! earlier lines whole.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use models::record::{Error, Kind};
use serde::{Deserialize, Serialize};

use super::manifest::Manifest;

/// The file of finished points.
pub const RESULTS: &str = "results.jsonl";
const LOCK: &str = "lock";

/// A finished point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Its number in the space.
    pub point: u64,
    /// Hash of its configuration and of the model.
    pub key: String,
    /// Its figures, in the order of the manifest's columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<f64>>,
    /// Why it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// A folder that a sweep writes to.
pub struct Store {
    results: File,
    path: PathBuf,
    /// Bytes of whole lines.
    length: u64,
    /// Held for as long as the store lives.
    _lock: File,
}

/// The error of a file that cannot be used.
pub(crate) fn failed(path: &Path, doing: &str, error: &std::io::Error) -> Error {
    let remedy = match error.kind() {
        std::io::ErrorKind::StorageFull => {
            "make room and run the same command again: what is finished is kept"
        }
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            "take a folder that can be written"
        }
        _ => "check the path",
    };
    let message = format!("cannot {doing} {}: {error}", path.display());
    Error::new(Kind::Io, format!("`{}`", path.display()), message, remedy)
}

impl Store {
    /// Opens a folder for a sweep, makes it where it is not there, and tells `each` of every finished point. Where another
    /// sweep has the folder, `waits` is called and the other's end awaited. Whether a torn line was dropped is in the answer.
    ///
    /// # Errors
    /// It holds other results, it is damaged, or cannot be written.
    pub fn open(
        folder: &Path,
        manifest: &Manifest,
        waits: impl FnOnce(),
        mut each: impl FnMut(Record) -> Result<(), Error>,
    ) -> Result<(Store, bool), Error> {
        fs::create_dir_all(folder).map_err(|error| failed(folder, "make", &error))?;
        let lock = lock(folder, waits)?;
        match Manifest::read(folder)? {
            Some(known) => same(folder, manifest, &known)?,
            None if folder.join(RESULTS).exists() => return Err(orphan(folder)),
            None => manifest.write(folder)?,
        }
        let path = folder.join(RESULTS);
        let mut results = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .open(&path)
            .map_err(|error| failed(&path, "open", &error))?;
        let (length, torn) = scan(folder, |record, _| each(record))?;
        if torn {
            results.set_len(length).map_err(|error| failed(&path, "mend", &error))?;
        }
        results.seek(SeekFrom::End(0)).map_err(|error| failed(&path, "open", &error))?;
        Ok((Store { results, path, length, _lock: lock }, torn))
    }

    /// Appends whole lines.
    ///
    /// # Errors
    /// They cannot be written; those before are whole.
    pub fn append(&mut self, lines: &str) -> Result<(), Error> {
        if let Err(error) = self.results.write_all(lines.as_bytes()) {
            // What was half written goes; where that fails too, the next sweep drops it.
            let _ = self.results.set_len(self.length);
            return Err(failed(&self.path, "write", &error));
        }
        self.length += lines.len() as u64;
        Ok(())
    }
}

/// Takes the folder; where another sweep has it, says so and waits until that ends.
fn lock(folder: &Path, waits: impl FnOnce()) -> Result<File, Error> {
    let path = folder.join(LOCK);
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|error| failed(&path, "write", &error))?;
    let locked = match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            waits();
            file.lock()
        }
        Err(TryLockError::Error(error)) => Err(error),
        Ok(()) => Ok(()),
    };
    locked.map(|()| file).map_err(|error| failed(&path, "lock", &error))
}

fn same(folder: &Path, manifest: &Manifest, known: &Manifest) -> Result<(), Error> {
    let Some(what) = manifest.differs(known) else { return Ok(()) };
    let detail = if manifest.model == known.model {
        String::new()
    } else {
        format!(" ({} there, {} here)", known.model, manifest.model)
    };
    let message = format!("{} holds results of another sweep: {what} differs{detail}", folder.display());
    Err(Error::new(Kind::Input, format!("`{}`", folder.display()), message, "take another folder with -o"))
}

fn orphan(folder: &Path) -> Error {
    let message = format!("{} has {RESULTS} but no manifest", folder.display());
    Error::new(Kind::Input, format!("`{}`", folder.display()), message, "take another folder with -o")
}

/// Tells `each` of every finished point of a folder and of the bytes of its line; the bytes of whole lines, and whether a torn one follows.
///
/// # Errors
/// The file cannot be read, or a line that is not the last is none of a sweep's.
pub fn scan(
    folder: &Path,
    mut each: impl FnMut(Record, u64) -> Result<(), Error>,
) -> Result<(u64, bool), Error> {
    let path = folder.join(RESULTS);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok((0, false)),
        Err(error) => return Err(failed(&path, "read", &error)),
    };
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let (mut length, mut number) = (0, 0);
    let mut line = Vec::new();
    loop {
        line.clear();
        let bytes = reader.read_until(b'\n', &mut line).map_err(|error| failed(&path, "read", &error))?;
        if bytes == 0 {
            return Ok((length, false));
        }
        number += 1;
        if line.last() != Some(&b'\n') {
            return Ok((length, true));
        }
        each(parse(&path, number, &line)?, bytes as u64)?;
        length += bytes as u64;
    }
}

/// The record of a whole line.
fn parse(path: &Path, number: u64, line: &[u8]) -> Result<Record, Error> {
    let found: Result<Record, _> = serde_json::from_slice(line);
    let whole = found.map_err(|error| error.to_string()).and_then(|record| {
        if record.values.is_some() == record.refused.is_some() {
            return Err("it has both or neither of `values` and `refused`".to_owned());
        }
        Ok(record)
    });
    whole.map_err(|reason| {
        Error::new(
            Kind::Input,
            format!("`{}`", path.display()),
            format!("{}:{number} is no finished point: {reason}", path.display()),
            "remove the line, and the sweep runs its point again",
        )
    })
}
