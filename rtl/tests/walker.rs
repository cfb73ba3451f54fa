//! The walk against loops over block, pass, tile and row, cycle by cycle.

mod common;

use common::sfu::schedule;
use common::{emitted, netlist_agrees, rng, vectors};
use rand_chacha::rand_core::Rng;
use rtl::cosim::{Bench, lint};
use rtl::unit::{Walk, walker};

fn command(bench: &mut Bench, walk: Walk, rows: u64, tiles: u64) {
    let places = schedule(walk, rows, tiles);
    bench.set("rows", rows);
    bench.set("tiles", tiles);
    for (cycle, place) in places.iter().enumerate() {
        bench.set("start", u64::from(cycle == 0));
        bench.expect("done", u64::from(cycle + 1 == places.len()));
        bench.expect("read", place.is_some().into());
        if let Some(place) = place {
            bench.expect("block", place.block);
            if walk.passes > 1 {
                bench.expect("pass", place.pass);
            }
            for (name, now, count) in [("tile", place.tile, tiles), ("row", place.row, place.height)] {
                bench.expect(name, now);
                bench.expect(&format!("first_{name}"), u64::from(now == 0));
                bench.expect(&format!("last_{name}"), u64::from(now + 1 == count));
            }
        }
        bench.step().unwrap_or_else(|difference| panic!("{walk:?}, {rows} x {tiles}: {difference}"));
    }
    bench.set("start", 0);
}

/// Random commands, and gaps between them, until `count` vectors are read.
fn walks(walk: Walk, count: u64, seed: u64) {
    let design = emitted(walker(walk));
    let mut bench = Bench::new(&design, seed as u32, 400).expect("Verilator builds it");
    let (mut rng, mut read) = (rng(seed), 0);
    let n = u64::from(walk.n);
    for (rows, tiles) in [(1, 1), (n, 1), (n + 1, 2), (1, 3), (2 * n, 2), (3 * n - 1, 1)] {
        command(&mut bench, walk, rows, tiles);
    }
    while read < count {
        let draw = rng.next_u32();
        let (rows, tiles) = (u64::from(draw) % (4 * n) + 1, u64::from(draw >> 8) % 6 + 1);
        for _ in 0..(draw >> 16 & 3) {
            bench.expect("read", 0);
            bench.expect("done", 0);
            bench.step().unwrap_or_else(|difference| panic!("{walk:?}, idle: {difference}"));
        }
        command(&mut bench, walk, rows, tiles);
        read += rows * tiles * u64::from(walk.passes);
    }
    netlist_agrees(&design, &bench);
}

#[test]
fn every_vector_is_read_in_its_cycle() {
    common::tools!("verilator", "walker");
    walks(Walk { n: 4, passes: 3, between: 10, after: 10 }, vectors(10_000), 61);
    walks(Walk { n: 16, passes: 1, between: 0, after: 9 }, vectors(10_000), 62);
    walks(Walk { n: 2, passes: 2, between: 9, after: 46 }, vectors(10_000) / 4, 63);
    walks(Walk { n: 2, passes: 2, between: 0, after: 1 }, vectors(10_000) / 4, 64);
}

#[test]
fn counts_reach_their_last_value() {
    common::tools!("verilator", "walker, long");
    let walk = Walk { n: 32, passes: 1, between: 0, after: 3 };
    let mut bench = Bench::new(&emitted(walker(walk)), 65, 0).expect("Verilator builds it");
    command(&mut bench, walk, 65_535, 1);
    command(&mut bench, walk, 33, 4095);
}

#[test]
fn the_walker_is_clean_and_refuses_other_shapes() {
    common::tools!("verilator", "lint of the walker");
    let walk = Walk { n: 16, passes: 2, between: 11, after: 11 };
    for walk in [walk, Walk { n: 2, ..walk }, Walk { n: 32, passes: 1, between: 0, after: 9 }] {
        let found = lint::lint(&emitted(walker(walk))).unwrap();
        assert!(found.is_empty(), "{walk:?}:\n{}", found.join("\n"));
    }
    for walk in [Walk { n: 1, ..walk }, Walk { n: 12, ..walk }, Walk { passes: 0, ..walk }] {
        assert!(walker(walk).is_err());
    }
    assert!(walker(Walk { after: 0, ..walk }).is_err());
}
