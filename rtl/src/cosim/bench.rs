//! A model driven cycle by cycle against expectations, with a recording of the first cycles and a wave on failure.
//!
//! A cycle: set inputs and expectations, then [`Bench::step`]: inputs settle, outputs are compared, the clock rises.
//! A [dry](Bench::dry) bench has no model: it records what would be compared, for as long as nobody looks at an output.

use super::build::BuildError;
use super::coverage::Coverage;
use super::difference::{Difference, What};
use super::dut::{Dut, Trace};
use super::mutation::SELECTOR;
use super::recording::{Cycle, Recording};
use super::wave;
use crate::emit::Emitted;
use std::fs::{self, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Words of inputs that are kept for the wave of a failure; a run beyond shows its first cycles only.
const HISTORY: usize = 1 << 24;

/// A model under test.
pub struct Bench {
    /// None in a dry bench.
    dut: Option<Dut>,
    emitted: Emitted,
    seed: u32,
    cycle: Cycle,
    cycles: u64,
    compared: u64,
    history: Vec<Vec<Vec<u32>>>,
    kept: usize,
    sample: usize,
    recording: Recording,
    waves: PathBuf,
    /// Which mutant is run, if any; it leaves no wave.
    mutant: Option<u64>,
    /// Whether a dry bench was asked for an output.
    blind: bool,
}

impl Bench {
    /// A model after reset, the first `sample` cycles of which are recorded.
    ///
    /// # Errors
    /// As [`Dut::build`].
    pub fn new(emitted: &Emitted, seed: u32, sample: usize) -> Result<Bench, BuildError> {
        Ok(Bench::over(emitted, Some(Dut::build(emitted, seed, Trace::Off)?), seed, sample, None))
    }

    /// A model of which is counted what runs.
    ///
    /// # Errors
    /// As [`Dut::build`].
    pub fn covered(emitted: &Emitted, seed: u32, sample: usize) -> Result<Bench, BuildError> {
        Ok(Bench::over(emitted, Some(Dut::build(emitted, seed, Trace::Coverage)?), seed, sample, None))
    }

    /// Mutant `number` of a [mutated](super::mutate) design, or the design itself where it is 0.
    ///
    /// # Errors
    /// As [`Dut::build`].
    pub fn mutant(emitted: &Emitted, number: u64, seed: u32) -> Result<Bench, BuildError> {
        Ok(Bench::over(emitted, Some(Dut::build(emitted, seed, Trace::Off)?), seed, 0, Some(number)))
    }

    /// No model: a recording of the first `sample` cycles of a bench that does not react to the unit.
    pub fn dry(emitted: &Emitted, sample: usize) -> Bench {
        Bench::over(emitted, None, 0, sample, None)
    }

    fn over(emitted: &Emitted, dut: Option<Dut>, seed: u32, sample: usize, mutant: Option<u64>) -> Bench {
        let mut bench = Bench {
            dut,
            seed,
            cycle: Cycle::new(&emitted.ports),
            cycles: 0,
            compared: 0,
            history: vec![],
            kept: 0,
            sample,
            recording: Recording::new(emitted),
            emitted: emitted.clone(),
            waves: wave::folder(),
            mutant,
            blind: false,
        };
        // The model's inputs start at random, the recording's at zero.
        for port in emitted.ports.iter().filter(|port| port.input) {
            bench.set(&port.name, 0);
        }
        if let Some(number) = mutant {
            bench.set(SELECTOR, number);
        }
        if emitted.resets() {
            bench.set("reset", 1);
            bench.advance();
            bench.advance();
            bench.set("reset", 0);
        }
        bench
    }

    /// Puts the waves into this folder.
    pub fn waves_into(&mut self, folder: &Path) {
        folder.clone_into(&mut self.waves);
    }

    /// The number of a port.
    ///
    /// # Panics
    /// If there is none of that name, a mistake of the bench.
    fn port(&self, name: &str) -> usize {
        let found = self.emitted.ports.iter().position(|port| port.name == name);
        found.unwrap_or_else(|| panic!("{} has no port {name}", self.emitted.top))
    }

    /// Sets an input from now on, up to 64 bits.
    pub fn set(&mut self, port: &str, value: u64) {
        self.set_words(port, &[value as u32, (value >> 32) as u32]);
    }

    /// Sets an input from now on, 32 bits a word, lowest first.
    pub fn set_words(&mut self, port: &str, words: &[u32]) {
        let at = self.port(port);
        if let Some(dut) = &mut self.dut {
            dut.set_words(at, words);
        }
        self.cycle.put(at, words);
    }

    /// Expects a value of an output in this cycle, up to 64 bits; upper bits of a wider port are zero.
    pub fn expect(&mut self, port: &str, value: u64) {
        self.expect_words(port, &[value as u32, (value >> 32) as u32]);
    }

    /// Expects a number in two's complement at an output in this cycle.
    pub fn expect_signed(&mut self, port: &str, value: i128) {
        self.expect_words(port, &[0, 32, 64, 96].map(|shift| (value >> shift) as u32));
    }

    /// Expects a value of an output in this cycle, 32 bits a word, lowest first; bits above the width are ignored.
    pub fn expect_words(&mut self, port: &str, words: &[u32]) {
        let at = self.port(port);
        self.cycle.put(at, words);
        self.cycle.compared[at] = true;
    }

    /// Reads an output of this cycle, with the inputs settled: for a bench that reacts to the unit. A dry bench reads zero
    /// and ends at the next [`step`](Bench::step). Up to 64 bits.
    pub fn peek(&mut self, port: &str) -> u64 {
        let words = self.peek_words(port);
        u64::from(words[0]) | words.get(1).map_or(0, |&high| u64::from(high) << 32)
    }

    /// Reads an output as [`peek`](Bench::peek) does, 32 bits a word, lowest first.
    pub fn peek_words(&mut self, port: &str) -> Vec<u32> {
        let at = self.port(port);
        match &mut self.dut {
            Some(dut) => {
                dut.eval();
                dut.get_words(at)
            }
            None => {
                self.blind = true;
                vec![0; self.cycle.words[at].len()]
            }
        }
    }

    /// Holds the unit to a rule that is no value of one output; it counts as a comparison.
    ///
    /// # Errors
    /// The rule does not `hold`.
    pub fn require(&mut self, hold: bool, rule: impl FnOnce() -> String) -> Result<(), Box<Difference>> {
        self.compared += 1;
        if hold || self.dut.is_none() { Ok(()) } else { Err(self.difference(What::Rule(rule()))) }
    }

    /// Ends the cycle: settles, compares, records, and raises the clock.
    ///
    /// # Errors
    /// The first output, in order of the ports, that differs; or a dry bench was asked for an output.
    pub fn step(&mut self) -> Result<(), Box<Difference>> {
        if self.blind {
            return Err(self.difference(What::NoModel));
        }
        if let Some(dut) = &mut self.dut {
            dut.eval();
        }
        for at in 0..self.cycle.compared.len() {
            if self.cycle.compared[at] {
                self.compared += 1;
                let found = self.dut.as_ref().map(|dut| dut.get_words(at));
                if let Some(found) = found.filter(|found| *found != self.cycle.words[at]) {
                    let (port, expected) =
                        (self.emitted.ports[at].name.clone(), self.cycle.words[at].clone());
                    return Err(self.difference(What::Value { port, expected, found }));
                }
            }
        }
        self.advance();
        Ok(())
    }

    fn advance(&mut self) {
        if self.dut.is_some() && self.mutant.is_none() && self.kept < HISTORY {
            let inputs = self.cycle.inputs(&self.emitted.ports);
            self.kept += inputs.iter().map(Vec::len).sum::<usize>();
            self.history.push(inputs);
        }
        if self.recording.cycles.len() < self.sample {
            self.recording.cycles.push(self.cycle.clone());
        }
        self.cycle.compared.fill(false);
        if let Some(dut) = &mut self.dut {
            dut.tick();
        }
        self.cycles += 1;
    }

    fn difference(&mut self, what: What) -> Box<Difference> {
        self.history.push(self.cycle.inputs(&self.emitted.ports));
        let wave = match what {
            What::NoModel => Err("there is no model".to_owned()),
            _ if self.mutant.is_some() => Err("it is a mutant".to_owned()),
            _ => self.wave().map_err(|error| error.to_string()),
        };
        let (unit, cycle, seed) = (self.emitted.top.clone(), self.cycles, self.seed);
        Box::new(Difference { unit, cycle, what, about: String::new(), seed, wave })
    }

    /// Runs the inputs so far again, on a model that records: a VCD file.
    ///
    /// # Errors
    /// Verilator fails, or the file cannot be written.
    pub fn wave(&self) -> Result<PathBuf, BuildError> {
        let path = self.wave_path()?;
        let mut dut = Dut::build(&self.emitted, self.seed, Trace::Vcd(&path))?;
        for cycle in &self.history {
            let inputs = self.emitted.ports.iter().enumerate().filter(|(_, port)| port.input);
            for ((at, _), words) in inputs.filter(|(_, port)| port.name != "clock").zip(cycle) {
                dut.set_words(at, words);
            }
            dut.eval();
            dut.tick();
        }
        Ok(path)
    }

    /// A new file; benches that run side by side take different ones.
    fn wave_path(&self) -> Result<PathBuf, BuildError> {
        fs::create_dir_all(&self.waves)?;
        let mut number = 1;
        loop {
            let path = self.waves.join(format!("{}-{}-{number}.vcd", self.emitted.top, self.seed));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(_) => return Ok(path),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// What of the text has run; nothing where there is no model.
    ///
    /// # Errors
    /// The model is not [covered](Bench::covered), or the data cannot be read.
    pub fn coverage(&self) -> Result<Coverage, BuildError> {
        self.dut.as_ref().map_or(Ok(Coverage::default()), |dut| dut.coverage(&self.emitted))
    }

    /// What it drives.
    pub fn emitted(&self) -> &Emitted {
        &self.emitted
    }

    /// Cycles so far, resets included.
    pub fn cycles(&self) -> u64 {
        self.cycles
    }

    /// Output values compared so far.
    pub fn compared(&self) -> u64 {
        self.compared
    }

    /// The first cycles, to be replayed elsewhere.
    pub fn recording(&self) -> &Recording {
        &self.recording
    }
}
