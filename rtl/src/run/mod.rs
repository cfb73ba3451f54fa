//! A whole machine under a host, with memories of which the timing is known.
//!
//! | module | what |
//! |---|---|
//! | `bus` | external memory behind the AXI4 master |
//! | `nvm` | the NVM's read port |
//! | `host` | software behind AXI4-Lite |
//! | this one | a program from its load to its interrupt |
//!
//! The models are plain state machines on the ports, a cycle at a time; they know nothing of the machine inside.

mod bus;
mod host;
mod nvm;

use crate::cosim::coverage::Coverage;
use crate::cosim::{BuildError, Dut, Trace};
use crate::emit::Emitted;
use crate::register_map::registers;
use bus::Bus;
use host::Host;
use nvm::Nvm;
use std::collections::BTreeMap;
use std::path::Path;

/// Timing of the memories, in cycles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// From a request to the first beat.
    pub read_latency: u64,
    /// From the last beat of a write to its answer.
    pub write_latency: u64,
    /// From one beat to the next.
    pub beat_cycles: u64,
    /// Of those, the cycles that the machine needs for a beat's pieces.
    pub pieces: u64,
    /// From a request of the NVM to its first word.
    pub nvm_latency: u64,
}

/// What a host puts into the machine and its memories.
#[derive(Clone, Debug, Default)]
pub struct Job {
    /// Command words.
    pub commands: Vec<[u32; 8]>,
    /// Words of the sentence.
    pub tokens: Vec<u32>,
    /// Rows of the table of predictions, from the first on.
    pub predictions: Vec<u32>,
    /// Contents of external memory.
    pub external: Vec<u8>,
    /// Contents of the NVM.
    pub nvm: Vec<u8>,
    /// Registers that the host writes, by name.
    pub registers: Vec<(&'static str, u64)>,
}

/// What a program leaves.
#[derive(Clone, Debug)]
pub struct Left {
    /// External memory.
    pub external: Vec<u8>,
    /// Every register that can be read, by name.
    pub registers: BTreeMap<&'static str, u64>,
    /// Cycles of the model, those of the host included.
    pub model_cycles: u64,
}

/// A byte that the machine has written to external memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Clock cycle since the start of the model, in which the bus took it.
    pub cycle: u64,
    /// Where.
    pub address: u64,
    /// What.
    pub byte: u8,
}

/// What was recorded of a run, whether or not it ended.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// What of the text ran, with [`Trace::Coverage`].
    pub coverage: Coverage,
    /// Every byte written, in order, where there is a wave.
    pub written: Vec<Written>,
}

/// Why a program did not end.
#[derive(Debug)]
pub enum RunError {
    /// The model cannot be built.
    Build(BuildError),
    /// No interrupt for so many cycles.
    Hangs(u64),
}

impl std::fmt::Display for RunError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            RunError::Build(error) => write!(f, "{error}"),
            RunError::Hangs(cycles) => write!(f, "no interrupt within {cycles} cycles"),
        }
    }
}

impl std::error::Error for RunError {}

impl From<BuildError> for RunError {
    fn from(error: BuildError) -> RunError {
        RunError::Build(error)
    }
}

/// The machine with everything around it.
struct Scene<'a> {
    dut: Dut,
    bus: Bus,
    nvm: Nvm,
    cycles: u64,
    /// Timing at each supply voltage, and the voltage at which the memories are.
    timings: &'a BTreeMap<u32, Timing>,
    supply_mv: u32,
    /// Number of the port that says it.
    supply: usize,
}

impl Scene<'_> {
    /// A cycle in which the host holds its signals as they are.
    fn step(&mut self) {
        self.bus.drive(&mut self.dut);
        self.nvm.drive(&mut self.dut);
        self.dut.eval();
        self.follow_supply();
        self.bus.look(&self.dut);
        self.nvm.look(&self.dut);
        self.dut.tick();
        self.cycles += 1;
    }

    /// A program from the load of its commands to what the registers hold after its interrupt.
    fn program(&mut self, job: &Job, limit: u64) -> Result<BTreeMap<&'static str, u64>, RunError> {
        let mut host = Host::new();
        host.load(self, job);
        host.write(self, "control", 1);
        let started = self.cycles;
        while self.dut.get("interrupt_line") == 0 {
            if self.cycles - started > limit {
                return Err(RunError::Hangs(limit));
            }
            self.step();
        }
        Ok(registers().iter().map(|register| (register.name, host.read(self, register))).collect())
    }

    /// A new supply voltage, and with it a new clock, gives the memories another latency in cycles.
    fn follow_supply(&mut self) {
        let supply_mv = self.dut.get_words(self.supply)[0];
        if supply_mv != self.supply_mv {
            self.supply_mv = supply_mv;
            let timing = at(self.timings, supply_mv);
            self.bus.timing = timing;
            self.nvm.latency = timing.nvm_latency;
        }
    }
}

/// The timing at a supply voltage; at one that nobody expects, that of the highest.
fn at(timings: &BTreeMap<u32, Timing>, supply_mv: u32) -> Timing {
    let expected = timings.get(&supply_mv).or_else(|| timings.values().last());
    *expected.unwrap_or_else(|| panic!("no timing of the memories is given"))
}

/// Runs a program from the load of its commands to its interrupt, which must come within `limit` cycles; with a wave where a path is
/// given. `timings` are those of the memories at each supply voltage in millivolts that it asks for, 0 before it does.
///
/// # Errors
/// The model cannot be built, or the program does not end.
pub fn run(
    emitted: &Emitted,
    job: &Job,
    timings: &BTreeMap<u32, Timing>,
    limit: u64,
    wave: Option<&Path>,
) -> Result<Left, RunError> {
    watch(emitted, job, timings, limit, wave.map_or(Trace::Off, Trace::Vcd))?.0
}

/// The same, with what was recorded of it, also where it does not end.
///
/// # Errors
/// The model cannot be built, or its coverage not be read.
pub fn watch(
    emitted: &Emitted,
    job: &Job,
    timings: &BTreeMap<u32, Timing>,
    limit: u64,
    trace: Trace<'_>,
) -> Result<(Result<Left, RunError>, Watched), BuildError> {
    let mut dut = Dut::build(emitted, 1, trace)?;
    for (at, port) in emitted.ports.iter().enumerate().filter(|(_, port)| port.input) {
        dut.set_words(at, &vec![0; port.width.div_ceil(32)]);
    }
    let first = at(timings, 0);
    let mut bus = Bus::new(&dut, job.external.clone(), first);
    bus.written = matches!(trace, Trace::Vcd(_)).then(Vec::new);
    let nvm = Nvm::new(&dut, job.nvm.clone(), first.nvm_latency);
    dut.reset();
    let supply = dut.port("supply_mv");
    let mut scene = Scene { dut, bus, nvm, cycles: 0, timings, supply_mv: 0, supply };
    let ended = scene.program(job, limit);
    let coverage = match trace {
        Trace::Coverage => scene.dut.coverage(emitted)?,
        Trace::Off | Trace::Vcd(_) => Coverage::default(),
    };
    let watched = Watched { coverage, written: scene.bus.written.take().unwrap_or_default() };
    let left = |registers| Left { external: scene.bus.memory, registers, model_cycles: scene.cycles };
    Ok((ended.map(left), watched))
}
