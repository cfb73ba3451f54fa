//! The store engine between a buffer and a memory behind the bus: every byte of every run, and the cycle of every read and beat.

use super::packing::{Job, Packer};
use super::small::{SMALL, Small, designs, quick};
use super::written::Memory;
use super::{Draw, Failure, Plan, Tally, packed};
use crate::cosim::{Bench, Difference};
use crate::unit;
use kernels::adaptivfloat::Format;
use models::design::{Design, Sparsity};
use models::latency;
use std::collections::VecDeque;

/// A vector of several beats, the smallest.
const SPLIT: Small = (8, 1, 32, Format::AF8_4, Sparsity::Gate);
/// Cycles after which a command counts as hanging.
const PATIENCE: u64 = 200_000;
/// Vectors that are read ahead; cycles within which what is left of them is dropped after an error.
const AHEAD: usize = 2 * latency::DECODE as usize;
const DROPPED: usize = AHEAD + 4;

/// Random stores of a random buffer; some of them end with an error of the bus.
pub(super) fn store(plan: &Plan) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    for design in designs(plan, &[&SMALL[..], &[SPLIT]].concat())? {
        let (mut bench, mut draw) = (plan.bench(unit::store(&design))?, plan.draw(design.pu.n.into()));
        let (n, vectors) = (design.pu.n as usize, design.buffer_vectors());
        let masks: Vec<u64> = (0..vectors).map(|_| draw.mask(n)).collect();
        let codes: Vec<Vec<u8>> = (0..vectors).map(|_| draw.codes(n, design.format.width())).collect();
        let (mut way, mut beats) = (VecDeque::from(vec![None; latency::DECODE as usize]), 0);
        while beats < plan.share(5) {
            let wrong = draw.once_in(8).then(|| draw.below(2));
            let mut command = Command::new(&design, (&masks[..], &codes[..]), wrong, &mut draw);
            beats += command.run(&mut bench, &mut draw, &mut way)?;
        }
        tally += quick(plan, &design).replay(bench)?;
    }
    Ok(tally)
}

/// A read on its way through the decoder.
type Way = VecDeque<Option<usize>>;

/// One command on its way.
struct Command<'a> {
    design: &'a Design,
    masks: &'a [u64],
    codes: &'a [Vec<u8>],
    job: Job,
    /// Vectors that are to be read, and how many have been and have not left.
    reads: VecDeque<usize>,
    ahead: usize,
    packer: Packer,
    memory: Memory,
    /// The answer that is an error.
    wrong: Option<u64>,
    answered: u64,
    errors: u64,
    latency: u64,
}

