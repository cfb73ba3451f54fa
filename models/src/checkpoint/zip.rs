//! A zip archive of stored entries, as PyTorch writes it: every entry is a range of the file's bytes.
//!
//! The central directory at the end of the file is what counts, in its zip64 form where there is one. Compressed and encrypted entries and
//! archives in several files are refused. Checksums are not looked at: `torch.save` may be told to write none.

use std::collections::BTreeMap;

use super::cursor::Cursor;
use super::refusal::{Refusal, shown};

/// The bytes of each entry by its name.
pub(crate) type Entries<'a> = BTreeMap<&'a str, &'a [u8]>;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const END_64: u32 = 0x0606_4b50;
const LOCATOR_64: u32 = 0x0706_4b50;
/// Bytes of an end record without its comment, and of a locator.
const END_BYTES: usize = 22;
const LOCATOR_BYTES: usize = 20;

/// Where the central directory is.
struct Directory {
    entries: u64,
    offset: u64,
    /// Of all that is behind it.
    end: usize,
}

/// What the central directory says of an entry.
struct Header<'a> {
    name: &'a str,
    method: u16,
    encrypted: bool,
    size: u64,
    stored: u64,
    offset: u64,
}

/// All entries of an archive.
pub(crate) fn entries(bytes: &[u8]) -> Result<Entries<'_>, Refusal> {
    let directory = directory(bytes)?;
    let start = usize::try_from(directory.offset).unwrap_or(usize::MAX);
    let mut cursor = Cursor::new(&bytes[..directory.end], start);
    let mut entries = Entries::new();
    // A count that is too large ends with the bytes of the directory.
    for _ in 0..directory.entries {
        let place = format!("zip directory, byte {}", cursor.at());
        let header = header(&mut cursor).map_err(|wrong| wrong.at(place))?;
        let content = content(bytes, &header).map_err(|wrong| wrong.at(entry(header.name)))?;
        if entries.insert(header.name, content).is_some() {
            return Err(Refusal::damage("the name must be there once, not twice").at(entry(header.name)));
        }
    }
    Ok(entries)
}

/// How an entry is called in messages.
pub(crate) fn entry(name: &str) -> String {
    format!("entry `{}`", shown(name))
}

fn directory(bytes: &[u8]) -> Result<Directory, Refusal> {
    let end = end(bytes)?;
    let mut cursor = Cursor::new(bytes, end + 4);
    let (disk, first) = (cursor.u16()?, cursor.u16()?);
    let (here, entries) = (cursor.u16()?, cursor.u16()?);
    let (_, offset) = (cursor.u32()?, cursor.u32()?);
    if let Some(locator) = end.checked_sub(LOCATOR_BYTES)
        && Cursor::new(bytes, locator).u32()? == LOCATOR_64
    {
        return directory_64(bytes, locator);
    }
    if (disk, first) != (0, 0) || here != entries {
        return Err(Refusal::new("the zip archive is one of several files", "join them into one file"));
    }
    Ok(Directory { entries: entries.into(), offset: offset.into(), end })
}

fn directory_64(bytes: &[u8], locator: usize) -> Result<Directory, Refusal> {
    let mut cursor = Cursor::new(bytes, locator + 8);
    let at = usize::try_from(cursor.u64()?).unwrap_or(usize::MAX);
    let mut cursor = Cursor::new(&bytes[..locator], at);
    if cursor.u32()? != END_64 {
        return Err(Refusal::damage(format!("byte {at} must start the zip64 end record (50 4b 06 06)")));
    }
    cursor.take(28)?;
    let (entries, _, offset) = (cursor.u64()?, cursor.u64()?, cursor.u64()?);
    Ok(Directory { entries, offset, end: at })
}

