//! SECDED: a code that corrects one wrong bit of a word and detects two.
//!
//! 64 bits of data get 8 check bits (Hsiao, "A Class of Optimal Minimum Odd-weight-column SEC-DED Codes", IBM Journal of
//! Research and Development 14:395, 1970). Each bit has a column of its own: one bit set for a check bit, three or five for a data
//! bit. The syndrome of one wrong bit is its column; of two it has an even number of ones and is nobody's.
//! Three or more wrong bits can look like one: the word is then made worse, as a memory would.

/// Data bits of a word.
pub const DATA_BITS: usize = 64;
/// Check bits of a word.
pub const CHECK_BITS: usize = 8;

/// What came of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// Nothing was wrong.
    Clean(u64),
    /// One bit was wrong, or so it seems.
    Corrected(u64),
    /// Some bits are wrong, nobody knows which: the word as it was read.
    Detected(u64),
}

impl Read {
    /// The word that is handed on.
    pub fn word(self) -> u64 {
        match self {
            Read::Clean(word) | Read::Corrected(word) | Read::Detected(word) => word,
        }
    }
}

/// The columns of the data bits: all 56 of weight three, then eight of weight five.
const COLUMNS: [u8; DATA_BITS] = {
    let (mut columns, mut found, mut weight) = ([0; DATA_BITS], 0, 3);
    while weight <= 5 {
        let mut column = 0;
        while column < 256 && found < DATA_BITS {
            if (column as u8).count_ones() == weight {
                columns[found] = column as u8;
                found += 1;
            }
            column += 1;
        }
        weight += 2;
    }
    columns
};

/// The check bits of a word.
pub fn check(word: u64) -> u8 {
    (0..DATA_BITS).filter(|bit| word >> bit & 1 == 1).fold(0, |check, bit| check ^ COLUMNS[bit])
}

/// A word and its check bits as they were read.
pub fn read(word: u64, checked: u8) -> Read {
    let syndrome = check(word) ^ checked;
    if syndrome == 0 {
        return Read::Clean(word);
    }
    if syndrome.count_ones() == 1 {
        return Read::Corrected(word);
    }
    match COLUMNS.iter().position(|column| *column == syndrome) {
        Some(bit) => Read::Corrected(word ^ 1 << bit),
        None => Read::Detected(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Rng, SEED};
    use rand::RngExt;
    use rand_chacha::rand_core::SeedableRng;

    /// A word with some of its 72 bits flipped.
    fn flipped(word: u64, bits: &[usize]) -> Read {
        let data = bits.iter().filter(|bit| **bit < 64).fold(word, |word, bit| word ^ 1 << bit);
        let check =
            bits.iter().filter(|bit| **bit >= 64).fold(check(word), |check, bit| check ^ 1 << (bit - 64));
        read(data, check)
    }

    #[test]
    fn columns_differ_and_are_odd() {
        let mut all = COLUMNS.to_vec();
        all.extend((0..8).map(|bit| 1 << bit));
        assert!(all.iter().all(|column| column.count_ones() % 2 == 1));
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 72);
    }

    #[test]
    fn one_wrong_bit_is_corrected_and_two_are_detected() {
        let mut rng = Rng::seed_from_u64(SEED);
        for _ in 0..20 {
            let word: u64 = rng.random();
            assert_eq!(flipped(word, &[]), Read::Clean(word));
            for first in 0..72 {
                assert_eq!(flipped(word, &[first]), Read::Corrected(word), "seed {SEED}, bit {first}");
                for second in 0..first {
                    assert!(
                        matches!(flipped(word, &[first, second]), Read::Detected(_)),
                        "{first}, {second}"
                    );
                }
            }
        }
    }

    #[test]
    fn three_wrong_bits_can_be_made_four() {
        let worse = (0..62).filter(|bit| matches!(flipped(0, &[*bit, 62, 63]), Read::Corrected(w) if w != 0));
        assert!(worse.count() > 10);
    }
}
