//! The read side of the master against a memory that answers late, with gaps, or wrongly.

mod common;

use common::{emitted, netlist_agrees, rng, vectors};
use models::design::Axi;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use rtl::cosim::{Bench, lint};
use rtl::unit::axi_read;
use std::collections::VecDeque;

fn below(rng: &mut ChaCha8Rng, limit: u64) -> u64 {
    rng.next_u64() % limit
}

/// What the memory does wrong with the beat of this number, if anything.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wrong {
    Nothing,
    Response,
    EarlyLast,
    LateLast,
}

/// The memory: bursts that it has been asked for, and how it takes its time.
struct Memory {
    /// Beats left of each burst and the cycle from which it may answer.
    bursts: VecDeque<(u64, u64)>,
    patience: u64,
    served: u64,
    wrong: (Wrong, u64),
    /// Whether it has done so: a last beat that is due cannot come early.
    broke: bool,
}

impl Memory {
    /// The beat that it offers in this cycle: whether it is the last, and its response.
    fn offer(&self, now: u64, rng: &mut ChaCha8Rng) -> Option<(bool, u64)> {
        let &(left, from) = self.bursts.front()?;
        if now < from || below(rng, self.patience) > 0 {
            return None;
        }
        let hit = self.served == self.wrong.1;
        Some(match self.wrong.0 {
            Wrong::Response if hit => (left == 1, 2),
            Wrong::EarlyLast if hit => (true, 0),
            Wrong::LateLast if hit => (false, 0),
            _ => (left <= 1, 0),
        })
    }

    fn take(&mut self, last: bool, response: u64) {
        self.served += 1;
        self.broke |= response != 0 || self.bursts.front().is_some_and(|&(left, _)| last != (left == 1));
        if last {
            self.bursts.pop_front();
        } else if let Some((left, _)) = self.bursts.front_mut() {
            *left = left.saturating_sub(1).max(1);
        }
    }
}

/// Bytes of the command, in order.
fn bytes([first, count, bytes, stride]: [u64; 4]) -> Vec<u64> {
    (0..count).flat_map(|run| (0..bytes).map(move |byte| first + run * stride + byte)).collect()
}

/// One command. A right memory's bytes must come in order, each once; `done` in its cycle. Gives the beats.
fn run(bench: &mut Bench, axi: Axi, wrong: (Wrong, u64), rng: &mut ChaCha8Rng) -> u64 {
    let most = [8, 64, 3000][below(rng, 3) as usize];
    let length = 1 + below(rng, most);
    let gap = below(rng, most) * below(rng, 2);
    let runs = [below(rng, 1 << 34), 1 + below(rng, 3), length, length + gap];
    for (name, value) in ["run_first", "run_count", "run_bytes", "run_stride"].into_iter().zip(runs) {
        bench.set(name, value);
    }
    let mut memory =
        Memory { bursts: VecDeque::new(), patience: 1 + below(rng, 3), served: 0, wrong, broke: false };
    let (latency, eager) = (below(rng, 20), below(rng, 2));
    let mut due = VecDeque::from(bytes(runs));
    let (mut beats, mut errors, mut last_beat, mut waiting) = (0, 0, 0, None);
    for now in 0..200_000 {
        bench.set("start", u64::from(now == 0));
        let ready = eager | below(rng, 2);
        bench.set("axi_arready", ready);
        let offer = memory.offer(now, rng);
        bench.set("axi_rvalid", u64::from(offer.is_some()));
        bench.set("axi_rlast", u64::from(offer.is_some_and(|(last, _)| last)));
        bench.set("axi_rresp", offer.map_or(0, |(_, response)| response));
        let asks = (bench.peek("axi_arvalid"), bench.peek("axi_araddr"), bench.peek("axi_arlen"));
        if let Some(before) = waiting {
            assert_eq!(asks, before, "an address that waits stays as it is");
        }
        waiting = (asks.0 == 1 && ready == 0).then_some(asks);
        // It asks whenever it may: with an eager memory, in every cycle in which there is room.
        assert!(memory.bursts.len() <= axi.outstanding as usize);
        let all_came = due.is_empty();
        let taken = offer.filter(|_| bench.peek("axi_rready") == 1);
        if bench.peek("beat") == 1 && wrong.0 == Wrong::Nothing {
            let from = bench.peek("beat_first");
            let to = bench.peek("beat_end");
            let base = due[0] - from;
            assert!(base.is_multiple_of(axi.beat_bytes()) && to <= axi.beat_bytes(), "{runs:?}");
            for byte in from..to {
                assert_eq!(due.pop_front(), Some(base + byte), "{runs:?}, cycle {now}");
            }
        }
        errors += bench.peek("error");
        let right = wrong.0 == Wrong::Nothing;
        let done = if right { all_came && now == last_beat + 2 } else { bench.peek("done") == 1 };
        bench.expect("done", u64::from(done));
        bench.step().unwrap_or_else(|difference| panic!("{runs:?}, cycle {now}: {difference}"));
        if asks.0 == 1 && ready == 1 {
            memory.bursts.push_back((asks.2 + 1, now + 1 + latency));
        }
        if let Some((last, response)) = taken {
            memory.take(last, response);
            beats += 1;
            last_beat = now;
        }
        if done {
            assert_eq!(errors > 0, memory.broke, "{runs:?}: {wrong:?}");
            assert!(memory.bursts.is_empty(), "nothing that was asked for is left unanswered");
            return beats;
        }
    }
    panic!("{runs:?} with {wrong:?} does not end");
}

const MASTERS: [Axi; 3] = [
    Axi { width_bits: 64, burst_beats: 256, outstanding: 2 },
    Axi { width_bits: 32, burst_beats: 16, outstanding: 1 },
    Axi { width_bits: 128, burst_beats: 8, outstanding: 4 },
];

#[test]
fn every_byte_comes_once_and_in_order() {
    common::tools!("verilator", "axi_read");
    for (index, axi) in MASTERS.into_iter().enumerate() {
        let seed = 30 + index as u64;
        let design = emitted(axi_read(axi, 1));
        let mut bench = Bench::new(&design, seed as u32, 300).expect("Verilator builds it");
        let (mut rng, mut beats) = (rng(seed), 0);
        while beats < vectors(10_000) {
            beats += run(&mut bench, axi, (Wrong::Nothing, 0), &mut rng);
        }
        if index == 1 {
            netlist_agrees(&design, &bench);
        }
    }
}

#[test]
fn a_broken_answer_is_told_and_nothing_hangs() {
    common::tools!("verilator", "axi_read");
    for axi in MASTERS {
        let mut bench = Bench::new(&emitted(axi_read(axi, 1)), 40, 10).expect("Verilator builds it");
        let mut rng = rng(40);
        for round in 0..vectors(3000) / 10 {
            let kind = [Wrong::Response, Wrong::EarlyLast, Wrong::LateLast][round as usize % 3];
            let at = below(&mut rng, 4);
            run(&mut bench, axi, (kind, at), &mut rng);
            run(&mut bench, axi, (Wrong::Nothing, 0), &mut rng);
        }
    }
}

#[test]
fn the_read_side_is_clean() {
    common::tools!("verilator", "lint of axi_read");
    for axi in MASTERS {
        let found = lint::lint(&emitted(axi_read(axi, 1))).unwrap();
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}
