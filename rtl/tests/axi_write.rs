//! The write side of the master against a memory that takes its time, and one that answers wrongly.

mod common;

use common::{emitted, netlist_agrees, rng, vectors};
use models::design::Axi;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use rtl::cosim::{Bench, lint};
use rtl::unit::axi_write;
use std::collections::VecDeque;

fn below(rng: &mut ChaCha8Rng, limit: u64) -> u64 {
    rng.next_u64() % limit
}

/// Bytes of the command, in order.
fn bytes([first, count, bytes, stride]: [u64; 4]) -> Vec<u64> {
    (0..count).flat_map(|run| (0..bytes).map(move |byte| first + run * stride + byte)).collect()
}

/// What the memory has seen of a command.
#[derive(Default)]
struct Memory {
    /// Address and beats of each burst, and the cycle of its request.
    bursts: Vec<(u64, u64, u64)>,
    /// Strobe of each beat, and whether it was told to be its burst's last.
    beats: Vec<(u64, bool)>,
    /// Bytes that count, of all beats.
    bytes: u64,
    /// Cycles from which answers may come.
    answers: VecDeque<u64>,
}

impl Memory {
    /// Bursts whose beats have all come, and beats of the next.
    fn complete(&self) -> (usize, u64) {
        let mut left = self.beats.len() as u64;
        for (index, (_, beats, _)) in self.bursts.iter().enumerate() {
            if left < *beats {
                return (index, left);
            }
            left -= beats;
        }
        (self.bursts.len(), left)
    }

    /// The bytes that were written, in order.
    fn written(&self, beat_bytes: u64) -> Vec<u64> {
        let (mut beats, mut list) = (self.beats.iter(), vec![]);
        for (address, length, _) in &self.bursts {
            for index in 0..*length {
                let (strobe, last) = beats.next().expect("every burst has its beats");
                assert_eq!(*last, index + 1 == *length, "the last beat is told");
                let base = address / beat_bytes * beat_bytes + index * beat_bytes;
                list.extend((0..beat_bytes).filter(|byte| strobe >> byte & 1 == 1).map(|byte| base + byte));
            }
        }
        list
    }
}

