//! An axis: what it says, and the place of a value on it.

use super::Error;
use super::ticks::{self, Ticks};

/// What is told along an axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    /// What the values are: "energy of a sentence".
    pub name: String,
    /// Their unit: "mJ"; empty for numbers without one.
    pub unit: String,
    /// Logarithmic: every value must be positive.
    pub log: bool,
}

impl Axis {
    /// A linear axis.
    pub fn linear(name: &str, unit: &str) -> Axis {
        Axis { name: name.into(), unit: unit.into(), log: false }
    }

    /// A logarithmic axis.
    pub fn log(name: &str, unit: &str) -> Axis {
        Axis { name: name.into(), unit: unit.into(), log: true }
    }

    /// Name and unit, with the power of ten that tick labels leave out.
    pub(super) fn title(&self, exponent: i32) -> String {
        let power = if exponent == 0 { String::new() } else { ticks::power(exponent) };
        match (power.is_empty(), self.unit.is_empty()) {
            (true, true) => self.name.clone(),
            (true, false) => format!("{} ({})", self.name, self.unit),
            (false, true) => format!("{} ({power})", self.name),
            (false, false) => format!("{} ({power} {})", self.name, self.unit),
        }
    }

    /// Refuses values that the axis has no place for.
    pub(super) fn check(&self, values: impl IntoIterator<Item = f64>) -> Result<(), Error> {
        for value in values {
            if !value.is_finite() || value.abs() > 1e100 {
                return Err(Error::NotFinite { what: format!("{value} of {}", self.name) });
            }
            if self.log && value < 1e-100 {
                return Err(Error::NotPositive { what: format!("{value} of {}", self.name) });
            }
        }
        Ok(())
    }
}

/// A value with a name, to be pointed at.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Along the x axis.
    pub x: f64,
    /// Along the y axis.
    pub y: f64,
    /// Its label.
    pub name: String,
}

/// Where the values of an axis lie on the canvas.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    pub(super) log: bool,
    pub(super) low: f64,
    pub(super) high: f64,
    /// Place of `low`.
    pub(super) from: f64,
    /// Place of `high`.
    pub(super) to: f64,
}

impl Scale {
    pub(super) fn at(&self, value: f64) -> f64 {
        let share = if self.log {
            (value / self.low).log10() / (self.high / self.low).log10()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        self.from + share * (self.to - self.from)
    }

    pub(super) fn length(&self) -> f64 {
        (self.to - self.from).abs()
    }

    pub(super) fn ticks(&self, upright: bool, size: f64) -> Ticks {
        ticks::choose(self, upright, size)
    }
}

/// A range of values with some air around it, and never empty.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Range {
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Range {
    /// All values, with a twentieth of the range on either side.
    pub(super) fn around(axis: &Axis, values: impl IntoIterator<Item = f64>) -> Range {
        let (low, high) = bounds(values);
        if axis.log {
            let ratio = if high > low { (high / low).powf(0.06) } else { 2.0 };
            return Range { low: low / ratio, high: high * ratio };
        }
        let air = if high > low { (high - low) * 0.06 } else { low.abs().max(1e-12) * 0.5 };
        // Values that are never negative get no negative tick.
        let floor = if low >= 0.0 { 0.0 } else { f64::NEG_INFINITY };
        Range { low: (low - air).max(floor), high: high + air }
    }

    /// From zero, where bars start, to some air above the values.
    pub(super) fn from_zero(values: impl IntoIterator<Item = f64>) -> Range {
        let (low, high) = bounds(values);
        let (low, high) = (low.min(0.0), high.max(0.0));
        let air = if high > low { (high - low) * 0.06 } else { 1.0 };
        Range { low: if low < 0.0 { low - air } else { 0.0 }, high: high + air }
    }

    pub(super) fn scale(&self, log: bool, from: f64, to: f64) -> Scale {
        Scale { log, low: self.low, high: self.high, from, to }
    }
}

/// Smallest and largest of some values.
pub(super) fn bounds(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    values
        .into_iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
}
