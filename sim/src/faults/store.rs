//! A tensor in its cells, and a trial: what is read of it once.

use kernels::secded;
use models::design::Cell;
use models::fault::Confusion;
use models::record::Error;
use models::storage::{Bits, Cells, Faults, Part, Placement, Stored};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::{Deserialize, Serialize};

use super::inject::Sampler;

/// How each part lies in cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Placements {
    /// The codes.
    pub codes: Placement,
    /// Mask, columns, runs and starts.
    pub index: Placement,
}

/// Cells of one kind with what draws them.
#[derive(Clone, Debug)]
struct Drawn {
    sampler: Sampler,
    cells: Cells,
}

/// A stream in its cells.
#[derive(Clone, Debug)]
struct Placed {
    bits: Bits,
    data: Vec<Drawn>,
    /// Check bits, and their cells.
    checks: Option<(Bits, Drawn)>,
}

/// A tensor in its cells.
#[derive(Clone, Debug)]
pub struct Store {
    stored: Stored,
    placements: Placements,
    codes: Vec<u8>,
    values: Vec<f64>,
    placed: Vec<Placed>,
    /// Sum of the squares of all values.
    power: f64,
}

/// What a trial has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Damage {
    /// Cells that were misread.
    pub cells: u64,
    /// Stored codes that are wrong behind their correction, over all of them.
    pub code_errors: f64,
    /// The same for the symbols that say where codes belong.
    pub index_errors: f64,
    /// Elements of the tensor that are another value.
    pub element_errors: f64,
    /// The norm of what changed over the norm of the tensor.
    pub relative_l2: f64,
}

impl Placements {
    /// The placement of a part.
    pub fn of(&self, part: Part) -> &Placement {
        if part == Part::Codes { &self.codes } else { &self.index }
    }
}

impl Store {
    /// `stored` is of `codes`, a code's value is in `values`, and `confusion` tells what the levels of a cell are read as.
    ///
    /// # Errors
    /// As `confusion`.
    pub fn new(
        stored: Stored,
        codes: Vec<u8>,
        values: Vec<f64>,
        placements: Placements,
        confusion: impl Fn(Cell) -> Result<Confusion, Error>,
    ) -> Result<Store, Error> {
        let mut placed = Vec::new();
        for stream in stored.streams() {
            let placement = placements.of(stream.part);
            let drawn = |cells: Cells| -> Result<Drawn, Error> {
                // Groups have one to three bits.
                let cell = Cell::of(cells.bits).unwrap_or(Cell::Slc);
                Ok(Drawn { sampler: Sampler::new(placement.levels, confusion(cell)?), cells })
            };
            let bits = Bits::data(stream);
            let data = placement.data(stream).into_iter().map(drawn).collect::<Result<_, _>>()?;
            let checks = match placement.checks(stream) {
                Some(cells) => Some((bits.checks(), drawn(cells)?)),
                None => None,
            };
            placed.push(Placed { bits, data, checks });
        }
        let power = codes.iter().map(|code| values[usize::from(*code)].powi(2)).sum();
        Ok(Store { stored, placements, codes, values, placed, power })
    }

    /// The tensor in its layout.
    pub fn stored(&self) -> &Stored {
        &self.stored
    }

    /// Cells of one, two and three bits.
    pub fn cells(&self) -> [u64; 3] {
        let counts = self.stored.streams().iter().map(|stream| self.placements.of(stream.part).count(stream));
        counts.fold([0; 3], |sum, one| [0, 1, 2].map(|at| sum[at] + one[at]))
    }

    /// The shares that its cells are drawn with, in the order of its cells.
    pub fn shares(&self) -> Vec<f64> {
        let drawn =
            self.placed.iter().flat_map(|p| p.data.iter().chain(p.checks.iter().map(|(_, drawn)| drawn)));
        drawn.flat_map(|drawn| drawn.sampler.shares()).collect()
    }

