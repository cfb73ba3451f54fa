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

/// Pages that are used at a time: of many, so few that two ports meet.
const PAGES: usize = 4;

/// Who uses which page.
pub(super) struct Owners {
    n: usize,
    width: usize,
    /// Bits of a row's number and of a tile's.
    bits: [usize; 2],
    page_tiles: usize,
    /// Tiles of a page that are used.
    used: Vec<usize>,
    /// Pages of the buffer, and those that are used for a while.
    limit: usize,
    pages: Vec<usize>,
    /// The port of each page that is used.
    owners: Vec<usize>,
}

/// Numbers below `limit` that show every bit of an address: both ends, and one for each bit.
fn telling(limit: usize) -> Vec<usize> {
    let single = (0..usize::BITS).map(|bit| 1 << bit).filter(|number| *number < limit);
    single.chain([0, limit - 1]).collect::<BTreeSet<usize>>().into_iter().collect()
}

impl Owners {
    pub(super) fn new(design: &Design) -> Owners {
        let n = design.pu.n as usize;
        let page_tiles = design.page_vectors() as usize / n;
        let row = design.buffer_vectors().ilog2() as usize;
        Owners {
            n,
            width: design.format.width().into(),
            bits: [row, row - n.ilog2() as usize],
            page_tiles,
            used: telling(page_tiles),
            limit: design.buffer.pages as usize,
            pages: vec![],
            owners: vec![],
        }
    }

    /// One of the pages that are used.
    pub(super) fn page(&self, draw: &mut Draw) -> usize {
        draw.one(&self.pages)
    }

    /// Takes other pages, which nobody has written yet.
    pub(super) fn move_on(&mut self, draw: &mut Draw) {
        let mut rest: Vec<usize> = (0..self.limit).filter(|page| !self.pages.contains(page)).collect();
        if rest.len() < PAGES {
            rest = (0..self.limit).collect();
        }
        let take = |_| rest.swap_remove(draw.below(rest.len() as u64) as usize);
        self.pages = (0..PAGES.min(self.limit)).map(take).collect();
        self.owners = vec![0; self.pages.len()];
    }

    /// Cycles that write every vector of every tile that is used: without them most reads would give what nobody knows.
    pub(super) fn filling(&self, draw: &mut Draw) -> Vec<Vec<Access>> {
        let tiles =
            self.pages.iter().flat_map(|page| self.used.iter().map(move |at| page * self.page_tiles + at));
        let rows = tiles.flat_map(|tile| (0..self.n).map(move |row| (tile, tile * self.n + row)));
        let cycle = |(tile, row)| {
            let mut all: Vec<Access> = (0..ports().len()).map(|port| self.idle(draw, port)).collect();
            let writers: Vec<usize> = (0..all.len()).filter(|port| all[*port].kind == Kind::Writes).collect();
            let writer = &mut all[draw.one(&writers)];
            (writer.tile, writer.fields) = (Some(tile), (1 << self.n) - 1);
            writer.rows.fill(Some(row));
            all
        };
        rows.map(cycle).collect()
    }

    /// What a port does in a cycle in which it does nothing.
    fn idle(&self, draw: &mut Draw, port: usize) -> Access {
        let (name, kind) = ports()[port];
        let field = 1 << draw.below(self.n as u64);
        let fields = draw.one(&[(1 << self.n) - 1, field]);
        let masks = (0..self.n).map(|_| draw.mask(self.n).cast_signed()).collect();
        let codes = draw.codes(self.n, self.width as u8);
        Access { name, kind, tile: None, fields, masks, rows: vec![None; self.n], codes }
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
        let mut access = self.idle(draw, port);
        let fault = draw.once_in(if access.kind == Kind::Writes { 400 } else { 40 });
        let mine = |at: &usize| fault || self.owners[*at] == port;
        let pages: Vec<usize> = (0..self.owners.len()).filter(mine).map(|at| self.pages[at]).collect();
        if pages.is_empty() || !fault && draw.stalls() {
            return access;
        }
        let place = |draw: &mut Draw| draw.one(&pages) * self.page_tiles + draw.one(&self.used);
        let row = |draw: &mut Draw| place(draw) * self.n + draw.below(self.n as u64) as usize;
        let some = draw.mask(self.n);
        let enable = if draw.once_in(4) { 0 } else { draw.one(&[(1 << self.n) - 1, some]) };
        access.tile = (draw.below(3) > 0).then(|| place(draw));
        let shared = row(draw);
        for (bank, at) in access.rows.iter_mut().enumerate() {
            let own = if access.kind == Kind::ReadsPacked { row(draw) } else { shared };
            *at = (enable >> bank & 1 == 1).then_some(own);
        }
        access
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
