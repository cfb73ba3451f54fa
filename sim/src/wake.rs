//! From power-on to the first read of the memory on the chip: at once where it keeps its contents, else after they are loaded.
//!
//! What keeps them wakes by itself, at its idle power. What does not (SRAM) is loaded from the external memory by the load engine of the machine,
//! which has the port to itself: [`load_cycles`]. At power-on the external memory was off, and wakes first; a machine that rested while it stayed in
//! standby does not wait for it ([`External`]). Energy of a load: the external memory's reads, the bus, the writes, and what both draw meanwhile.
//!
//! Not modelled: the host that wakes up too, and the core, which has nothing to do until then.

use models::design::{Cell, Design};
use models::memory::{Array, Memory};
use models::record::Error;
use models::technology::Technology;
use serde::Serialize;

use crate::area::MEGABYTE;
use crate::machine::{MemoryTiming, load_cycles};

/// What a wake-up takes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Wake {
    /// Seconds until the first read.
    pub seconds: f64,
    /// Joules until then.
    pub energy_j: f64,
    /// Of those, what the external memory takes.
    pub external_j: f64,
}

/// How the external memory was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum External {
    /// Without power: it wakes first.
    Off,
    /// In standby.
    Standby,
}

/// The wake-up of `memory`, cells of one, two and three bits of which are in use, as the memory on the chip.
///
/// # Errors
/// The memory has no such cell, the technology no memory of the design's name, or its frequency is not known.
pub fn wake(
    design: &Design,
    technology: &Technology,
    memory: &Memory,
    cells: [u64; 3],
    (left, frequency_hz): (External, f64),
) -> Result<Wake, Error> {
    let idle_w = idle_w(memory, cells)?;
    let ns = |array: &Array| array.wake_ns.value;
    let own = used(cells).map(|(cell, _)| memory.built_of(cell).map(ns)).collect::<Result<Vec<_>, _>>()?;
    let own_s = own.into_iter().fold(0.0, f64::max) * 1e-9;
    if memory.kind.keeps() {
        return Ok(Wake { seconds: own_s, energy_j: idle_w * own_s, external_j: 0.0 });
    }
    let external = technology.memory(&design.external.memory)?;
    let external_s = if left == External::Off { external.wake_ns.value * 1e-9 } else { 0.0 };
    let bits: f64 = used(cells).map(|(cell, count)| count as f64 * f64::from(cell.bits())).sum();
    let bytes = (bits / 8.0).ceil();
    let timing = MemoryTiming::new(design, technology, frequency_hz)?;
    let load_s = load_cycles(&timing, bytes as u64) as f64 / frequency_hz;
    let seconds = own_s.max(external_s) + load_s;
    let bus = technology.energy.axi_pj_per_byte.value * technology.energy_scale(design.operating.vdd_v);
    let written = memory.built_of(Cell::Slc)?.write_pj_per_bit.value;
    let external_j = bits * external.read_pj_per_bit.value * 1e-12 + external.power_mw.value * 1e-3 * seconds;
    let load_j = (bytes * bus + bits * written) * 1e-12;
    Ok(Wake { seconds, energy_j: load_j + idle_w * seconds + external_j, external_j })
}

/// Power of the idle periphery of cells that are in use, W.
///
/// # Errors
/// The memory has no such cell.
pub fn idle_w(memory: &Memory, cells: [u64; 3]) -> Result<f64, Error> {
    let milliwatts = used(cells).map(|(cell, count)| {
        let bytes = count as f64 * f64::from(cell.bits()) / 8.0;
        Ok(bytes / MEGABYTE * memory.built_of(cell)?.leakage_mw_per_mb.value)
    });
    Ok(milliwatts.sum::<Result<f64, Error>>()? * 1e-3)
}

/// Kinds of cells that are in use, with how many.
pub fn used(cells: [u64; 3]) -> impl Iterator<Item = (Cell, u64)> {
    Cell::ALL.into_iter().zip(cells).filter(|(_, count)| *count > 0)
}
