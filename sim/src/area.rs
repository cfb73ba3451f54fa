//! Area of a design in a technology: sizes of the design times the technology's densities. Pre-layout: no routing, no pads.

use models::design::Design;
use models::program::COMMAND_BYTES;
use models::record::Standing;
use models::technology::Technology;
use serde::Serialize;

/// Bytes of the megabyte that densities are given for.
pub const MEGABYTE: f64 = 1_048_576.0;

/// One part of the die.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Part {
    /// What it is.
    pub name: &'static str,
    /// Square millimetres.
    pub area_mm2: f64,
    /// Standing of its density.
    pub standing: Standing,
}

/// Bytes of SRAM: operand buffers with their masks, auxiliary buffer, command memory.
pub fn sram_bytes(design: &Design) -> u64 {
    let buffer = design.buffer.bytes + design.buffer.mask_bytes();
    2 * buffer + design.aux.bytes + u64::from(design.sequencer.commands) * COMMAND_BYTES
}

/// The parts of the die. A cell that the technology's NVM does not have takes none: nothing runs with it
/// ([`Memory::built_of`](models::memory::Memory::built_of)).
pub fn area(design: &Design, technology: &Technology) -> Vec<Part> {
    let t = &technology.area;
    let mut parts = logic(design, technology).to_vec();
    let sram = sram_bytes(design) as f64 / MEGABYTE * t.sram_mm2_per_mb.value;
    parts.push(Part { name: "SRAM", area_mm2: sram, standing: t.sram_mm2_per_mb.standing });
    if let Some(array) = technology.nvm.array(design.nvm.cell) {
        let area_mm2 = design.nvm.bytes as f64 / MEGABYTE * array.area_mm2_per_mb.value;
        parts.push(Part { name: "NVM", area_mm2, standing: array.area_mm2_per_mb.standing });
    }
    let clock = &technology.clock.area_mm2;
    parts.push(Part { name: "clock generator", area_mm2: clock.value, standing: clock.standing });
    parts
}

/// The parts that are logic.
fn logic(design: &Design, technology: &Technology) -> [Part; 3] {
    let t = &technology.area;
    let n = f64::from(design.pu.n);
    let lanes = n / f64::from(design.sfu.cycles_per_vector);
    let part = |name, area_mm2, standing| Part { name, area_mm2, standing };
    [
        part("processing unit", n * n * t.mac_mm2.value, t.mac_mm2.standing),
        // Two decoders and one encoder of n lanes.
        part("mask units", 3.0 * n * t.mask_unit_mm2_per_lane.value, t.mask_unit_mm2_per_lane.standing),
        part("special function unit", lanes * t.sfu_mm2_per_lane.value, t.sfu_mm2_per_lane.standing),
    ]
}

/// Square millimetres of logic, which leaks by its area.
pub fn logic_mm2(design: &Design, technology: &Technology) -> f64 {
    logic(design, technology).iter().map(|part| part.area_mm2).sum()
}