/// Where the end record starts: the last one whose comment is all that follows.
fn end(bytes: &[u8]) -> Result<usize, Refusal> {
    let last = bytes.len().checked_sub(END_BYTES);
    let earliest = bytes.len().saturating_sub(END_BYTES + usize::from(u16::MAX));
    let ends = |at: usize| {
        let comment = [bytes[at + 20], bytes[at + 21]];
        bytes[at..at + 4] == END.to_le_bytes()
            && usize::from(u16::from_le_bytes(comment)) == bytes.len() - at - END_BYTES
    };
    last.and_then(|last| (earliest..=last).rev().find(|at| ends(*at))).ok_or_else(|| {
        let start: Vec<String> = bytes.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        let message = format!(
            "a zip archive must start with 50 4b 03 04 and end with its directory: the file starts with {} and \
             has no end record (50 4b 05 06)",
            if start.is_empty() { "nothing".to_owned() } else { start.join(" ") }
        );
        Refusal::damage(message)
    })
}

/// The next entry of the central directory.
fn header<'a>(cursor: &mut Cursor<'a>) -> Result<Header<'a>, Refusal> {
    let signature = cursor.u32()?;
    if signature != CENTRAL {
        return Err(Refusal::damage(format!(
            "{signature:#010x} must be {CENTRAL:#010x}, which starts an entry"
        )));
    }
    cursor.take(4)?;
    let (flags, method) = (cursor.u16()?, cursor.u16()?);
    cursor.take(8)?;
    let (stored, size) = (cursor.u32()?, cursor.u32()?);
    let (name, extra, comment) = (cursor.u16()?, cursor.u16()?, cursor.u16()?);
    cursor.take(8)?;
    let offset = cursor.u32()?;
    let name = cursor.take(name.into())?;
    let extra = cursor.part(extra.into())?;
    cursor.take(comment.into())?;
    let name = str::from_utf8(name).map_err(|_| Refusal::damage("the entry's name must be UTF-8"))?;
    let (mut stored, mut size, mut offset) = (stored.into(), size.into(), offset.into());
    wide(extra, [&mut size, &mut stored, &mut offset])?;
    Ok(Header { name, method, encrypted: flags & 1 == 1, size, stored, offset })
}

/// Fills in the numbers that do not fit into 32 bits, in order, from the extra field with tag 1.
fn wide(mut extra: Cursor<'_>, numbers: [&mut u64; 3]) -> Result<(), Refusal> {
    // Up to three bytes of padding are no field.
    while extra.rest().len() >= 4 {
        let (tag, length) = (extra.u16()?, extra.u16()?);
        let mut field = extra.part(length.into())?;
        if tag == 1 {
            for number in numbers {
                if *number == u64::from(u32::MAX) {
                    *number = field.u64()?;
                }
            }
            return Ok(());
        }
    }
    Ok(())
}

/// The bytes of an entry, which its local header precedes.
fn content<'a>(bytes: &'a [u8], header: &Header<'_>) -> Result<&'a [u8], Refusal> {
    if header.encrypted {
        return Err(Refusal::new("an entry must not be encrypted", "decrypt the archive"));
    }
    if header.method != 0 || header.stored != header.size {
        let message =
            format!("an entry must be stored (method 0), this one is compressed (method {})", header.method);
        return Err(Refusal::new(message, "unpack the archive and pack it again with `zip -0 -r`"));
    }
    let mut cursor = Cursor::new(bytes, usize::try_from(header.offset).unwrap_or(usize::MAX));
    let signature = cursor.u32()?;
    if signature != LOCAL {
        let message =
            format!("{signature:#010x} at byte {} must be {LOCAL:#010x}, a local header", header.offset);
        return Err(Refusal::damage(message));
    }
    cursor.take(22)?;
    let (name, extra) = (cursor.u16()?, cursor.u16()?);
    if cursor.take(name.into())? != header.name.as_bytes() {
        return Err(Refusal::damage(format!("the local header at byte {} has another name", header.offset)));
    }
    cursor.take(extra.into())?;
    cursor.take(header.size)
}

#[cfg(test)]
pub(super) mod tests;
