//! The DMA burst by burst: the fast path.

use super::{Job, Passed, tail};
use crate::machine::memory::{MemoryTiming, Runs};
use models::design::Axi;
use models::latency;
use std::collections::VecDeque;

/// A burst that has been requested.
#[derive(Clone, Copy, Debug)]
struct Burst {
    ready: u64,
    beats: u64,
}

/// One engine and its command.
#[derive(Clone, Debug, Default)]
struct Engine {
    active: bool,
    runs: Option<Runs>,
    next: u64,
    /// Cycle of the first request.
    from: u64,
    waiting: VecDeque<Burst>,
    responses: VecDeque<u64>,
    under_way: u64,
    finish: Option<u64>,
}

impl Engine {
    /// Cuts the next burst off the runs that are left; its beats.
    fn cut(&mut self, timing: &MemoryTiming) -> Option<u64> {
        let runs = self.runs.as_mut()?;
        let end = runs.start + runs.bytes;
        let longest = (self.next / timing.beat_bytes + timing.burst_beats) * timing.beat_bytes;
        let stop = end.min((self.next / Axi::BOUNDARY + 1) * Axi::BOUNDARY).min(longest);
        let beats = stop.div_ceil(timing.beat_bytes) - self.next / timing.beat_bytes;
        self.next = stop;
        if stop == end {
            runs.count -= 1;
            runs.start += runs.stride;
            self.next = runs.start;
            if runs.count == 0 {
                self.runs = None;
            }
        }
        Some(beats)
    }
}

/// Both engines and the port that they share.
#[derive(Clone, Debug)]
pub(crate) struct BurstDma {
    timing: MemoryTiming,
    engines: [Engine; 2],
    /// Engine that the port serves, and until when.
    port: Option<(usize, u64)>,
}

impl BurstDma {
    pub(crate) fn new(timing: MemoryTiming) -> Self {
        BurstDma { timing, engines: Default::default(), port: None }
    }

    /// Gives an idle engine its command.
    pub(crate) fn start(&mut self, engine: usize, job: Job, now: u64) {
        let e = &mut self.engines[engine];
        e.active = true;
        e.finish = None;
        match job {
            Job::Nvm(cycles) => e.finish = Some(now + cycles + tail(engine)),
            Job::Bus(runs, lookup) => {
                e.next = runs.start;
                e.from = now + 1 + lookup;
                e.runs = Some(runs);
            }
        }
    }

    /// Goes from burst to burst up to cycle `limit`, or to the end of a command before it.
    pub(crate) fn advance(&mut self, now: u64, limit: u64) -> Passed {
        let mut passed = Passed { now, ..Passed::default() };
        while passed.now < limit && passed.ended == [false; 2] {
            let next = self.next(passed.now).min(limit);
            for (cycles, contended) in passed.contended.iter_mut().zip(self.contended(passed.now)) {
                *cycles += u64::from(contended) * (next - passed.now);
            }
            passed.now = next;
            passed.ended = self.tick(next);
        }
        passed
    }

    /// What happens in cycle `now`; whether each engine has ended its command.
    fn tick(&mut self, now: u64) -> [bool; 2] {
        self.end_data(now);
        self.serve(now);
        let mut ended = [false; 2];
        for index in 0..2 {
            self.request(index, now);
            let e = &mut self.engines[index];
            if e.active && e.finish.is_none() && e.runs.is_none() && e.under_way == 0 {
                e.finish = Some(now + tail(index));
            }
            if e.active && e.finish == Some(now) {
                e.active = false;
                ended[index] = true;
            }
        }
        ended
    }

    fn end_data(&mut self, now: u64) {
        if let Some((index, _)) = self.port.take_if(|(_, end)| *end == now) {
            if index == 0 {
                self.engines[0].under_way -= 1;
            } else {
                self.engines[1].responses.push_back(now + self.timing.write_latency);
            }
        }
        let store = &mut self.engines[1];
        if store.responses.front() == Some(&now) {
            store.responses.pop_front();
            store.under_way -= 1;
        }
    }

    fn serve(&mut self, now: u64) {
        if self.port.is_some() {
            return;
        }
        let ready = |e: &Engine| e.waiting.front().map(|b| b.ready).filter(|r| *r <= now);
        let index = match (ready(&self.engines[0]), ready(&self.engines[1])) {
            (Some(load), Some(store)) => usize::from(store < load),
            (Some(_), None) => 0,
            (None, Some(_)) => 1,
            (None, None) => return,
        };
        if let Some(burst) = self.engines[index].waiting.pop_front() {
            self.port = Some((index, now + burst.beats * self.timing.beat_cycles));
        }
    }

    fn request(&mut self, index: usize, now: u64) {
        let timing = self.timing;
        let e = &mut self.engines[index];
        if e.under_way >= timing.outstanding || now < e.from {
            return;
        }
        if let Some(beats) = e.cut(&timing) {
            let delay = if index == 0 { timing.read_latency } else { latency::DMA_READ };
            e.waiting.push_back(Burst { ready: now + delay, beats });
            e.under_way += 1;
        }
    }

    /// The next cycle after `now` in which anything can happen.
    fn next(&self, now: u64) -> u64 {
        let mut next = self.port.map_or(u64::MAX, |(_, end)| end);
        for e in self.engines.iter().filter(|e| e.active) {
            if e.runs.is_some() && e.under_way < self.timing.outstanding {
                if e.from <= now + 1 {
                    return now + 1;
                }
                next = next.min(e.from);
            }
            let ready = e.waiting.front().map(|b| b.ready).filter(|r| *r > now);
            let times = [ready, e.responses.front().copied(), e.finish];
            next = times.into_iter().flatten().fold(next, u64::min);
        }
        next.max(now + 1)
    }

    /// Whether each engine has a burst ready that waits for the other's.
    fn contended(&self, now: u64) -> [bool; 2] {
        [0, 1].map(|index| {
            let waits = self.engines[index].waiting.front().is_some_and(|b| b.ready <= now);
            waits && self.port.is_some_and(|(served, _)| served != index)
        })
    }
}

/// Cycles of a job with the port to itself.
pub(in crate::machine) fn alone(timing: MemoryTiming, store: bool, job: Job) -> u64 {
    let engine = usize::from(store);
    let mut dma = BurstDma::new(timing);
    dma.start(engine, job, 0);
    dma.advance(0, u64::MAX).now
}
