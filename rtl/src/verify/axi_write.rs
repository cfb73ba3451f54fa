//! The write side of the master against a memory that takes its time, and one that answers wrongly.

use super::runs::{MASTERS, Runs};
use super::written::Memory;
use super::{Draw, Failure, Plan, Tally};
use crate::cosim::{Bench, Difference};
use crate::unit;
use models::design::Axi;
use models::latency;

/// Cycles after which a command counts as hanging.
const PATIENCE: u64 = 200_000;

/// One command on its way.
struct Command {
    runs: Runs,
    axi: Axi,
    memory: Memory,
    /// The answer that is an error.
    wrong: Option<u64>,
    latency: u64,
    answered: u64,
    errors: u64,
    /// The address channel and the beat of the cycle before, where they were not taken.
    address: Option<[u64; 3]>,
    beat: Option<[u64; 3]>,
}

/// What the memory and the source of beats do in a cycle.
struct Sides {
    ready: bool,
    takes: bool,
    gives: bool,
    answers: bool,
    data: u64,
}

/// Every byte goes once and in order; a wrong answer is told and nothing hangs.
pub(super) fn axi_write(plan: &Plan) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    for axi in plan.shapes(&MASTERS, |design| design.axi) {
        let (mut bench, mut draw) = (plan.bench(unit::axi_write(axi))?, plan.draw(axi.width_bits.into()));
        let (mut beats, count) = (0, plan.share(3));
        while beats < count {
            beats += Command::new(axi, None, &mut draw).run(&mut bench, &mut draw)?;
        }
        for _ in 0..count / 10 {
            let wrong = draw.below(3);
            Command::new(axi, Some(wrong), &mut draw).run(&mut bench, &mut draw)?;
            Command::new(axi, None, &mut draw).run(&mut bench, &mut draw)?;
        }
        tally += plan.replay(bench)?;
    }
    Ok(tally)
}

impl Command {
    fn new(axi: Axi, wrong: Option<u64>, draw: &mut Draw) -> Command {
        let (runs, latency) = (Runs::draw(draw, &[8, 64, 3000]), draw.below(20));
        let memory = Memory::default();
        Command { runs, axi, memory, wrong, latency, answered: 0, errors: 0, address: None, beat: None }
    }

    /// Gives the beats.
    fn run(mut self, bench: &mut Bench, draw: &mut Draw) -> Result<u64, Failure> {
        self.runs.set(bench);
        let eager = draw.once_in(2);
        let about = format!("{:?}, answer that is an error: {:?}", self.runs, self.wrong);
        for now in 0..PATIENCE {
            let [ready, takes, gives, answers] = [(); 4].map(|()| eager || !draw.stalls());
            let data = draw.bits(self.axi.width_bits.min(64) as usize);
            let sides = Sides { ready, takes, gives, answers, data };
            let done = self.cycle(bench, now, sides).map_err(|difference| difference.about(&about))?;
            if done {
                return Ok(self.memory.beats.len() as u64);
            }
        }
        bench.require(false, || format!("{about}: the command does not end"))?;
        Ok(0)
    }

