//! The DMA beat by beat: what `--step` runs, as the RTL does, with an address that counts up and a beat that counts down.

use super::{Job, Passed, tail};
use crate::machine::memory::{MemoryTiming, Runs};
use models::design::Axi;
use models::latency;

/// A requested burst: cycles until it is ready, and its beats.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    delay: u64,
    /// Cycles that it has been ready for.
    age: u64,
    beats: u64,
}

/// One engine and its command.
#[derive(Clone, Debug, Default)]
struct Engine {
    active: bool,
    runs: Option<Runs>,
    address: u64,
    left: u64,
    /// Cycles until the place of the first run is known.
    lookup: u64,
    waiting: Vec<Waiting>,
    responses: Vec<u64>,
    under_way: u64,
    ending: Option<u64>,
}

impl Engine {
    /// Counts beats off until a boundary, the longest burst or the end of the run.
    fn cut(&mut self, timing: &MemoryTiming) -> u64 {
        let mut beats = 0;
        loop {
            let upto = timing.beat_bytes - self.address % timing.beat_bytes;
            let step = upto.min(self.left);
            self.address += step;
            self.left -= step;
            beats += 1;
            if self.left == 0 || self.address.is_multiple_of(Axi::BOUNDARY) || beats == timing.burst_beats {
                break;
            }
        }
        if self.left == 0 {
            self.advance();
        }
        beats
    }

    /// Turns to the next run.
    fn advance(&mut self) {
        if let Some(runs) = &mut self.runs {
            runs.count -= 1;
            runs.start += runs.stride;
            self.address = runs.start;
            self.left = runs.bytes;
            if runs.count == 0 {
                self.runs = None;
            }
        }
    }
}

/// The burst that the port serves.
#[derive(Clone, Copy, Debug)]
struct Served {
    engine: usize,
    beats: u64,
    cycles: u64,
}

/// Both engines and the port that they share.
#[derive(Clone, Debug)]
pub(crate) struct BeatDma {
    timing: MemoryTiming,
    engines: [Engine; 2],
    port: Option<Served>,
}

impl BeatDma {
    pub(crate) fn new(timing: MemoryTiming) -> Self {
        BeatDma { timing, engines: Default::default(), port: None }
    }

    /// Gives an idle engine its command.
    pub(crate) fn start(&mut self, engine: usize, job: Job) {
        let e = &mut self.engines[engine];
        e.active = true;
        match job {
            Job::Nvm(cycles) => e.ending = Some(cycles + tail(engine)),
            Job::Bus(runs, lookup) => {
                e.lookup = lookup;
                e.address = runs.start;
                e.left = runs.bytes;
                e.runs = Some(runs);
            }
        }
    }

    /// One cycle.
    pub(crate) fn advance(&mut self, now: u64) -> Passed {
        let contended = self.contended().map(u64::from);
        Passed { now: now + 1, contended, ended: self.tick() }
    }

    /// The start of a cycle; whether each engine has ended its command.
    fn tick(&mut self) -> [bool; 2] {
        self.count_down();
        self.serve();
        let mut ended = [false; 2];
        for index in 0..2 {
            self.request(index);
            let e = &mut self.engines[index];
            if e.active && e.ending.is_none() && e.runs.is_none() && e.under_way == 0 {
                e.ending = Some(tail(index));
            }
            if e.active && e.ending == Some(0) {
                e.active = false;
                e.ending = None;
                ended[index] = true;
            }
        }
        ended
    }

    fn count_down(&mut self) {
        for e in &mut self.engines {
            e.ending = e.ending.map(|cycles| cycles - 1);
            for burst in &mut e.waiting {
                if burst.delay > 0 {
                    burst.delay -= 1;
                } else {
                    burst.age += 1;
                }
            }
            e.responses.iter_mut().for_each(|cycles| *cycles -= 1);
            let before = e.responses.len();
            e.responses.retain(|cycles| *cycles > 0);
            e.under_way -= (before - e.responses.len()) as u64;
        }
        if let Some(served) = &mut self.port {
            served.cycles += 1;
            if served.cycles == self.timing.beat_cycles {
                served.cycles = 0;
                served.beats -= 1;
            }
            if served.beats == 0 {
                let engine = served.engine;
                self.port = None;
                if engine == 0 {
                    self.engines[0].under_way -= 1;
                } else {
                    self.engines[1].responses.push(self.timing.write_latency);
                }
            }
        }
    }

    fn serve(&mut self) {
        if self.port.is_some() {
            return;
        }
        let age = |e: &Engine| e.waiting.first().filter(|b| b.delay == 0).map(|b| b.age);
        let engine = match (age(&self.engines[0]), age(&self.engines[1])) {
            (Some(load), Some(store)) => usize::from(store > load),
            (Some(_), None) => 0,
            (None, Some(_)) => 1,
            (None, None) => return,
        };
        let burst = self.engines[engine].waiting.remove(0);
        self.port = Some(Served { engine, beats: burst.beats, cycles: 0 });
    }

    fn request(&mut self, index: usize) {
        let timing = self.timing;
        let e = &mut self.engines[index];
        if e.lookup > 0 {
            e.lookup -= 1;
        } else if e.runs.is_some() && e.under_way < timing.outstanding {
            let delay = if index == 0 { timing.read_latency } else { latency::DMA_READ };
            let beats = e.cut(&timing);
            e.waiting.push(Waiting { delay, age: 0, beats });
            e.under_way += 1;
        }
    }

    /// Whether each engine has a burst ready that waits for the other's.
    fn contended(&self) -> [bool; 2] {
        [0, 1].map(|index| {
            let waits = self.engines[index].waiting.first().is_some_and(|b| b.delay == 0);
            waits && self.port.is_some_and(|served| served.engine != index)
        })
    }
}
