//! The machine's parts next to those of the area model.
//!
//! A unit belongs to its part of the list, else to that of the unit that uses it. Memories are macros: their bits stand next to the model's
//! SRAM, whatever part they serve. Control, DMA and the switches of the buffers have no term in the model; its NVM and clock
//! generator are not in the Verilog.

use std::collections::BTreeMap;

use models::design::Design;
use models::technology::Technology;
use rtl::emit::unit_of;
use rtl::synth::{Cost, Mapped};

use super::work::Synthesised;
use crate::area::area;

/// Parts by their units; the first has what is of no other.
const PARTS: &[(&str, &[&str])] = &[
    ("control and counters", &[]),
    ("processing unit", &["pu"]),
    ("mask units", &["bitmask_decoder", "bitmask_encoder", "dense_decoder"]),
    ("special function unit", &["sfu"]),
    ("DMA", &["load", "store"]),
    ("switches of the buffers", &["operand_buffers", "auxiliary_buffer"]),
    (SRAM, &[]),
];

/// What memories become.
const SRAM: &str = "SRAM";

/// A part of the machine.
pub(super) struct Part {
    pub(super) name: &'static str,
    pub(super) cost: Cost,
    /// What the model says of it.
    pub(super) model_mm2: Option<f64>,
}

/// The parts of a machine; none where a module has no figures.
pub(super) fn parts(one: &Synthesised, design: &Design, technology: &Technology) -> Option<Vec<Part>> {
    let known: Option<Vec<&Mapped>> = one.mapped.iter().map(|mapped| mapped.as_ref().ok()).collect();
    let known: BTreeMap<&str, &Mapped> = known?.into_iter().map(|m| (m.module.as_str(), m)).collect();
    let mut costs = BTreeMap::new();
    add(&known, &one.top, (PARTS[0].0, 1), &mut costs);
    let model = area(design, technology);
    let part = |(name, _): &(&'static str, _)| Part {
        name,
        cost: costs.get(name).copied().unwrap_or_default(),
        model_mm2: model.iter().find(|part| part.name == *name).map(|part| part.area_mm2),
    };
    Some(PARTS.iter().map(part).collect())
}

/// Adds `count` of a module and of all below it to their parts; `above` is the part of what uses it.
fn add(
    known: &BTreeMap<&str, &Mapped>,
    module: &str,
    (above, count): (&'static str, u64),
    costs: &mut BTreeMap<&'static str, Cost>,
) {
    let Some(mapped) = known.get(module) else { return };
    let unit = unit_of(module);
    let own = PARTS.iter().find(|(_, units)| units.contains(&unit)).map_or(above, |(name, _)| name);
    let cost = mapped.own.times(count);
    let place = if cost.memory_bits > 0 { SRAM } else { own };
    *costs.entry(place).or_default() += cost;
    for (child, each) in &mapped.instances {
        add(known, child, (own, count * each), costs);
    }
}
