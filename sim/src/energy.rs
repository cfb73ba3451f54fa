//! Energy: events times the technology's picojoules, plus power times time, at one place and after the run.
//!
//! Dynamic energy of what the core supply feeds scales with (V/Vnom)², leakage with the technology's exponent; the NVM and
//! the external memory have supplies of their own. The regulator is linear: it draws `input_v / (V · efficiency)` times
//! what it delivers. A run can be priced again without a new simulation.
//!
//! Not modelled: energy that depends on which bits toggle; several voltages in one run (one price for the whole run).

use crate::area::{MEGABYTE, logic_mm2, sram_bytes};
use crate::machine::Events;
use models::design::Design;
use models::memory::{Array, Channel};
use models::program::COMMAND_BYTES;
use models::record::{Error, Quantity, Standing, Unit};
use models::technology::{Sram, Technology};
use serde::Serialize;

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

/// What is priced: counters, and the time that they took.
#[derive(Clone, Copy, Debug)]
pub struct Usage<'a> {
    /// Counters.
    pub events: &'a Events,
    /// Seconds.
    pub seconds: f64,
}

/// What a byte costs at an SRAM, pJ at nominal voltage.
#[derive(Clone, Copy, Debug)]
struct Macro {
    read: f64,
    write: f64,
    standing: Standing,
}

impl Macro {
    /// Of macros of `bytes`.
    fn new(technology: &Technology, bytes: u64) -> Self {
        Macro {
            read: technology.sram_read_pj_per_byte(bytes),
            write: technology.sram_write_pj_per_byte(bytes),
            standing: nearest(technology, bytes).map_or(Standing::Assumed, |s| s.read_pj_per_byte.standing),
        }
    }
}

/// The macro of the technology whose size is nearest, for the standing of its figures.
fn nearest(technology: &Technology, bytes: u64) -> Option<&Sram> {
    technology.sram.iter().min_by_key(|s| s.bytes.abs_diff(bytes))
}

/// Prices of a design made in a technology, at one supply voltage.
#[derive(Clone, Copy, Debug)]
pub struct Prices<'a> {
    design: &'a Design,
    technology: &'a Technology,
    external: &'a Channel,
    nvm: &'a Array,
    vdd_v: f64,
    /// Dynamic energy and leakage against those at nominal voltage.
    dynamic: f64,
    leakage: f64,
    data: Macro,
    masks: Macro,
    aux: Macro,
    commands: Macro,
}

impl<'a> Prices<'a> {
    /// At `vdd_v` volts.
    ///
    /// # Errors
    /// The technology has no memory of the design's name, or its NVM no such cell.
    pub fn new(design: &'a Design, technology: &'a Technology, vdd_v: f64) -> Result<Self, Error> {
        let page = design.buffer.page_bytes();
        Ok(Prices {
            design,
            technology,
            external: technology.memory(&design.external.memory)?,
            nvm: technology.nvm.built_of(design.nvm.cell)?,
            vdd_v,
            dynamic: technology.energy_scale(vdd_v),
            leakage: technology.leakage_scale(vdd_v),
            data: Macro::new(technology, page),
            masks: Macro::new(technology, page / 8),
            aux: Macro::new(technology, design.aux.bytes),
            commands: Macro::new(technology, u64::from(design.sequencer.commands) * COMMAND_BYTES),
        })
    }

    /// The bill of a run.
    pub fn bill(&self, usage: &Usage) -> Vec<Item> {
        let mut bill = Bill { dynamic: self.dynamic, items: Vec::new() };
        self.processing(&mut bill, usage.events);
        self.storage(&mut bill, usage.events);
        self.standby(&mut bill, usage.seconds);
        self.regulator(&mut bill);
        self.outside(&mut bill, usage);
        bill.items
    }

    fn processing(&self, bill: &mut Bill, e: &Events) {
        let prices = &self.technology.energy;
        let slots = e.pu_active_cycles * self.design.macs_per_cycle();
        bill.priced("MAC datapath", e.macs_run, &prices.mac_pj);
        bill.priced("gated MACs", e.macs_gated, &prices.mac_gated_pj);
        bill.priced("PU fabric", slots, &prices.fabric_pj_per_mac_slot);
        let sfu = &prices.sfu_pj_per_lane_cycle;
        bill.priced("softmax", e.softmax_elements, sfu);
        bill.priced("layer norm", e.layernorm_elements, sfu);
        bill.priced("element-wise add", e.add_elements, sfu);
        bill.priced("entropy", e.entropy_elements, sfu);
        let bytes = e.external_read_bytes + e.external_write_bytes;
        bill.priced("AXI and DMA", bytes, &prices.axi_pj_per_byte);
    }

