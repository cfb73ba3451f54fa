use super::*;

/// An entry in a directory: what a test may want to be wrong.
#[derive(Clone, Copy)]
struct Entry<'a> {
    name: &'a str,
    content: &'a [u8],
    flags: u16,
    method: u16,
    /// Whether sizes and offset are in the extra field.
    wide: bool,
}

const ENTRY: Entry<'_> = Entry { name: "a", content: &[1, 2, 3], flags: 0, method: 0, wide: false };

fn local(entry: &Entry<'_>) -> Vec<u8> {
    let name = entry.name.as_bytes();
    // Sizes are not known yet, as of a stream; four bytes of extra field.
    [&LOCAL.to_le_bytes()[..], &[0; 22], &[name.len() as u8, 0, 4, 0], name, b"FB\0\0", entry.content]
        .concat()
}

fn central(entry: &Entry<'_>, offset: usize) -> Vec<u8> {
    let (name, size) = (entry.name.as_bytes(), entry.content.len());
    let number = |number: usize| if entry.wide { [0xff; 4] } else { (number as u32).to_le_bytes() };
    let wide = [size, size, offset].map(|number| (number as u64).to_le_bytes()).concat();
    let extra = if entry.wide { [&[9, 0, 1, 0, 7, 1, 0, 24, 0], &wide[..]].concat() } else { Vec::new() };
    [
        &CENTRAL.to_le_bytes()[..],
        &[0; 4],
        &entry.flags.to_le_bytes(),
        &entry.method.to_le_bytes(),
        &[0; 8],
        &number(size),
        &number(size),
        &[name.len() as u8, 0, extra.len() as u8, 0, 0, 0],
        &[0; 8],
        &number(offset),
        name,
        &extra,
    ]
    .concat()
}

/// The end record, behind its zip64 form if that is wanted.
fn end_of(entries: usize, offset: usize, at: usize, wide: bool) -> Vec<u8> {
    let count = (entries as u16).to_le_bytes();
    if !wide {
        let offset = (offset as u32).to_le_bytes();
        return [&END.to_le_bytes()[..], &[0; 4], &count, &count, &[0; 4], &offset, &[0; 2]].concat();
    }
    let (count, offset, at) = (entries as u64, offset as u64, at as u64);
    [
        &END_64.to_le_bytes()[..],
        &[0; 28],
        &count.to_le_bytes(),
        &[0; 8],
        &offset.to_le_bytes(),
        &LOCATOR_64.to_le_bytes(),
        &[0; 4],
        &at.to_le_bytes(),
        &[1, 0, 0, 0],
        &END.to_le_bytes(),
        &[0; 4],
        &[0xff; 12],
        &[0; 2],
    ]
    .concat()
}

fn pack(entries: &[Entry<'_>]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for entry in entries {
        directory.extend(central(entry, bytes.len()));
        bytes.extend(local(entry));
    }
    let offset = bytes.len();
    bytes.extend(directory);
    let wide = entries.iter().any(|entry| entry.wide);
    bytes.extend(end_of(entries.len(), offset, bytes.len(), wide));
    bytes
}

/// An archive of stored entries.
pub(in crate::checkpoint) fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let entries: Vec<Entry<'_>> =
        entries.iter().map(|(name, content)| Entry { name, content, ..ENTRY }).collect();
    pack(&entries)
}

/// What is wrong with an archive.
fn wrong(bytes: &[u8]) -> String {
    entries(bytes).unwrap_err().of("z").problems[0].message.clone()
}

#[test]
fn entries_are_ranges_of_the_file() {
    let other = Entry { name: "b/c", content: &[], ..ENTRY };
    for wide in [false, true] {
        let bytes = pack(&[Entry { wide, ..ENTRY }, other]);
        assert_eq!(
            entries(&bytes).unwrap(),
            Entries::from([("a", &[1, 2, 3][..]), ("b/c", &[])]),
            "zip64 {wide}"
        );
    }
    assert!(entries(&pack(&[])).unwrap().is_empty());
}

#[test]
fn a_comment_may_follow_even_one_that_looks_like_an_end() {
    let mut bytes = pack(&[ENTRY]);
    let length = bytes.len();
    bytes[length - 2] = 30;
    bytes.extend([&END.to_le_bytes()[..], &[7; 26]].concat());
    assert_eq!(entries(&bytes).unwrap().len(), 1);
    bytes.push(0);
    assert!(wrong(&bytes).contains("no end record"), "more follows than the comment");
}

#[test]
fn what_is_not_stored_is_refused() {
    let compressed = wrong(&pack(&[Entry { method: 8, ..ENTRY }]));
    assert_eq!(
        compressed,
        "z: entry `a`: an entry must be stored (method 0), this one is compressed (method 8)"
    );
    assert!(wrong(&pack(&[Entry { flags: 1, ..ENTRY }])).contains("encrypted"));
    assert!(wrong(&pack(&[ENTRY, ENTRY])).contains("once, not twice"));
}

/// Each byte of the headers and records that says where something is or how much there is.
#[test]
fn what_lies_outside_the_file_is_refused() {
    for wide in [false, true] {
        let whole = pack(&[Entry { wide, ..ENTRY }]);
        let directory =
            whole.len() - end_of(1, 0, 0, wide).len() - central(&Entry { wide, ..ENTRY }, 0).len();
        let numbers = if wide { [56, 64, 72] } else { [20, 24, 42] };
        for number in numbers {
            let mut damaged = whole.clone();
            damaged[directory + number + 1] = 0x7f;
            assert!(entries(&damaged).is_err(), "number at {number} of the directory, zip64 {wide}");
        }
        let mut count = whole.clone();
        let at =
            if wide { directory + central(&Entry { wide, ..ENTRY }, 0).len() + 32 } else { whole.len() - 12 };
        count[at] = 2;
        count[if wide { at } else { at - 2 }] = 2;
        assert!(wrong(&count).contains("zip directory, byte"), "an entry too many, zip64 {wide}");
    }
}

#[test]
fn a_local_header_must_be_that_of_the_entry() {
    let mut renamed = pack(&[ENTRY]);
    renamed[30] = b'b';
    assert!(wrong(&renamed).contains("another name"));
    let mut unsigned = pack(&[ENTRY]);
    unsigned[0] = 0;
    assert!(wrong(&unsigned).contains("a local header"));
}

#[test]
fn an_archive_in_parts_and_what_is_no_archive_are_refused() {
    let mut parts = pack(&[ENTRY]);
    let at = parts.len() - 18;
    parts[at] = 1;
    assert!(wrong(&parts).contains("several files"));
    assert!(wrong(&[0x80, 2]).contains("starts with 80 02"));
    assert!(wrong(&[]).contains("starts with nothing"));
}
