//! Distances from a row's largest element against `kernels::softmax`, and the largest element itself.

use super::walk::field;
use super::{Failure, Plan, Tally, packed};
use crate::cosim::Bench;
use crate::unit;
use kernels::adaptivfloat::Format;
use kernels::softmax;

/// A bench with the result of the cycle before.
struct Unit {
    bench: Bench,
    format: Format,
    due: Option<u32>,
}

impl Unit {
    /// A pair whose largest is the larger; another is left out, since no row has it.
    fn put(&mut self, most: i32, code: u8, lsb: i32) -> Result<(), Failure> {
        let difference = most - self.format.significand(code);
        if difference < 0 {
            return Ok(());
        }
        self.bench.set("code", code.into());
        let width = self.format.max_significand().ilog2() + 2;
        self.bench.set("most", u64::from(most.cast_unsigned()) & ((1 << width) - 1));
        self.bench.set("lsb", field(lsb));
        if let Some(distance) = self.due.replace(softmax::distance(difference, lsb)) {
            self.bench.expect("natural", distance.into());
            self.bench.expect("power", softmax::power(distance).into());
        }
        let about = format!("{}, {difference} * 2^{lsb} or the one before", self.format);
        Ok(self.bench.step().map_err(|found| found.about(about))?)
    }
}

/// Both ends of every range, then any pairs, then every pair near 2^-16 and near 64, where rounding and saturation decide.
pub(super) fn distance(plan: &Plan) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    for format in plan.shapes(&[Format::AF8_4, Format::AF8_3, Format::AF4_3], |design| design.format) {
        let (bench, mut draw) = (plan.bench(unit::distance(format))?, plan.draw(format.width().into()));
        let mut unit = Unit { bench, format, due: None };
        let top = format.max_significand();
        for lsb in -512..512 {
            for (most, code) in [(top, format.code_mask()), (top, 0), (0, 0), (0, format.sign_mask() | 1)] {
                unit.put(most, code, lsb)?;
            }
        }
        for _ in 0..plan.vectors {
            let [most, code] = [(); 2].map(|()| draw.bits(format.width().into()) as u8);
            let near = 8 - draw.below(40) as i32;
            let lsb = if draw.once_in(8) { draw.signed(10) as i32 } else { near };
            unit.put(format.significand(most), code, lsb)?;
        }
        directed(&mut unit)?;
        tally += plan.replay(unit.bench)?;
    }
    Ok(tally)
}

fn directed(unit: &mut Unit) -> Result<(), Failure> {
    let format = unit.format;
    // Of 8 bits not every code, but steps that share no factor with the fields.
    let step = usize::from(format.code_mask() / 36).max(1) | 1;
    for lsb in -40..8 {
        for most in (0..=format.max_code()).rev().step_by(step) {
            for code in (0..=format.code_mask()).step_by(step) {
                unit.put(format.significand(most), code, lsb)?;
            }
        }
    }
    Ok(())
}

/// The rank of a code among all: by significand, and zero above minus zero.
fn rank(format: Format, code: u8) -> (i32, bool) {
    (format.significand(code), code & format.sign_mask() == 0)
}

/// Any lanes that count, none among them.
pub(super) fn largest(plan: &Plan) -> Result<Tally, Failure> {
    let shapes = [(Format::AF8_4, 16), (Format::AF8_3, 4), (Format::AF4_3, 2), (Format::AF8_3, 3)];
    let mut tally = Tally::default();
    for (format, n) in plan.shapes(&shapes, |d| (d.format, d.pu.n)) {
        let (mut bench, mut draw) = (plan.bench(unit::largest(format, n))?, plan.draw(n.into()));
        let mut ranks: Vec<_> = (0..=format.code_mask()).map(|code| rank(format, code)).collect();
        ranks.sort_unstable();
        let mut due = None;
        for _ in 0..plan.vectors {
            // Zeros and the smallest of both signs are told apart by the sign alone.
            let mask = if draw.once_in(2) { format.code_mask() } else { format.sign_mask() | 1 };
            let codes: Vec<u8> = draw.codes(n as usize, 8).into_iter().map(|code| code & mask).collect();
            let counts = draw.bits(n as usize);
            bench.set_words("codes", &packed(&codes, format.width().into()));
            bench.set("counts", counts);
            let counted = (0..).zip(&codes).filter(|(lane, _)| counts >> lane & 1 == 1);
            let most = counted.map(|(_, &code)| rank(format, code)).max();
            let most = most.map_or(0, |most| ranks.partition_point(|one| *one < most));
            if let Some(most) = due.replace(most) {
                bench.expect("rank", most as u64);
            }
            bench.step().map_err(|found| found.about(format!("{format}, n = {n}")))?;
        }
        tally += plan.replay(bench)?;
    }
    Ok(tally)
}
