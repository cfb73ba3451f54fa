//! Trials in a file: a line for each batch, so that a command that was stopped goes on.
//!
//! The first line says of what they are trials; a file of another command is refused. A line that was not finished is dropped.

use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use models::record::{Error, Kind};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Args, Tried};
use crate::cli::file::unwritten;
use crate::faults::{Coded, Damage};

/// A batch of trials of an encoding.
#[derive(Serialize, Deserialize)]
struct Line {
    encoding: usize,
    first: usize,
    trials: Vec<Damage>,
}

/// The file.
pub(super) struct Kept {
    path: PathBuf,
    file: File,
}

/// What the trials are of: everything that they depend on.
pub(super) fn head(args: &Args, tensor: &Coded, tried: &[Tried]) -> Value {
    let mut hash = Sha256::new();
    hash.update(&tensor.codes);
    let codes: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let names: Vec<&str> = tried.iter().map(|one| one.name.as_str()).collect();
    // Shares as they are drawn from: a file of them may have changed since.
    let shares: Vec<Vec<f64>> = tried.iter().map(|one| one.store.shares()).collect();
    serde_json::json!({
        "trials_of": names, "seed": args.seed, "numbers": tensor.numbers.name(), "length": tensor.length, "codes": codes,
        "shares": shares,
    })
}

impl Kept {
    /// Reads the trials of a file into what they are of, and opens it to be gone on with; a file that is not there is begun.
    pub(super) fn open(path: &Path, head: &Value, tried: &mut [Tried]) -> Result<Kept, Error> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(unwritten(path, &error)),
        };
        let mut good = 0;
        for (number, line) in text.split_inclusive('\n').enumerate().filter(|(_, line)| line.ends_with('\n'))
        {
            let at = |message: &str| {
                let message = format!("{}:{}: {message}", path.display(), number + 1);
                Error::new(
                    Kind::Input,
                    "arguments",
                    message,
                    "name another file with --keep, or remove this one",
                )
            };
            if number == 0 {
                let found: Value = serde_json::from_str(line).map_err(|_| at("no trials of this program"))?;
                if found != *head {
                    return Err(at("trials of another tensor, encoding, fault model or seed"));
                }
            } else {
                let line: Line = serde_json::from_str(line).map_err(|_| at("no batch of trials"))?;
                let one = tried.get_mut(line.encoding).filter(|one| one.study.trials.len() == line.first);
                let one = one.ok_or_else(|| at("a batch that does not follow the one before"))?;
                one.study.trials.extend(line.trials);
            }
            good += line.len();
        }
        // What has no whole line is a head that was not finished, or nobody's trials: that is not written over.
        if good == 0 && !format!("{head}\n").starts_with(&text) {
            let message = format!("{}:1: no trials of this program", path.display());
            return Err(Error::new(Kind::Input, "arguments", message, "name another file with --keep"));
        }
        let open = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path);
        let mut kept = Kept { path: path.to_owned(), file: open.map_err(|error| unwritten(path, &error))? };
        // What was not finished is written over.
        let cut = kept.file.set_len(good as u64).and_then(|()| kept.file.seek(SeekFrom::End(0)));
        cut.map_err(|error| unwritten(path, &error))?;
        if good == 0 {
            kept.write(&head.to_string())?;
        }
        Ok(kept)
    }

    /// Adds a batch.
    pub(super) fn add(&mut self, encoding: usize, first: usize, trials: &[Damage]) -> Result<(), Error> {
        let line = Line { encoding, first, trials: trials.to_vec() };
        let text = serde_json::to_string(&line);
        let text =
            text.map_err(|error| Error::new(Kind::Io, "arguments", error.to_string(), "please report this"))?;
        self.write(&text)
    }

    fn write(&mut self, line: &str) -> Result<(), Error> {
        // One write: a line is there whole, or its end tells that it is not.
        self.file.write_all(format!("{line}\n").as_bytes()).map_err(|error| unwritten(&self.path, &error))
    }
}
