//! A run of one sentence, recorded.

use models::compiler::compile;
use models::design::Design;
use models::program::Program;

use super::Clock;
use crate::machine::{Mode, Options, Run, run};
use crate::sentence::{Plan, Setup, SetupError};
use crate::supply::{Supply, own_mv};

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
    /// What was planned for it, if anything.
    pub plan: Option<Plan>,
}

/// Compiles, and runs a sentence that leaves after `exit_layer`, for which `plan` was made.
///
/// # Errors
/// The network does not fit, or technology and design do not go together.
pub fn record(setup: &Setup, exit_layer: u32, plan: Option<Plan>) -> Result<Recording, SetupError> {
    let Setup { design, technology, job, .. } = setup;
    let program = compile(design, job)?;
    let supply = Supply::new(design, technology);
    let own = supply.at(own_mv(design))?;
    let predicted_mv = plan.map(|plan| plan.vdd_mv);
    let then = predicted_mv.map_or(Ok(own), |vdd_mv| supply.at(vdd_mv))?;
    let timing = |vdd_mv| if Some(vdd_mv) == predicted_mv { then.timing } else { own.timing };
    let options = Options { exit_layer, predicted_mv, mode: Mode::Fast, spans: true };
    let run = run(design, &program, timing, options)?;
    let hertz = |vdd_mv| supply.at(vdd_mv).map(|point| point.hertz);
    let clock = match run.segments.as_slice() {
        [] => Clock::steady(own.hertz),
        segments => Clock::new(segments, hertz, |from, to| supply.change_s(from, to))?,
    };
    Ok(Recording { design: design.clone(), program, run, clock, plan })
}
