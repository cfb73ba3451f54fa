//! The parts of a memory: arrays of cells, and channels to memories outside of the chip.

use crate::record::quantities;
pub(crate) use crate::record::{AnyQuantity, Visit};

quantities! {
    /// An array of cells of a few megabytes, periphery included.
    Array {
        /// Reading a data bit.
        read_pj_per_bit: PicojoulesPerBit,
        /// First word of a read.
        read_latency_ns: Nanoseconds,
        /// Writing a data bit.
        write_pj_per_bit: PicojoulesPerBit,
        /// Writing a word.
        write_latency_ns: Nanoseconds,
        /// Area by data bytes.
        area_mm2_per_mb: SquareMillimetresPerMegabyte,
        /// Power of the idle periphery; zero when gated.
        leakage_mw_per_mb: MilliwattsPerMegabyte,
        /// From power-on to the first read.
        wake_ns: Nanoseconds,
    }

    /// A memory behind the AXI master.
    Channel {
        /// Reading.
        read_pj_per_bit: PicojoulesPerBit,
        /// Writing.
        write_pj_per_bit: PicojoulesPerBit,
        /// From request to first beat.
        latency_ns: Nanoseconds,
        /// Sustained rate.
        bandwidth_gb_s: GigabytesPerSecond,
        /// Power while idle.
        power_mw: Milliwatts,
        /// From power-on to the first request.
        wake_ns: Nanoseconds,
    }
}
