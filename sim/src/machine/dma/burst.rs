//! The DMA burst by burst: the fast path.
//!
//! As long as one engine works and the other does not, the end of its command is known when it starts. When the other starts
//! before that, what the first has done up to then is done once more, event by event, and both go on like that.

use super::alone::Alone;
use super::cut::Cut;
use super::{Job, Passed, tail};
use crate::machine::memory::MemoryTiming;
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
    left: Cut,
    /// Cycle of the first request.
    from: u64,
    waiting: VecDeque<Burst>,
    responses: VecDeque<u64>,
    under_way: u64,
    finish: Option<u64>,
}

/// Both engines and the port that they share.
#[derive(Clone, Debug)]
pub(crate) struct BurstDma {
    timing: MemoryTiming,
    engines: [Engine; 2],
    /// Engine that the port serves, and until when.
    port: Option<(usize, u64)>,
    alone: Alone,
    /// The command that has had the port to itself so far; its engine stands as before it.
    lone: Option<Lone>,
}

/// A command with the port to itself.
#[derive(Clone, Copy, Debug)]
struct Lone {
    engine: usize,
    job: Job,
    start: u64,
    end: u64,
}

impl BurstDma {
    pub(crate) fn new(timing: MemoryTiming) -> Self {
        let alone = Alone::new(timing);
        BurstDma { timing, engines: Default::default(), port: None, alone, lone: None }
    }

    /// Gives an idle engine its command.
    pub(crate) fn start(&mut self, engine: usize, job: Job, now: u64) {
        if let Some(lone) = self.lone.take() {
            self.begin(lone.engine, lone.job, lone.start);
            self.bursts(lone.start, now);
        } else if !self.engines[1 - engine].active {
            let end = now + self.alone.cycles(engine, job);
            self.lone = Some(Lone { engine, job, start: now, end });
            return;
        }
        self.begin(engine, job, now);
    }

    fn begin(&mut self, engine: usize, job: Job, now: u64) {
        let e = &mut self.engines[engine];
        e.active = true;
        e.finish = None;
        match job {
            Job::Nvm(cycles) => e.finish = Some(now + cycles + tail(engine)),
            Job::Bus(runs, lookup) => {
                e.from = now + 1 + lookup;
                e.left = Cut::new(runs);
            }
        }
    }

    /// Lets time pass up to cycle `limit`, or to the end of a command before it.
    pub(crate) fn advance(&mut self, now: u64, limit: u64) -> Passed {
        let Some(lone) = self.lone else { return self.bursts(now, limit) };
        let mut passed = Passed { now: now.max(limit.min(lone.end)), ..Passed::default() };
        if passed.now == lone.end {
            passed.ended[lone.engine] = true;
            self.lone = None;
        }
        passed
    }

    /// Goes from burst to burst up to cycle `limit`, or to the end of a command before it.
    fn bursts(&mut self, now: u64, limit: u64) -> Passed {
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
            if e.active && e.finish.is_none() && e.left.is_empty() && e.under_way == 0 {
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
        if let Some(beats) = e.left.burst(&timing) {
            let delay = if index == 0 { timing.read_latency } else { latency::DMA_READ };
            e.waiting.push_back(Burst { ready: now + delay, beats });
            e.under_way += 1;
        }
    }

    /// The next cycle after `now` in which anything can happen.
    fn next(&self, now: u64) -> u64 {
        let mut next = self.port.map_or(u64::MAX, |(_, end)| end);
        for e in self.engines.iter().filter(|e| e.active) {
            if !e.left.is_empty() && e.under_way < self.timing.outstanding {
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
