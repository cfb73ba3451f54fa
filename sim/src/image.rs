//! An image of a memory as files: bytes, the same as text for `$readmemh`, and a manifest that says what they are.
//!
//! | file | what |
//! |---|---|
//! | `image.json` | the manifest: what is stored, where each part lies, cells, area, checksums |
//! | `image.bin` | the bytes from address 0 |
//! | `image.hex` | the same, two digits a byte, sixteen bytes a line |
//!
//! Each part of a tensor begins at a byte of its own, the highest bit of its first symbol first; check bits follow their part. The manifest's own
//! checksum is over its text with that checksum empty, so that a change of any byte of any of the three files is told.

use std::fs;
use std::path::Path;

use models::record::{Error, Kind};
use models::storage::{Bits, Stored};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::faults::Encoding;

/// Version of the format.
const FORMAT: u32 = 1;
/// Most elements of a tensor that is read.
const MOST: u64 = 1 << 28;

/// What an image is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the format.
    pub format: u32,
    /// The tensor, or none for the NVM of a program.
    pub tensor: Option<Tensor>,
    /// What lies where.
    pub parts: Vec<Lies>,
    /// Memory that the area is of.
    pub memory: String,
    /// Cells of one, two and three bits, check bits included.
    pub cells: [u64; 3],
    /// Square millimetres of these cells.
    pub area_mm2: f64,
    /// Bytes of the image.
    pub bytes: u64,
    /// SHA-256 of the bytes.
    pub sha256: String,
    /// SHA-256 of this text with this value empty.
    pub manifest_sha256: String,
}

/// A tensor in an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tensor {
    /// As it is written in arguments.
    pub encoding: String,
    /// Numbers of the codes.
    pub numbers: String,
    /// Bits of a code.
    pub code_bits: u32,
    /// Rows.
    pub rows: u64,
    /// Elements of a row.
    pub length: u64,
    /// Codes of each row, for run lengths.
    pub directory: Option<Vec<usize>>,
}

/// A part of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lies {
    /// What it holds.
    pub name: String,
    /// First byte.
    pub start: u64,
    /// Bytes.
    pub bytes: u64,
    /// Bits of a symbol.
    pub symbol_bits: u32,
    /// Symbols.
    pub symbols: u64,
}

/// Bytes with what they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// What they are.
    pub manifest: Manifest,
    /// From address 0.
    pub bytes: Vec<u8>,
}

impl Image {
    /// The image of a tensor, check bits included.
    ///
    /// # Errors
    /// Cells that do not hold a symbol.
    pub fn tensor(
        stored: &Stored,
        encoding: &Encoding,
        numbers: &str,
        (memory, area_mm2): (&str, impl Fn([u64; 3]) -> Result<f64, Error>),
    ) -> Result<Image, Error> {
        let placements = encoding.placements(stored).map_err(|message| {
            Error::new(
                Kind::Usage,
                "arguments",
                format!("{encoding}: {message}"),
                "name cells that hold a symbol",
            )
        })?;
        let (mut bytes, mut parts, mut cells) = (Vec::new(), Vec::new(), [0; 3]);
        let mut add = |name: &str, bits: &Bits, symbol_bits: u32| {
            let data = bits.bytes();
            let start = bytes.len() as u64;
            let symbols = bits.count() / u64::from(symbol_bits);
            parts.push(Lies { name: name.to_owned(), start, bytes: data.len() as u64, symbol_bits, symbols });
            bytes.extend(data);
        };
        for stream in stored.streams() {
            let placement = placements.of(stream.part);
            let bits = Bits::data(stream);
            add(stream.part.name(), &bits, stream.width);
            if placement.secded {
                add(&format!("{} checks", stream.part.name()), &bits.checks(), 8);
            }
            cells = [0, 1, 2].map(|at| cells[at] + placement.count(stream)[at]);
        }
        let code_bits = stored.streams().first().map_or(0, |stream| stream.width);
        let tensor = Tensor {
            encoding: encoding.to_string(),
            numbers: numbers.to_owned(),
            code_bits,
            rows: stored.rows() as u64,
            length: stored.length() as u64,
            directory: stored.directory(),
        };
        Ok(Image::new(Some(tensor), parts, memory, (cells, area_mm2(cells)?), bytes))
    }

    /// An image of bytes.
    pub fn new(
        tensor: Option<Tensor>,
        parts: Vec<Lies>,
        memory: &str,
        (cells, area_mm2): ([u64; 3], f64),
        bytes: Vec<u8>,
    ) -> Image {
        let manifest = Manifest {
            format: FORMAT,
            tensor,
            parts,
            memory: memory.to_owned(),
            cells,
            area_mm2,
            bytes: bytes.len() as u64,
            sha256: hash(&bytes),
            manifest_sha256: String::new(),
        };
        Image { manifest, bytes }
    }