    /// What trial `number` of a seed reads wrong, and the number of cells that were misread.
    pub fn faults(&self, seed: u64, number: u64) -> (Faults, u64) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(number);
        let mut cells = 0;
        let places: Vec<Vec<u64>> =
            self.placed.iter().map(|placed| placed.draw(&mut rng, &mut cells)).collect();
        (Faults::at(&self.stored, &places), cells)
    }

    /// Trial `number` of a seed.
    pub fn trial(&self, seed: u64, number: u64) -> Damage {
        let (faults, cells) = self.faults(seed, number);
        let (mut changed, mut wrong) = (0.0, 0_u64);
        let length = self.stored.length();
        let mut read = vec![0; length];
        for row in self.stored.damaged(&faults) {
            self.stored.row(row, &faults, &mut read);
            let clean = &self.codes[row * length..][..length];
            for (clean, read) in clean.iter().zip(&read).filter(|(clean, read)| clean != read) {
                let difference = self.values[usize::from(*read)] - self.values[usize::from(*clean)];
                changed += difference * difference;
                wrong += u64::from(difference != 0.0);
            }
        }
        let share = |index: bool| {
            let parts = self.stored.streams().iter().filter(|stream| (stream.part != Part::Codes) == index);
            let (wrong, all) = parts.fold((0, 0), |(wrong, all), stream| {
                (wrong + faults.symbols(&self.stored, stream.part), all + stream.symbols.len())
            });
            if all == 0 { 0.0 } else { wrong as f64 / all as f64 }
        };
        Damage {
            cells,
            code_errors: share(false),
            index_errors: share(true),
            element_errors: wrong as f64 / self.codes.len() as f64,
            relative_l2: if self.power > 0.0 { (changed / self.power).sqrt() } else { 0.0 },
        }
    }
}

impl Placed {
    /// Places of bits that are wrong behind their correction.
    fn draw(&self, rng: &mut ChaCha8Rng, misread: &mut u64) -> Vec<u64> {
        let mut wrong = Vec::new();
        for Drawn { sampler, cells } in &self.data {
            *misread += sampler.draw(rng, &self.bits, cells, |place| wrong.push(place));
        }
        let Some((checks, Drawn { sampler, cells })) = &self.checks else { return wrong };
        let mut wrong_checks = Vec::new();
        *misread += sampler.draw(rng, checks, cells, |place| wrong_checks.push(place));
        self.corrected(wrong, wrong_checks, checks)
    }

    /// What SECDED makes of wrong bits: word by word.
    fn corrected(&self, mut wrong: Vec<u64>, mut wrong_checks: Vec<u64>, checks: &Bits) -> Vec<u64> {
        wrong.sort_unstable();
        wrong_checks.sort_unstable();
        let word_of = |place: &u64| place / secded::DATA_BITS as u64;
        let mut words: Vec<u64> = wrong.iter().map(word_of).collect();
        words.extend(wrong_checks.iter().map(|place| place / secded::CHECK_BITS as u64));
        words.sort_unstable();
        words.dedup();
        let (mut out, mut data, mut check) =
            (Vec::new(), wrong.iter().peekable(), wrong_checks.iter().peekable());
        for word in words {
            let (mut flips, mut check_flips) = (0, 0);
            while let Some(place) = data.next_if(|place| word_of(place) == word) {
                flips ^= 1_u64 << (63 - place % 64);
            }
            while let Some(place) = check.next_if(|place| *place / 8 == word) {
                check_flips ^= 1_u8 << (7 - place % 8);
            }
            let at = word as usize;
            let read = secded::read(self.bits.word(at) ^ flips, checks.check_of(at) ^ check_flips);
            let left = read.word() ^ self.bits.word(at);
            out.extend((0..64).filter(|bit| left >> (63 - bit) & 1 == 1).map(|bit| word * 64 + bit));
        }
        // What stands behind the end of the string is no bit of it.
        out.retain(|place| *place < self.bits.count());
        out
    }
}