impl<'a> Command<'a> {
    fn new(
        design: &'a Design,
        (masks, codes): (&'a [u64], &'a [Vec<u8>]),
        wrong: Option<u64>,
        draw: &mut Draw,
    ) -> Command<'a> {
        let job = Job::draw(design, draw);
        let (reads, mut packer) = (job.vectors.iter().copied().collect(), Packer::new(design));
        packer.start(job.runs);
        let (memory, latency) = (Memory::default(), draw.below(20));
        let (ahead, answered, errors) = (0, 0, 0);
        Command { design, masks, codes, job, reads, ahead, packer, memory, wrong, answered, errors, latency }
    }

    /// Runs it, then some cycles without a command; its beats.
    fn run(&mut self, bench: &mut Bench, draw: &mut Draw, way: &mut Way) -> Result<u64, Failure> {
        let about = format!(
            "n = {}, {:?}, answer that is an error: {:?}",
            self.design.pu.n, self.job.runs, self.wrong
        );
        bench.set_words("command", &self.job.word);
        bench.set("layer_base", self.job.bases[0]);
        bench.set("ramp_base", self.job.bases[1]);
        let (eager, mut now, mut done) = (draw.once_in(2), 0, false);
        while !done && now < PATIENCE {
            let cycle = self.cycle(bench, draw, way, (now, eager));
            done = cycle.map_err(|difference| difference.about(&about))?;
            now += 1;
        }
        bench.require(done, || format!("{about}: the command does not end"))?;
        self.behind(bench, draw, way)
            .map_err(|difference| difference.about(format!("{about}, behind it")))?;
        self.end(bench).map_err(|difference| difference.about(&about))?;
        Ok(self.memory.beats.len() as u64)
    }

    /// Cycles without a command; the error of the last answer is told in the first.
    fn behind(&mut self, bench: &mut Bench, draw: &mut Draw, way: &mut Way) -> Result<(), Box<Difference>> {
        for name in ["start", "axi_bvalid", "axi_awready", "axi_wready"] {
            bench.set(name, 0);
        }
        let gap = if self.wrong.is_some() { DROPPED } else { 1 + draw.below(4) as usize };
        for cycle in 0..gap {
            self.errors += if cycle == 0 { bench.peek("error") } else { 0 };
            self.decoder(bench, draw, way, None);
            bench.expect("axi_awvalid", 0);
            bench.expect("axi_wvalid", 0);
            bench.expect("bus_waits", 0);
            bench.step()?;
        }
        Ok(())
    }

    /// The decoder and the buffer in a cycle in which a vector is read, or none; the vector that comes.
    fn decoder(
        &self,
        bench: &mut Bench,
        draw: &mut Draw,
        way: &mut Way,
        read: Option<usize>,
    ) -> Option<Vec<u8>> {
        let (n, width) = (self.design.pu.n as usize, self.design.format.width());
        bench.expect("fetch", read.is_some().into());
        if let Some(vector) = read {
            bench.expect("out_tile", (vector / n) as u64);
        }
        let masked = way[0];
        let any: Vec<i64> = (0..n).map(|_| draw.mask(n).cast_signed()).collect();
        let masks = masked.map_or(any, |vector| {
            self.masks[vector / n * n..][..n].iter().map(|mask| mask.cast_signed()).collect()
        });
        bench.set_words("masks", &packed(&masks, n));
        let gated = self.design.pu.sparsity != Sparsity::Dense;
        let banks = |vector: usize| if gated { self.masks[vector] } else { u64::MAX >> (64 - n) };
        let enable = masked.map_or(0, banks);
        bench.expect("enable", enable);
        bench.expect("codes_read", enable.count_ones().into());
        bench.expect("vectors", masked.is_some().into());
        if let Some(vector) = masked {
            bench.expect("address", vector as u64);
        }
        let any = draw.codes(n, width);
        let codes = way[1].map_or(&any, |vector| &self.codes[vector]);
        bench.set_words("codes", &packed(codes, width.into()));
        way.push_front(read);
        way.pop_back().flatten().map(|vector| self.filled(vector))
    }

    /// A vector of the buffer: zero where its mask has no one.
    fn filled(&self, vector: usize) -> Vec<u8> {
        let (codes, mask) = (&self.codes[vector], self.masks[vector]);
        codes.iter().enumerate().map(|(lane, code)| code * (mask >> lane & 1) as u8).collect()
    }

    /// Whether the command is done.
    fn cycle(
        &mut self,
        bench: &mut Bench,
        draw: &mut Draw,
        way: &mut Way,
        (now, eager): (u64, bool),
    ) -> Result<bool, Box<Difference>> {
        let [ready, takes, willing] = [(); 3].map(|()| eager || !draw.stalls());
        let answers = willing && self.memory.answers.front().is_some_and(|from| now >= *from);
        let error = answers && self.wrong == Some(self.answered);
        let foreign = self.answered % 2 == 1;
        for (name, value) in [
            ("start", u64::from(now == 0)),
            ("axi_awready", ready.into()),
            ("axi_wready", takes.into()),
            ("axi_bvalid", answers.into()),
            ("axi_bresp", if error && !foreign { 2 } else { 0 }),
            ("axi_bid", u64::from(error && foreign)),
        ] {
            bench.set(name, value);
        }
        let read = if self.ahead < AHEAD { self.reads.pop_front() } else { None };
        self.ahead += usize::from(read.is_some());
        if let Some(vector) = self.decoder(bench, draw, way, read) {
            self.packer.arrive(vector);
        }
        let open = self.memory.bursts.get(self.memory.complete);
        let may = open.is_some_and(|(_, _, at)| now >= at + latency::DMA_READ);
        let valid = may && self.packer.offer().is_some();
        bench.expect("axi_wvalid", valid.into());
        bench.expect("beat_sent", u64::from(valid && takes));
        self.ahead -= usize::from(self.packer.step(valid && takes));
        self.errors += bench.peek("error");
        let under_way = self.memory.bursts.len() as u64 - self.answered;
        let all_came = self.job.runs.count * self.job.runs.bytes == self.memory.bytes && self.memory.whole();
        let done = match self.wrong {
            None => answers && under_way == 1 && all_came,
            Some(_) => bench.peek("done") == 1,
        };
        bench.expect("done", done.into());
        let asks = bench.peek("axi_awvalid") == 1 && ready;
        if self.wrong.is_none() {
            bench.expect("bus_waits", u64::from(now > 0));
        }
        bench.expect("bus_moves", u64::from(asks || valid && takes || answers));
        self.channels(bench, now, (asks, valid && takes, answers));
        bench.step()?;
        Ok(done)
    }

    /// What the memory takes and answers in a cycle.
    fn channels(&mut self, bench: &mut Bench, now: u64, (asks, sends, answers): (bool, bool, bool)) {
        if sends {
            let [strobe, data] = ["axi_wstrb", "axi_wdata"].map(|port| bench.peek_words(port));
            let strobe = strobe.iter().rev().fold(0, |all, word| all << 32 | u128::from(*word));
            let data = data.iter().flat_map(|word| word.to_le_bytes()).collect();
            if self.memory.take(strobe, bench.peek("axi_wlast") == 1, data) {
                self.memory.answers.push_back(now + 1 + self.latency);
            }
        }
        if asks {
            let [address, length] = ["axi_awaddr", "axi_awlen"].map(|port| bench.peek(port));
            self.memory.bursts.push((address, length + 1, now));
        }
        if answers {
            self.memory.answers.pop_front();
            self.answered += 1;
        }
    }

    /// What was written is the region, or its beginning after an error that was told.
    fn end(&self, bench: &mut Bench) -> Result<(), Box<Difference>> {
        let expected = self.wrong.is_some_and(|at| self.answered > at);
        let errors = self.errors;
        bench.require((errors > 0) == expected, || format!("{errors} errors told; expected: {expected}"))?;
        let (written, told) = self.memory.written(self.design.axi.beat_bytes());
        bench.require(told, || "the last beat of a burst is not told".to_owned())?;
        let bytes = self.job.vectors.iter().flat_map(|vector| self.filled(*vector));
        let all: Vec<(u64, u8)> = self.job.runs.addresses().zip(bytes).collect();
        let right = all.starts_with(&written) && (expected || written == all);
        bench.require(right, || format!("{} bytes are written, but not those of the region", written.len()))
    }
}
