//! The read side of the master against a memory that answers late, with gaps, or wrongly.

use super::runs::{MASTERS, Runs};
use super::{Draw, Failure, Plan, Tally};
use crate::cosim::{Bench, Difference};
use crate::unit::{self, sizes};
use models::design::Axi;
use models::latency;
use std::collections::VecDeque;

/// Cycles after which a command counts as hanging.
const PATIENCE: u64 = 200_000;

/// What the memory does wrong, with the beat of this number.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wrong {
    Response(u64),
    Identifier(u64),
    EarlyLast(u64),
    LateLast(u64),
}

/// A beat that is offered.
#[derive(Clone, Copy)]
struct Beat {
    last: bool,
    response: u64,
    identifier: u64,
}

/// The memory: bursts that it has been asked for, and how it takes its time.
struct Memory {
    /// Beats left of each burst and the cycle from which it may answer.
    bursts: VecDeque<(u64, u64)>,
    latency: u64,
    served: u64,
    wrong: Option<Wrong>,
    /// Whether it has done so: a last beat that is due cannot come early.
    broke: bool,
}

impl Memory {
    /// The beat that it offers in this cycle.
    fn offer(&self, now: u64, stalls: bool) -> Option<Beat> {
        let &(left, from) = self.bursts.front()?;
        if now < from || stalls {
            return None;
        }
        let beat = Beat { last: left <= 1, response: 0, identifier: 0 };
        Some(match self.wrong {
            Some(Wrong::Response(at)) if at == self.served => Beat { response: 1 + at % 3, ..beat },
            Some(Wrong::Identifier(at)) if at == self.served => Beat { identifier: 1, ..beat },
            Some(Wrong::EarlyLast(at)) if at == self.served => Beat { last: true, ..beat },
            Some(Wrong::LateLast(at)) if at == self.served => Beat { last: false, ..beat },
            _ => beat,
        })
    }

    fn take(&mut self, beat: Beat) {
        self.served += 1;
        let due = self.bursts.front().is_some_and(|&(left, _)| left == 1);
        self.broke |= beat.response != 0 || beat.identifier != 0 || beat.last != due;
        if beat.last {
            self.bursts.pop_front();
        } else if let Some((left, _)) = self.bursts.front_mut() {
            *left = left.saturating_sub(1).max(1);
        }
    }
}

/// One command on its way.
struct Command {
    runs: Runs,
    /// Runs all bursts of which have been asked for.
    asked: usize,
    axi: Axi,
    /// Cycles that a beat takes into the buffers.
    pieces: u64,
    memory: Memory,
    /// Bytes that have not come yet.
    due: VecDeque<u64>,
    beats: u64,
    errors: u64,
    last_beat: u64,
    /// The address channel of the cycle before, where it was not taken.
    waiting: Option<[u64; 3]>,
}

/// A right memory's bytes come once and in order; a wrong answer is told and nothing hangs.
pub(super) fn axi_read(plan: &Plan) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    let masters = MASTERS.map(|axi| (axi, if axi.width_bits == 128 { 4 } else { 1 }));
    for master in plan.shapes(&masters, sizes::axi_read) {
        let (axi, pieces) = master;
        let (mut bench, mut draw) =
            (plan.bench(unit::axi_read(axi, pieces))?, plan.draw(axi.width_bits.into()));
        let (mut beats, count) = (0, plan.share(3));
        while beats < count {
            beats += Command::new(master, None, &mut draw).run(&mut bench, &mut draw)?;
        }
        for round in 0..count / 10 {
            let at = draw.below(4);
            let kinds = [Wrong::Response, Wrong::Identifier, Wrong::EarlyLast, Wrong::LateLast];
            let wrong = kinds[round as usize % kinds.len()](at);
            Command::new(master, Some(wrong), &mut draw).run(&mut bench, &mut draw)?;
            Command::new(master, None, &mut draw).run(&mut bench, &mut draw)?;
        }
        tally += plan.replay(bench)?;
    }
    Ok(tally)
}

impl Command {
    fn new((axi, pieces): (Axi, usize), wrong: Option<Wrong>, draw: &mut Draw) -> Command {
        let runs = Runs { indexed: draw.once_in(3), ..Runs::draw(draw, &[8, 64, 3000]) };
        let memory =
            Memory { bursts: VecDeque::new(), latency: draw.below(20), served: 0, wrong, broke: false };
        let due = runs.addresses().collect();
        let pieces = pieces as u64;
        Command { runs, asked: 0, axi, pieces, memory, due, beats: 0, errors: 0, last_beat: 0, waiting: None }
    }

    /// Gives the beats.
    fn run(mut self, bench: &mut Bench, draw: &mut Draw) -> Result<u64, Failure> {
        self.runs.set(bench);
        let eager = draw.once_in(2);
        let about = format!("{:?}, memory wrong: {:?}", self.runs, self.memory.wrong);
        for now in 0..PATIENCE {
            let [ready, silent] = [(); 2].map(|()| draw.stalls() && !eager);
            self.runs.set_next(bench, self.asked, draw);
            if self.cycle(bench, now, (!ready, silent)).map_err(|difference| difference.about(&about))? {
                return Ok(self.beats);
            }
        }
        bench.require(false, || format!("{about}: the command does not end"))?;
        Ok(self.beats)
    }

