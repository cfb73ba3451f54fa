//! DMA: one engine that loads and one that stores, behind one AXI4 master.
//!
//! **Ports.** AXI4 read and write channels of `axi.width_bits`; the NVM read port (load engine); the write and read ports of
//! the buffer pages and of the auxiliary buffer.
//!
//! **Function.** A command is runs of bytes. A run is cut into bursts of at most `axi.burst_beats` beats that cross no 4 KiB
//! boundary. An engine requests one burst a cycle while fewer than `axi.outstanding` are under way.
//!
//! **Timing.** The first request goes out in the cycle after the start. A read burst is ready for the port after the memory's
//! latency, a write burst after `latency::DMA_READ`. The port serves one burst at a time, in the order in which they are
//! ready (ties: load first), a beat every `beat_cycles`. A load ends `latency::DMA_WRITE` cycles after its last beat, a store when
//! its last burst is acknowledged. A row from the NVM takes its latency, a cycle for each
//! word and one for each vector: in each of them at least one of the two gets on, whatever the zeros; rows follow one another, the first after
//! `latency::LOOKUP`. Rows from external memory are runs of a load, every code of a row, whose first request waits as long; no two of
//! them are one, and their places are known in time.
//! Stalls: an engine whose burst is ready waits while the port serves the other (`contended`).
//!
//! **Not modelled.** Byte lanes of partly used beats; errors of the bus.

pub(super) mod alone;
pub(super) mod beat;
pub(super) mod burst;
mod cut;

use super::events::Events;
use super::memory::{MemoryTiming, Runs};
use models::design::{Design, Sparsity};
use models::latency;
use models::program::{Base, Encoding, Gather, Operation, Space, Transfer};

/// Cycles in which the load engine reads so many bytes that follow each other, with the port to itself.
pub fn load_cycles(timing: &MemoryTiming, bytes: u64) -> u64 {
    let runs = Runs { start: 0, count: 1, stride: bytes, bytes };
    // Engine 0 loads.
    alone::cycles(timing, 0, Job::Bus(runs, 0))
}

/// What a command asks of its engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Job {
    /// Runs on the AXI bus, and cycles until the place of the first is known.
    Bus(Runs, u64),
    /// So many cycles on the NVM port.
    Nvm(u64),
}

/// Base registers of external addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bases {
    /// Encoder weights of the current layer.
    pub layer: u64,
    /// Off-ramp weights of the current layer.
    pub ramp: u64,
}

impl Bases {
    fn address(&self, base: Base, offset: u64) -> u64 {
        match base {
            Base::Zero => offset,
            Base::Layer => self.layer + offset,
            Base::Ramp => self.ramp + offset,
        }
    }
}

/// The job and the events of a DMA command; none for a command of another unit.
pub(super) fn job(
    design: &Design,
    timing: &MemoryTiming,
    bases: Bases,
    op: &Operation,
) -> Option<(Job, Events)> {
    match op {
        Operation::Load(t) => Some(transfer(design, timing, bases, t, true)),
        Operation::Store(t) => Some(transfer(design, timing, bases, t, false)),
        Operation::Gather(g) => Some(gather(design, timing, g)),
        _ => None,
    }
}

fn transfer(design: &Design, timing: &MemoryTiming, bases: Bases, t: &Transfer, load: bool) -> (Job, Events) {
    let start = bases.address(t.base, t.offset);
    let runs = Runs { start, count: t.blocks.into(), stride: t.stride, bytes: t.block_bytes }.merged();
    let beats = runs.beats(timing.beat_bytes);
    let mut events = Events { axi_beats: beats, ..Events::default() };
    if load {
        events.external_read_bytes = beats * timing.beat_bytes;
        events.aux_write_bytes = t.aux.map_or(0, |a| a.bytes.into());
    } else {
        events.external_write_bytes = beats * timing.beat_bytes;
    }
    if let Some(region) = t.region {
        let n = design.pu.n;
        let vectors = region.vectors(n);
        let all = match t.encoding {
            Encoding::Dense => vectors,
            Encoding::Packed { rows } => rows.into(),
        } * u64::from(n);
        let nonzeros = t.occupancy.nonzeros(n, region.blocks.into(), region.tiles.into());
        let codes = if design.pu.sparsity == Sparsity::Dense { all } else { nonzeros };
        if load {
            events.write(region.buffer, vectors, codes)
        } else {
            events.read(region.buffer, vectors, codes)
        }
    }
    (Job::Bus(runs, 0), events)
}

fn gather(design: &Design, timing: &MemoryTiming, g: &Gather) -> (Job, Events) {
    let rows = u64::from(g.rows);
    let mut events = Events::default();
    let vectors = rows * u64::from(g.region.tiles);
    let n = u64::from(design.pu.n);
    let nonzeros = g.occupancy.nonzeros(design.pu.n, 1, g.region.tiles.into()) * rows / n;
    let codes = if design.pu.sparsity == Sparsity::Dense { vectors * n } else { nonzeros };
    events.write(g.region.buffer, vectors, codes);
    match g.space {
        Space::Nvm => {
            let words = timing.nvm_words(g.row_bytes);
            events.nvm_read_bits = rows * words * timing.nvm_word_bits;
            let row = timing.nvm_latency + words + u64::from(g.region.tiles);
            (Job::Nvm(latency::LOOKUP + rows * row), events)
        }
        Space::External => {
            let runs = Runs { start: g.offset, count: rows, stride: g.pitch, bytes: g.row_bytes };
            events.axi_beats = runs.beats(timing.beat_bytes);
            events.external_read_bytes = events.axi_beats * timing.beat_bytes;
            (Job::Bus(runs, latency::LOOKUP), events)
        }
    }
}

/// What happened while time passed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Passed {
    /// The cycle reached.
    pub now: u64,
    /// Cycles in which each engine had a burst ready that waited for the other's.
    pub contended: [u64; 2],
    /// Whether each engine has ended its command in the cycle reached.
    pub ended: [bool; 2],
}

/// From the last beat at the port to the end of a command.
fn tail(engine: usize) -> u64 {
    if engine == 0 { latency::DMA_WRITE } else { 0 }
}
