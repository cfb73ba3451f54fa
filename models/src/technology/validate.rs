//! What a technology must hold to price a run.

use std::collections::BTreeSet;

use super::limits::*;
use super::{AlphaPower, Technology, VfPoint};
use crate::design::Cell;
use crate::record::Problems;

pub(super) fn validate(technology: &Technology, problems: &mut Problems) {
    problems.not_empty("name", &technology.name);
    problems.not_empty("summary", &technology.summary);
    technology.visit(&mut |key, quantity| quantity.validate(&key, problems));
    vf(&technology.vf, problems);
    supplies(technology, problems);
    sram(technology, problems);
    memories(technology, problems);
    if Cell::ALL.into_iter().all(|cell| technology.nvm.array(cell).is_none()) {
        let message =
            format!("nvm: memory `{}` has no array (it is no memory on the chip)", technology.nvm.name);
        problems.push(
            "nvm",
            message,
            "name a memory with an array, e.g. rram-22ffl; `offramp memories list` has them",
        );
    }
}

fn vf(points: &[VfPoint], problems: &mut Problems) {
    if points.is_empty() {
        problems.push("vf", "vf is empty (no voltage would have a frequency)", "give at least one point");
    }
    for (index, point) in points.iter().enumerate() {
        problems.range(&format!("vf.{index}.vdd_v"), point.vdd_v, VDD.0, VDD.1, "volts");
        problems.range(&format!("vf.{index}.f_mhz"), point.f_mhz, F_MHZ.0, F_MHZ.1, "megahertz");
        if let Some(milliwatts) = point.power_mw {
            problems.range(&format!("vf.{index}.power_mw"), milliwatts, POWER_MW.0, POWER_MW.1, "milliwatts");
        }
        problems.not_empty(&format!("vf.{index}.source"), &point.source);
    }
    for (index, pair) in points.windows(2).enumerate() {
        let [low, high] = [&pair[0], &pair[1]];
        if low.vdd_v >= high.vdd_v || low.f_mhz >= high.f_mhz {
            problems.push(
                format!("vf.{}", index + 1),
                format!(
                    "vf.{} at {} V, {} MHz must lie above {} V, {} MHz in both \
                     (frequencies are read between neighbours)",
                    index + 1,
                    high.vdd_v,
                    high.f_mhz,
                    low.vdd_v,
                    low.f_mhz
                ),
                "order the points by voltage and leave out those that are no faster",
            );
        }
    }
}

/// The voltages that must lie in the V/f table, and the law's threshold, which must lie below it.
fn supplies(technology: &Technology, problems: &mut Problems) {
    let (Some(first), Some(last)) = (technology.vf.first(), technology.vf.last()) else { return };
    let nominal = technology.vdd_nominal_v.value;
    if nominal < first.vdd_v || nominal > last.vdd_v {
        problems.push(
            "vdd_nominal_v.value",
            format!(
                "vdd_nominal_v = {nominal} V must lie in the V/f table, from {} to {} V (the clock generator's power holds there)",
                first.vdd_v, last.vdd_v
            ),
            "give vf a point at or beyond it",
        );
    }
    let (rail, efficiency) = (technology.ldo.input_v.value, technology.ldo.current_efficiency.value);
    if rail < last.vdd_v {
        problems.push(
            "ldo.input_v.value",
            format!(
                "ldo.input_v = {rail} V must be at least {} V, the highest point of vf (a linear regulator only lowers)",
                last.vdd_v
            ),
            "raise the rail or leave out the points above it",
        );
    }
    if efficiency < LEAST_EFFICIENCY {
        problems.push(
            "ldo.current_efficiency.value",
            format!("ldo.current_efficiency = {efficiency} must be at least {LEAST_EFFICIENCY} (it divides what is drawn)"),
            "give output current over input current",
        );
    }
    if let Some(law) = &technology.alpha_power {
        alpha_power(law, first.vdd_v, last.vdd_v, problems);
    }
}

/// The law ends above its threshold, and rises: its slope has the sign of `exponent V - (V - threshold)`, least at one of the ends.
fn alpha_power(law: &AlphaPower, least_v: f64, greatest_v: f64, problems: &mut Problems) {
    let (threshold, exponent) = (law.threshold_v.value, law.exponent.value);
    if threshold >= least_v {
        problems.push(
            "alpha_power.threshold_v.value",
            format!(
                "alpha_power.threshold_v = {threshold} V must be below {least_v} V, the lowest point of vf (the law ends there)"
            ),
            "take a lower threshold or leave out the point",
        );
    }
    let rises = exponent * greatest_v > greatest_v - threshold;
    if !(EXPONENT.0..=EXPONENT.1).contains(&exponent) || !rises {
        problems.push(
            "alpha_power.exponent.value",
            format!(
                "alpha_power.exponent = {exponent} must be from {} to {} and above {:.3}, so that frequency rises up to {greatest_v} V",
                EXPONENT.0,
                EXPONENT.1,
                1.0 - threshold / greatest_v
            ),
            "fit it: `offramp dvfs points` does",
        );
    }
}

fn sram(technology: &Technology, problems: &mut Problems) {
    if technology.sram.is_empty() {
        problems.push("sram", "sram is empty (buffers would cost nothing)", "give at least one macro");
    }
    for (index, sram) in technology.sram.iter().enumerate() {
        problems.range(
            &format!("sram.{index}.bytes"),
            sram.bytes,
            SRAM_BYTES.0,
            SRAM_BYTES.1,
            "a macro's size in bytes",
        );
        for (name, value) in [("read", sram.read_pj_per_byte.value), ("write", sram.write_pj_per_byte.value)]
        {
            if value <= 0.0 {
                let key = format!("sram.{index}.{name}_pj_per_byte");
                let reason = "must be above 0 (energies are interpolated in logarithms)";
                problems.push(
                    &key,
                    format!("{key} = {value} {reason}"),
                    "give the energy of an access by its bytes",
                );
            }
        }
    }
    for (index, pair) in technology.sram.windows(2).enumerate() {
        if pair[0].bytes >= pair[1].bytes {
            let (key, bytes, before) = (format!("sram.{}.bytes", index + 1), pair[1].bytes, pair[0].bytes);
            problems.push(
                &key,
                format!("{key} = {bytes} must be above {before} (energies are read between neighbours)"),
                "order the macros by size",
            );
        }
    }
}

fn memories(technology: &Technology, problems: &mut Problems) {
    let mut seen = BTreeSet::new();
    for (index, memory) in technology.memories.iter().enumerate() {
        let key = format!("memories.{index}");
        if memory.channel.is_none() {
            let message = format!(
                "{key}: memory `{}` has no channel (it cannot stand behind the AXI master)",
                memory.name
            );
            problems.push(&key, message, "name an external memory, e.g. lpddr4");
        }
        if !seen.insert(&memory.name) {
            let message = format!("{key} = \"{}\" is there twice (a design names one of them)", memory.name);
            problems.push(&key, message, "give each memory its own name");
        }
    }
}