    /// Whether the command is done.
    fn cycle(
        &mut self,
        bench: &mut Bench,
        now: u64,
        (ready, silent): (bool, bool),
    ) -> Result<bool, Box<Difference>> {
        let offer = self.memory.offer(now, silent);
        bench.set("start", u64::from(now == 0));
        bench.set("axi_arready", ready.into());
        bench.set("axi_rvalid", u64::from(offer.is_some()));
        bench.set("axi_rlast", u64::from(offer.is_some_and(|beat| beat.last)));
        bench.set("axi_rresp", offer.map_or(0, |beat| beat.response));
        bench.set("axi_rid", offer.map_or(0, |beat| beat.identifier));
        // Other bits in every word of every cycle.
        let any = |word: u32| (now as u32 ^ word << 24).wrapping_mul(0x9e37_79b9);
        let data: Vec<u32> = (0..self.axi.width_bits / 32).map(any).collect();
        bench.set_words("axi_rdata", &data);
        bench.expect_words("beat_data", &data);
        let asks = ["axi_arvalid", "axi_araddr", "axi_arlen"].map(|port| bench.peek(port));
        let waits = self.waiting.is_none_or(|before| before == asks);
        bench.require(waits, || "an address that waits has changed".to_owned())?;
        let new = asks[0] == 1 && self.waiting.is_none();
        bench.require(!new || self.errors == 0, || "a burst is asked for after an error".to_owned())?;
        bench.require(!new || self.allowed(asks[1], asks[2] + 1), || {
            format!("{} beats from {:#x} are no burst of AXI4, or too long", asks[2] + 1, asks[1])
        })?;
        self.waiting = (asks[0] == 1 && !ready).then_some(asks);
        let run_ends = asks[0] == 1 && ready && self.ends_run(asks[1], asks[2] + 1);
        bench.expect("run_taken", run_ends.into());
        let room = self.memory.bursts.len() <= self.axi.outstanding as usize;
        bench.require(room, || "more bursts are under way than may be".to_owned())?;
        let all_came = self.due.is_empty();
        // The next beat is taken as soon as the pieces of the last are in.
        let free = self.beats == 0 || now >= self.last_beat + self.pieces;
        let takes = free && !self.memory.bursts.is_empty();
        bench.expect("axi_rready", takes.into());
        let taken = offer.filter(|_| takes);
        bench.expect("bus_moves", u64::from(taken.is_some() || (asks[0] == 1 && ready)));
        if self.memory.wrong.is_none() && bench.peek("beat") == 1 {
            self.bytes(bench)?;
        }
        self.errors += bench.peek("error");
        let done = match self.memory.wrong {
            None => all_came && now == self.last_beat + self.pieces - 1 + latency::DMA_WRITE,
            Some(_) => bench.peek("done") == 1,
        };
        bench.expect("done", u64::from(done));
        bench.step()?;
        self.asked += usize::from(run_ends);
        if asks[0] == 1 && ready {
            self.memory.bursts.push_back((asks[2] + 1, now + 1 + self.memory.latency));
        }
        if let Some(beat) = taken {
            self.memory.take(beat);
            self.beats += 1;
            self.last_beat = now;
        }
        if done {
            self.end(bench)?;
        }
        Ok(done)
    }

    /// Whether so many beats from an address on lie in 4 KiB and are no more than a burst may have.
    fn allowed(&self, address: u64, beats: u64) -> bool {
        let beat = self.axi.beat_bytes();
        let room = (Axi::BOUNDARY - address % Axi::BOUNDARY).div_ceil(beat);
        beats <= room.min(self.axi.burst_beats.into())
    }

    /// Whether so many beats from an address on reach the end of the run.
    fn ends_run(&self, address: u64, beats: u64) -> bool {
        let beat = self.axi.beat_bytes();
        self.runs.each().get(self.asked).is_some_and(|run| (address / beat + beats) * beat >= run[1])
    }

    /// The bytes of a beat are the next.
    fn bytes(&mut self, bench: &mut Bench) -> Result<(), Box<Difference>> {
        let (from, to) = (bench.peek("beat_first"), bench.peek("beat_end"));
        let base = self.due.front().map_or(0, |first| first.wrapping_sub(from));
        let whole = base.is_multiple_of(self.axi.beat_bytes()) && to <= self.axi.beat_bytes();
        bench.require(whole, || format!("bytes {from} to {to} of a beat do not lie in it"))?;
        for byte in from..to {
            let next = self.due.pop_front();
            let right = next == Some(base + byte);
            bench.require(right, || format!("byte {} comes where {next:?} is due", base + byte))?;
        }
        Ok(())
    }

    /// Errors have been told where there were any, and nothing is left that was asked for.
    fn end(&self, bench: &mut Bench) -> Result<(), Box<Difference>> {
        let (errors, broke) = (self.errors, self.memory.broke);
        bench
            .require((errors > 0) == broke, || format!("{errors} errors told; the memory broke: {broke}"))?;
        bench.require(self.memory.bursts.is_empty(), || "a burst is left unanswered".to_owned())
    }
}
