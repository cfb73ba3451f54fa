//! Room in the operand buffers and in the auxiliary buffer for one stage.
//!
//! Regions are laid one after another, each from a page of its own where the design overlaps units (a page has one port).
//! A request that does not fit is remembered with its need, so that the error can name the buffer, the need and the size.

use super::error::remedy;
use super::{CompileError, Shortage};
use crate::design::Design;
use crate::program::Region;
use crate::program::command::AuxRange;

/// A bump allocator over the two operand buffers and the auxiliary buffer.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    n: u32,
    align: u64,
    vectors: u64,
    aux_bytes: u64,
    next: [u64; 2],
    next_aux: u64,
    contents: [Vec<String>; 2],
}

impl Frame {
    /// All buffers empty.
    pub(super) fn new(design: &Design) -> Self {
        Frame {
            n: design.pu.n,
            align: if design.sequencer.overlap { design.page_vectors() } else { design.pu.n.into() },
            vectors: design.buffer_vectors(),
            aux_bytes: design.aux.bytes,
            next: [0; 2],
            next_aux: 0,
            contents: [Vec::new(), Vec::new()],
        }
    }

    /// A region of `blocks × tiles` tiles for `what` in `buffer`. The caller checks [`Frame::fits`] at the end.
    pub(super) fn take(&mut self, what: &str, buffer: u8, blocks: u32, tiles: u32) -> Region {
        let next = &mut self.next[usize::from(buffer)];
        let base = (*next).min(u64::from(u32::MAX / 2)) as u32;
        let vectors = u64::from(blocks) * u64::from(tiles) * u64::from(self.n);
        *next = (*next + vectors).next_multiple_of(self.align);
        let bytes = vectors * u64::from(self.n);
        if bytes > 0 {
            self.contents[usize::from(buffer)].push(format!("{what} {bytes} B"));
        }
        Region::new(self.n, buffer, base, blocks, tiles)
    }

    /// `bytes` of the auxiliary buffer.
    pub(super) fn take_aux(&mut self, bytes: u32) -> AuxRange {
        let start = self.next_aux.min(u64::from(u32::MAX / 2)) as u32;
        self.next_aux += u64::from(bytes);
        AuxRange { start, bytes }
    }

    /// Whether everything taken fits; if not, the first buffer that overflows.
    pub(super) fn fits(&self, stage: &str) -> Result<(), CompileError> {
        for buffer in 0..2 {
            if self.next[buffer] > self.vectors {
                let n = u64::from(self.n);
                return Err(CompileError::DoesNotFit(Box::new(Shortage {
                    stage: stage.to_owned(),
                    buffer: format!("operand buffer {buffer}"),
                    need: self.next[buffer] * n,
                    size: self.vectors * n,
                    unit: "B",
                    contents: self.contents[buffer].join(", "),
                    remedy: remedy("buffer.bytes", self.next[buffer] * n),
                })));
            }
        }
        if self.next_aux > self.aux_bytes {
            return Err(CompileError::DoesNotFit(Box::new(Shortage {
                stage: stage.to_owned(),
                buffer: "auxiliary buffer".to_owned(),
                need: self.next_aux,
                size: self.aux_bytes,
                unit: "B",
                contents: "biases, norm parameters, span masks".to_owned(),
                remedy: remedy("aux.bytes", self.next_aux),
            })));
        }
        Ok(())
    }
}

/// Slots that weight chunks are loaded into in turn.
#[derive(Clone, Debug)]
pub(super) struct Slots {
    /// Slot regions, wide enough for the largest chunk.
    regions: Vec<Region>,
    /// Where the bias of a slot's chunk goes.
    biases: Vec<AuxRange>,
    turn: usize,
}

impl Slots {
    /// `count` slots for chunks of `blocks` column tiles of reduction length `tiles`; their biases have room for
    /// `widest` column tiles (of a shorter reduction).
    pub(super) fn take(frame: &mut Frame, count: u32, blocks: u32, tiles: u32, widest: u32) -> Self {
        let bias = (2 * widest * frame.n).next_multiple_of(super::weights::ALIGN as u32);
        Slots {
            regions: (0..count).map(|_| frame.take("weights", 1, blocks, tiles)).collect(),
            biases: (0..count).map(|_| frame.take_aux(bias)).collect(),
            turn: 0,
        }
    }

    /// The next slot in turn, cut to `blocks` column tiles of reduction length `tiles`.
    pub(super) fn next(&mut self, n: u32, blocks: u32, tiles: u32) -> (Region, AuxRange) {
        let slot = self.turn % self.regions.len();
        self.turn += 1;
        let region = self.regions[slot];
        (Region::new(n, region.buffer, region.base, blocks, tiles), self.biases[slot])
    }
}

/// How a stage is cut: rows at a time, column tiles of a weight chunk, slots for chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tiling {
    /// Row blocks of a group.
    pub group: u32,
    /// Column tiles of a chunk.
    pub chunk: u32,
    /// Weight slots.
    pub slots: u32,
}

/// Widest chunk that is tried, in columns: a wider one needs fewer commands but leaves the first load longer exposed.
const MAX_CHUNK_COLUMNS: u32 = 64;

/// Every tiling of `blocks` row blocks and chunks of up to `columns` column tiles, best first: two slots (loads hide behind
/// compute) before one, then few row groups (each reads all weights again), then wide chunks.
fn tilings(n: u32, blocks: u32, columns: u32, overlap: bool) -> Vec<Tiling> {
    let widest = (MAX_CHUNK_COLUMNS / n).clamp(1, columns);
    let slots: &[u32] = if overlap { &[2, 1] } else { &[1] };
    let mut list = Vec::new();
    for &slots in slots {
        for groups in 1..=blocks {
            let group = blocks.div_ceil(groups);
            if list.last().is_some_and(|t: &Tiling| t.slots == slots && t.group == group) {
                continue;
            }
            let chunks = (1..=widest).rev().filter(|c| c.is_power_of_two() || *c == widest);
            list.extend(chunks.map(|chunk| Tiling { group, chunk, slots }));
        }
    }
    list
}

/// The first tiling whose frame fits, or the error of the smallest.
pub(super) fn choose<T>(
    design: &Design,
    stage: &str,
    blocks: u32,
    columns: u32,
    mut attempt: impl FnMut(&mut Frame, Tiling) -> T,
) -> Result<(Tiling, T), CompileError> {
    let mut smallest = None;
    for tiling in tilings(design.pu.n, blocks, columns, design.sequencer.overlap) {
        let mut frame = Frame::new(design);
        let regions = attempt(&mut frame, tiling);
        match frame.fits(stage) {
            Ok(()) => return Ok((tiling, regions)),
            Err(error) => smallest = Some(error),
        }
    }
    Err(smallest.unwrap_or_else(|| CompileError::Empty { stage: stage.to_owned() }))
}
