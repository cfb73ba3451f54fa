//! The pages of an operand buffer as memories of one port, and what each reader sees of them.

use super::accesses::{Access, Kind};
use models::design::Design;

/// A memory of one port: what was read last stays. Where two ports use it, what it holds or gives is not known.
#[derive(Clone)]
struct Memory<T> {
    words: Vec<Option<T>>,
    value: Option<T>,
}

impl<T: Copy> Memory<T> {
    fn new(words: usize) -> Memory<T> {
        Memory { words: vec![None; words], value: None }
    }

    /// Words that are used, each with what is written there, or nothing where it is read.
    fn step(&mut self, acts: &[(usize, Option<T>)]) {
        match acts {
            [] => {}
            [(at, None)] => self.value = self.words[*at],
            [(at, written)] => self.words[*at] = *written,
            _ => {
                self.value = None;
                if acts.iter().any(|(_, written)| written.is_some()) {
                    self.words.fill(None);
                }
            }
        }
    }
}

/// A page: a memory for the masks of each vector of a tile, and one for each bank.
#[derive(Clone)]
pub(super) struct Page {
    number: usize,
    tiles: usize,
    masks: Vec<Memory<i64>>,
    banks: Vec<Memory<u8>>,
}

impl Page {
    pub(super) fn new(design: &Design, number: usize) -> Page {
        let n = design.pu.n as usize;
        let rows = design.page_vectors() as usize;
        let (masks, banks) = (vec![Memory::new(rows / n); n], vec![Memory::new(rows); n]);
        Page { number, tiles: rows / n, masks, banks }
    }

    /// The same memories under another number.
    pub(super) fn renumber(&mut self, number: usize) {
        self.number = number;
    }

    pub(super) fn number(&self) -> usize {
        self.number
    }

    fn tile(&self, access: &Access) -> Option<usize> {
        access.tile.filter(|tile| tile / self.tiles == self.number).map(|tile| tile % self.tiles)
    }

    fn row(&self, access: &Access, bank: usize) -> Option<usize> {
        let rows = self.tiles * self.banks.len();
        access.rows[bank].filter(|row| row / rows == self.number).map(|row| row % rows)
    }

    /// Whether two ports use the page.
    pub(super) fn conflict(&self, accesses: &[&Access]) -> bool {
        let uses = |access: &&&Access| {
            self.tile(access).is_some() || (0..self.banks.len()).any(|bank| self.row(access, bank).is_some())
        };
        accesses.iter().filter(uses).count() > 1
    }

    /// What the accesses do to the memories.
    pub(super) fn step(&mut self, accesses: &[&Access]) {
        let users: Vec<(usize, &Access)> =
            accesses.iter().filter_map(|access| Some((self.tile(access)?, *access))).collect();
        for (vector, memory) in self.masks.iter_mut().enumerate() {
            // A field that a single writer leaves out stays, and nothing is read.
            let counts = |access: &Access| {
                users.len() > 1 || access.kind != Kind::Writes || access.fields >> vector & 1 == 1
            };
            let written = |access: &Access| (access.kind == Kind::Writes).then_some(access.masks[vector]);
            let counted = users.iter().filter(|(_, access)| counts(access));
            let acts: Vec<_> = counted.map(|(tile, access)| (*tile, written(access))).collect();
            memory.step(&acts);
        }
        for bank in 0..self.banks.len() {
            let written = |access: &Access| (access.kind == Kind::Writes).then_some(access.codes[bank]);
            let act = |access: &&Access| Some((self.row(access, bank)?, written(access)));
            let acts: Vec<_> = accesses.iter().filter_map(act).collect();
            self.banks[bank].step(&acts);
        }
    }

    /// The masks that were read last, if all are known.
    pub(super) fn masks(&self) -> Option<Vec<i64>> {
        self.masks.iter().map(|memory| memory.value).collect()
    }

    /// The codes that each bank gave last, if all are known.
    pub(super) fn codes(&self) -> Option<Vec<u8>> {
        (0..self.banks.len()).map(|bank| self.code(bank)).collect()
    }

    fn code(&self, bank: usize) -> Option<u8> {
        self.banks[bank].value
    }
}

/// An operand buffer: its pages, and the page that each reader used last, of masks and of each bank.
pub(super) struct Buffer {
    pages: Vec<Page>,
    fetched: Vec<usize>,
    read: Vec<Vec<usize>>,
}

impl Buffer {
    pub(super) fn new(design: &Design, readers: usize) -> Buffer {
        let pages = (0..design.buffer.pages as usize).map(|number| Page::new(design, number)).collect();
        Buffer { pages, fetched: vec![0; readers], read: vec![vec![0; design.pu.n as usize]; readers] }
    }

    /// Whether two ports use one page.
    pub(super) fn conflict(&self, accesses: &[&Access]) -> bool {
        self.pages.iter().any(|page| page.conflict(accesses))
    }

    /// What the accesses do, each with the number of its port.
    pub(super) fn step(&mut self, accesses: &[(usize, &Access)]) {
        for (port, access) in accesses.iter().filter(|(_, access)| access.kind != Kind::Writes) {
            let (tiles, rows) = (self.pages[0].tiles, self.pages[0].tiles * self.pages[0].banks.len());
            if let Some(tile) = access.tile {
                self.fetched[*port] = tile / tiles;
            }
            if access.kind == Kind::Reads {
                if let Some(row) = access.rows.iter().flatten().next() {
                    self.read[*port].fill(row / rows);
                }
                continue;
            }
            for (page, row) in self.read[*port].iter_mut().zip(&access.rows) {
                *page = row.map_or(*page, |row| row / rows);
            }
        }
        let all: Vec<&Access> = accesses.iter().map(|(_, access)| *access).collect();
        self.pages.iter_mut().for_each(|page| page.step(&all));
    }

    /// What a reader sees, where it is known: masks and codes.
    pub(super) fn seen(&self, port: usize) -> (Option<Vec<i64>>, Option<Vec<u8>>) {
        let codes = self.read[port].iter().enumerate().map(|(bank, page)| self.pages[*page].code(bank));
        (self.pages[self.fetched[port]].masks(), codes.collect())
    }
}
