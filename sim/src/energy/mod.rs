//! Energy: events times the technology's picojoules, plus power times time, at one place and after the run.
//!
//! Dynamic energy of what the core supply feeds scales with (V/Vnom)², leakage with the technology's exponent, the clock generator
//! with V² f; SRAM has a supply of its own where the core's goes below its floor; the NVM and the external memory always have.
//! The regulators of core and SRAM are linear: they draw `input_v / (V · efficiency)` times what they deliver. A run can be priced
//! again without a new simulation; where its supply changes, stretch by stretch.
//!
//! Not modelled: energy that depends on which bits toggle.

mod bill;

pub use bill::{Count, Item, counted, shares, total};

use crate::area::{MEGABYTE, logic_mm2, sram_bytes};
use crate::machine::Events;
use bill::Bill;
use models::design::Design;
use models::memory::{Array, Channel};
use models::program::COMMAND_BYTES;
use models::record::{Error, Kind, Standing};
use models::technology::{Sram, Technology};

/// Lane cycles that an element of a layer norm is priced at in each pass: one of the norm, and one of the add of its operands, which
/// each pass makes anew. Source: the layer norm that the price is derived from (AccelTran) adds no residual, and an add of its own
/// took one; the standing is the price's.
const LAYERNORM_STEPS: u64 = 2;

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
    /// Power of the clock generator against that at nominal voltage.
    clock: f64,
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
            clock: technology.clock_scale(vdd_v).map_err(|range| {
                Error::new(
                    Kind::Fit,
                    "design",
                    range.to_string(),
                    "choose a voltage of the technology's V/f table",
                )
            })?,
            data: Macro::new(technology, page),
            masks: Macro::new(technology, page / 8),
            aux: Macro::new(technology, design.aux.bytes),
            commands: Macro::new(technology, u64::from(design.sequencer.commands) * COMMAND_BYTES),
        })
    }

    /// The bill of a run.
    pub fn bill(&self, usage: &Usage) -> Vec<Item> {
        let mut bill = self.core(usage);
        self.regulators(&mut bill);
        self.outside(&mut bill, usage);
        bill.items.into_iter().map(|(item, _)| item).collect()
    }

    /// What core and SRAM take at their own supplies, before regulators.
    pub fn delivered_j(&self, usage: &Usage) -> f64 {
        self.core(usage).items.iter().map(|(item, _)| item.energy_j).sum()
    }

    fn core(&self, usage: &Usage) -> Bill {
        let scale = |vdd_v| self.technology.energy_scale(vdd_v);
        let sram_v = self.technology.sram_v(self.vdd_v);
        let mut bill =
            Bill { core: (self.vdd_v, scale(self.vdd_v)), sram: (sram_v, scale(sram_v)), items: Vec::new() };
        self.processing(&mut bill, usage.events);
        self.storage(&mut bill, usage.events);
        self.standby(&mut bill, usage.seconds);
        bill
    }

    fn processing(&self, bill: &mut Bill, e: &Events) {
        let prices = &self.technology.energy;
        let slots = e.pu_active_cycles * self.design.macs_per_cycle();
        bill.priced("MAC datapath", e.macs_run, &prices.mac_pj);
        bill.priced("gated MACs", e.macs_gated, &prices.mac_gated_pj);
        bill.priced("PU fabric", slots, &prices.fabric_pj_per_mac_slot);
        let sfu = &prices.sfu_pj_per_lane_cycle;
        bill.priced("softmax", e.softmax_elements, sfu);
        bill.priced("layer norm", LAYERNORM_STEPS * e.layernorm_elements, sfu);
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
        let (core_v, sram_v) = (bill.core.0, bill.sram.0);
        let sram_mw = sram_bytes(design) as f64 / MEGABYTE * t.leakage.sram_mw_per_mb.value;
        let logic_mw = logic_mm2(design, t) * t.leakage.logic_mw_per_mm2.value;
        let clock = &t.clock.power_mw;
        let joules = |milliwatts: f64, scale: f64| milliwatts * scale * 1e-3 * seconds;
        let sram_j = joules(sram_mw, t.leakage_scale(sram_v));
        bill.from("SRAM leakage", sram_j, t.leakage.sram_mw_per_mb.standing, Some(sram_v));
        let logic_j = joules(logic_mw, t.leakage_scale(core_v));
        bill.from("logic leakage", logic_j, t.leakage.logic_mw_per_mm2.standing, Some(core_v));
        bill.from("clock generator", joules(clock.value, self.clock), clock.standing, Some(core_v));
    }

    /// Power while nothing runs and the clock stands, W: of the core, `gated` of whose leakage is left, at its regulators' input; of the
    /// NVM's periphery; and of the external memory.
    pub fn idle_w(&self, gated: f64) -> [f64; 3] {
        let (design, t) = (self.design, self.technology);
        let sram_v = t.sram_v(self.vdd_v);
        let sram_mw =
            sram_bytes(design) as f64 / MEGABYTE * t.leakage.sram_mw_per_mb.value * t.leakage_scale(sram_v);
        let logic_mw = logic_mm2(design, t) * t.leakage.logic_mw_per_mm2.value * t.leakage_scale(self.vdd_v);
        let core_mw = gated * (sram_mw * self.drawn(sram_v) + logic_mw * self.drawn(self.vdd_v));
        [core_mw * 1e-3, self.nvm_mw() * 1e-3, self.external.power_mw.value * 1e-3]
    }

    /// Power of the idle NVM, mW.
    fn nvm_mw(&self) -> f64 {
        self.design.nvm.bytes as f64 / MEGABYTE * self.nvm.leakage_mw_per_mb.value
    }

    /// What a linear regulator draws for each joule that it delivers at `vdd_v`.
    fn drawn(&self, vdd_v: f64) -> f64 {
        let ldo = &self.technology.ldo;
        (ldo.input_v.value / (vdd_v * ldo.current_efficiency.value)).max(1.0)
    }

    /// What the linear regulators burn to deliver everything so far, each item at its supply.
    fn regulators(&self, bill: &mut Bill) {
        let ldo = &self.technology.ldo;
        let lost = |(item, supply): &(Item, Option<f64>)| {
            supply.map_or(0.0, |vdd_v| item.energy_j * (self.drawn(vdd_v) - 1.0))
        };
        let standing = ldo.input_v.standing.max(ldo.current_efficiency.standing);
        bill.other("regulator loss", bill.items.iter().map(lost).sum(), standing);
    }

    fn outside(&self, bill: &mut Bill, usage: &Usage) {
        let e = usage.events;
        let cell = self.nvm;
        let nvm = e.nvm_read_bits as f64 * cell.read_pj_per_bit.value * 1e-12;
        bill.other("NVM reads", nvm, cell.read_pj_per_bit.standing);
        bill.other("NVM standby", self.nvm_mw() * 1e-3 * usage.seconds, cell.leakage_mw_per_mb.standing);
        let memory = self.external;
        let joules = |bytes: u64, pj_per_bit: f64| bytes as f64 * 8.0 * pj_per_bit * 1e-12;
        let traffic = joules(e.external_read_bytes, memory.read_pj_per_bit.value)
            + joules(e.external_write_bytes, memory.write_pj_per_bit.value);
        bill.other("external memory", traffic, memory.read_pj_per_bit.standing);
        let idle = memory.power_mw.value * 1e-3 * usage.seconds;
        bill.other("external memory standby", idle, memory.power_mw.standing);
    }
}
