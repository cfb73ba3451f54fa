//! Random accesses to the pages of an operand buffer: each page has one owner at a time, and now and then the rule is broken.

use super::{Draw, packed};
use crate::cosim::Bench;
use crate::unit::page::{READERS, WRITERS};
use models::design::Design;
use std::collections::BTreeSet;

/// A user of the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Reads a row of all banks.
    Reads,
    /// Reads a row of its own from each bank.
    ReadsPacked,
    Writes,
}

/// What a port does in a cycle. Places count in the buffer.
pub(super) struct Access {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Masks of this tile are read, or `fields` of them written.
    pub(super) tile: Option<usize>,
    pub(super) fields: u64,
    pub(super) masks: Vec<i64>,
    /// Row of each bank, where it is read or written.
    pub(super) rows: Vec<Option<usize>>,
    pub(super) codes: Vec<u8>,
}

/// The ports: names and kinds.
pub(super) fn ports() -> Vec<(&'static str, Kind)> {
    let kind = |packed| if packed { Kind::ReadsPacked } else { Kind::Reads };
    let readers = READERS.iter().map(|reader| (reader.name, kind(reader.packed)));
    readers.chain(WRITERS.iter().map(|writer| (*writer, Kind::Writes))).collect()
}

/// Who uses which page.
pub(super) struct Owners {
    n: usize,
    width: usize,
    /// Bits of a row's number and of a tile's.
    bits: [usize; 2],
    page_tiles: usize,
    /// Tiles of a page that are used: both ends, and one for each bit of the address.
    used: Vec<usize>,
    /// The port of each page.
    owners: Vec<usize>,
}

impl Owners {
    pub(super) fn new(design: &Design) -> Owners {
        let n = design.pu.n as usize;
        let page_tiles = design.page_vectors() as usize / n;
        let single = (0..usize::BITS).map(|bit| 1 << bit).filter(|tile| *tile < page_tiles);
        let used: BTreeSet<usize> = single.chain([0, page_tiles - 1]).collect();
        let row = design.buffer_vectors().ilog2() as usize;
        Owners {
            n,
            width: design.format.width().into(),
            bits: [row, row - n.ilog2() as usize],
            page_tiles,
            used: used.into_iter().collect(),
            owners: vec![0; design.buffer.pages as usize],
        }
    }

    /// A page changes hands now and then.
    pub(super) fn pass_on(&mut self, draw: &mut Draw) {
        let owners = ports().len() as u64;
        for owner in &mut self.owners {
            if draw.once_in(20) {
                *owner = draw.below(owners) as usize;
            }
        }
    }

    /// What port number `port` does in this cycle, with pages of its own; a page of another's is a fault of the program.
    pub(super) fn draw(&self, draw: &mut Draw, port: usize) -> Access {
        let (name, kind) = ports()[port];
        let fault = draw.once_in(if kind == Kind::Writes { 3000 } else { 300 });
        let pages: Vec<usize> =
            (0..self.owners.len()).filter(|page| fault || self.owners[*page] == port).collect();
        let place = |draw: &mut Draw| draw.one(&pages) * self.page_tiles + draw.one(&self.used);
        let idle = pages.is_empty() || !fault && draw.stalls();
        let (all, some, field) = ((1 << self.n) - 1, draw.mask(self.n), 1 << draw.below(self.n as u64));
        let tile = (!idle && draw.below(3) > 0).then(|| place(draw));
        let enable = if idle || draw.once_in(4) { 0 } else { draw.one(&[all, some]) };
        let shared = (!idle).then(|| place(draw) * self.n + draw.below(self.n as u64) as usize);
        let row = |draw: &mut Draw| match kind {
            Kind::ReadsPacked if !idle => Some(place(draw) * self.n + draw.below(self.n as u64) as usize),
            _ => shared,
        };
        let rows = (0..self.n).map(|bank| row(draw).filter(|_| enable >> bank & 1 == 1)).collect();
        let fields = draw.one(&[all, field]);
        let masks = (0..self.n).map(|_| draw.mask(self.n).cast_signed()).collect();
        Access { name, kind, tile, fields, masks, rows, codes: draw.codes(self.n, self.width as u8) }
    }

    /// Puts an access on its ports; what is not used is random.
    pub(super) fn set(&self, bench: &mut Bench, draw: &mut Draw, access: &Access) {
        let port = |part: &str| format!("{}_{part}", access.name);
        let [row_bits, tile_bits] = self.bits;
        let enable = (0..self.n).map(|bank| u64::from(access.rows[bank].is_some()) << bank).sum();
        let any = draw.bits(row_bits) as i64;
        let shared = access.rows.iter().flatten().next().map_or(any, |row| *row as i64);
        bench.set(&port("tile"), access.tile.map_or_else(|| draw.bits(tile_bits.max(1)), |tile| tile as u64));
        bench.set(&port("enable"), enable);
        match access.kind {
            Kind::Reads => bench.set(&port("address"), shared as u64),
            Kind::ReadsPacked => {
                let row =
                    |row: &Option<usize>| row.map_or_else(|| draw.bits(row_bits) as i64, |row| row as i64);
                let rows: Vec<i64> = access.rows.iter().map(row).collect();
                bench.set_words(&port("address"), &packed(&rows, row_bits));
            }
            Kind::Writes => {
                bench.set(&port("row"), shared as u64);
                bench.set(&port("fields"), access.fields);
                bench.set_words(&port("masks"), &packed(&access.masks, self.n));
                bench.set_words(&port("codes"), &packed(&access.codes, self.width));
            }
        }
        let acts = if access.kind == Kind::Writes { "mask_write" } else { "fetch" };
        bench.set(&port(acts), access.tile.is_some().into());
    }
}
