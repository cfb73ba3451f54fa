//! How full the operand buffers are: pages in use over time.
//!
//! **Definition.** A vector of a buffer is in use from the first cycle of the command that writes it to the last cycle of the last
//! command that reads it before the next write; one that nobody reads, while its writer runs; one that is read though nobody
//! wrote it, from the first such read on. A page is in use while any of its vectors is. A command reads and writes its regions
//! during all of its cycles, row blocks without the gaps between them.
//!
//! The vectors of a program's regions begin and end at few addresses, so runs of vectors between those are followed in their place.
//!
//! Not modelled: that a command is done with its first rows before its last; the sequencer does not know it either.

use std::ops::Range;

use models::design::Design;
use models::program::{Access, Program, Region};

use super::levels::{Level, levels, union};
use crate::machine::{Run, Span};

/// Pages in use of each operand buffer.
pub fn pages(design: &Design, program: &Program, run: &Run) -> [Vec<Level>; 2] {
    let mut spans: Vec<&Span> = run.spans.iter().collect();
    spans.sort_by_key(|span| (span.start, span.command));
    [0, 1].map(|buffer| {
        let mut tenancies = Tenancies::new(design, program, buffer);
        spans.iter().for_each(|span| tenancies.pass(program, span));
        levels(&tenancies.in_use())
    })
}

/// The runs of vectors of one buffer, and who holds them.
struct Tenancies {
    buffer: u8,
    n: u32,
    page_vectors: u64,
    /// Where runs begin; each ends where the next begins.
    starts: Vec<u32>,
    /// Of each run: since when it is in use, and until when it was as far as is known.
    held: Vec<Option<(u64, u64)>>,
    /// Of each page: when it was in use.
    pages: Vec<Vec<(u64, u64)>>,
}

/// The vectors of each row block of a region.
fn blocks(region: &Region, n: u32) -> impl Iterator<Item = Range<u32>> {
    let Region { base, block_stride, blocks, tiles, .. } = *region;
    (0..blocks).map(move |block| {
        let start = base + block * block_stride;
        start..start + tiles * n
    })
}

impl Tenancies {
    fn new(design: &Design, program: &Program, buffer: u8) -> Self {
        let (n, page_vectors) = (design.pu.n, design.page_vectors().max(1));
        let page = |page: u32| u32::try_from(u64::from(page) * page_vectors).unwrap_or(u32::MAX);
        let mut starts: Vec<u32> = (0..=design.buffer.pages).map(page).collect();
        let regions = program.commands.iter().flat_map(|command| command.operation.regions());
        for (region, _) in regions.filter(|(region, _)| region.buffer == buffer) {
            starts.extend(blocks(&region, n).flat_map(|vectors| [vectors.start, vectors.end]));
        }
        starts.sort_unstable();
        starts.dedup();
        let pages = vec![Vec::new(); design.buffer.pages as usize];
        Tenancies { buffer, n, page_vectors, held: vec![None; starts.len()], starts, pages }
    }

    /// A command runs: what it reads it has before it writes.
    fn pass(&mut self, program: &Program, span: &Span) {
        let Some(command) = program.commands.get(span.command as usize) else { return };
        for (region, access) in command.operation.regions() {
            if region.buffer != self.buffer {
                continue;
            }
            for vectors in blocks(&region, self.n) {
                self.touch(vectors, access, (span.start, span.end));
            }
        }
    }

    fn touch(&mut self, vectors: Range<u32>, access: Access, (start, end): (u64, u64)) {
        let first = self.starts.partition_point(|at| *at < vectors.start);
        let last = self.starts.partition_point(|at| *at < vectors.end);
        for run in first..last {
            let (since, until) = match (access, self.held[run]) {
                (Access::Read, Some((since, until))) => (since, until.max(end)),
                (Access::Write, Some(before)) => {
                    self.leave(run, before);
                    (start, end)
                }
                (_, None) => (start, end),
            };
            self.held[run] = Some((since, until));
        }
    }

    /// A run was in use for that long.
    fn leave(&mut self, run: usize, cycles: (u64, u64)) {
        let page = u64::from(self.starts[run]) / self.page_vectors;
        // What lies beyond the buffer is no page of it.
        if let Some(list) = self.pages.get_mut(page as usize) {
            list.push(cycles);
        }
    }

    /// When each page was in use, all pages together.
    fn in_use(mut self) -> Vec<(u64, u64)> {
        for run in 0..self.held.len() {
            if let Some(cycles) = self.held[run].take() {
                self.leave(run, cycles);
            }
        }
        self.pages.into_iter().flat_map(union).collect()
    }
}
