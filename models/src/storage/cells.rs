//! Bits to cells: which bits of a stream a cell holds, and at which level.
//!
//! A stream is a string of bits, the highest bit of its first symbol first. A placement cuts it into cells in one of two ways: each
//! symbol for itself, into groups that are named (`2+3+3`, highest bits first), or the string as a whole into cells of one size. With
//! SECDED, 64 bits of the string get 8 check bits ([`kernels::secded`]), which lie in cells of the part's largest size.

use kernels::levels::{Levels, MOST_BITS};
use kernels::secded::{CHECK_BITS, DATA_BITS, check};

use super::Stream;
use crate::design::Cell;

/// How a string of bits is cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// Each symbol into cells of so many bits, highest bits first.
    Symbol(Vec<u32>),
    /// The whole string into cells of so many bits.
    Run(u32),
}

/// How a part lies in cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Which bits share a cell.
    pub grouping: Grouping,
    /// Which level stands for them.
    pub levels: Levels,
    /// Whether each 64 bits have check bits.
    pub secded: bool,
}

/// Cells of one kind that hold a part, evenly spaced in its bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cells {
    /// Bits of a cell.
    pub bits: u32,
    /// How many there are.
    pub count: u64,
    /// The place of the first one's highest bit.
    pub first: u64,
    /// Bits from one to the next.
    pub stride: u64,
}

/// A string of bits, in words: the data of a stream, or its check bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bits {
    words: Vec<u64>,
    count: u64,
}

impl Placement {
    /// Each symbol in cells of `cell` bits, the first taking what does not divide; a whole string if a symbol has fewer.
    pub fn even(cell: u32, width: u32, levels: Levels) -> Placement {
        let rest = width % cell;
        let grouping = if width < cell {
            Grouping::Run(cell)
        } else {
            Grouping::Symbol(
                (rest > 0).then_some(rest).into_iter().chain(vec![cell; (width / cell) as usize]).collect(),
            )
        };
        Placement { grouping, levels, secded: false }
    }

    /// The placement that a text names for symbols of `width` bits: `slc`, `mlc2`, `mlc3`, or bits of each cell joined by `+`.
    ///
    /// # Errors
    /// No such cell, or groups that are not the symbol: what was found, and what is expected.
    pub fn named(text: &str, width: u32, levels: Levels) -> Result<Placement, String> {
        if let Some(cell) = Cell::ALL.into_iter().find(|cell| cell.name() == text) {
            return Ok(Placement::even(cell.bits(), width, levels));
        }
        let cell = |word: &str| word.parse().ok().filter(|bits| (1..=3).contains(bits));
        let groups: Option<Vec<u32>> = text.split('+').map(cell).collect();
        let groups = groups.ok_or_else(|| {
            format!("`{text}` must be slc, mlc2, mlc3 or the bits of each cell, 1 to 3, joined by `+`")
        })?;
        let sum: u32 = groups.iter().sum();
        if sum != width {
            return Err(format!("`{text}` holds {sum} bits, a symbol has {width}"));
        }
        Ok(Placement { grouping: Grouping::Symbol(groups), levels, secded: false })
    }

    /// The same with check bits, or without.
    #[must_use]
    pub fn with_secded(self, secded: bool) -> Placement {
        Placement { secded, ..self }
    }

    /// Bits of its largest cell.
    fn largest(&self) -> u32 {
        match &self.grouping {
            Grouping::Symbol(groups) => groups.iter().copied().max().unwrap_or(1),
            Grouping::Run(bits) => *bits,
        }
    }

    /// The cells of a stream's data.
    pub fn data(&self, stream: &Stream) -> Vec<Cells> {
        match &self.grouping {
            Grouping::Run(bits) => vec![run(*bits, stream.bits())],
            Grouping::Symbol(groups) => {
                let (count, stride) = (stream.symbols.len() as u64, u64::from(stream.width));
                let firsts = groups.iter().scan(0, |at, bits| {
                    let first = *at;
                    *at += u64::from(*bits);
                    Some(first)
                });
                groups
                    .iter()
                    .zip(firsts)
                    .map(|(bits, first)| Cells { bits: *bits, count, first, stride })
                    .collect()
            }
        }
    }

