//! The special function unit on random sequences of its commands: every port of every cycle, values against `kernels`.

mod common;

use common::job::{Job, Jobs, Lies};
use common::sfu::{Place, schedule};
use common::{emitted, netlist_agrees, rng, vectors, words};
use kernels::adaptivfloat::{Format, Tensor};
use models::latency;
use rand_chacha::rand_core::Rng;
use rtl::cosim::{Bench, Difference, lint};
use rtl::unit::{region, sfu};

const NAMES: [&str; 4] = ["softmax", "layernorm", "add", "entropy"];

/// The unit under test, and what its entropy and decision hold.
struct Unit {
    bench: Bench,
    jobs: Jobs,
    held: (u32, bool),
}

impl Unit {
    fn new(format: Format, n: u32, seed: u64) -> Unit {
        let bench = Bench::new(&emitted(sfu(format, n)), seed as u32, 120).expect("Verilator builds it");
        Unit { bench, jobs: Jobs { format, n, rng: rng(seed) }, held: (0, false) }
    }

    fn draw(&mut self, bound: u64) -> u64 {
        self.jobs.below(bound)
    }

    /// Runs a command, with a threshold near its entropy.
    fn run(&mut self, job: &Job) -> Result<(), Box<Difference>> {
        let cycles = schedule(job.walk, job.shape.0, job.shape.1);
        let threshold =
            job.entropy.map_or(0, |entropy| entropy.saturating_add_signed(self.draw(3) as i32 - 1));
        self.bench.set_words("command", &job.word);
        self.bench.set("threshold", threshold.into());
        for cycle in 0..cycles.len() {
            let before = |back: u64| cycle.checked_sub(back as usize).and_then(|at| cycles[at]);
            let (now, here) = (before(0), before(latency::DECODE));
            let last = |place: &Place| place.pass + 1 == u64::from(job.walk.passes);
            let written = before(job.depth).filter(last).filter(|_| job.writes.is_some());
            self.bench.set("start", u64::from(cycle == 0));
            self.put(job, here);
            for (name, operand) in [("read_a", job.reads.first()), ("read_b", job.reads.get(1))] {
                self.place(name, now.zip(operand.map(|(lies, _)| *lies)));
            }
            self.place("write", written.zip(job.writes.as_ref().map(|(lies, _)| *lies)));
            if let (Some(place), Some((_, codes))) = (written, &job.writes) {
                self.bench.expect_words("write_codes", &self.vector(codes, place));
            }
            self.beside(job, now);
            let left = cycles.len() - cycle;
            self.bench.expect("done", u64::from(left == 1));
            if let (1 | 2, Some(entropy)) = (left, job.entropy) {
                self.held = (entropy, if left == 1 { entropy < threshold } else { self.held.1 });
            }
            self.bench.expect("exit_entropy", self.held.0.into());
            self.bench.expect("below", self.held.1.into());
            self.bench.step()?;
        }
        Ok(())
    }

    /// The read of parameters and the events that belong to a read.
    fn beside(&mut self, job: &Job, read: Option<Place>) {
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
        for (at, port) in ["a", "b"].into_iter().enumerate() {
            let any: Vec<u8> = (0..self.jobs.n)
                .map(|_| self.jobs.rng.next_u32() as u8 & self.jobs.format.code_mask())
                .collect();
            let vector = read.zip(job.reads.get(at)).map(|(place, (_, codes))| self.vector(codes, place));
            self.bench.set_words(port, &vector.unwrap_or_else(|| words(&any, self.jobs.format.width())));
        }
        if let Some((_, contents)) = read.and_then(&job.parameter) {
            // Above the weights of a span lies anything.
            let mut word: Vec<u8> = (0..4 * self.jobs.n).map(|_| self.jobs.rng.next_u32() as u8).collect();
            word[..contents.len()].copy_from_slice(&contents);
            self.bench.set_words("parameters", &words(&word, 8));
        }
    }

    fn vector(&self, codes: &Tensor, place: Place) -> Vec<u32> {
        let n = self.jobs.n as usize;
        let row = codes.row((place.block as usize) * n + place.row as usize);
        words(&row[place.tile as usize * n..][..n], self.jobs.format.width())
    }

    fn place(&mut self, name: &str, place: Option<(Place, Lies)>) {
        self.bench.expect(name, place.is_some().into());
        let Some((place, lies)) = place else { return };
        let tile = lies.base + place.block * lies.stride + place.tile;
        for (part, value) in [("buffer", lies.buffer), ("tile", tile), ("row", place.row)] {
            self.bench.expect(&format!("{name}_{part}"), value);
        }
    }

