//! What a switch to another task loads, where tasks share all but a few parameters.
//!
//! A task's own parameters are biases and offsets of 16 bits and its classifier, as the machine stores it. They are read once
//! from the external memory over the AXI bus, by the load engine that has the port to itself; so is the whole set of parameters
//! where nothing is shared. Energy: the external memory's reads, the bus, and what the memory draws meanwhile.
//!
//! Not modelled: where biases of all tasks are kept, and that they lie scattered among the weights whose chunks they head; the host,
//! which writes them there.

use models::program::{Parameter, Program};
use models::record::Error;
use serde::Serialize;

use super::{Machine, stored};
use crate::machine::{MemoryTiming, load_cycles};
use crate::sentence::frequency_hz;

/// Bytes of a bias or of a norm's offset in memory.
const BIAS_BYTES: u64 = 2;

/// Something that is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Load {
    /// Bytes.
    pub bytes: u64,
    /// Seconds.
    pub seconds: f64,
    /// Joules.
    pub energy_j: f64,
}

/// A switch to another task.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Switch {
    /// What the task has of its own.
    pub task: Load,
    /// All parameters.
    pub all: Load,
}

/// A switch to a task with so many parameters of its own beside its classifier.
///
/// # Errors
/// Technology and design do not go together.
pub fn switch(machine: &Machine, parameters: u64, program: &Program) -> Result<Switch, Error> {
    let classifier = program.memory.weights.iter().filter(|place| place.parameter == Parameter::Classifier);
    let classifier: u64 = classifier.map(|place| place.bytes).sum();
    Ok(Switch {
        task: load(machine, BIAS_BYTES * parameters + classifier)?,
        all: load(machine, stored(program).stored_bytes)?,
    })
}

fn load(machine: &Machine, bytes: u64) -> Result<Load, Error> {
    let Machine { design, technology, .. } = machine;
    let hertz = frequency_hz(design, technology)?;
    let timing = MemoryTiming::new(design, technology, hertz)?;
    let seconds = load_cycles(&timing, bytes) as f64 / hertz;
    let external = technology.memory(&design.external.memory)?;
    let bus_pj = technology.energy.axi_pj_per_byte.value * technology.energy_scale(design.operating.vdd_v);
    let moved_j = bytes as f64 * (8.0 * external.read_pj_per_bit.value + bus_pj) * 1e-12;
    let energy_j = moved_j + external.power_mw.value * 1e-3 * seconds;
    Ok(Load { bytes, seconds, energy_j })
}