    /// The cells of its check bits, if it has any.
    pub fn checks(&self, stream: &Stream) -> Option<Cells> {
        let words = stream.bits().div_ceil(DATA_BITS as u64);
        self.secded.then(|| run(self.largest(), words * CHECK_BITS as u64))
    }

    /// Cells of each size for a stream, checks included: of one, two and three bits.
    pub fn count(&self, stream: &Stream) -> [u64; 3] {
        let mut count = [0; 3];
        for cells in self.data(stream).into_iter().chain(self.checks(stream)) {
            count[cells.bits as usize - 1] += cells.count;
        }
        count
    }
}

/// A string of bits in cells of one size.
fn run(bits: u32, string: u64) -> Cells {
    Cells { bits, count: string.div_ceil(bits.into()), first: 0, stride: bits.into() }
}

impl Bits {
    /// The bits of a stream.
    pub fn data(stream: &Stream) -> Bits {
        let mut bits = Bits { words: vec![0; stream.bits().div_ceil(64) as usize], count: stream.bits() };
        let width = u64::from(stream.width);
        for (at, symbol) in (0..).zip(&stream.symbols) {
            let (first, end) = (at * width, (at + 1) * width);
            let (word, room) = ((first / 64) as usize, 64 - first % 64);
            let symbol = u64::from(*symbol);
            if width <= room {
                bits.words[word] |= symbol << (room - width);
            } else {
                bits.words[word] |= symbol >> (width - room);
                bits.words[word + 1] |= symbol << (64 - end % 64);
            }
        }
        bits
    }

    /// `count` bits from bytes, the highest of each first.
    ///
    /// # Errors
    /// Another number of bytes than they take.
    pub fn from_bytes(bytes: &[u8], count: u64) -> Result<Bits, String> {
        if bytes.len() as u64 != count.div_ceil(8) {
            return Err(format!("{} bytes for {count} bits", bytes.len()));
        }
        let word = |chunk: &[u8]| {
            chunk.iter().enumerate().fold(0, |word, (at, byte)| word | u64::from(*byte) << (56 - 8 * at))
        };
        Ok(Bits { words: bytes.chunks(8).map(word).collect(), count })
    }

    /// The bits as symbols of `width` bits, at most 32.
    pub fn symbols(&self, width: u32) -> Vec<u32> {
        let one = |at: u64| {
            let (place, both) = (at * u64::from(width), |word: usize| u128::from(self.word(word)));
            let (word, within) = ((place / 64) as usize, (place % 64) as u32);
            ((both(word) << 64 | both(word + 1)) >> (128 - within - width)) as u32
                & (u32::MAX >> (32 - width))
        };
        (0..self.count / u64::from(width)).map(one).collect()
    }

    /// The check bits of each word.
    pub fn checks(&self) -> Bits {
        let mut out =
            Bits { words: vec![0; self.words.len().div_ceil(8)], count: 8 * self.words.len() as u64 };
        for (at, word) in self.words.iter().enumerate() {
            out.words[at / 8] |= u64::from(check(*word)) << (56 - 8 * (at % 8));
        }
        out
    }

    /// Bits.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Word `at`, its first bit highest; what lies behind the end is zero.
    pub fn word(&self, at: usize) -> u64 {
        self.words.get(at).copied().unwrap_or(0)
    }

    /// `bits` bits from a place on; what lies behind the end is zero.
    pub fn at(&self, place: u64, bits: u32) -> u8 {
        debug_assert!(bits <= MOST_BITS, "no cell has more");
        let (word, within) = ((place / 64) as usize, (place % 64) as u32);
        let both = u128::from(self.word(word)) << 64 | u128::from(self.word(word + 1));
        (both >> (128 - within - bits) & ((1 << bits) - 1)) as u8
    }

    /// Check bits of word `at` of the string that these are of.
    pub fn check_of(&self, at: usize) -> u8 {
        (self.word(at / 8) >> (56 - 8 * (at % 8))) as u8
    }

    /// Bytes, the first bit of each highest.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes: Vec<u8> = self.words.iter().flat_map(|word| word.to_be_bytes()).collect();
        bytes.truncate(self.count.div_ceil(8) as usize);
        bytes
    }
}
