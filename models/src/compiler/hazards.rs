//! Which earlier commands a command must wait for.
//!
//! A page of an operand buffer is single-ported: two units never touch one page at the same time, whether they read or
//! write. Ranges of the auxiliary buffer and of external memory have their own ports, so there only a write excludes
//! others. Commands of one unit run in order and never wait for each other.

use crate::design::Design;
use crate::program::{Base, Operation, Region, Unit};
use std::ops::Range;

/// Which array a range of bytes lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Array {
    Auxiliary,
    External,
}

/// One command's use of a range of bytes.
#[derive(Clone, Debug)]
struct Access {
    array: Array,
    range: Range<u64>,
    write: bool,
    unit: usize,
    count: u32,
}

/// The commands since the last control command, by what they touch.
#[derive(Clone, Debug)]
pub(super) struct Hazards {
    n: u32,
    page_vectors: u64,
    /// For each page of each buffer: the count of the last command of each unit that touched it.
    pages: [Vec<[u32; 4]>; 2],
    accesses: Vec<Access>,
    counts: [u32; 4],
}

impl Hazards {
    /// Nothing has run.
    pub(super) fn new(design: &Design) -> Self {
        let pages = vec![[0; 4]; design.buffer.pages as usize];
        Hazards {
            n: design.pu.n,
            page_vectors: design.page_vectors(),
            pages: [pages.clone(), pages],
            accesses: Vec::new(),
            counts: [0; 4],
        }
    }

    /// Everything has drained (a control command).
    pub(super) fn reset(&mut self) {
        self.pages.iter_mut().flatten().for_each(|page| *page = [0; 4]);
        self.accesses.clear();
        self.counts = [0; 4];
    }

    /// Records the next command and returns the counts that it waits for.
    pub(super) fn claim(&mut self, operation: &Operation) -> [u32; 4] {
        let Some(unit) = operation.unit() else {
            self.reset();
            return [0; 4];
        };
        let unit = unit as usize;
        self.counts[unit] += 1;
        let mut waits = [0; 4];
        for (region, _) in operation.regions() {
            self.claim_pages(region, unit, &mut waits);
        }
        for (array, range, write) in ranges(operation) {
            self.claim_range(Access { array, range, write, unit, count: self.counts[unit] }, &mut waits);
        }
        waits[unit] = 0;
        waits
    }

    fn claim_pages(&mut self, region: Region, unit: usize, waits: &mut [u32; 4]) {
        let vectors = region.footprint(self.n);
        let pages =
            u64::from(vectors.start) / self.page_vectors..u64::from(vectors.end).div_ceil(self.page_vectors);
        for page in pages {
            let last = &mut self.pages[usize::from(region.buffer)][page as usize];
            for (wait, count) in waits.iter_mut().zip(*last) {
                *wait = (*wait).max(count);
            }
            last[unit] = self.counts[unit];
        }
    }

    fn claim_range(&mut self, access: Access, waits: &mut [u32; 4]) {
        for old in &self.accesses {
            let apart = old.array != access.array
                || old.range.end <= access.range.start
                || access.range.end <= old.range.start;
            if !apart && (old.write || access.write) {
                waits[old.unit] = waits[old.unit].max(old.count);
            }
        }
        // Who waits for this access has waited for what the unit did there before: the list stays as short as the places.
        self.accesses.retain(|old| !access.covers(old));
        self.accesses.push(access);
    }
}

impl Access {
    /// Whether whoever must wait for `old` must wait for this later access as well.
    fn covers(&self, old: &Access) -> bool {
        self.array == old.array
            && self.unit == old.unit
            && self.range.start <= old.range.start
            && old.range.end <= self.range.end
            && (self.write || !old.write)
    }
}

/// The ranges of auxiliary bytes and of activations in external memory that a command touches, and whether it writes.
/// Weights are only ever read, so they are left out.
fn ranges(operation: &Operation) -> Vec<(Array, Range<u64>, bool)> {
    let aux = |a: &crate::program::command::AuxRange, write| {
        (Array::Auxiliary, u64::from(a.start)..u64::from(a.start + a.bytes), write)
    };
    match operation {
        Operation::Load(t) | Operation::Store(t) => {
            let mut list: Vec<_> = t.aux.iter().map(|a| aux(a, true)).collect();
            if t.base == Base::Zero {
                let end = t.offset + u64::from(t.blocks - 1) * t.stride + t.block_bytes;
                list.push((Array::External, t.offset..end, operation.unit() == Some(Unit::Store)));
            }
            list
        }
        Operation::Matmul(m) => m.epilogue.bias.iter().map(|a| aux(a, false)).collect(),
        Operation::Softmax(s) => s.span.iter().map(|a| aux(a, false)).collect(),
        Operation::LayerNorm(l) => vec![aux(&l.parameters, false)],
        _ => Vec::new(),
    }
}
