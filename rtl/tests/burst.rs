//! The burst cutter against a list made byte by byte, over random runs and stalls.

mod common;

use common::{emitted, netlist_agrees, rng, vectors};
use models::design::Axi;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use rtl::cosim::{Bench, lint};
use rtl::unit::{BOUNDARY, burst};

fn below(rng: &mut ChaCha8Rng, limit: u64) -> u64 {
    rng.next_u64() % limit
}

/// Runs of bytes: first byte, number, bytes of each, from one to the next.
#[derive(Clone, Copy, Debug)]
struct Runs {
    first: u64,
    count: u64,
    bytes: u64,
    stride: u64,
}

/// First byte, byte after the last, and beats of each burst, by walking from byte to byte of beats.
fn bursts(axi: Axi, runs: Runs) -> Vec<[u64; 3]> {
    let (beat, longest) = (axi.beat_bytes(), u64::from(axi.burst_beats));
    let mut list: Vec<[u64; 3]> = vec![];
    for run in 0..runs.count {
        let first = runs.first + run * runs.stride;
        let joins = run > 0 && runs.stride == runs.bytes;
        let mut open = joins;
        let mut at = first;
        while at < first + runs.bytes {
            let new_beat = at.is_multiple_of(beat);
            match list.last_mut() {
                Some(last) if open && !at.is_multiple_of(BOUNDARY) && !(new_beat && last[2] == longest) => {
                    last[2] += u64::from(new_beat);
                    last[1] = at + 1;
                }
                _ => list.push([at, at + 1, 1]),
            }
            open = true;
            at += 1;
        }
    }
    list
}

fn random(rng: &mut ChaCha8Rng) -> Runs {
    let most = [8, 64, 600, 9000][below(rng, 4) as usize];
    let bytes = 1 + below(rng, most);
    let gap = if below(rng, 3) == 0 { 0 } else { below(rng, most) };
    Runs { first: below(rng, 1 << 34), count: 1 + below(rng, 5), bytes, stride: bytes + gap }
}

/// One command, each burst against the list, with stalls; its bursts.
fn run(bench: &mut Bench, axi: Axi, runs: Runs, rng: &mut ChaCha8Rng) -> u64 {
    for (name, value) in [
        ("run_first", runs.first),
        ("run_count", runs.count),
        ("run_bytes", runs.bytes),
        ("run_stride", runs.stride),
        ("start", 1),
        ("take", 0),
    ] {
        bench.set(name, value);
    }
    bench.step().expect("nothing is compared yet");
    bench.set("start", 0);
    // The command's fields are needed in the first cycle alone.
    bench.set("run_bytes", below(rng, 1 << 20));
    let list = bursts(axi, runs);
    for [first, end, beats] in &list {
        loop {
            let take = below(rng, 2);
            bench.set("take", take);
            bench.expect("valid", 1);
            bench.expect("burst_address", *first);
            bench.expect("burst_end", *end % axi.beat_bytes());
            bench.expect("burst_length", *beats - 1);
            bench.step().unwrap_or_else(|difference| panic!("{runs:?}: {difference}"));
            if take == 1 {
                break;
            }
        }
    }
    bench.expect("valid", 0);
    bench.step().unwrap_or_else(|difference| panic!("{runs:?}, at its end: {difference}"));
    list.len() as u64
}

const MASTERS: [Axi; 4] = [
    Axi { width_bits: 64, burst_beats: 256, outstanding: 2 },
    Axi { width_bits: 32, burst_beats: 16, outstanding: 1 },
    Axi { width_bits: 128, burst_beats: 256, outstanding: 4 },
    Axi { width_bits: 1024, burst_beats: 7, outstanding: 4 },
];

#[test]
fn every_burst_is_the_next_of_the_list() {
    common::tools!("verilator", "burst");
    for (index, axi) in MASTERS.into_iter().enumerate() {
        let seed = 20 + index as u64;
        let design = emitted(burst(axi));
        let mut bench = Bench::new(&design, seed as u32, 300).expect("Verilator builds it");
        let (mut rng, mut done) = (rng(seed), 0);
        while done < vectors(10_000) {
            let runs = random(&mut rng);
            done += run(&mut bench, axi, runs, &mut rng);
        }
        if index == 1 {
            netlist_agrees(&design, &bench);
        }
    }
}

#[test]
fn a_burst_is_clean() {
    common::tools!("verilator", "lint of burst");
    for axi in MASTERS {
        let found = lint::lint(&emitted(burst(axi))).unwrap();
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}
