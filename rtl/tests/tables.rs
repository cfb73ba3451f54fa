//! The units of powers, logarithms and quotients against the integers of `kernels`.

mod common;

use common::{emitted, netlist_agrees, rng, vectors};
use kernels::fixed;
use models::latency;
use rand_chacha::rand_core::Rng;
use rtl::cosim::{Bench, lint};
use rtl::unit::{divide, exp2, log2};
use std::collections::VecDeque;
use std::num::NonZeroU64;

/// Cycles that are replayed on the netlist.
const SAMPLE: usize = 100;

#[test]
fn powers_are_those_of_the_kernel() {
    common::tools!("verilator", "exp2");
    let design = emitted(exp2(24));
    let mut bench = Bench::new(&design, 1, SAMPLE).unwrap();
    let mut rng = rng(51);
    // Every fraction once, then whole parts up to beyond the last that leaves anything.
    let fractions = 0..1 << 16;
    let edges = (0..256).flat_map(|whole| [0, 1, 0xffff].map(|fraction| whole << 16 | fraction));
    let random = (0..vectors(10_000)).map(|_| rng.next_u32() >> 8 >> (5 * (rng.next_u32() & 1)));
    let mut due = VecDeque::new();
    for t in fractions.chain(edges).chain(random) {
        due.push_back(t);
        bench.set("t", t.into());
        if due.len() as u64 > latency::EXP2 {
            let t = due.pop_front().unwrap();
            bench.expect("value", fixed::exp2_neg(t).into());
            bench.expect("fraction", fixed::exp2_fraction(t as u16).into());
            bench.expect("whole", (t >> 16).into());
        }
        bench.step().unwrap_or_else(|difference| panic!("seed 51, last {t}: {difference}"));
    }
    netlist_agrees(&design, &bench);
}

#[test]
fn logarithms_are_those_of_the_kernel() {
    common::tools!("verilator", "log2");
    for (width, share) in [(64, 1), (40, 1), (5, 10)] {
        let design = emitted(log2(width));
        let mut bench = Bench::new(&design, 2, SAMPLE).unwrap();
        let mut rng = rng(52);
        let all = u64::MAX >> (64 - width);
        let edges = (0..width).flat_map(|top| [1 << top, (1 << top) | ((1 << top) - 1)]).chain([all]);
        let random =
            (0..vectors(10_000) / share).map(|_| (rng.next_u64() & all) >> (rng.next_u32() as usize % width));
        let mut due = VecDeque::new();
        for x in edges.chain(random).filter_map(NonZeroU64::new) {
            due.push_back(x);
            bench.set("x", x.get());
            if due.len() as u64 > latency::LOG2 {
                bench.expect("value", fixed::log2(due.pop_front().unwrap()).into());
            }
            bench.step().unwrap_or_else(|difference| panic!("seed 52, {width} bits, last {x}: {difference}"));
        }
        netlist_agrees(&design, &bench);
    }
}

#[test]
fn quotients_are_those_of_the_kernel() {
    common::tools!("verilator", "divide");
    for width in [3, 30] {
        let design = emitted(divide(width));
        let mut bench = Bench::new(&design, 3, SAMPLE).unwrap();
        let mut rng = rng(53);
        for count in 0..vectors(10_000) / 10 {
            let denominator = (rng.next_u64() >> (64 - width)).max(1);
            // Half of all: an exact multiple, and half a denominator above, for ties.
            let tie = u64::from(rng.next_u32() >> 5) * denominator + denominator / 2;
            let any = rng.next_u64() % (denominator << 32);
            let numerator = if count % 2 == 0 { tie } else { any };
            bench.set_words("numerator", &[numerator as u32, (numerator >> 32) as u32]);
            bench.set("denominator", denominator);
            bench.set("start", 1);
            bench.step().unwrap();
            bench.set("start", 0);
            bench.set("denominator", rng.next_u64() >> (64 - width));
            for _ in 1..latency::DIVIDE {
                bench.step().unwrap();
            }
            let quotient = fixed::divide(numerator.into(), denominator.into()) as u32;
            bench.expect("quotient", quotient.into());
            bench
                .step()
                .unwrap_or_else(|difference| panic!("seed 53, {numerator} / {denominator}: {difference}"));
        }
        netlist_agrees(&design, &bench);
    }
}

#[test]
fn emitted_tables_are_clean() {
    common::tools!("verilator", "lint of the tables");
    let designs = [exp2(17), exp2(24), log2(1), log2(40), divide(1), divide(30)];
    for design in designs.map(emitted) {
        let found = lint::lint(&design).unwrap();
        assert!(found.is_empty(), "{}:\n{}\n{}", design.top, found.join("\n"), design.text());
    }
    assert!(exp2(16).is_err() && log2(0).is_err() && log2(65).is_err() && divide(0).is_err());
}
