//! Joins the folders of shards: every point of the space once, none missing, none twice.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use models::record::{Error, Kind};

use super::manifest::{Manifest, Shard};
use super::select::select;
use super::store::{Record, Store, scan};

/// Bytes of lines that are written at a time.
const WRITE: usize = 1 << 20;

/// The points of the joined folder.
///
/// # Errors
/// A folder holds no results, or those of another sweep; points are missing or there twice; the folder cannot be written.
pub fn merge(folders: &[PathBuf], out: &Path) -> Result<usize, Error> {
    let manifest = common(folders)?;
    let mut records: BTreeMap<u64, (usize, Record)> = BTreeMap::new();
    for (index, folder) in folders.iter().enumerate() {
        scan(folder, |record, _| match records.insert(record.point, (index, record)) {
            None => Ok(()),
            Some((other, record)) => Err(twice(&folders[other], folder, record.point)),
        })?;
    }
    let first = folders.first().map_or(out, PathBuf::as_path);
    let opened = manifest.open(first)?;
    let expected = select(&opened.space, &opened.grid)?.points;
    complete(folders, &expected, &records)?;
    write(&manifest, &records, out)?;
    Ok(records.len())
}

/// The manifest of all folders, without a shard.
fn common(folders: &[PathBuf]) -> Result<Manifest, Error> {
    let mut common: Option<(Manifest, &PathBuf)> = None;
    for folder in folders {
        let Some(mut manifest) = Manifest::read(folder)? else { return Err(empty(folder)) };
        manifest.shard = None;
        match &common {
            None => common = Some((manifest, folder)),
            Some((known, first)) => {
                if let Some(what) = manifest.differs(known) {
                    let message = format!(
                        "{} and {} are of different sweeps: {what} differs",
                        first.display(),
                        folder.display()
                    );
                    return Err(refuse(folder, message, "merge the shards of one sweep"));
                }
            }
        }
    }
    common.map(|(manifest, _)| manifest).ok_or_else(|| empty(Path::new(".")))
}

fn refuse(folder: &Path, message: String, remedy: &str) -> Error {
    Error::new(Kind::Input, format!("`{}`", folder.display()), message, remedy)
}

fn empty(folder: &Path) -> Error {
    refuse(folder, format!("{} has no manifest: no sweep wrote it", folder.display()), "check the path")
}

fn twice(first: &Path, second: &Path, point: u64) -> Error {
    let message = format!("point {point} is in {} and again in {}", first.display(), second.display());
    refuse(second, message, "name each shard once")
}

/// Refuses what is missing, and says which shards lack it.
fn complete(
    folders: &[PathBuf],
    expected: &[u64],
    records: &BTreeMap<u64, (usize, Record)>,
) -> Result<(), Error> {
    let missing = expected.iter().filter(|point| !records.contains_key(point)).count();
    if missing == 0 {
        return Ok(());
    }
    let mut lacking = Vec::new();
    for folder in folders {
        let shard = Manifest::read(folder)?.and_then(|manifest| manifest.shard);
        let part = shard.map_or(expected, |shard: Shard| shard.part(expected));
        let lacks = part.iter().filter(|point| !records.contains_key(point)).count();
        if lacks > 0 {
            let name = shard.map_or_else(String::new, |shard| format!(" (shard {shard})"));
            lacking.push(format!("{}{name} lacks {lacks}", folder.display()));
        }
    }
    let whose = if lacking.is_empty() { "a shard is not named".to_owned() } else { lacking.join(", ") };
    let message = format!("{missing} of {} points are missing: {whose}", expected.len());
    let first = folders.first().map_or(Path::new("."), PathBuf::as_path);
    Err(refuse(first, message, "finish the shards by the same commands, and name them all"))
}

/// Writes the joined folder: results first under another name, so that what is there is whole.
fn write(manifest: &Manifest, records: &BTreeMap<u64, (usize, Record)>, out: &Path) -> Result<(), Error> {
    let used = fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some());
    if used {
        let message = format!("{} is not empty", out.display());
        return Err(refuse(out, message, "name a folder that does not exist yet"));
    }
    let (mut store, _) = Store::open(out, manifest, || (), |_| Ok(()))?;
    let mut lines = String::new();
    for (_, record) in records.values() {
        lines.push_str(&serde_json::to_string(record).unwrap_or_default());
        lines.push('\n');
        if lines.len() >= WRITE {
            store.append(&lines)?;
            lines.clear();
        }
    }
    store.append(&lines)
}
