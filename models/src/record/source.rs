//! Where a record's text comes from: a preset by name, or a file by path.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::sync::Arc;

use super::document::Document;
use super::nearest::nearest;
use super::{Error, Kind, Place, Record, names};

/// Most bytes of a record's file; the largest preset is a thousandth of it.
const RECORD_LIMIT: u64 = 16 << 20;

/// Whether a name is meant as a path: it has a `/` or ends in `.toml`.
pub fn is_path(name: &str) -> bool {
    name.contains('/') || name.ends_with(".toml")
}

/// The text of a preset or a file.
pub(super) fn open<T: Record>(base: &str) -> Result<Document, Error> {
    if !is_path(base) {
        return preset::<T>(base);
    }
    let known = names::<T>().collect::<Vec<_>>().join(", ");
    let text =
        read_text(base, RECORD_LIMIT, &format!("check the path, or name a {} preset: {known}", T::KIND))?;
    Ok(Document::new(base, &text, false))
}

/// The text of the preset of that name.
pub(super) fn preset<T: Record>(name: &str) -> Result<Document, Error> {
    let found = T::PRESETS.iter().find(|(known, _)| *known == name);
    let (name, text) = found.ok_or_else(|| unknown::<T>(name))?;
    Ok(Document::new(&format!("preset {name}"), text, true))
}

fn unknown<T: Record>(name: &str) -> Error {
    let kind = T::KIND;
    let known = names::<T>().collect::<Vec<_>>().join(", ");
    let hint = nearest(name, names::<T>()).map_or(String::new(), |near| format!("did you mean `{near}`? "));
    Error::new(
        Kind::Usage,
        format!("{kind} `{name}`"),
        format!("unknown {kind} `{name}`"),
        format!("{hint}the presets are {known}; a path ends in .toml or has a `/`"),
    )
}

/// The text of a record's file.
///
/// # Errors
/// As [`read_text`].
pub fn read_file(path: &str) -> Result<String, Error> {
    read_text(path, RECORD_LIMIT, "check the path")
}

/// The text of a file of at most `limit` bytes; `remedy` is what to do where there is no such file.
///
/// # Errors
/// As [`read_bytes`], or it is not UTF-8.
pub fn read_text(path: &str, limit: u64, remedy: &str) -> Result<String, Error> {
    String::from_utf8(read_bytes(path, limit, remedy)?).map_err(|error| not_utf8(path, error))
}

/// The bytes of a file, at most `limit`; `remedy` is what to do where there is no such file.
///
/// # Errors
/// The file is not there, cannot be read or is larger than the limit.
pub fn read_bytes(path: &str, limit: u64, remedy: &str) -> Result<Vec<u8>, Error> {
    let subject = format!("`{path}`");
    let failed = |error| unreadable(path, &error, remedy);
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > limit {
        let message = format!("`{path}` is larger than {limit} bytes (nothing of its kind is)");
        return Err(Error::new(Kind::Input, &subject, message, "check the path"));
    }
    Ok(bytes)
}

/// Why a file could not be read.
pub fn unreadable(path: &str, error: &std::io::Error, remedy: &str) -> Error {
    let reason = match error.kind() {
        ErrorKind::NotFound => "no such file".to_owned(),
        ErrorKind::IsADirectory => "it is a folder".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    };
    Error::new(Kind::Io, format!("`{path}`"), format!("cannot read `{path}`: {reason}"), remedy)
}

/// Points at the first byte that is not UTF-8.
fn not_utf8(path: &str, error: std::string::FromUtf8Error) -> Error {
    let at = error.utf8_error().valid_up_to();
    let byte = error.as_bytes()[at];
    let text: Arc<str> = Arc::from(String::from_utf8_lossy(error.as_bytes()));
    let place = Place::new(path, &text, at..at + char::REPLACEMENT_CHARACTER.len_utf8());
    let message = format!("byte {at} is 0x{byte:02x}, which is not UTF-8 text");
    Error::at(Kind::Input, place, message, "save the file as UTF-8")
}
