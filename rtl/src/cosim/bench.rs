//! A model driven cycle by cycle against expectations, with a recording of the first cycles and a wave on failure.
//!
//! A cycle: set inputs and expectations, then [`Bench::step`]: inputs settle, outputs are compared, the clock rises.

use super::build::BuildError;
use super::dut::{Dut, Trace};
use super::recording::{Cycle, Recording};
use crate::emit::Emitted;
use std::fmt;
use std::path::PathBuf;

/// Words of inputs that are kept for the wave of a failure; a run beyond shows its first cycles only.
const HISTORY: usize = 1 << 24;

/// A model under test.
pub struct Bench {
    dut: Dut,
    emitted: Emitted,
    seed: u32,
    cycle: Cycle,
    cycles: u64,
    compared: u64,
    history: Vec<Vec<Vec<u32>>>,
    kept: usize,
    sample: usize,
    recording: Recording,
}

/// The first output that is not as expected.
#[derive(Debug)]
pub struct Difference {
    /// The unit.
    pub unit: String,
    /// Clock cycle since the start, resets included.
    pub cycle: u64,
    /// The output.
    pub port: String,
    /// Expected value, 32-bit words, lowest first.
    pub expected: Vec<u32>,
    /// Value found.
    pub found: Vec<u32>,
    /// Seed of the run.
    pub seed: u32,
    /// Where the wave lies, or why there is none.
    pub wave: Result<PathBuf, String>,
}

impl Bench {
    /// A model after reset, the first `sample` cycles of which are recorded.
    ///
    /// # Errors
    /// As [`Dut::build`].
    pub fn new(emitted: &Emitted, seed: u32, sample: usize) -> Result<Bench, BuildError> {
        let dut = Dut::build(emitted, seed, Trace::Off)?;
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
        };
        // The model's inputs start at random, the recording's at zero.
        for port in emitted.ports.iter().filter(|port| port.input) {
            bench.set(&port.name, 0);
        }
        if emitted.resets() {
            bench.set("reset", 1);
            bench.advance();
            bench.advance();
            bench.set("reset", 0);
        }
        Ok(bench)
    }

    /// Sets an input from now on, up to 64 bits.
    pub fn set(&mut self, port: &str, value: u64) {
        self.set_words(port, &[value as u32, (value >> 32) as u32]);
    }

    /// Sets an input from now on, 32 bits a word, lowest first.
    pub fn set_words(&mut self, port: &str, words: &[u32]) {
        let at = self.dut.port(port);
        self.dut.set_words(at, words);
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
        let at = self.dut.port(port);
        self.cycle.put(at, words);
        self.cycle.compared[at] = true;
    }

    /// Reads an output of this cycle, with the inputs settled: for a bench that reacts to the unit.
    pub fn peek(&mut self, port: &str) -> u64 {
        self.dut.eval();
        self.dut.get(port)
    }

    /// As [`peek`](Bench::peek), of any width, 32 bits a word, lowest first.
    pub fn peek_words(&mut self, port: &str) -> Vec<u32> {
        self.dut.eval();
        self.dut.get_words(self.dut.port(port))
    }

    /// Ends the cycle: settles, compares, records, and raises the clock.
    ///
    /// # Errors
    /// The first output, in order of the ports, that differs.
    pub fn step(&mut self) -> Result<(), Box<Difference>> {
        self.dut.eval();
        for at in 0..self.cycle.compared.len() {
            if self.cycle.compared[at] {
                self.compared += 1;
                let found = self.dut.get_words(at);
                if found != self.cycle.words[at] {
                    return Err(self.difference(at, found));
                }
            }
        }
        self.advance();
        Ok(())
    }

    fn advance(&mut self) {
        if self.kept < HISTORY {
            let inputs = self.cycle.inputs(&self.emitted.ports);
            self.kept += inputs.iter().map(Vec::len).sum::<usize>();
            self.history.push(inputs);
        }
        if self.recording.cycles.len() < self.sample {
            self.recording.cycles.push(self.cycle.clone());
        }
        self.cycle.compared.fill(false);
        self.dut.tick();
        self.cycles += 1;
    }

    fn difference(&mut self, at: usize, found: Vec<u32>) -> Box<Difference> {
        self.history.push(self.cycle.inputs(&self.emitted.ports));
        Box::new(Difference {
            unit: self.emitted.top.clone(),
            cycle: self.cycles,
            port: self.emitted.ports[at].name.clone(),
            expected: self.cycle.words[at].clone(),
            found,
            seed: self.seed,
            wave: self.wave().map_err(|error| error.to_string()),
        })
    }

    /// Runs the inputs again, on a model that records.
    fn wave(&self) -> Result<PathBuf, BuildError> {
        let folder = std::env::temp_dir().join("offramp-cosim/waves");
        std::fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{}-{}-{}.vcd", self.emitted.top, self.seed, std::process::id()));
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

fn hex(words: &[u32]) -> String {
    let digits: String = words.iter().rev().map(|word| format!("{word:08x}")).collect();
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() { "0".to_owned() } else { digits.to_owned() }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { unit, cycle, port, seed, .. } = self;
        let (expected, found) = (hex(&self.expected), hex(&self.found));
        write!(
            f,
            "{unit}, cycle {cycle}, port {port}: expected {expected}, found {found} (hex), seed {seed}; "
        )?;
        match &self.wave {
            Ok(path) => write!(f, "wave: {}", path.display()),
            Err(why) => write!(f, "no wave: {why}"),
        }
    }
}

impl std::error::Error for Difference {}
