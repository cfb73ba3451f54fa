//! The parts of a technology: groups of quantities, each of which can be walked for validation and reports.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limits::*;
use crate::record::*;

quantities! {
    /// Energy of events, at nominal voltage.
    Energy {
        /// An AdaptivFloat 8-bit multiply-accumulate of the datapath.
        mac_pj: PicojoulesPerMac,
        /// What is left of it when the MAC is gated.
        mac_gated_pj: PicojoulesPerMac,
        /// Accumulators, coding, clock and control of the processing unit, per MAC slot in an active cycle, used or not.
        fabric_pj_per_mac_slot: PicojoulesPerMac,
        /// The special function unit, per lane in an active cycle.
        sfu_pj_per_lane_cycle: PicojoulesPerLaneCycle,
        /// A flip-flop's write.
        register_fj_per_bit: FemtojoulesPerBit,
        /// Moving a byte between the AXI port and a buffer; the memory behind the port is extra.
        axi_pj_per_byte: PicojoulesPerByte,
    }

    /// Area of parts.
    Area {
        /// A MAC of the datapath with its share of accumulator and control.
        mac_mm2: SquareMillimetresPerMac,
        /// A lane of the special function unit.
        sfu_mm2_per_lane: SquareMillimetresPerLane,
        /// A lane of bit-mask decoding and encoding.
        mask_unit_mm2_per_lane: SquareMillimetresPerLane,
        /// SRAM, data and masks alike.
        sram_mm2_per_mb: SquareMillimetresPerMegabyte,
    }

    /// Power of idle parts, at nominal voltage.
    Leakage {
        /// SRAM.
        sram_mw_per_mb: MilliwattsPerMegabyte,
        /// Logic, by its area.
        logic_mw_per_mm2: MilliwattsPerSquareMillimetre,
        /// Exponent of leakage power over voltage.
        voltage_exponent: Number,
    }

    /// The regulator of the core supply.
    Ldo {
        /// Its input; a linear regulator draws input voltage times output current.
        input_v: Volts,
        /// Output current over input current.
        current_efficiency: Fraction,
        /// Settling time per change of voltage.
        settle_ns_per_mv: NanosecondsPerMillivolt,
        /// Voltage and frequency codes that can be selected.
        codes: Number,
    }

    /// The clock generator.
    Clock {
        /// Change of frequency, by divider or oscillator code; a loop that must lock again takes more.
        switch_cycles: Cycles,
        /// Power while running at nominal voltage and its frequency; it goes as V^2 f.
        power_mw: Milliwatts,
        /// Area.
        area_mm2: SquareMillimetres,
    }

    /// The alpha-power law of a transistor's delay: f goes as (V - `threshold_v`)^`exponent` / V (Sakurai and Newton, JSSC 1990).
    AlphaPower {
        /// Supply at which nothing switches any more.
        threshold_v: Volts,
        /// How far velocity saturates: 2 not at all, 1 wholly.
        exponent: Number,
    }

    /// Supplies that do not follow the core's all the way down; those of NVM and external memory do not follow it at all.
    Domains {
        /// Lowest supply of SRAM macros: below it theirs stays there.
        sram_floor_v: Volts,
    }

    /// The core between sentences.
    Idle {
        /// Leakage that is left behind open power switches.
        gated_share: Fraction,
        /// Opening the power switches, and closing them again: each takes so long.
        switch_ns: Nanoseconds,
        /// Charging the core's supply again.
        wake_nj: Nanojoules,
    }
}

/// An SRAM macro.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sram {
    /// Data bytes of the macro.
    #[schemars(range(min = SRAM_BYTES.0, max = SRAM_BYTES.1))]
    pub bytes: u64,
    /// Reading, per byte of the access.
    pub read_pj_per_byte: Quantity<PicojoulesPerByte>,
    /// Writing, per byte of the access.
    pub write_pj_per_byte: Quantity<PicojoulesPerByte>,
}

/// A voltage and the highest frequency that it allows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VfPoint {
    /// Supply, V.
    #[schemars(range(min = VDD.0, max = VDD.1))]
    pub vdd_v: f64,
    /// Frequency, MHz.
    #[schemars(range(min = F_MHZ.0, max = F_MHZ.1))]
    pub f_mhz: f64,
    /// Power of the core there with every MAC in use, mW; where it was measured.
    #[schemars(range(min = POWER_MW.0, max = POWER_MW.1))]
    pub power_mw: Option<f64>,
    /// How far the point can be trusted.
    pub standing: Standing,
    /// Where it comes from.
    pub source: String,
}

impl Sram {
    pub(super) fn visit<'a>(&'a self, index: usize, visit: Visit<'a, '_>) {
        visit(format!("sram.{index}.read_pj_per_byte"), &self.read_pj_per_byte);
        visit(format!("sram.{index}.write_pj_per_byte"), &self.write_pj_per_byte);
    }
}
