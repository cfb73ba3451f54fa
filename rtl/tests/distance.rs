//! Distances from a row's largest element against `kernels::softmax`, and the largest element itself.

mod common;

use common::{emitted, netlist_agrees, rng, vectors, words};
use kernels::adaptivfloat::Format;
use kernels::softmax;
use rand_chacha::rand_core::Rng;
use rtl::cosim::{Bench, lint};
use rtl::unit::{distance, largest};

const FORMATS: [Format; 3] = [Format::AF8_4, Format::AF8_3, Format::AF4_3];

/// A bench with the result of the cycle before.
struct Unit {
    bench: Bench,
    format: Format,
    due: Option<u32>,
}

impl Unit {
    fn put(&mut self, most: i32, code: u8, lsb: i32) {
        let difference = most - self.format.significand(code);
        if difference < 0 {
            return;
        }
        self.bench.set("code", code.into());
        let width = self.format.max_significand().ilog2() + 2;
        self.bench.set("most", u64::from(most.cast_unsigned()) & ((1 << width) - 1));
        self.bench.set("lsb", u64::from(lsb.cast_unsigned() & 0x3ff));
        if let Some(distance) = self.due.replace(softmax::distance(difference, lsb)) {
            self.bench.expect("natural", distance.into());
            self.bench.expect("power", softmax::power(distance).into());
        }
        self.bench.step().unwrap_or_else(|found| {
            panic!("{}, {difference} * 2^{lsb} or the one before: {found}", self.format)
        });
    }
}

#[test]
fn distances_are_those_of_the_kernel() {
    common::tools!("verilator", "distance");
    for format in FORMATS {
        let design = emitted(distance(format));
        let bench = Bench::new(&design, 61, 150).expect("Verilator builds it");
        let mut unit = Unit { bench, format, due: None };
        let mut rng = rng(61);
        let top = format.max_significand();
        for lsb in -512..512 {
            for (most, code) in [(top, format.code_mask()), (top, 0), (0, 0), (0, format.sign_mask() | 1)] {
                unit.put(most, code, lsb);
            }
        }
        for count in 0..vectors(10_000) {
            let [most, code] = [rng.next_u32(), rng.next_u32()].map(|draw| draw as u8 & format.code_mask());
            let draw = rng.next_u32();
            let near = -((draw >> 16) % 40).cast_signed() + 8;
            let lsb = if count % 8 == 0 { (draw & 0x3ff).cast_signed() - 512 } else { near };
            unit.put(format.significand(most), code, lsb);
        }
        netlist_agrees(&design, &unit.bench);
    }
}

/// Differences near 2^-16 and near 64, where rounding and saturation decide: every pair of codes there.
#[test]
fn every_tie_and_every_saturation_is_that_of_the_kernel() {
    common::tools!("verilator", "distance, directed");
    for (format, step) in [(Format::AF8_4, 7), (Format::AF8_3, 5), (Format::AF4_3, 1)] {
        let bench = Bench::new(&emitted(distance(format)), 62, 0).expect("Verilator builds it");
        let mut unit = Unit { bench, format, due: None };
        for lsb in -40..8 {
            for most in (0..=format.max_code()).rev().step_by(step) {
                for code in (0..=format.code_mask()).step_by(step) {
                    unit.put(format.significand(most), code, lsb);
                }
            }
        }
    }
}

#[test]
fn the_largest_that_counts_has_the_highest_rank() {
    common::tools!("verilator", "largest");
    for (format, n) in [(Format::AF8_4, 16), (Format::AF8_3, 4), (Format::AF4_3, 2), (Format::AF8_3, 3)] {
        let design = emitted(largest(format, n));
        let mut bench = Bench::new(&design, 63, 100).expect("Verilator builds it");
        let (mut rng, mut due) = (rng(63), None);
        let rank = |code: u8| {
            let significand = format.significand(code);
            (significand, code & format.sign_mask() == 0)
        };
        let mut ranks: Vec<_> = (0..=format.code_mask()).map(rank).collect();
        ranks.sort_unstable();
        for _ in 0..vectors(10_000) / 4 {
            let draw = rng.next_u32();
            let mask = if draw >> 31 == 0 { format.code_mask() } else { format.sign_mask() | 1 };
            let codes: Vec<u8> = (0..n).map(|_| rng.next_u32() as u8 & mask).collect();
            let counts = u64::from(draw) & ((1 << n) - 1);
            bench.set_words("codes", &words(&codes, format.width()));
            bench.set("counts", counts);
            let counted = (0..).zip(&codes).filter(|(lane, _)| counts >> lane & 1 == 1);
            let most = counted.map(|(_, &code)| rank(code)).max();
            let most =
                most.map_or(0, |most| ranks.iter().position(|&one| one == most).expect("it is a code"));
            if let Some(most) = due.replace(most) {
                bench.expect("rank", most as u64);
            }
            bench.step().unwrap_or_else(|found| panic!("{format}, n = {n}: {found}"));
        }
        netlist_agrees(&design, &bench);
    }
}

#[test]
fn distance_and_largest_are_clean() {
    common::tools!("verilator", "lint of distance and largest");
    for format in FORMATS {
        for design in [emitted(distance(format)), emitted(largest(format, 2)), emitted(largest(format, 16))] {
            let found = lint::lint(&design).unwrap();
            assert!(found.is_empty(), "{}:\n{}\n{}", design.top, found.join("\n"), design.text());
        }
    }
    assert!(largest(Format::AF8_4, 0).is_err());
}
