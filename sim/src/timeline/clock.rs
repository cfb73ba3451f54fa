//! From cycles to time.
//!
//! A clock is exact to a millihertz: a cycle `c` of a stretch that begins at cycle `b` lies `(c - b) · 10^12 / f` nanoseconds
//! after it, with `f` in whole millihertz, in integers, rounded half up. Rounding keeps order, so ranges that touch or nest
//! still do. A stretch begins at a whole nanosecond.

use crate::machine::Segment;

/// Nanoseconds of a second, times millihertz of a hertz.
const SCALE: u128 = 1_000_000_000_000;

/// A stretch of cycles at one frequency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stretch {
    cycle: u64,
    nanoseconds: u64,
    millihertz: u64,
}

/// The clock over a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    stretches: Vec<Stretch>,
}

impl Stretch {
    fn nanoseconds(&self, cycle: u64) -> u64 {
        let (cycles, rate) = (u128::from(cycle.saturating_sub(self.cycle)), u128::from(self.millihertz));
        let after = (2 * cycles * SCALE + rate) / (2 * rate);
        self.nanoseconds + after as u64
    }
}

impl Clock {
    /// The same frequency throughout, in hertz.
    pub fn steady(hertz: f64) -> Self {
        Clock { stretches: vec![Stretch { cycle: 0, nanoseconds: 0, millihertz: millihertz(hertz) }] }
    }

    /// The frequency that each of a run's voltages has; `hertz` gives it by supply voltage in millivolts.
    ///
    /// # Errors
    /// Those of `hertz`.
    pub fn new<E>(segments: &[Segment], hertz: impl Fn(u32) -> Result<f64, E>) -> Result<Self, E> {
        let mut stretches: Vec<Stretch> = Vec::new();
        let mut cycle = 0;
        for segment in segments {
            let nanoseconds = stretches.last().map_or(0, |last| last.nanoseconds(cycle));
            stretches.push(Stretch { cycle, nanoseconds, millihertz: millihertz(hertz(segment.vdd_mv)?) });
            cycle += segment.cycles;
        }
        Ok(Clock { stretches })
    }

    /// Nanoseconds from the start of the run to the start of a cycle.
    pub fn nanoseconds(&self, cycle: u64) -> u64 {
        let after = self.stretches.partition_point(|stretch| stretch.cycle <= cycle);
        after.checked_sub(1).and_then(|at| self.stretches.get(at)).map_or(0, |last| last.nanoseconds(cycle))
    }

    /// First cycle and megahertz of each stretch.
    pub fn megahertz(&self) -> impl Iterator<Item = (u64, f64)> {
        self.stretches.iter().map(|stretch| (stretch.cycle, stretch.millihertz as f64 / 1e9))
    }
}

/// At least one: a clock that stands has no time.
fn millihertz(hertz: f64) -> u64 {
    ((hertz * 1e3).round() as u64).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cycle_lies_at_the_nearest_nanosecond() {
        // 1/3 GHz: three nanoseconds a cycle but for the third of a millihertz that is cut off.
        let clock = Clock::steady(1e9 / 3.0);
        assert_eq!([0, 1, 2, 1_000_000].map(|cycle| clock.nanoseconds(cycle)), [0, 3, 6, 3_000_000]);
        // 1.6 GHz: 0.625 ns a cycle, halves up.
        let clock = Clock::steady(1.6e9);
        assert_eq!([1, 2, 3, 4, 8].map(|cycle| clock.nanoseconds(cycle)), [1, 1, 2, 3, 5]);
    }

    #[test]
    fn time_goes_on_where_the_frequency_changes() {
        let segments = [Segment { vdd_mv: 800, cycles: 10 }, Segment { vdd_mv: 600, cycles: 5 }];
        let hertz = |vdd_mv: u32| Ok::<f64, ()>(if vdd_mv == 800 { 1e9 } else { 5e8 });
        let clock = Clock::new(&segments, hertz).unwrap();
        assert_eq!([9, 10, 11, 15].map(|cycle| clock.nanoseconds(cycle)), [9, 10, 12, 20]);
        assert_eq!(clock.megahertz().collect::<Vec<_>>(), [(0, 1000.0), (10, 500.0)]);
    }
}
