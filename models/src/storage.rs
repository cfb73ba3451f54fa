//! How a tensor of codes lies in a memory: layouts, streams of symbols, and the cells that hold them.
//!
//! | file | what |
//! |---|---|
//! | this one | a tensor as streams of symbols, and its rows read back, faults included |
//! | [`layout`](Layout) | dense, bit mask by rows or by banks, compressed rows, run lengths |
//! | [`cells`](Placement) | bits of a symbol to cells, and what of them a cell holds |
//! | [`faults`](Faults) | symbols that are read wrong |
//!
//! A row begins where it begins, whatever was wrong in the row before: a decoder is told (by a fixed pitch, or a directory that is not
//! stored here). Only [`Layout::Csr`] stores where rows begin, and then a fault there goes wrong too.

mod cells;
mod faults;
mod layout;

pub use cells::{Bits, Cells, Grouping, Placement};
pub use faults::{Faults, Flip};
pub use layout::Layout;

use std::ops::Range;

/// What a stream holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Codes of elements.
    Codes,
    /// A bit for each element: whether it is not zero.
    Mask,
    /// Columns of the codes.
    Columns,
    /// Zeros ahead of the codes.
    Runs,
    /// Where rows begin.
    Starts,
}

impl Part {
    /// As reports call it.
    pub fn name(self) -> &'static str {
        match self {
            Part::Codes => "codes",
            Part::Mask => "mask",
            Part::Columns => "columns",
            Part::Runs => "runs",
            Part::Starts => "starts",
        }
    }
}

/// Symbols of one width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// What it holds.
    pub part: Part,
    /// Bits of a symbol.
    pub width: u32,
    /// The symbols, row after row.
    pub symbols: Vec<u32>,
    /// The first symbol of each row, and the number of symbols.
    starts: Vec<usize>,
}

/// A tensor in a layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    layout: Layout,
    length: usize,
    streams: Vec<Stream>,
}

impl Stream {
    fn new(part: Part, width: u32, rows: usize) -> Stream {
        let mut starts = Vec::with_capacity(rows + 1);
        starts.push(0);
        Stream { part, width, symbols: Vec::new(), starts }
    }

    /// Bits of all symbols.
    pub fn bits(&self) -> u64 {
        self.symbols.len() as u64 * u64::from(self.width)
    }

    /// The rows that see a symbol.
    fn rows_of(&self, symbol: usize) -> Range<usize> {
        if self.part == Part::Starts {
            return symbol.saturating_sub(1)..(symbol + 1).min(self.starts.len() - 1);
        }
        let row = self.starts.partition_point(|start| *start <= symbol) - 1;
        row..row + 1
    }
}

impl Stored {
    /// Codes of `code_bits` bits, row by row, each row of `length` elements.
    ///
    /// # Panics
    /// If the codes are no whole rows, a mistake of the caller.
    pub fn new(layout: Layout, codes: &[u8], length: usize, code_bits: u32) -> Stored {
        assert!(
            length > 0 && codes.len().is_multiple_of(length),
            "{} codes in rows of {length}",
            codes.len()
        );
        let rows = codes.len() / length;
        let mut streams: Vec<Stream> = layout
            .parts(length, codes.len(), code_bits)
            .map(|(part, width)| Stream::new(part, width, rows))
            .collect();
        for row in codes.chunks_exact(length) {
            layout.put(row, &mut streams);
            streams.iter_mut().filter(|stream| stream.part != Part::Starts).for_each(|stream| {
                stream.starts.push(stream.symbols.len());
            });
        }
        // Where each row begins, and where the last one ends.
        if let [codes, .., starts] = streams.as_mut_slice()
            && starts.part == Part::Starts
        {
            starts.symbols = codes.starts.iter().map(|start| *start as u32).collect();
            starts.starts = (0..=rows).collect();
        }
        Stored { layout, length, streams }
    }

