//! The special function unit on random sequences of its commands: every port of every cycle, values against `kernels`.

use super::job::{Job, Jobs, Lies};
use super::walk::{MANY, Place, schedule};
use super::{Failure, Plan, Tally, packed};
use crate::cosim::Bench;
use crate::unit;
use kernels::adaptivfloat::{Format, Tensor};
use models::latency;
use models::program::COMMAND_BYTES;

const NAMES: [&str; 3] = ["softmax", "layernorm", "entropy"];

/// The unit under test, and what its entropy and decision hold.
struct Unit {
    bench: Bench,
    jobs: Jobs,
    held: (u32, bool),
}

/// Commands of all kinds in any order.
pub(super) fn sfu(plan: &Plan) -> Result<Tally, Failure> {
    // The narrowest is that whose gates Yosys makes.
    let narrow = Format::new(3, 1).unwrap_or(Format::AF4_3);
    let shapes =
        [(narrow, 2), (Format::AF8_4, 4), (Format::AF8_3, 2), (Format::AF4_3, 2), (Format::AF8_4, 16)];
    let mut tally = Tally::default();
    for (format, n) in plan.shapes(&shapes, |d| (d.format, d.pu.n)) {
        let mut unit = Unit::new(plan, format, n)?;
        unit.sequence(plan.share(2))?;
        // Many tiles and blocks of many lanes take long, and the counters are the same.
        if n <= 4 {
            unit.large()?;
        }
        let plan = Plan { netlist: plan.netlist && format.width() <= 3, ..plan.clone() };
        tally += plan.replay(unit.bench)?;
    }
    Ok(tally)
}

/// Places of blocks that follow each other, or begin again.
pub(super) fn region(plan: &Plan) -> Result<Tally, Failure> {
    let (place_bits, stride_bits) = unit::sizes::region();
    let (mut bench, mut draw) = (plan.bench(unit::region(place_bits, stride_bits))?, plan.draw(1));
    let mut cycles = 0;
    // Once all blocks: each bit of a block's number alone makes it another than block zero.
    let all = 1 << unit::BLOCK_BITS;
    while cycles < plan.vectors + all {
        let blocks = if cycles < plan.vectors { 1 + draw.below(40) } else { all };
        let [base, stride] = [place_bits, stride_bits].map(|width| draw.bits(width));
        bench.set("base", base);
        bench.set("stride", stride);
        for block in 0..blocks {
            for _ in 0..1 + draw.below(4) {
                let tile = draw.bits(unit::TILE_BITS);
                bench.set("block", block);
                bench.set("tile", tile);
                bench.expect("place", (base + block * stride + tile) & ((1 << place_bits) - 1));
                bench.step().map_err(|found| found.about(format!("block {block}")))?;
                cycles += 1;
            }
        }
    }
    plan.replay(bench)
}

impl Unit {
    fn new(plan: &Plan, format: Format, n: u32) -> Result<Unit, Failure> {
        let stream = u64::from(n) << 16 | u64::from(format.width()) << 8 | u64::from(format.exponent());
        let jobs = Jobs { format, n, draw: plan.draw(stream) };
        Ok(Unit { bench: plan.bench(unit::sfu(format, n))?, jobs, held: (0, false) })
    }

    /// Commands of every kind that make each bit of a tile's and a block's number change.
    fn large(&mut self) -> Result<(), Failure> {
        for name in NAMES {
            for shape in [[1, MANY], [MANY * u64::from(self.jobs.n), 1]] {
                let job = self.jobs.sized(name, shape)?;
                self.run(&job, &format!("{}, n = {}, {name}, {shape:?}", self.jobs.format, self.jobs.n))?;
                self.idle()?;
            }
        }
        Ok(())
    }

    /// Commands until `count` vectors are read: each kind first after each other, then any.
    fn sequence(&mut self, count: u64) -> Result<(), Failure> {
        let (mut read, mut commands) = (0, 0);
        while read < count {
            let any = self.jobs.draw.below(3) as usize;
            let name = NAMES[if commands < 10 { commands * 4 / 3 % 3 } else { any }];
            let job = self.jobs.job(name)?;
            let about =
                format!("{}, n = {}, {name} {commands}, {:?}", self.jobs.format, self.jobs.n, job.shape);
            self.run(&job, &about)?;
            self.idle()?;
            read += job.shape.0 * job.shape.1 * u64::from(job.walk.passes);
            commands += 1;
        }
        Ok(())
    }

