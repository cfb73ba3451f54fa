//! Bit-mask coding: a vector of `n` codes is a mask of its non-zero elements and those elements alone.
//!
//! Element `j` of a vector, if it is not zero, goes to bank `j` at that bank's own next row, so each bank is a stack and
//! the fullest one sets the capacity needed. A decoder reads a bank only where the mask has a one, one vector per
//! cycle. There is no random access: counters run forward, and a re-read starts from counters saved earlier.
//! Not modelled: base addresses, which belong to the buffers.

/// Vectors of `n` elements, coded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    n: usize,
    masks: Vec<u64>,
    rows: Vec<u8>,
}

/// Input that cannot be coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackError {
    /// Elements per vector, outside 2..=64.
    Elements(usize),
    /// A number of codes that is no multiple of `n`.
    Length {
        /// Codes given.
        length: usize,
        /// Elements per vector.
        n: usize,
    },
    /// Fewer rows than the fullest bank takes, or banks that are no whole rows.
    Rows {
        /// Rows given.
        rows: usize,
        /// Rows that the masks ask for.
        fullest: usize,
    },
}

impl Packed {
    /// Vectors from their masks and data banks, as they lie in memory; there may be more rows than any bank takes.
    ///
    /// # Errors
    /// Elements outside 2..=64, or fewer rows than the masks ask for.
    pub fn new(n: usize, masks: Vec<u64>, rows: Vec<u8>) -> Result<Packed, PackError> {
        if !(2..=64).contains(&n) {
            return Err(PackError::Elements(n));
        }
        let count = |bank: usize| masks.iter().filter(|mask| *mask >> bank & 1 == 1).count();
        let fullest = (0..64).map(count).max().unwrap_or(0);
        let packed = Packed { n, masks, rows };
        let outside = packed.masks.iter().any(|mask| n < 64 && mask >> n != 0);
        if outside || packed.row_count() < fullest || !packed.rows.len().is_multiple_of(n) {
            return Err(PackError::Rows { rows: packed.row_count(), fullest });
        }
        Ok(packed)
    }

    /// Elements per vector, which is the number of banks.
    pub fn n(&self) -> usize {
        self.n
    }

    /// One mask per vector; bit `j` stands for element `j`.
    pub fn masks(&self) -> &[u64] {
        &self.masks
    }

    /// The data banks, row by row: row `r` of bank `j` is at `r * n + j`; what no vector uses is zero.
    pub fn rows(&self) -> &[u8] {
        &self.rows
    }

    /// Rows that the fullest bank takes.
    pub fn row_count(&self) -> usize {
        self.rows.len() / self.n
    }

    /// Non-zero elements in all vectors.
    pub fn elements(&self) -> usize {
        self.masks.iter().map(|mask| mask.count_ones() as usize).sum()
    }
}

/// The mask of a vector of at most 64 codes: bit `j` is set if byte `j` is not zero.
///
/// A negative zero must not occur; [`crate::adaptivfloat::encode`] never makes one.
pub fn mask(vector: &[u8]) -> u64 {
    vector.iter().take(64).enumerate().fold(0, |mask, (j, &code)| mask | u64::from(code != 0) << j)
}

/// Codes vectors of `n` elements, 2..=64, that stand one after the other in `codes`.
pub fn encode(n: usize, codes: &[u8]) -> Result<Packed, PackError> {
    if !(2..=64).contains(&n) {
        return Err(PackError::Elements(n));
    }
    if !codes.len().is_multiple_of(n) {
        return Err(PackError::Length { length: codes.len(), n });
    }
    let mut packed = Packed { n, masks: Vec::with_capacity(codes.len() / n), rows: Vec::new() };
    let mut counters = [0; 64];
    for vector in codes.chunks_exact(n) {
        packed.masks.push(mask(vector));
        push(&mut packed.rows, &mut counters, vector);
    }
    Ok(packed)
}

/// Puts each non-zero element of a vector on top of its bank.
fn push(rows: &mut Vec<u8>, counters: &mut [usize; 64], vector: &[u8]) {
    let n = vector.len();
    for (j, (&code, counter)) in vector.iter().zip(counters).enumerate().filter(|(_, (code, _))| **code != 0)
    {
        if *counter * n == rows.len() {
            rows.resize(rows.len() + n, 0);
        }
        rows[*counter * n + j] = code;
        *counter += 1;
    }
}

/// All vectors again, one after the other.
pub fn decode(packed: &Packed) -> Vec<u8> {
    let mut decoder = Decoder::new(packed);
    let mut codes = Vec::with_capacity(packed.masks.len() * packed.n);
    while let Some(vector) = decoder.next_vector() {
        codes.extend_from_slice(&vector[..packed.n]);
    }
    codes
}

/// Reads vectors in order, as the decoder of an operand buffer does.
#[derive(Debug, Clone)]
pub struct Decoder<'a> {
    packed: &'a Packed,
    position: Checkpoint,
    saved: Checkpoint,
}

/// The vector counter and the counters of all banks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Checkpoint {
    vector: usize,
    counters: [usize; 64],
}