    /// Cycles between commands, whatever the word says.
    fn idle(&mut self, cycles: u64) {
        for _ in 0..cycles {
            let word: Vec<u32> = (0..8).map(|_| self.jobs.rng.next_u32()).collect();
            self.bench.set_words("command", &word);
            self.bench.set("threshold", self.jobs.rng.next_u32().into());
            self.bench.set("start", 0);
            for port in ["read_a", "read_b", "write", "parameter_read", "done"] {
                self.bench.expect(port, 0);
            }
            self.bench.expect("exit_entropy", self.held.0.into());
            self.bench.expect("below", self.held.1.into());
            self.bench.step().unwrap_or_else(|found| panic!("idle: {found}"));
        }
    }
}

/// Commands in any order until `count` vectors are read.
fn sequence(format: Format, n: u32, count: u64, seed: u64) -> Bench {
    let mut unit = Unit::new(format, n, seed);
    let (mut read, mut commands) = (0, 0);
    while read < count {
        // Each command first after each other, then any.
        let name = NAMES[if commands < 17 { commands * 5 / 4 % 4 } else { unit.draw(4) as usize }];
        let job = unit.jobs.job(name);
        unit.run(&job).unwrap_or_else(|found| {
            panic!("seed {seed}, {format}, n = {n}, {name} {commands}, {:?}: {found}", job.shape)
        });
        let gap = unit.draw(4) * unit.draw(2);
        unit.idle(gap);
        read += job.shape.0 * job.shape.1 * u64::from(job.walk.passes);
        commands += 1;
    }
    unit.bench
}

#[test]
fn any_sequence_of_commands_gives_the_kernels_values_at_their_places() {
    common::tools!("verilator", "sfu");
    sequence(Format::AF8_4, 4, vectors(10_000), 121);
    sequence(Format::AF8_3, 2, vectors(10_000), 122);
    sequence(Format::AF4_3, 2, vectors(10_000), 123);
}

#[test]
fn a_wide_sfu_gives_the_kernels_values() {
    common::tools!("verilator", "sfu, wide");
    sequence(Format::AF8_4, 16, vectors(10_000), 124);
}

#[test]
fn the_netlist_of_a_narrow_sfu_agrees() {
    common::tools!("verilator", "netlist of the sfu");
    let bench = sequence(Format::new(3, 1).unwrap(), 2, 200, 125);
    netlist_agrees(&emitted(sfu(Format::new(3, 1).unwrap(), 2)), &bench);
}

#[test]
fn a_place_is_base_and_block_times_stride_and_tile() {
    common::tools!("verilator", "region");
    let design = emitted(region(20, 16));
    let mut bench = Bench::new(&design, 126, 200).expect("Verilator builds it");
    let mut rng = rng(126);
    for _ in 0..vectors(10_000) / 100 {
        let [base, stride] = [0xf_ffff, 0xffff].map(|mask| u64::from(rng.next_u32() & mask));
        bench.set("base", base);
        bench.set("stride", stride);
        for block in 0..u64::from(rng.next_u32() % 40) {
            for _ in 0..rng.next_u32() % 4 + 1 {
                let tile = u64::from(rng.next_u32() & 0xfff);
                bench.set("block", block);
                bench.set("tile", tile);
                bench.expect("place", (base + block * stride + tile) & 0xf_ffff);
                bench.step().unwrap_or_else(|found| panic!("seed 126, block {block}: {found}"));
            }
        }
    }
    netlist_agrees(&design, &bench);
}

#[test]
fn the_sfu_is_clean_and_refuses_other_widths() {
    common::tools!("verilator", "lint of the sfu");
    let designs = [(Format::AF8_4, 16), (Format::AF8_3, 2), (Format::AF4_3, 4)];
    for design in
        designs.map(|(format, n)| emitted(sfu(format, n))).into_iter().chain([emitted(region(20, 16))])
    {
        let found = lint::lint(&design).unwrap();
        assert!(found.is_empty(), "{}:\n{}", design.top, found.join("\n"));
    }
    assert!([0, 1, 3, 12].iter().all(|&n| sfu(Format::AF8_4, n).is_err()));
    assert!(region(11, 8).is_err() && region(20, 21).is_err() && region(20, 0).is_err());
}