    /// Runs a command, with a threshold near its entropy.
    fn run(&mut self, job: &Job, about: &str) -> Result<(), Failure> {
        let cycles = schedule(job.walk, job.shape.0, job.shape.1);
        let near = self.jobs.draw.below(3) as i32 - 1;
        let threshold = job.entropy.map_or(0, |entropy| entropy.saturating_add_signed(near));
        self.bench.set_words("command", &job.word);
        self.bench.set("threshold", threshold.into());
        for cycle in 0..cycles.len() {
            let before = |back: u64| cycle.checked_sub(back as usize).and_then(|at| cycles[at]);
            let last = |place: &Place| place.pass + 1 == u64::from(job.walk.passes);
            let written = before(job.depth).filter(last).filter(|_| job.writes.is_some());
            self.bench.set("start", u64::from(cycle == 0));
            self.put(job, before(latency::DECODE));
            self.reads(job, before(0));
            self.place("write", written.zip(job.writes.as_ref().map(|(lies, _)| *lies)));
            if let (Some(place), Some((_, codes))) = (written, &job.writes) {
                self.bench.expect_words("write_codes", &self.vector(codes, place));
            }
            let left = cycles.len() - cycle;
            self.bench.expect("done", u64::from(left == 1));
            if let (1 | 2, Some(entropy)) = (left, job.entropy) {
                self.held = (entropy, if left == 1 { entropy < threshold } else { self.held.1 });
            }
            self.hold();
            self.bench.step().map_err(|found| found.about(about))?;
        }
        Ok(())
    }

    /// The reads of a cycle, of vectors and parameters, and the events that belong to them.
    fn reads(&mut self, job: &Job, read: Option<Place>) {
        for (name, operand) in [("read_a", job.reads.first()), ("read_b", job.reads.get(1))] {
            self.place(name, read.zip(operand.map(|(lies, _)| *lies)));
        }
        let parameter = read.and_then(&job.parameter);
        self.bench.expect("parameter_read", parameter.is_some().into());
        if let Some((address, _)) = parameter {
            self.bench.expect("parameter_address", address);
            self.bench.expect("parameter_kind", u64::from(job.name == "layernorm"));
        }
        for name in NAMES {
            let enters = name == job.name && read.is_some();
            self.bench.expect(&format!("{name}_vectors"), enters.into());
        }
    }

    /// What the buffers give for a read that was [`latency::DECODE`] cycles ago.
    fn put(&mut self, job: &Job, read: Option<Place>) {
        let (n, width) = (self.jobs.n as usize, self.jobs.format.width());
        for (at, port) in ["a", "b"].into_iter().enumerate() {
            let any = self.jobs.draw.codes(n, width);
            let vector = read.zip(job.reads.get(at)).map(|(place, (_, codes))| self.vector(codes, place));
            self.bench.set_words(port, &vector.unwrap_or_else(|| packed(&any, width.into())));
        }
        if let Some((_, contents)) = read.and_then(&job.parameter) {
            // Above the weights of a span lies anything.
            let mut word = self.jobs.draw.codes(4 * n, 8);
            word[..contents.len()].copy_from_slice(&contents);
            self.bench.set_words("parameters", &packed(&word, 8));
        }
    }

    fn vector(&self, codes: &Tensor, place: Place) -> Vec<u32> {
        let n = self.jobs.n as usize;
        let row = codes.row((place.block as usize) * n + place.row as usize);
        packed(&row[place.tile as usize * n..][..n], self.jobs.format.width().into())
    }

    fn place(&mut self, name: &str, place: Option<(Place, Lies)>) {
        self.bench.expect(name, place.is_some().into());
        let Some((place, lies)) = place else { return };
        let tile = lies.base + place.block * lies.stride + place.tile;
        for (part, value) in [("buffer", lies.buffer), ("tile", tile), ("row", place.row)] {
            self.bench.expect(&format!("{name}_{part}"), value);
        }
    }

    /// The last entropy and decision, whatever happens.
    fn hold(&mut self) {
        self.bench.expect("exit_entropy", self.held.0.into());
        self.bench.expect("below", self.held.1.into());
    }

    /// Cycles between commands, whatever the word says.
    fn idle(&mut self) -> Result<(), Failure> {
        let most = self.jobs.draw.one(&[1, 4]);
        for _ in 0..self.jobs.draw.below(most) {
            let word: Vec<u32> = (0..COMMAND_BYTES / 4).map(|_| self.jobs.draw.word()).collect();
            self.bench.set_words("command", &word);
            self.bench.set("threshold", self.jobs.draw.word().into());
            self.bench.set("start", 0);
            for port in ["read_a", "read_b", "write", "parameter_read", "done"] {
                self.bench.expect(port, 0);
            }
            self.hold();
            self.bench.step().map_err(|found| found.about("idle"))?;
        }
        Ok(())
    }
}
