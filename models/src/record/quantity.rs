//! A number with its unit, its standing and its source.
//!
//! In a file: `mac_pj = { value = 0.075, unit = "pJ/MAC", standing = "modelled", source = "DAC'20, figure 7" }`.
//! The unit is part of the type; a file that names another one is in error, nothing is converted.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::Problems;

/// How far a number can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Read off silicon or a device, or counted on real data.
    Measured,
    /// Given by a tool or a paper's simulation.
    Modelled,
    /// Arithmetic on measured or modelled numbers; the source says which.
    Derived,
    /// Chosen, with the reason in the source.
    Assumed,
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Measured => "measured",
            Self::Modelled => "modelled",
            Self::Derived => "derived",
            Self::Assumed => "assumed",
        })
    }
}

/// A unit of measurement, with the range outside which a value is a slip of the pen.
pub trait Unit {
    /// As written in files and reports, e.g. `pJ/MAC`.
    const NAME: &'static str;
    /// What is measured in it.
    const ABOUT: &'static str;
    /// Least value, in the unit.
    const MIN: f64 = 0.0;
    /// Greatest value, in the unit.
    const MAX: f64;
}

/// A value in unit `U`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, bound = "")]
#[schemars(
    bound = "U: Unit + JsonSchema",
    rename = "{U}",
    description = "A value with its unit, standing and source."
)]
pub struct Quantity<U> {
    /// In the unit.
    #[schemars(range(min = U::MIN, max = U::MAX))]
    pub value: f64,
    /// Equal to `U::NAME` once validated.
    #[schemars(with = "U", description = U::ABOUT)]
    pub unit: String,
    /// How far the value can be trusted.
    pub standing: Standing,
    /// Where the value comes from.
    pub source: String,
    #[serde(skip)]
    marker: PhantomData<U>,
}

/// A quantity with its key, whatever its unit: for validation and for reports.
#[derive(Clone, Debug, PartialEq)]
pub struct Constant<'a> {
    /// Dotted key in the record.
    pub key: String,
    /// In the unit.
    pub value: f64,
    /// The unit's name.
    pub unit: &'static str,
    /// How far the value can be trusted.
    pub standing: Standing,
    /// Where the value comes from.
    pub source: &'a str,
}

impl<U: Unit> Quantity<U> {
    /// The quantity seen without its unit type.
    pub fn constant(&self, key: impl Into<String>) -> Constant<'_> {
        Constant {
            key: key.into(),
            value: self.value,
            unit: U::NAME,
            standing: self.standing,
            source: &self.source,
        }
    }

    /// Pushes what is wrong: another unit, a value that is not finite or out of range, an empty source.
    pub fn validate(&self, key: &str, problems: &mut Problems) {
        if self.unit != U::NAME {
            problems.push(
                format!("{key}.unit"),
                format!("{key}.unit = \"{}\" must be \"{}\" (units are never converted)", self.unit, U::NAME),
                format!("write unit = \"{}\" and the value in that unit", U::NAME),
            );
        }
        let (value, unit) = (self.value, U::NAME);
        if !value.is_finite() {
            problems.push(
                format!("{key}.value"),
                format!("{key}.value = {value} must be a finite number (every result would inherit it)"),
                format!("give the value in {unit}"),
            );
        } else if value < U::MIN || value > U::MAX {
            problems.push(
                format!("{key}.value"),
                format!(
                    "{key}.value = {value} {unit} must be from {} to {} {unit} (nothing real lies outside)",
                    U::MIN,
                    U::MAX
                ),
                "check the power of ten and the unit",
            );
        }
        if self.source.trim().is_empty() {
            problems.push(
                format!("{key}.source"),
                format!("{key}.source is empty (a number without a source cannot be checked)"),
                "name the paper and table, the tool and its run, or the reason of an assumption",
            );
        }
    }
}

/// Defines unit types: name in Rust, name in files, greatest value.
macro_rules! units {
    ($(#[doc = $doc:literal] $name:ident = $text:literal, $min:literal to $max:literal;)*) => {$(
        #[doc = $doc]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {}
        impl Unit for $name {
            const NAME: &'static str = $text;
            const ABOUT: &'static str = $doc.trim_ascii();
            const MIN: f64 = $min;
            const MAX: f64 = $max;
        }
        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "const": $text })
            }
        }
    )*};
}

units! {
    /// A share of one.
    Fraction = "1", 0.0 to 1.0;
    /// A number without a dimension.
    Number = "1", 0.0 to 1e6;
    /// A count of clock cycles.
    Cycles = "cycle", 0.0 to 1e9;
    /// Natural unit of information; an entropy over C classes is at most ln C.
    Nats = "nat", 0.0 to 10.0;
    /// Drawn feature size of a process.
    Nanometres = "nm", 1.0 to 1000.0;
    /// Temperature of a die.
    Kelvin = "K", 200.0 to 500.0;
    /// Supply voltage.
    Volts = "V", 0.1 to 5.0;
    /// Time.
    Nanoseconds = "ns", 0.0 to 1e9;
    /// Time for which something keeps.
    Seconds = "s", 0.0 to 1e12;
    /// Writes that a cell stands.
    Writes = "write", 0.0 to 1e18;
    /// Settling time per voltage step.
    NanosecondsPerMillivolt = "ns/mV", 0.0 to 1e6;
    /// Energy of something that happens once a sentence or less often.
    Nanojoules = "nJ", 0.0 to 1e9;
    /// Energy of a multiply-accumulate.
    PicojoulesPerMac = "pJ/MAC", 0.0 to 1e3;
    /// Energy of a lane of the special function unit in an active cycle.
    PicojoulesPerLaneCycle = "pJ/(lane cycle)", 0.0 to 1e4;
    /// Energy of a byte read, written or moved.
    PicojoulesPerByte = "pJ/B", 0.0 to 1e5;
    /// Energy of a bit read or written.
    PicojoulesPerBit = "pJ/bit", 0.0 to 1e5;
    /// Energy of a flip-flop's write.
    FemtojoulesPerBit = "fJ/bit", 0.0 to 1e5;
    /// Area.
    SquareMillimetres = "mm2", 0.0 to 1e4;
    /// Area of a multiply-accumulate unit.
    SquareMillimetresPerMac = "mm2/MAC", 0.0 to 1.0;
    /// Area of a lane of n-wide units.
    SquareMillimetresPerLane = "mm2/lane", 0.0 to 10.0;
    /// Area of memory per 2^20 bytes of data.
    SquareMillimetresPerMegabyte = "mm2/MB", 0.0 to 1e3;
    /// Power.
    Milliwatts = "mW", 0.0 to 1e6;
    /// Power of idle memory per 2^20 bytes of data.
    MilliwattsPerMegabyte = "mW/MB", 0.0 to 1e5;
    /// Power of idle logic.
    MilliwattsPerSquareMillimetre = "mW/mm2", 0.0 to 1e5;
    /// Rate of an external memory, 10^9 bytes a second.
    GigabytesPerSecond = "GB/s", 1e-3 to 1e4;
}
