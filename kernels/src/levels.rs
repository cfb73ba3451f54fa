//! Levels of non-volatile cells: which level stands for which bits, in natural binary or in Gray code.
//!
//! A cell of `b` bits has 2^b levels, lowest first. In natural binary a neighbouring level is a neighbouring number; in Gray code it
//! differs in one bit. Cells are read by comparing with thresholds, so most wrong reads are off by one level.
//! Not modelled here: how often a level is misread, which is a property of a memory.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most bits of a cell.
pub const MOST_BITS: u32 = 4;

/// How bits become a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Levels {
    /// The level is the number.
    Binary,
    /// Neighbouring levels differ in one bit.
    Gray,
}

impl Levels {
    /// The level of some bits.
    pub fn level(self, bits: u8) -> u8 {
        match self {
            Levels::Binary => bits,
            // The number whose Gray code the bits are.
            Levels::Gray => bits ^ bits >> 1 ^ bits >> 2 ^ bits >> 3,
        }
    }

    /// The bits of a level.
    pub fn bits(self, level: u8) -> u8 {
        match self {
            Levels::Binary => level,
            Levels::Gray => level ^ level >> 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_has_bits_of_its_own_and_comes_back() {
        for bits in 1..=MOST_BITS {
            for levels in [Levels::Binary, Levels::Gray] {
                let all: Vec<u8> = (0..1 << bits).map(|level| levels.bits(level)).collect();
                let mut sorted = all.clone();
                sorted.sort_unstable();
                assert_eq!(sorted, (0..1 << bits).collect::<Vec<u8>>(), "{bits} bits, {levels:?}");
                assert!(all.iter().zip(0..).all(|(bits, level)| levels.level(*bits) == level));
            }
        }
    }

    #[test]
    fn neighbours_of_a_gray_level_differ_in_one_bit() {
        let differ = |level: u8| (Levels::Gray.bits(level) ^ Levels::Gray.bits(level + 1)).count_ones();
        assert!((0..15).all(|level| differ(level) == 1));
        assert_eq!(
            (0..8).map(|level| Levels::Gray.bits(level)).collect::<Vec<_>>(),
            [0, 1, 3, 2, 6, 7, 5, 4]
        );
    }
}