/// One command; `wrong` is the answer that is an error, if any. Gives the beats.
fn run(bench: &mut Bench, axi: Axi, wrong: Option<u64>, rng: &mut ChaCha8Rng) -> u64 {
    let most = [8, 64, 3000][below(rng, 3) as usize];
    let length = 1 + below(rng, most);
    let gap = below(rng, most) * below(rng, 2);
    let runs = [below(rng, 1 << 34), 1 + below(rng, 3), length, length + gap];
    for (name, value) in ["run_first", "run_count", "run_bytes", "run_stride"].into_iter().zip(runs) {
        bench.set(name, value);
    }
    let (mut memory, mut answered, mut errors) = (Memory::default(), 0, 0);
    let (eager, latency) = (below(rng, 2), below(rng, 20));
    let mut waiting = [None, None];
    for now in 0..200_000 {
        let beat = rng.next_u64() & (u64::MAX >> 64_u32.saturating_sub(axi.width_bits));
        let [ready, takes, gives] = [0; 3].map(|_: u64| eager | below(rng, 2));
        let answers = memory.answers.front().is_some_and(|from| now >= *from) && below(rng, 2) == 0;
        let response = if answers && wrong == Some(answered) { 3 } else { 0 };
        // A beat that has been offered stays.
        let gives = if waiting[1].is_some() { 1 } else { gives };
        let beat = waiting[1].map_or(beat, |(data, _, _)| data);
        for (name, value) in [
            ("start", u64::from(now == 0)),
            ("axi_awready", ready),
            ("axi_wready", takes),
            ("beat_valid", gives),
            ("beat_data", beat),
            ("axi_bvalid", u64::from(answers)),
            ("axi_bresp", response),
        ] {
            bench.set(name, value);
        }
        let asks = (bench.peek("axi_awaddr"), bench.peek("axi_awlen"), bench.peek("axi_awvalid"));
        let sends = (beat, bench.peek("axi_wstrb"), bench.peek("axi_wlast"));
        let valid = bench.peek("axi_wvalid");
        assert!(waiting[0].is_none_or(|before| before == asks), "an address that waits stays as it is");
        assert!(waiting[1].is_none_or(|before| before == sends && valid == 1), "so does a beat");
        waiting[0] = (asks.2 == 1 && ready == 0).then_some(asks);
        waiting[1] = (valid == 1 && takes == 0).then_some(sends);
        // Beats go from two cycles after their burst's request on, and not before.
        let (open, _) = memory.complete();
        let may = memory.bursts.get(open).is_some_and(|(_, _, at)| now >= at + models::latency::DMA_READ);
        bench.expect("axi_wvalid", u64::from(may && gives == 1));
        let under_way = memory.bursts.len() as u64 - answered;
        assert!(under_way <= u64::from(axi.outstanding));
        errors += bench.peek("error");
        let all_came = runs[1] * runs[2] == memory.bytes && memory.complete() == (memory.bursts.len(), 0);
        let last = answers && under_way == 1;
        let done = if wrong.is_none() { last && all_came } else { bench.peek("done") == 1 };
        bench.expect("done", u64::from(done));
        let takes_answer = answers && bench.peek("axi_bready") == 1;
        bench.step().unwrap_or_else(|difference| panic!("{runs:?}, cycle {now}: {difference}"));
        if asks.2 == 1 && ready == 1 {
            memory.bursts.push((asks.0, asks.1 + 1, now));
        }
        if valid == 1 && takes == 1 {
            memory.beats.push((sends.1, sends.2 == 1));
            memory.bytes += u64::from(sends.1.count_ones());
            if memory.complete().0 > open {
                memory.answers.push_back(now + 1 + latency);
            }
        }
        if takes_answer {
            memory.answers.pop_front();
            answered += 1;
        }
        if done {
            // The error of the last answer is told in the cycle after.
            bench.set("axi_bvalid", 0);
            bench.set("axi_awready", 0);
            errors += bench.peek("error");
            bench.step().expect("nothing is compared");
            let told = wrong.is_some_and(|at| answered > at);
            assert_eq!(errors > 0, told, "{runs:?}: {wrong:?}");
            let (all, written) = (bytes(runs), memory.written(axi.beat_bytes()));
            assert!(all.starts_with(&written) && (told || written == all), "{runs:?}");
            return memory.beats.len() as u64;
        }
    }
    panic!("{runs:?} with {wrong:?} does not end");
}

const MASTERS: [Axi; 3] = [
    Axi { width_bits: 64, burst_beats: 256, outstanding: 2 },
    Axi { width_bits: 32, burst_beats: 16, outstanding: 1 },
    Axi { width_bits: 64, burst_beats: 8, outstanding: 4 },
];

#[test]
fn every_byte_goes_once_and_in_order() {
    common::tools!("verilator", "axi_write");
    for (index, axi) in MASTERS.into_iter().enumerate() {
        let seed = 50 + index as u64;
        let design = emitted(axi_write(axi));
        let mut bench = Bench::new(&design, seed as u32, 300).expect("Verilator builds it");
        let (mut rng, mut beats) = (rng(seed), 0);
        while beats < vectors(10_000) {
            beats += run(&mut bench, axi, None, &mut rng);
        }
        if index == 1 {
            netlist_agrees(&design, &bench);
        }
    }
}

#[test]
fn a_wrong_answer_is_told_and_nothing_hangs() {
    common::tools!("verilator", "axi_write");
    for axi in MASTERS {
        let mut bench = Bench::new(&emitted(axi_write(axi)), 60, 10).expect("Verilator builds it");
        let mut rng = rng(60);
        for _ in 0..vectors(3000) / 10 {
            let at = below(&mut rng, 3);
            run(&mut bench, axi, Some(at), &mut rng);
            run(&mut bench, axi, None, &mut rng);
        }
    }
}

#[test]
fn the_write_side_is_clean() {
    common::tools!("verilator", "lint of axi_write");
    for axi in MASTERS {
        let found = lint::lint(&emitted(axi_write(axi))).unwrap();
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}
