//! Prediction of the layer after which a sentence will leave, and the supply voltage for the layers until then.
//!
//! A table with a row for each hundredth of a nat answers the entropy of an early off-ramp: the layer after which the sentence leaves
//! at the latest, and how high the supply must be to be there in time. Its row is the one nearest to the entropy, the lower
//! one on a tie; above the last row, the last. The predictor of the authors' software has the same 100 keys; theirs holds entropies of later
//! layers, from which the host makes this table once the threshold and the latency target are known.

use crate::entropy::ENTROPY_FRACTION;

/// Rows of the table.
pub const ROWS: usize = 100;
/// Rows a nat.
pub const ROWS_PER_NAT: u32 = 100;
/// What is added before the fraction is cut off: a little less than half a row, so that a tie goes down.
pub const ROUNDING: u32 = (1 << (ENTROPY_FRACTION - 1)) - 1;

/// A row of the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prediction {
    /// Layer after which the sentence leaves at the latest, 1-based; 0 for none.
    pub exit_layer: u16,
    /// Supply voltage for the rest, mV.
    pub vdd_mv: u16,
}

impl Prediction {
    /// As the table's memory holds it: the layer in the lower half.
    pub fn word(self) -> u32 {
        u32::from(self.vdd_mv) << 16 | u32::from(self.exit_layer)
    }
}

/// The row that answers an entropy in nats with 16 fraction bits.
pub fn row(entropy: u32) -> usize {
    let nearest = (u64::from(entropy) * u64::from(ROWS_PER_NAT) + u64::from(ROUNDING)) >> ENTROPY_FRACTION;
    nearest.min(ROWS as u64 - 1) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The distance of a row's key to an entropy, in units in which both are whole.
    fn distance(row: usize, entropy: u32) -> u64 {
        ((row as u64) << ENTROPY_FRACTION).abs_diff(u64::from(entropy) * u64::from(ROWS_PER_NAT))
    }

    #[test]
    fn the_row_is_the_nearest_and_the_lower_on_a_tie() {
        let near: Vec<u32> = (0..=70_000).collect();
        for entropy in near.into_iter().chain([1 << 20, u32::MAX]) {
            let best = (0..ROWS).min_by_key(|row| distance(*row, entropy));
            assert_eq!(Some(row(entropy)), best, "entropy {entropy}");
        }
    }

    #[test]
    fn a_tie_goes_down() {
        // 0.125 nat is 12.5 rows.
        assert_eq!((row(8191), row(8192), row(8193)), (12, 12, 13));
    }
}
