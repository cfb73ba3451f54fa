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

    /// The frequency that each of a run's voltages has; `hertz` gives it by supply voltage in millivolts, `change_s` the seconds for which the
    /// core stands between two of them.
    ///
    /// # Errors
    /// Those of `hertz` and `change_s`.
    pub fn new<E>(
        segments: &[Segment],
        hertz: impl Fn(u32) -> Result<f64, E>,
        change_s: impl Fn(u32, u32) -> Result<f64, E>,
    ) -> Result<Self, E> {
        let mut stretches: Vec<Stretch> = Vec::new();
        let (mut cycle, mut before) = (0, None);
        for segment in segments {
            let from = before.unwrap_or(segment.vdd_mv);
            let stood = (change_s(from, segment.vdd_mv)? * 1e9).round() as u64;
            let nanoseconds = stretches.last().map_or(0, |last| last.nanoseconds(cycle)) + stood;
            let millihertz = millihertz(hertz(segment.vdd_mv)?);
            stretches.push(Stretch { cycle, nanoseconds, millihertz });
            cycle += segment.cycles;
            before = Some(segment.vdd_mv);
        }
        Ok(Clock { stretches })
    }

    /// For each stretch but the first: its first cycle, and the nanoseconds from which and to which the core stood before it.
    pub fn changes(&self) -> impl Iterator<Item = (u64, u64, u64)> {
        self.stretches.windows(2).map(|pair| {
            let [before, after] = [pair[0], pair[1]];
            (after.cycle, before.nanoseconds(after.cycle), after.nanoseconds)
        })
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
    use crate::machine::Events;

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
        let segments = [(800, 10), (600, 5)].map(|(vdd_mv, cycles)| Segment {
            vdd_mv,
            cycles,
            events: Events::default(),
        });
        let hertz = |vdd_mv: u32| Ok::<f64, ()>(if vdd_mv == 800 { 1e9 } else { 5e8 });
        let clock = Clock::new(&segments, hertz, |_, _| Ok(0.0)).unwrap();
        assert_eq!([9, 10, 11, 15].map(|cycle| clock.nanoseconds(cycle)), [9, 10, 12, 20]);
        assert_eq!(clock.megahertz().collect::<Vec<_>>(), [(0, 1000.0), (10, 500.0)]);
        // The core stands for 7 ns while the supply settles.
        let stood = |from: u32, to: u32| Ok(if from == to { 0.0 } else { 7e-9 });
        let clock = Clock::new(&segments, hertz, stood).unwrap();
        assert_eq!([9, 10, 11, 15].map(|cycle| clock.nanoseconds(cycle)), [9, 17, 19, 27]);
        assert_eq!(clock.changes().collect::<Vec<_>>(), [(10, 10, 17)]);
    }
}
