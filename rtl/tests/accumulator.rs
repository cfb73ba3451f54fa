//! The accumulator rows against plain sums.

mod common;

use common::{emitted, netlist_agrees, rng, vectors};
use rand_chacha::rand_core::Rng;
use rtl::cosim::{Bench, lint};
use rtl::unit::accumulator;

/// Numbers of `width` bits side by side, the first lowest, in 32-bit words.
fn packed(values: &[i64], width: usize) -> Vec<u32> {
    let mut words = vec![0; (values.len() * width).div_ceil(32)];
    for (at, bit) in (0..values.len()).flat_map(|at| (0..width).map(move |bit| (at, bit))) {
        words[(at * width + bit) / 32] |= ((values[at] >> bit & 1) as u32) << ((at * width + bit) % 32);
    }
    words
}

/// Random rows, often the same one again; sums small enough that nothing wraps unless it should not.
fn rows(n: usize, sum_width: usize, width: usize, count: u64, seed: u64) {
    let design = emitted(accumulator(n as u32, sum_width, width));
    let mut bench = Bench::new(&design, seed as u32, 150).expect("Verilator builds it");
    let (mut rng, mut held) = (rng(seed), vec![vec![0_i64; n]; n]);
    let mut due = vec![0; n];
    for _ in 0..count {
        let draw = rng.next_u32();
        let (row, valid, first) = (draw as usize % n, draw >> 8 & 3 != 0, draw >> 16 & 7 == 0);
        let sums: Vec<i64> = (0..n).map(|_| rng.next_u64().cast_signed() >> (64 - sum_width)).collect();
        bench.set("valid", valid.into());
        bench.set("row", row as u64);
        bench.set("first", first.into());
        bench.set_words("sums", &packed(&sums, sum_width));
        bench.expect_words("total", &packed(&due, width));
        if valid {
            for (held, sum) in held[row].iter_mut().zip(&sums) {
                *held = if first { *sum } else { *held + sum };
            }
            due.clone_from(&held[row]);
        }
        bench.step().unwrap_or_else(|difference| panic!("n = {n}, seed {seed}: {difference}"));
    }
    netlist_agrees(&design, &bench);
}

#[test]
fn rows_hold_their_sums() {
    common::tools!("verilator", "accumulator");
    rows(2, 9, 20, vectors(10_000), 51);
    rows(4, 40, 50, vectors(10_000) / 4, 52);
}

#[test]
fn the_accumulator_is_clean_and_refuses_what_is_too_narrow() {
    common::tools!("verilator", "lint of the accumulator");
    for design in [emitted(accumulator(2, 9, 20)), emitted(accumulator(16, 42, 49))] {
        let found = lint::lint(&design).unwrap();
        assert!(found.is_empty(), "{}:\n{}", design.top, found.join("\n"));
    }
    assert!(accumulator(1, 8, 9).is_err() && accumulator(2, 9, 8).is_err());
}