    fn storage(&self, bill: &mut Bill, e: &Events) {
        let sum = |counts: [u64; 2]| (counts[0] + counts[1]) as f64;
        bill.sram("operand data", &self.data, sum(e.code_reads), sum(e.code_writes));
        let mask_bytes = f64::from(self.design.pu.n) / 8.0;
        let masks = [e.mask_reads, e.mask_writes].map(|counts| sum(counts) * mask_bytes);
        bill.sram("operand masks", &self.masks, masks[0], masks[1]);
        bill.sram("auxiliary buffer", &self.aux, e.aux_read_bytes as f64, e.aux_write_bytes as f64);
        bill.sram("command memory", &self.commands, (e.commands * COMMAND_BYTES) as f64, 0.0);
    }

    fn standby(&self, bill: &mut Bill, seconds: f64) {
        let (design, t) = (self.design, self.technology);
        let scale = self.leakage * 1e-3 * seconds;
        let sram = sram_bytes(design) as f64 / MEGABYTE * t.leakage.sram_mw_per_mb.value * scale;
        let logic = logic_mm2(design, t) * t.leakage.logic_mw_per_mm2.value * scale;
        bill.other("SRAM leakage", sram, t.leakage.sram_mw_per_mb.standing);
        bill.other("logic leakage", logic, t.leakage.logic_mw_per_mm2.standing);
        let clock = &t.clock.power_mw;
        bill.other("clock generator", clock.value * 1e-3 * seconds, clock.standing);
    }

    /// What the linear regulator burns to deliver everything so far.
    fn regulator(&self, bill: &mut Bill) {
        let ldo = &self.technology.ldo;
        let delivered: f64 = bill.items.iter().map(|i| i.energy_j).sum();
        let factor = (ldo.input_v.value / (self.vdd_v * ldo.current_efficiency.value)).max(1.0);
        let standing = ldo.input_v.standing.max(ldo.current_efficiency.standing);
        bill.other("regulator loss", delivered * (factor - 1.0), standing);
    }

    fn outside(&self, bill: &mut Bill, usage: &Usage) {
        let e = usage.events;
        let cell = self.nvm;
        let nvm = e.nvm_read_bits as f64 * cell.read_pj_per_bit.value * 1e-12;
        bill.other("NVM reads", nvm, cell.read_pj_per_bit.standing);
        let leakage = self.design.nvm.bytes as f64 / MEGABYTE * cell.leakage_mw_per_mb.value;
        bill.other("NVM standby", leakage * 1e-3 * usage.seconds, cell.leakage_mw_per_mb.standing);
        let memory = self.external;
        let joules = |bytes: u64, pj_per_bit: f64| bytes as f64 * 8.0 * pj_per_bit * 1e-12;
        let traffic = joules(e.external_read_bytes, memory.read_pj_per_bit.value)
            + joules(e.external_write_bytes, memory.write_pj_per_bit.value);
        bill.other("external memory", traffic, memory.read_pj_per_bit.standing);
        let idle = memory.power_mw.value * 1e-3 * usage.seconds;
        bill.other("external memory standby", idle, memory.power_mw.standing);
    }
}

/// The bill under construction.
struct Bill {
    dynamic: f64,
    items: Vec<Item>,
}

impl Bill {
    /// `count` events of `picojoules` each at nominal voltage.
    fn core(&mut self, name: &'static str, count: f64, picojoules: f64, standing: Standing) {
        self.items.push(Item { name, energy_j: count * picojoules * 1e-12 * self.dynamic, standing });
    }

    /// `count` events at the price of a quantity in picojoules.
    fn priced<U: Unit>(&mut self, name: &'static str, count: u64, price: &Quantity<U>) {
        self.core(name, count as f64, price.value, price.standing);
    }

    /// Bytes read from and written to an SRAM.
    fn sram(&mut self, name: &'static str, price: &Macro, read_bytes: f64, written_bytes: f64) {
        let read = read_bytes * price.read;
        let written = written_bytes * price.write;
        self.core(name, 1.0, read + written, price.standing);
    }

    /// Joules that do not come from the core supply.
    fn other(&mut self, name: &'static str, energy_j: f64, standing: Standing) {
        self.items.push(Item { name, energy_j, standing });
    }
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
