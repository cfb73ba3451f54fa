//! Reciprocal square roots against `kernels::fixed::rsqrt`.

mod common;

use common::{emitted, netlist_agrees, rng, vectors};
use kernels::fixed::{RSQRT_FRACTION, rsqrt as root};
use models::latency;
use rand_chacha::rand_core::Rng;
use rtl::cosim::{Bench, lint};
use rtl::unit::rsqrt;
use std::collections::VecDeque;
use std::num::NonZeroU128;

/// Mantissa and octaves; the octaves of zero do not count.
fn expected(x: u128) -> (u64, Option<u64>) {
    let Some(x) = NonZeroU128::new(x) else { return (0, None) };
    let value = root(x);
    (value.mantissa as u64, Some(u64::from((-value.lsb).cast_unsigned() - RSQRT_FRACTION)))
}

/// Every bit alone, with its neighbours, with all below; the ends of every segment in both parities.
fn edges(width: u32) -> Vec<u128> {
    let all = u128::MAX >> (128 - width);
    let tops = (0..width).map(|bit| 1_u128 << bit);
    let near = tops.flat_map(|top| [top - 1, top, top | 1, top | top >> 1, (top - 1) | top]);
    let segments = (64..256_u128).flat_map(|segment| {
        [0, 0x7fff, 0x8000, 0x8001, 0xffff].map(|rest| (segment << 16 | rest) << width.saturating_sub(25))
    });
    near.chain(segments).chain([0, all]).map(|x| x & all).collect()
}

fn roots(width: u32, count: u64, seed: u64) {
    let design = emitted(rsqrt(width as usize));
    let mut bench = Bench::new(&design, seed as u32, 100).expect("Verilator builds it");
    let mut rng = rng(seed);
    let random = (0..count).map(|_| {
        let x = u128::from(rng.next_u64()) << 64 | u128::from(rng.next_u64());
        x >> (128 - width) >> (rng.next_u32() % width)
    });
    let mut due = VecDeque::new();
    for x in edges(width).into_iter().chain(random) {
        due.push_back(x);
        bench
            .set_words("x", &[0, 32, 64, 96].map(|shift| (x >> shift) as u32)[..width.div_ceil(32) as usize]);
        if due.len() as u64 > latency::RSQRT
            && let Some(x) = due.pop_front()
        {
            let (mantissa, octaves) = expected(x);
            bench.expect("mantissa", mantissa);
            if let Some(octaves) = octaves {
                bench.expect("octaves", octaves);
            }
        }
        bench.step().unwrap_or_else(|difference| panic!("seed {seed}, {width} bits, last {x}: {difference}"));
    }
    netlist_agrees(&design, &bench);
}

#[test]
fn roots_are_those_of_the_kernel() {
    common::tools!("verilator", "rsqrt");
    roots(70, vectors(10_000), 71);
    roots(48, vectors(10_000) / 4, 72);
    roots(7, vectors(10_000) / 10, 73);
}

#[test]
fn rsqrt_is_clean_and_refuses_other_widths() {
    common::tools!("verilator", "lint of rsqrt");
    for width in [3, 7, 24, 25, 48, 70, 128] {
        let found = lint::lint(&emitted(rsqrt(width))).unwrap();
        assert!(found.is_empty(), "{width}:\n{}", found.join("\n"));
    }
    assert!(rsqrt(2).is_err() && rsqrt(129).is_err());
}