    /// Whether the command is done.
    fn cycle(&mut self, bench: &mut Bench, now: u64, sides: Sides) -> Result<bool, Box<Difference>> {
        let Sides { ready, takes, .. } = sides;
        let answers = sides.answers && self.memory.answers.front().is_some_and(|from| now >= *from);
        let gives = self.drive(bench, now, sides, answers);
        let asks = ["axi_awaddr", "axi_awlen", "axi_awvalid"].map(|port| bench.peek(port));
        let sends = ["axi_wdata", "axi_wlast", "axi_wvalid"].map(|port| bench.peek(port));
        let strobe =
            bench.peek_words("axi_wstrb").iter().rev().fold(0, |all, word| all << 32 | u128::from(*word));
        let stay = self.address.is_none_or(|before| before == asks);
        bench.require(stay, || "an address that waits has changed".to_owned())?;
        let failed = self.wrong.is_some_and(|at| self.answered > at);
        let may_ask = !failed || self.address.is_some() || asks[2] == 0;
        bench.require(may_ask, || "a burst is asked for after an error".to_owned())?;
        let stay = self.beat.is_none_or(|before| before == sends);
        bench.require(stay, || "a beat that waits has changed".to_owned())?;
        self.address = (asks[2] == 1 && !ready).then_some(asks);
        self.beat = (sends[2] == 1 && !takes).then_some(sends);
        // Beats go from two cycles after their burst's request on, and not before.
        let open = self.memory.bursts.get(self.memory.complete);
        let may = open.is_some_and(|(_, _, at)| now >= at + latency::DMA_READ);
        bench.expect("axi_wvalid", u64::from(may && gives));
        let under_way = self.memory.bursts.len() as u64 - self.answered;
        let room = under_way <= u64::from(self.axi.outstanding);
        bench.require(room, || "more bursts are under way than may be".to_owned())?;
        self.errors += bench.peek("error");
        let all_came = self.runs.count * self.runs.bytes == self.memory.bytes && self.memory.whole();
        let done = match self.wrong {
            None => answers && under_way == 1 && all_came,
            Some(_) => bench.peek("done") == 1,
        };
        bench.expect("done", u64::from(done));
        let takes_answer = answers && bench.peek("axi_bready") == 1;
        bench.step()?;
        if asks[2] == 1 && ready {
            self.memory.bursts.push((asks[0], asks[1] + 1, now));
        }
        if sends[2] == 1 && takes && self.memory.take(strobe, sends[1] == 1, vec![]) {
            self.memory.answers.push_back(now + 1 + self.latency);
        }
        if takes_answer {
            self.memory.answers.pop_front();
            self.answered += 1;
        }
        if done {
            self.end(bench)?;
        }
        Ok(done)
    }

    /// Sets the inputs; whether a beat is offered. A beat that has been offered stays.
    fn drive(&self, bench: &mut Bench, now: u64, sides: Sides, answers: bool) -> bool {
        let Sides { ready, takes, gives, data, .. } = sides;
        let (gives, data) = self.beat.map_or((gives, data), |[data, ..]| (true, data));
        // Either a response other than OKAY, or another identifier.
        let error = answers && self.wrong == Some(self.answered);
        let foreign = self.answered % 2 == 1;
        for (name, value) in [
            ("start", u64::from(now == 0)),
            ("axi_awready", ready.into()),
            ("axi_wready", takes.into()),
            ("beat_valid", gives.into()),
            ("axi_bvalid", answers.into()),
            ("axi_bresp", if error && !foreign { 1 + self.answered / 2 % 3 } else { 0 }),
            ("axi_bid", u64::from(error && foreign)),
        ] {
            bench.set(name, value);
        }
        let data = [data as u32, (data >> 32) as u32].repeat(self.axi.width_bits as usize / 32);
        bench.set_words("beat_data", &data);
        bench.expect_words("axi_wdata", &data);
        gives
    }

    /// What was written is what was asked for, or the beginning of it after an error that was told.
    fn end(&mut self, bench: &mut Bench) -> Result<(), Box<Difference>> {
        // The error of the last answer is told in the cycle after.
        bench.set("axi_bvalid", 0);
        bench.set("axi_awready", 0);
        self.errors += bench.peek("error");
        bench.step()?;
        let expected = self.wrong.is_some_and(|at| self.answered > at);
        let errors = self.errors;
        bench.require((errors > 0) == expected, || format!("{errors} errors told; expected: {expected}"))?;
        let (written, told) = self.memory.written(self.axi.beat_bytes());
        bench.require(told, || "the last beat of a burst is not told".to_owned())?;
        let written: Vec<u64> = written.into_iter().map(|(address, _)| address).collect();
        let all: Vec<u64> = self.runs.addresses().collect();
        let right = all.starts_with(&written) && (expected || written == all);
        bench.require(right, || format!("{} bytes are written, in their order or not", written.len()))
    }
}
