//! How much a bench does, on what, and what came of it.

use super::draw::Draw;
use super::failure::Failure;
use super::mutants::Selected;
use crate::cosim::coverage::Coverage;
use crate::cosim::{Bench, Recording, netlist, replay};
use crate::emit::emit;
use crate::hdl::{Error, Module};
use models::design::Design;
use std::fmt::Write as _;
use std::ops::AddAssign;
use std::path::PathBuf;
use std::rc::Rc;

/// What stands behind the ports of a bench.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// The Verilog, compiled by Verilator.
    Verilator,
    /// Nothing: what would be compared is recorded.
    None,
}

/// How much a bench does, and on what.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Vectors, transactions or commands for each unit, about; directed cases come on top.
    pub vectors: u64,
    /// Where random numbers begin.
    pub seed: u64,
    /// Cycles that are replayed by Icarus and on the netlist.
    pub sample: usize,
    /// Percent of the cycles in which a side of a handshake waits.
    pub stalls: u64,
    /// The design whose sizes the units have; without one, each bench tries several of its own.
    pub design: Option<Design>,
    /// Arguments of `offramp cosim` that name the design.
    pub arguments: String,
    /// What stands behind the ports.
    pub model: Model,
    /// Whether Icarus replays the sample.
    pub icarus: bool,
    /// Whether Icarus replays it on the gates that Yosys makes.
    pub netlist: bool,
    /// Where the waves of failures lie, if not in the folder for temporary files.
    pub waves: Option<PathBuf>,
    /// Whether benches without failure leave a wave too.
    pub wave_always: bool,
    /// Whether is counted what of the text runs.
    pub coverage: bool,
    /// The mutant that stands for the unit, if any.
    pub mutant: Option<Selected>,
}

impl Default for Plan {
    fn default() -> Plan {
        Plan {
            vectors: 10_000,
            seed: 1,
            sample: 300,
            stalls: 50,
            design: None,
            arguments: String::new(),
            model: Model::Verilator,
            icarus: true,
            netlist: true,
            waves: None,
            wave_always: false,
            coverage: false,
            mutant: None,
        }
    }
}

/// What benches compared.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Values compared.
    pub vectors: u64,
    /// Clock cycles, resets included.
    pub cycles: u64,
    /// Values compared again by Icarus.
    pub icarus: u64,
    /// Values compared again on the netlist.
    pub netlist: u64,
    /// What of the text has run, where that is counted.
    pub coverage: Coverage,
    /// The first recording.
    pub recording: Option<Recording>,
}

impl Plan {
    /// A unit on the bench.
    ///
    /// # Errors
    /// The description is not sound, or Verilator fails.
    pub fn bench(&self, module: Result<Rc<Module>, Error>) -> Result<Bench, Failure> {
        let emitted = emit(&module?)?;
        if let Some(mutant) = &self.mutant {
            return mutant.bench(&emitted, self);
        }
        let mut bench = match self.model {
            Model::Verilator if self.coverage => Bench::covered(&emitted, self.seed as u32, self.sample)?,
            Model::Verilator => Bench::new(&emitted, self.seed as u32, self.sample)?,
            Model::None => Bench::dry(&emitted, self.sample),
        };
        if let Some(folder) = &self.waves {
            bench.waves_into(folder);
        }
        Ok(bench)
    }

    /// Random numbers; each `stream` has its own.
    pub fn draw(&self, stream: u64) -> Draw {
        Draw::new(self.seed, stream, self.stalls)
    }

    /// A part of the vectors.
    pub fn share(&self, part: u64) -> u64 {
        (self.vectors / part).max(1)
    }

    /// The sizes to try: those `of` the design, or all.
    pub fn shapes<T: Clone>(&self, all: &[T], of: impl FnOnce(&Design) -> T) -> Vec<T> {
        self.design.as_ref().map_or_else(|| all.to_vec(), |design| vec![of(design)])
    }

    /// Counts what a bench did, after Icarus and the netlist have agreed with its first cycles.
    ///
    /// # Errors
    /// One differs, or a tool fails.
    pub fn replay(&self, bench: Bench) -> Result<Tally, Failure> {
        let mut tally = Tally::default();
        if self.model == Model::Verilator {
            let (emitted, recording) = (bench.emitted(), bench.recording());
            let replayed = |engine, text: &str| {
                replay(recording, text).map_err(|error| Failure::replay(engine, &emitted.top, error))
            };
            if self.icarus {
                tally.icarus = replayed("Icarus", &emitted.text())?;
            }
            if self.netlist {
                tally.netlist = replayed("the netlist", &netlist(emitted)?)?;
            }
        }
        tally += self.count(bench)?;
        Ok(tally)
    }

    /// Counts what a bench did.
    ///
    /// # Errors
    /// A wave was asked for and cannot be made.
    pub fn count(&self, bench: Bench) -> Result<Tally, Failure> {
        if self.wave_always && self.model == Model::Verilator {
            bench.wave()?;
        }
        let coverage = if self.coverage { bench.coverage()? } else { Coverage::default() };
        let (vectors, cycles) = (bench.compared(), bench.cycles());
        let recording = Some(bench.recording().clone());
        Ok(Tally { vectors, cycles, coverage, recording, ..Tally::default() })
    }

    /// The command line that does the same.
    pub fn command(&self, unit: &str) -> String {
        let Plan { vectors, seed, arguments, .. } = self;
        let mut text = format!("offramp cosim --unit {unit} --vectors {vectors} --seed {seed}");
        if self.stalls != Plan::default().stalls {
            // Writing to a string cannot fail.
            let _ = write!(text, " --stalls {}", self.stalls);
        }
        text + arguments
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.vectors += other.vectors;
        self.cycles += other.cycles;
        self.icarus += other.icarus;
        self.netlist += other.netlist;
        self.coverage += other.coverage;
        self.recording = self.recording.take().or(other.recording);
    }
}
