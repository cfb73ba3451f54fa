//! What voltage and macro size do to a technology's constants.

use std::fmt;

use super::{Sram, Technology, VfPoint};

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

/// A voltage that the regulator can be told, and its frequency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Code {
    /// Supply, mV.
    pub vdd_mv: u32,
    /// Highest frequency there, Hz.
    pub hertz: f64,
}

impl Technology {
    /// Dynamic energy at `vdd_v` over that at nominal: (V/Vnom)^2.
    pub fn energy_scale(&self, vdd_v: f64) -> f64 {
        (vdd_v / self.vdd_nominal_v.value).powi(2)
    }

    /// Leakage power at `vdd_v` over that at nominal: (V/Vnom)^`leakage.voltage_exponent`.
    pub fn leakage_scale(&self, vdd_v: f64) -> f64 {
        (vdd_v / self.vdd_nominal_v.value).powf(self.leakage.voltage_exponent.value)
    }

    /// Supply of SRAM macros where the core's is `vdd_v`, V.
    pub fn sram_v(&self, vdd_v: f64) -> f64 {
        vdd_v.max(self.domains.sram_floor_v.value)
    }

    /// Power of the clock generator at `vdd_v` over that at nominal: V^2 f.
    ///
    /// # Errors
    /// The table does not cover the voltage.
    pub fn clock_scale(&self, vdd_v: f64) -> Result<f64, OutOfRange> {
        let nominal = self.frequency_hz(self.vdd_nominal_v.value)?;
        Ok(self.energy_scale(vdd_v) * self.frequency_hz(vdd_v)? / nominal)
    }

    /// Highest frequency at `vdd_v`, Hz; linear between the points of the V/f table, or by the alpha-power law through its highest.
    ///
    /// # Errors
    /// The table does not cover the voltage.
    pub fn frequency_hz(&self, vdd_v: f64) -> Result<f64, OutOfRange> {
        let points: Vec<(f64, f64)> = self.vf.iter().map(|point| (point.vdd_v, point.f_mhz * 1e6)).collect();
        let (least_v, greatest_v) = self.vdd_range();
        let hertz = match (&self.alpha_power, points.last()) {
            (Some(law), Some(&top)) => {
                (least_v..=greatest_v).contains(&vdd_v).then(|| law.frequency(top, vdd_v))
            }
            _ => interpolate(&points, vdd_v),
        };
        hertz.ok_or(OutOfRange { vdd_v, least_v, greatest_v })
    }

    /// Voltage, V, and frequency, MHz, from the lowest point to the highest: the corners of the table's lines, or points of the law.
    pub fn curve(&self) -> Vec<(f64, f64)> {
        const POINTS: u32 = 64;
        let (least_v, greatest_v) = self.vdd_range();
        if self.alpha_power.is_none() {
            return self.vf.iter().map(|point| (point.vdd_v, point.f_mhz)).collect();
        }
        let voltage = |at: u32| least_v + (greatest_v - least_v) * f64::from(at) / f64::from(POINTS - 1);
        (0..POINTS).map(voltage).filter_map(|v| Some((v, self.frequency_hz(v).ok()? / 1e6))).collect()
    }

    /// Lowest and highest voltage of the V/f table, V.
    fn vdd_range(&self) -> (f64, f64) {
        let end = |point: Option<&VfPoint>| point.map_or(f64::NAN, |point| point.vdd_v);
        (end(self.vf.first()), end(self.vf.last()))
    }

    /// The voltages that the regulator can be told, ascending: `ldo.codes` of them, evenly spread over the V/f table, in whole
    /// millivolts; the highest alone if there is one code.
    pub fn codes(&self) -> Vec<Code> {
        let count = self.ldo.codes.value.round().max(1.0) as u32;
        let (least_v, greatest_v) = self.vdd_range();
        let (least, greatest) = ((least_v * 1000.0).ceil(), (greatest_v * 1000.0).floor());
        let millivolts = |code: u32| match count {
            1 => greatest,
            _ => (least + (greatest - least) * f64::from(code) / f64::from(count - 1)).round(),
        };
        let mut codes: Vec<u32> = (0..count).map(|code| millivolts(code) as u32).collect();
        codes.dedup();
        let code =
            |vdd_mv: u32| Some(Code { vdd_mv, hertz: self.frequency_hz(f64::from(vdd_mv) / 1000.0).ok()? });
        codes.into_iter().filter_map(code).collect()
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
