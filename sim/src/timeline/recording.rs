//! A run of one sentence, recorded.

use models::compiler::compile;
use models::design::Design;
use models::program::Program;
use models::technology::Technology;

use super::Clock;
use crate::machine::{MemoryTiming, Mode, Options, Run, Segment, run};
use crate::sentence::{Setup, SetupError, frequency_hz};

/// What ran, and when.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The machine.
    pub design: Design,
    /// What it ran.
    pub program: Program,
    /// When.
    pub run: Run,
    /// How long a cycle was.
    pub clock: Clock,
}

/// Compiles, and runs a sentence that leaves after `exit_layer`.
///
/// # Errors
/// The network does not fit, or technology and design do not go together.
pub fn record(setup: &Setup, exit_layer: u32) -> Result<Recording, SetupError> {
    let Setup { design, technology, job, .. } = setup;
    let program = compile(design, job)?;
    let hertz = frequency_hz(design, technology)?;
    let timing = MemoryTiming::new(design, technology, hertz)?;
    let options = Options { exit_layer, predicted_mv: None, mode: Mode::Fast, spans: true };
    let run = run(design, &program, |_| timing, options)?;
    let clock = clock(design, technology, hertz, &run.segments)?;
    Ok(Recording { design: design.clone(), program, run, clock })
}

/// The design's clock at the design's voltage, the technology's at any other.
fn clock(
    design: &Design,
    technology: &Technology,
    hertz: f64,
    segments: &[Segment],
) -> Result<Clock, SetupError> {
    let own_mv = (design.operating.vdd_v * 1000.0).round();
    let at = |vdd_mv: u32| {
        if f64::from(vdd_mv).total_cmp(&own_mv).is_eq() {
            return Ok(hertz);
        }
        let mut other = design.clone();
        other.operating.vdd_v = f64::from(vdd_mv) / 1000.0;
        frequency_hz(&other, technology)
    };
    Ok(if segments.is_empty() { Clock::steady(hertz) } else { Clock::new(segments, at)? })
}
