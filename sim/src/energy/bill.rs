//! The bill: items with what they cost, from where, and how far their constants can be trusted.

use models::record::{Quantity, Standing, Unit};
use serde::Serialize;

use super::Macro;

/// One item of the bill.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Item {
    /// What it is.
    pub name: &'static str,
    /// Joules.
    pub energy_j: f64,
    /// Standing of its constant.
    pub standing: Standing,
}

/// The bill under construction.
pub(super) struct Bill {
    /// Supply, V, and dynamic energy there against that at nominal voltage: of the core and of SRAM.
    pub core: (f64, f64),
    pub sram: (f64, f64),
    /// Each with the regulated supply that it comes from, if any.
    pub items: Vec<(Item, Option<f64>)>,
}

impl Bill {
    /// `count` events of `picojoules` each at nominal voltage.
    pub(super) fn counted(&mut self, name: &'static str, count: f64, picojoules: f64, standing: Standing) {
        let (vdd_v, scale) = self.core;
        self.from(name, count * picojoules * 1e-12 * scale, standing, Some(vdd_v));
    }

    /// `count` events at the price of a quantity in picojoules.
    pub(super) fn priced<U: Unit>(&mut self, name: &'static str, count: u64, price: &Quantity<U>) {
        self.counted(name, count as f64, price.value, price.standing);
    }

    /// Bytes read from and written to an SRAM.
    pub(super) fn sram(&mut self, name: &'static str, price: &Macro, read_bytes: f64, written_bytes: f64) {
        let read = read_bytes * price.read;
        let written = written_bytes * price.write;
        let (vdd_v, scale) = self.sram;
        self.from(name, (read + written) * 1e-12 * scale, price.standing, Some(vdd_v));
    }

    /// Joules that do not come from a regulated supply.
    pub(super) fn other(&mut self, name: &'static str, energy_j: f64, standing: Standing) {
        self.from(name, energy_j, standing, None);
    }

    pub(super) fn from(
        &mut self,
        name: &'static str,
        energy_j: f64,
        standing: Standing,
        supply: Option<f64>,
    ) {
        self.items.push((Item { name, energy_j, standing }, supply));
    }
}

/// What is counted of a bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Count {
    /// The chip: neither reads, writes nor standby of the external memory
    Chip,
    /// The external memory as well
    System,
}

/// Items that lie outside of the chip.
const OUTSIDE: [&str; 2] = ["external memory", "external memory standby"];

/// Joules of the items that count.
pub fn counted(items: &[Item], count: Count) -> f64 {
    let counts = |item: &&Item| count == Count::System || !OUTSIDE.contains(&item.name);
    items.iter().filter(counts).map(|item| item.energy_j).sum()
}

/// Joules of all items.
pub fn total(items: &[Item]) -> f64 {
    items.iter().map(|i| i.energy_j).sum()
}

/// Share of the energy that rests on each standing, in the order measured, modelled, derived, assumed.
pub fn shares(items: &[Item]) -> [(Standing, f64); 4] {
    let all = total(items);
    [Standing::Measured, Standing::Modelled, Standing::Derived, Standing::Assumed].map(|standing| {
        let part: f64 = items.iter().filter(|i| i.standing == standing).map(|i| i.energy_j).sum();
        (standing, part / all)
    })
}
