//! Widths that the machine does not have, as changes of one that it has.
//!
//! **Sixteen bits** ([`wide`]). A machine of n x n MACs whose elements take two bytes is ours with buffers, bus and NVM of half as many
//! elements, in which an element's energy is twice a byte's: design and technology are rewritten in elements, so cycles come from the same
//! simulator. **Four bits** ([`mixed`]). The share of multiply-accumulates that runs at four bits takes half the cycles of the processing unit (two in a
//! lane, as in the chip of ISSCC 2023 22.9).
//!
//! Energy of a MAC slot by width: measured on that chip, FP8 over FP4 is 0.6662 / 0.3024 pJ at 1.00 V, a factor of 2.2; taken for sixteen over
//! eight bits too (assumed). What sixteen bits do to masks is left out: a mask bit is counted as two.
//! A supply is chosen as if all ran at eight bits.

use models::design::Design;
use models::record::{Quantity, Standing, Unit};
use models::technology::Technology;

use crate::energy::Item;

/// Energy of a MAC slot of eight bits over one of four.
const WIDTH_RATIO: f64 = 0.6662 / 0.3024;
/// What the regulator burns, and what it does not deliver.
const LOSS: &str = "regulator loss";
const UNREGULATED: [&str; 5] =
    [LOSS, "NVM reads", "NVM standby", "external memory", "external memory standby"];
/// Index of the processing unit in a run's units.
const PU: usize = 2;

fn times<U: Unit>(quantity: &mut Quantity<U>, factor: f64) {
    quantity.value *= factor;
    quantity.standing = quantity.standing.max(Standing::Assumed);
}

/// Design and technology in elements of sixteen bits.
pub fn wide(design: &mut Design, technology: &mut Technology) {
    design.buffer.bytes /= 2;
    design.aux.bytes /= 2;
    design.axi.width_bits /= 2;
    design.nvm.bytes /= 2;
    design.nvm.width_bits /= 2;
    let energy = &mut technology.energy;
    times(&mut energy.mac_pj, WIDTH_RATIO);
    times(&mut energy.fabric_pj_per_mac_slot, WIDTH_RATIO);
    times(&mut energy.sfu_pj_per_lane_cycle, 2.0);
    times(&mut energy.axi_pj_per_byte, 2.0);
    times(&mut technology.leakage.sram_mw_per_mb, 2.0);
    for sram in &mut technology.sram {
        sram.bytes = sram.bytes.div_ceil(2);
        times(&mut sram.read_pj_per_byte, 2.0);
        times(&mut sram.write_pj_per_byte, 2.0);
    }
    let nvm = technology.nvm.make_mut();
    for array in [&mut nvm.slc, &mut nvm.mlc2, &mut nvm.mlc3].into_iter().flatten() {
        times(&mut array.read_pj_per_bit, 2.0);
        times(&mut array.write_pj_per_bit, 2.0);
        times(&mut array.leakage_mw_per_mb, 2.0);
    }
    for memory in &mut technology.memories {
        if let Some(channel) = &mut memory.make_mut().channel {
            times(&mut channel.read_pj_per_bit, 2.0);
            times(&mut channel.write_pj_per_bit, 2.0);
            channel.bandwidth_gb_s.value /= 2.0;
        }
    }
}

/// Latency and bill of a sentence of which `share` of all multiply-accumulates run at four bits; `busy` is the share of its cycles in which
/// the processing unit works.
pub fn mixed(share: f64, busy: f64, latency_s: f64, bill: &mut [Item]) -> f64 {
    let halved = share / 2.0 * busy;
    let delivered = |bill: &[Item]| -> f64 {
        bill.iter().filter(|item| !UNREGULATED.contains(&item.name)).map(|item| item.energy_j).sum()
    };
    let before = delivered(bill);
    for item in bill.iter_mut() {
        let standby =
            ["SRAM leakage", "logic leakage", "clock generator", "NVM standby", "external memory standby"];
        if ["MAC datapath", "PU fabric"].contains(&item.name) {
            item.energy_j *= 1.0 - share + share / WIDTH_RATIO;
        } else if standby.contains(&item.name) {
            item.energy_j *= 1.0 - halved;
        }
    }
    // A regulator loses a share of what it delivers.
    let kept = if before > 0.0 { delivered(bill) / before } else { 1.0 };
    bill.iter_mut().filter(|item| item.name == LOSS).for_each(|item| item.energy_j *= kept);
    latency_s * (1.0 - halved)
}

/// Share of a run's cycles in which the processing unit works.
pub fn busy(run: &crate::machine::Run) -> f64 {
    run.units[PU].busy as f64 / run.cycles.max(1) as f64
}
