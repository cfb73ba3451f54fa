//! What voltage and macro size do to a technology's constants.

use std::fmt;

use super::{Sram, Technology};

/// A voltage that the V/f table does not cover.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OutOfRange {
    /// The voltage asked for, V.
    pub vdd_v: f64,
    /// The table's lowest voltage, V.
    pub least_v: f64,
    /// The table's highest voltage, V.
    pub greatest_v: f64,
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { vdd_v, least_v, greatest_v } = self;
        write!(
            f,
            "{vdd_v} V is outside the technology's V/f table, which covers {least_v} V to {greatest_v} V"
        )
    }
}

impl std::error::Error for OutOfRange {}

impl Technology {
    /// Dynamic energy at `vdd_v` over that at nominal: (V/Vnom)^2.
    pub fn energy_scale(&self, vdd_v: f64) -> f64 {
        (vdd_v / self.vdd_nominal_v.value).powi(2)
    }

    /// Leakage power at `vdd_v` over that at nominal: (V/Vnom)^`leakage.voltage_exponent`.
    pub fn leakage_scale(&self, vdd_v: f64) -> f64 {
        (vdd_v / self.vdd_nominal_v.value).powf(self.leakage.voltage_exponent.value)
    }

    /// Highest frequency at `vdd_v`, Hz; linear between the points of the V/f table.
    ///
    /// # Errors
    /// The table does not cover the voltage.
    pub fn frequency_hz(&self, vdd_v: f64) -> Result<f64, OutOfRange> {
        let points: Vec<(f64, f64)> = self.vf.iter().map(|point| (point.vdd_v, point.f_mhz * 1e6)).collect();
        interpolate(&points, vdd_v).ok_or(OutOfRange {
            vdd_v,
            least_v: points.first().map_or(f64::NAN, |point| point.0),
            greatest_v: points.last().map_or(f64::NAN, |point| point.0),
        })
    }

    /// Lowest voltage that allows `frequency_hz`, V; the table's lowest if that is fast enough. None if none is.
    pub fn voltage_v(&self, frequency_hz: f64) -> Option<f64> {
        let points: Vec<(f64, f64)> = self.vf.iter().map(|point| (point.f_mhz * 1e6, point.vdd_v)).collect();
        let (slowest, least_v) = *points.first()?;
        if frequency_hz <= slowest { Some(least_v) } else { interpolate(&points, frequency_hz) }
    }

    /// Energy of reading a byte from an SRAM macro of `bytes`, pJ at nominal voltage.
    pub fn sram_read_pj_per_byte(&self, bytes: u64) -> f64 {
        self.sram_energy(bytes, |sram| sram.read_pj_per_byte.value)
    }

    /// Energy of writing a byte to an SRAM macro of `bytes`, pJ at nominal voltage.
    pub fn sram_write_pj_per_byte(&self, bytes: u64) -> f64 {
        self.sram_energy(bytes, |sram| sram.write_pj_per_byte.value)
    }

    /// Straight line in logarithms between the macros on either side. Below the smallest macro its energy holds, since
    /// the periphery does not shrink; above the largest, that of the largest grows with the square root of the size, the
    /// length of a side.
    fn sram_energy(&self, bytes: u64, energy: impl Fn(&Sram) -> f64) -> f64 {
        let points: Vec<(f64, f64)> =
            self.sram.iter().map(|sram| ((sram.bytes as f64).ln(), energy(sram).ln())).collect();
        let (Some(&(least, low)), Some(&(greatest, high))) = (points.first(), points.last()) else {
            return 0.0;
        };
        let size = (bytes.max(1) as f64).ln();
        let beyond = high + (size - greatest) / 2.0;
        interpolate(&points, size).unwrap_or(if size <= least { low } else { beyond }).exp()
    }
}

/// Linear interpolation in points of ascending abscissa; none outside them.
fn interpolate(points: &[(f64, f64)], x: f64) -> Option<f64> {
    if let [(only, y)] = points {
        return (*only - x == 0.0).then_some(*y);
    }
    points.windows(2).find(|pair| (pair[0].0..=pair[1].0).contains(&x)).map(|pair| {
        let [(x0, y0), (x1, y1)] = [pair[0], pair[1]];
        y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    })
}