    /// The three files by their names.
    pub fn files(&self) -> [(&'static str, Vec<u8>); 3] {
        let sealed =
            Manifest { manifest_sha256: hash(text(&self.manifest).as_bytes()), ..self.manifest.clone() };
        [
            ("image.bin", self.bytes.clone()),
            ("image.hex", hex(&self.bytes).into_bytes()),
            ("image.json", text(&sealed).into_bytes()),
        ]
    }

    /// Reads the three files of a folder.
    ///
    /// # Errors
    /// One cannot be read, is of another format, or is not as it was written: which, and where.
    pub fn read(folder: &Path) -> Result<Image, Error> {
        let read = |name: &str| {
            let path = folder.join(name);
            fs::read(&path).map_err(|error| {
                let message = format!("cannot read `{}`: {error}", path.display());
                Error::new(Kind::Io, "image", message, "name a folder that offramp image has written")
            })
        };
        let [json, bytes, digits] = [read("image.json")?, read("image.bin")?, read("image.hex")?];
        let wrong = |name: &str, message: String| {
            let message = format!("`{}`: {message}", folder.join(name).display());
            Error::new(Kind::Input, "image", message, "write the image again; it is not as it was written")
        };
        let sealed: Manifest =
            serde_json::from_slice(&json).map_err(|error| wrong("image.json", error.to_string()))?;
        let manifest = Manifest { manifest_sha256: String::new(), ..sealed.clone() };
        // The text is compared as a whole: other spaces are another file.
        if text(&sealed).as_bytes() != json || hash(text(&manifest).as_bytes()) != sealed.manifest_sha256 {
            return Err(wrong("image.json", "its checksum is another: it was altered".to_owned()));
        }
        if manifest.format != FORMAT {
            return Err(wrong(
                "image.json",
                format!("format {}, this program reads {FORMAT}", manifest.format),
            ));
        }
        if bytes.len() as u64 != manifest.bytes {
            return Err(wrong(
                "image.bin",
                format!("{} bytes, the manifest says {}", bytes.len(), manifest.bytes),
            ));
        }
        if hash(&bytes) != manifest.sha256 {
            return Err(wrong("image.bin", "its checksum is another: it was altered".to_owned()));
        }
        if let Some(line) = differs(hex(&bytes).as_bytes(), &digits) {
            return Err(wrong("image.hex", format!("line {line} is not what image.bin holds")));
        }
        Ok(Image { manifest, bytes })
    }

    /// The tensor that it holds, codes row by row.
    ///
    /// # Errors
    /// It holds none, or parts that do not belong together.
    pub fn stored(&self) -> Result<Stored, Error> {
        let wrong = |message: String| {
            Error::new(Kind::Input, "image", format!("image: {message}"), "write the image again")
        };
        let tensor = self.manifest.tensor.as_ref().ok_or_else(|| wrong("it holds no tensor".to_owned()))?;
        let encoding = Encoding::parse(&tensor.encoding).map_err(wrong)?;
        let elements = tensor.rows.checked_mul(tensor.length).filter(|count| (1..=MOST).contains(count));
        elements
            .ok_or_else(|| wrong(format!("{} x {} elements, at most {MOST}", tensor.rows, tensor.length)))?;
        if !(1..=8).contains(&tensor.code_bits) {
            return Err(wrong(format!("codes of {} bits", tensor.code_bits)));
        }
        let data = self.manifest.parts.iter().filter(|part| !part.name.ends_with(" checks"));
        let symbols = data.map(|part| self.symbols(part).map_err(wrong)).collect::<Result<Vec<_>, _>>()?;
        let shape = (tensor.rows as usize, tensor.length as usize);
        let directory = tensor.directory.as_deref();
        let stored = Stored::from_symbols(encoding.layout, shape, tensor.code_bits, symbols, directory)
            .map_err(wrong)?;
        let widths = stored.streams().iter().map(|stream| stream.width);
        let data = self.manifest.parts.iter().filter(|part| !part.name.ends_with(" checks"));
        match widths.zip(data).find(|(width, part)| *width != part.symbol_bits) {
            Some((width, part)) => Err(wrong(format!(
                "{} have {} bits where the layout has {width}",
                part.name, part.symbol_bits
            ))),
            None => Ok(stored),
        }
    }

    /// The symbols of a part.
    fn symbols(&self, part: &Lies) -> Result<Vec<u32>, String> {
        let end = part.start.checked_add(part.bytes).filter(|end| *end <= self.bytes.len() as u64);
        let end = end.ok_or_else(|| format!("{} reach behind the image", part.name))?;
        if !(1..=32).contains(&part.symbol_bits) {
            return Err(format!("{} have symbols of {} bits", part.name, part.symbol_bits));
        }
        let count = part
            .symbols
            .checked_mul(part.symbol_bits.into())
            .ok_or_else(|| format!("{} are too many", part.name))?;
        let bits = Bits::from_bytes(&self.bytes[part.start as usize..end as usize], count);
        Ok(bits.map_err(|error| format!("{}: {error}", part.name))?.symbols(part.symbol_bits))
    }
}

/// The first line in which two texts differ.
fn differs(expected: &[u8], found: &[u8]) -> Option<usize> {
    if expected == found {
        return None;
    }
    let [expected, found] =
        [expected, found].map(|text| text.split(|byte| *byte == b'\n').collect::<Vec<_>>());
    let same = expected.iter().zip(&found).take_while(|(a, b)| a == b).count();
    Some(same + 1)
}

/// Bytes in the order of their addresses, sixteen a line, as `$readmemh` reads them.
pub fn hex(memory: &[u8]) -> String {
    let line =
        |line: &[u8]| line.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ") + "\n";
    memory.chunks(16).map(line).collect()
}

fn text(manifest: &Manifest) -> String {
    // Strings, numbers and lists of them: always JSON.
    serde_json::to_string_pretty(manifest).unwrap_or_default() + "\n"
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