impl<'a> Decoder<'a> {
    /// A decoder at the first vector, with a checkpoint there.
    pub fn new(packed: &'a Packed) -> Decoder<'a> {
        let start = Checkpoint { vector: 0, counters: [0; 64] };
        Decoder { packed, position: start, saved: start }
    }

    /// The next vector, in the first `n` of 64 elements; the others are zero. `None` behind the last one.
    pub fn next_vector(&mut self) -> Option<[u8; 64]> {
        let mut remaining = *self.packed.masks.get(self.position.vector)?;
        self.position.vector += 1;
        let mut vector = [0; 64];
        while remaining != 0 {
            let bank = remaining.trailing_zeros() as usize;
            vector[bank] = self.packed.rows[self.position.counters[bank] * self.packed.n + bank];
            self.position.counters[bank] += 1;
            remaining &= remaining - 1;
        }
        Some(vector)
    }

    /// Saves the counters as they stand.
    pub fn checkpoint(&mut self) {
        self.saved = self.position;
    }

    /// Returns to the counters saved last.
    pub fn rewind(&mut self) {
        self.position = self.saved;
    }
}

impl std::fmt::Display for PackError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PackError::Elements(n) => write!(f, "n = {n} must be from 2 to 64 elements per vector"),
            PackError::Rows { rows, fullest } => {
                write!(
                    f,
                    "{rows} rows of codes must be whole and at least {fullest}, as many as the masks ask for"
                )
            }
            PackError::Length { length, n } => write!(f, "{length} codes must be a multiple of n = {n}"),
        }
    }
}

impl std::error::Error for PackError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Rng, SEED, sparse_codes};
    use rand_chacha::rand_core::SeedableRng;

    #[test]
    fn a_small_case_is_laid_out_by_hand() {
        let packed = encode(4, &[0, 7, 0, 9, 1, 0, 0, 8, 0, 0, 0, 5]).unwrap();
        assert_eq!(packed.masks(), [0b1010, 0b1001, 0b1000]);
        assert_eq!(packed.rows(), [1, 7, 0, 9, 0, 0, 0, 8, 0, 0, 0, 5]);
        assert_eq!((packed.row_count(), packed.elements(), packed.n()), (3, 5, 4));
    }

    #[test]
    fn every_density_and_size_decodes_to_itself() {
        let mut rng = Rng::seed_from_u64(SEED);
        for n in 2..=64 {
            for vectors in [0, 1, 2, 37] {
                for density in [0.0, 0.1, 0.5, 1.0] {
                    let codes = sparse_codes(&mut rng, n * vectors, density);
                    let packed = encode(n, &codes).unwrap();
                    assert_eq!(
                        decode(&packed),
                        codes,
                        "seed {SEED}, n {n}, {vectors} vectors, density {density}"
                    );
                    let fullest = (0..n).map(|j| codes.chunks(n).filter(|v| v[j] != 0).count()).max();
                    assert_eq!(Some(packed.row_count()), fullest);
                    assert_eq!(packed.elements(), packed.rows().iter().filter(|&&code| code != 0).count());
                }
            }
        }
    }

    #[test]
    fn one_element_takes_one_row() {
        for at in 0..64 {
            let mut codes = [0; 64];
            codes[at] = 3;
            let packed = encode(16, &codes).unwrap();
            assert_eq!((packed.row_count(), packed.elements()), (1, 1));
            assert_eq!(packed.masks()[at / 16], 1 << (at % 16));
            assert_eq!(decode(&packed), codes);
        }
    }

    #[test]
    fn a_decoder_rewinds_to_its_checkpoint() {
        let codes = sparse_codes(&mut Rng::seed_from_u64(SEED), 16 * 20, 0.5);
        let packed = encode(16, &codes).unwrap();
        let mut decoder = Decoder::new(&packed);
        for (vector, expected) in codes.chunks(16).enumerate() {
            decoder.checkpoint();
            for _ in 0..3 {
                decoder.rewind();
                assert_eq!(&decoder.next_vector().unwrap()[..16], expected, "seed {SEED}, vector {vector}");
            }
        }
        assert_eq!(decoder.next_vector(), None);
    }

    #[test]
    fn masks_and_rows_make_what_they_were_taken_from() {
        let codes = sparse_codes(&mut Rng::seed_from_u64(SEED), 16 * 20, 0.5);
        let packed = encode(16, &codes).unwrap();
        let (masks, rows) = (packed.masks().to_vec(), packed.rows().to_vec());
        let fewer = rows[..rows.len() - 16].to_vec();
        assert_eq!(Packed::new(16, masks.clone(), rows), Ok(packed.clone()), "seed {SEED}");
        let longer = [packed.rows(), &[0; 32]].concat();
        assert_eq!(decode(&Packed::new(16, masks.clone(), longer).unwrap()), codes, "seed {SEED}");
        assert!(Packed::new(16, masks.clone(), fewer).is_err());
        assert!(Packed::new(4, masks, codes).is_err(), "masks of 16 bits on vectors of 4");
    }

    #[test]
    fn sizes_are_checked() {
        assert_eq!(encode(1, &[]), Err(PackError::Elements(1)));
        assert_eq!(encode(65, &[]), Err(PackError::Elements(65)));
        assert_eq!(encode(16, &[0; 17]), Err(PackError::Length { length: 17, n: 16 }));
    }
}
