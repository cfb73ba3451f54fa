//! The least and greatest value of what is no quantity: `validate` holds technologies to them, and the schema tells editors.

/// Data bytes of an SRAM macro.
pub(super) const SRAM_BYTES: (u64, u64) = (1, 1 << 40);
/// Voltage of a point, V.
pub(super) const VDD: (f64, f64) = (0.1, 5.0);
/// Exponent of the alpha-power law.
pub(super) const EXPONENT: (f64, f64) = (0.1, 5.0);
/// Output current of a regulator over its input current.
pub(super) const LEAST_EFFICIENCY: f64 = 0.01;
/// Power of a point, mW.
pub(super) const POWER_MW: (f64, f64) = (1e-6, 1e6);
/// Frequency of a point, MHz.
pub(super) const F_MHZ: (f64, f64) = (1e-3, 1e5);
