//! Draws the cells that are misread: each cell for itself, without looking at those that are not.
//!
//! No cell errs more often than `most`, the largest share of all levels. So the next candidate is a geometric number of cells away;
//! it is misread with the share of its own level over `most`, and then read as another level by that level's row. That is the
//! same as drawing every cell (thinning of a Bernoulli process), at the cost of the candidates alone.

use kernels::levels::Levels;
use models::fault::Confusion;
use models::storage::{Bits, Cells};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// A kind of cells, ready to be drawn.
#[derive(Clone, Debug)]
pub(super) struct Sampler {
    levels: Levels,
    confusion: Confusion,
    /// Share of cells of each level that is misread.
    misread: Vec<f64>,
    most: f64,
}

impl Sampler {
    pub(super) fn new(levels: Levels, confusion: Confusion) -> Sampler {
        let misread: Vec<f64> = (0..confusion.levels()).map(|level| confusion.misread(level as u8)).collect();
        let most = misread.iter().copied().fold(0.0, f64::max).min(1.0);
        Sampler { levels, confusion, misread, most }
    }

    /// What it draws with: every row.
    pub(super) fn shares(&self) -> Vec<f64> {
        (0..self.confusion.levels()).flat_map(|level| self.confusion.row(level as u8).to_vec()).collect()
    }

    /// Calls `wrong` with the place of each bit that is read wrong; the number of cells that are misread.
    pub(super) fn draw(
        &self,
        rng: &mut ChaCha8Rng,
        bits: &Bits,
        cells: &Cells,
        mut wrong: impl FnMut(u64),
    ) -> u64 {
        let (mut at, mut found) = (self.skip(rng), 0);
        while at < cells.count {
            let place = cells.first + at * cells.stride;
            let written = bits.at(place, cells.bits);
            let level = self.levels.level(written);
            if rng.random::<f64>() * self.most < self.misread[usize::from(level)] {
                found += 1;
                let read = self.levels.bits(self.read(rng, level));
                let differ = written ^ read;
                let flipped = (0..cells.bits).filter(|bit| differ >> (cells.bits - 1 - bit) & 1 == 1);
                // The last cell of a string may hold fewer bits than it could.
                flipped
                    .map(|bit| place + u64::from(bit))
                    .filter(|place| *place < bits.count())
                    .for_each(&mut wrong);
            }
            at = at.saturating_add(1).saturating_add(self.skip(rng));
        }
        found
    }

    /// Cells ahead of the next candidate.
    fn skip(&self, rng: &mut ChaCha8Rng) -> u64 {
        if self.most <= 0.0 {
            return u64::MAX;
        }
        // 1 - u is above zero. A float too large becomes the largest integer.
        let u: f64 = rng.random();
        ((1.0 - u).ln() / (-self.most).ln_1p()) as u64
    }

    /// What a misread level is read as.
    fn read(&self, rng: &mut ChaCha8Rng, level: u8) -> u8 {
        let mut rest = rng.random::<f64>() * self.misread[usize::from(level)];
        let others =
            self.confusion.row(level).iter().enumerate().filter(|(read, _)| *read != usize::from(level));
        let mut last = level;
        for (read, share) in others.filter(|(_, share)| **share > 0.0) {
            last = read as u8;
            if rest < *share {
                break;
            }
            rest -= share;
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use models::design::Cell;
    use models::fault::FaultModel;
    use models::record::preset;
    use models::storage::{Layout, Placement, Stored};
    use rand_chacha::rand_core::SeedableRng;

    const SEED: u64 = 7;
    /// Cells of each level that are drawn.
    const EACH: usize = 200_000;

    /// Times that each level was read as each level.
    fn counts(cell: Cell, levels: Levels, confusion: &Confusion) -> Vec<Vec<u64>> {
        let mut rng = ChaCha8Rng::seed_from_u64(SEED);
        let sampler = Sampler::new(levels, confusion.clone());
        let one = |level: u8| {
            let stored = Stored::new(Layout::Dense, &vec![levels.bits(level); EACH], EACH, cell.bits());
            let stream = &stored.streams()[0];
            let cells = Placement::even(cell.bits(), cell.bits(), levels).data(stream)[0];
            let mut read = vec![levels.bits(level); EACH];
            let width = u64::from(cell.bits());
            sampler.draw(&mut rng, &Bits::data(stream), &cells, |place| {
                read[(place / width) as usize] ^= 1 << (width - 1 - place % width);
            });
            let mut row = vec![0; 1 << cell.bits()];
            read.iter().for_each(|bits| row[usize::from(levels.level(*bits))] += 1);
            row
        };
        (0..1 << cell.bits()).map(one).collect()
    }

    /// Chi-square of each level's reads against its row; cells expected fewer than five times are joined. Above the bound in one
    /// of 10^5 runs: for k degrees of freedom k + 4.5 sqrt(2 k) + 10 lies above that quantile for k up to 15.
    fn fits(cell: Cell, levels: Levels, confusion: &Confusion) -> Result<(), String> {
        for (level, row) in counts(cell, levels, confusion).iter().enumerate() {
            let expected = confusion.row(level as u8).iter().map(|share| share * EACH as f64);
            let all: Vec<(f64, f64)> = row.iter().map(|count| *count as f64).zip(expected).collect();
            let (rare, often): (Vec<_>, Vec<_>) = all.into_iter().partition(|(_, expected)| *expected < 5.0);
            let joined = rare.iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
            let classes: Vec<_> = often.into_iter().chain((joined.1 >= 5.0).then_some(joined)).collect();
            let chi: f64 =
                classes.iter().map(|(count, expected)| (count - expected).powi(2) / expected).sum();
            let k = (classes.len() - 1) as f64;
            let rest = joined.1 < 5.0 && joined.0 > joined.1 + 20.0;
            if chi > k + 4.5 * (2.0 * k).sqrt() + 10.0 || rest {
                return Err(format!(
                    "seed {SEED}, {cell:?}, {levels:?}, level {level}: chi-square {chi} of {k}"
                ));
            }
        }
        Ok(())
    }

    #[test]
    fn every_sampler_fits_its_matrix() {
        for name in models::record::names::<FaultModel>() {
            let model: FaultModel = preset(name).unwrap();
            for cell in Cell::ALL {
                let Ok(confusion) = model.confusion(cell, None) else { continue };
                for levels in [Levels::Binary, Levels::Gray] {
                    fits(cell, levels, &confusion).unwrap();
                    fits(cell, levels, &confusion.stuck(0.01, 0.002)).unwrap();
                }
            }
        }
    }

    /// The check can fail: reads drawn from one matrix do not fit another.
    #[test]
    fn another_matrix_does_not_fit() {
        let drawn = counts(Cell::Mlc2, Levels::Binary, &Confusion::adjacent(2, 0.012));
        let misread = (EACH as u64 - drawn[1][1]) as f64;
        assert!(
            (misread - 0.016 * EACH as f64).abs() < 300.0,
            "a third of the steps are of level 1: {misread}"
        );
        let wrong = Confusion::adjacent(2, 0.010);
        let chi = (misread - wrong.misread(1) * EACH as f64).powi(2) / (wrong.misread(1) * EACH as f64);
        assert!(chi > 50.0, "{chi}: the bound of one degree of freedom is 17");
    }
}