    /// A tensor from its streams' symbols, and for [`Layout::Runs`] the codes of each row.
    ///
    /// # Errors
    /// Streams that are not of one tensor of this layout: what does not agree.
    pub fn from_symbols(
        layout: Layout,
        (rows, length): (usize, usize),
        code_bits: u32,
        symbols: Vec<Vec<u32>>,
        directory: Option<&[usize]>,
    ) -> Result<Stored, String> {
        let parts: Vec<(Part, u32)> = layout.parts(length, rows * length, code_bits).collect();
        if parts.len() != symbols.len() {
            return Err(format!("{} streams, layout {} has {}", symbols.len(), layout.name(), parts.len()));
        }
        let counts = layout.counts(rows, length, &symbols, directory)?;
        let streams = parts.into_iter().zip(symbols).zip(counts).map(|(((part, width), symbols), counts)| {
            let ends = counts.iter().scan(0, |end, count| {
                // A file may say anything; what is too many is told below.
                *end = usize::saturating_add(*end, *count);
                Some(*end)
            });
            let starts: Vec<usize> = [0].into_iter().chain(ends).collect();
            // Where rows begin is told by one symbol more than there are rows.
            let all = starts.last().copied().unwrap_or(0) + usize::from(part == Part::Starts);
            if symbols.len() == all {
                Ok(Stream { part, width, symbols, starts })
            } else {
                Err(format!("{} {} where rows have {all}", symbols.len(), part.name()))
            }
        });
        Ok(Stored { layout, length, streams: streams.collect::<Result<_, _>>()? })
    }

    /// The codes that each row has, for a file that does not say it otherwise.
    pub fn directory(&self) -> Option<Vec<usize>> {
        let rows = || self.streams[0].starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
        (self.layout == Layout::Runs).then(rows)
    }

    /// Rows.
    pub fn rows(&self) -> usize {
        self.streams.first().map_or(0, |stream| stream.starts.len() - 1)
    }

    /// Elements of a row.
    pub fn length(&self) -> usize {
        self.length
    }

    /// The layout.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Its streams; the codes come first.
    pub fn streams(&self) -> &[Stream] {
        &self.streams
    }

    /// Bits of all streams.
    pub fn bits(&self) -> u64 {
        self.streams.iter().map(Stream::bits).sum()
    }

    /// The rows that see a fault, ascending.
    pub fn damaged(&self, faults: &Faults) -> Vec<usize> {
        let flips = faults.flips.iter().zip(&self.streams);
        let mut rows: Vec<usize> = flips
            .flat_map(|(flips, stream)| flips.iter().flat_map(|flip| stream.rows_of(flip.symbol)))
            .collect();
        rows.sort_unstable();
        rows.dedup();
        rows
    }

    /// Decodes a row as it is read with faults; `out` has its length.
    pub fn row(&self, row: usize, faults: &Faults, out: &mut [u8]) {
        let read: Vec<Vec<u32>> = if self.layout == Layout::Csr {
            let bounds = self.read(2, row..row + 2, faults);
            let all = self.streams[0].symbols.len();
            let [start, end] = [bounds[0], bounds[1]].map(|at| (at as usize).min(all));
            (0..2).map(|stream| self.read(stream, start..end.max(start), faults)).collect()
        } else {
            let range = |stream: &Stream| {
                // A mask with ones too many takes what lies behind its row.
                let spare = if stream.part == Part::Codes { self.length } else { 0 };
                stream.starts[row]..(stream.starts[row + 1] + spare).min(stream.symbols.len())
            };
            let all = self.streams.iter().enumerate();
            all.map(|(at, stream)| self.read(at, range(stream), faults)).collect()
        };
        let own = self.streams[0].starts[row + 1] - self.streams[0].starts[row];
        self.layout.take(&read, own, out);
    }

    /// Symbols as they are read.
    fn read(&self, stream: usize, range: Range<usize>, faults: &Faults) -> Vec<u32> {
        let mut symbols = self.streams[stream].symbols[range.clone()].to_vec();
        let flips = &faults.flips[stream];
        let first = flips.partition_point(|flip| flip.symbol < range.start);
        for flip in flips[first..].iter().take_while(|flip| flip.symbol < range.end) {
            symbols[flip.symbol - range.start] ^= flip.bits;
        }
        symbols
    }

    /// All codes, row by row.
    pub fn decode(&self) -> Vec<u8> {
        let (none, mut codes) = (Faults::none(self), vec![0; self.rows() * self.length]);
        codes.chunks_exact_mut(self.length).enumerate().for_each(|(row, out)| self.row(row, &none, out));
        codes
    }
}
