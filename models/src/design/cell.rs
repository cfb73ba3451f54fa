//! Cells of the non-volatile memory.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A cell by the bits that it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Cell {
    /// One bit, two levels.
    Slc,
    /// Two bits, four levels.
    Mlc2,
    /// Three bits, eight levels.
    Mlc3,
}

impl Cell {
    /// All, by the bits that they hold.
    pub const ALL: [Cell; 3] = [Cell::Slc, Cell::Mlc2, Cell::Mlc3];

    /// The cell that holds so many bits.
    pub fn of(bits: u32) -> Option<Cell> {
        Self::ALL.into_iter().find(|cell| cell.bits() == bits)
    }

    /// Bits that a cell holds.
    pub fn bits(self) -> u32 {
        match self {
            Self::Slc => 1,
            Self::Mlc2 => 2,
            Self::Mlc3 => 3,
        }
    }

    /// As written in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Slc => "slc",
            Self::Mlc2 => "mlc2",
            Self::Mlc3 => "mlc3",
        }
    }
}
