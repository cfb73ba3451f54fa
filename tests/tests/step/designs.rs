//! Random designs, valid by construction, and random timings of memories.

use super::Rng;
use models::design::{Axi, Buffer, Cell, Design, Pipeline, Pu, Sparsity};
use models::record::preset;
use models::technology::Technology;
use rand::RngExt;
use rand::seq::IndexedRandom;
use sim::machine::MemoryTiming;

/// One of a few values.
pub(super) fn one_of<T: Copy>(rng: &mut Rng, values: &[T]) -> T {
    *values.choose(rng).expect("a choice has values")
}

/// A power of two between two.
fn power_of_two(rng: &mut Rng, least: u32, greatest: u32) -> u32 {
    1 << rng.random_range(least.ilog2()..=greatest.ilog2())
}

/// A design that its record's rules allow.
pub(super) fn design(rng: &mut Rng) -> Design {
    let mut design: Design = preset("offramp").expect("the preset is valid");
    let released = rng.random_bool(0.1);
    design.sequencer.overlap = !released && rng.random_bool(0.8);
    design.sequencer.queue = one_of(rng, &[1, 1, 2, 3, 8]);
    design.sequencer.commands = 65536;
    design.pu = pu(rng, released);
    design.buffer = buffer(rng, design.pu.n, design.sequencer.overlap);
    design.aux.bytes = power_of_two(rng, 1 << 11, 1 << 15).into();
    design.sfu.cycles_per_vector = power_of_two(rng, 1, design.pu.n);
    design.axi = Axi {
        width_bits: power_of_two(rng, 32, 1024),
        burst_beats: one_of(rng, &[1, 2, 3, 7, 16, 64, 256]),
        outstanding: rng.random_range(1..=4),
    };
    design.nvm.bytes = power_of_two(rng, 1 << 10, 1 << 16).into();
    design.nvm.width_bits = power_of_two(rng, 8, 1024);
    design.nvm.cell = one_of(rng, &[Cell::Slc, Cell::Mlc2, Cell::Mlc3]);
    design
}

fn pu(rng: &mut Rng, released: bool) -> Pu {
    let n = one_of(rng, &[2, 4, 8, 16, 32]);
    let sparsity = one_of(rng, &[Sparsity::Dense, Sparsity::Gate, Sparsity::Skip, Sparsity::Skip]);
    let pipeline = if released { Pipeline::Released } else { Pipeline::Overlapped };
    Pu { n: if released { 16 } else { n }, pipeline, sparsity }
}

/// Pages of at least a tile; four and more where units overlap.
fn buffer(rng: &mut Rng, n: u32, overlap: bool) -> Buffer {
    let pages = power_of_two(rng, if overlap { 4 } else { 1 }, 16);
    let tile = n * n;
    let bytes = power_of_two(rng, (tile * pages).max(1 << 12), 1 << 17);
    Buffer { bytes: bytes.into(), pages }
}

/// The memories of a preset technology at a voltage that its V/f table covers.
pub(super) fn technology_timing(rng: &mut Rng, design: &Design) -> MemoryTiming {
    let name = one_of(rng, &["edgebert-12nm", "generic-22nm", "generic-7nm"]);
    let technology: Technology = preset(name).expect("the preset is valid");
    let memories = &technology.memories;
    let mut design = design.clone();
    design.external.memory = memories[rng.random_range(0..memories.len())].name.clone();
    let points = &technology.vf;
    let vdd_v = rng.random_range(points[0].vdd_v..=points[points.len() - 1].vdd_v);
    let frequency_hz = technology.frequency_hz(vdd_v).expect("the table covers the voltage");
    MemoryTiming::new(&design, &technology, frequency_hz).expect("the technology has the memory")
}

/// Any timing, shorter latencies among them than any memory has.
pub(super) fn timing(rng: &mut Rng) -> MemoryTiming {
    MemoryTiming {
        read_latency: one_of(rng, &[1, 2, 3, 17, 60, 100]),
        write_latency: one_of(rng, &[1, 2, 3, 17, 60, 100]),
        beat_bytes: power_of_two(rng, 4, 128).into(),
        beat_cycles: rng.random_range(1..=4),
        burst_beats: one_of(rng, &[1, 2, 3, 7, 16, 64, 256]),
        outstanding: rng.random_range(1..=4),
        nvm_latency: rng.random_range(1..=20),
        nvm_word_bits: power_of_two(rng, 8, 1024).into(),
    }
}
