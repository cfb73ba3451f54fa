//! Rungs: the setup that steps make, simulated, with what is counted of it.

use std::collections::BTreeSet;

use models::compiler::Inference;
use models::record::{Error, Kind, preset};

use super::{Base, Ladder, Limit, Rung, Step, precision};
use crate::dvfs::Target;
use crate::energy::{Count, counted};
use crate::policy::{Exits, Names};
use crate::sentence::{Outcomes, Setup, SetupError, simulate};

/// The memory that is loaded at each wake-up where there is no NVM.
const LOADED: &str = "sram-lstp";
const NAMES: Names =
    Names { kind: Kind::Usage, place: "arguments", threshold: ("--threshold", " "), trace: "a trace" };

impl Base {
    /// The rungs of a ladder: conventional, one step after the other, and each step alone.
    ///
    /// # Errors
    /// As [`simulate`].
    pub fn climb(
        &self,
        ladder: &Ladder,
        mut progress: impl FnMut(usize, usize),
    ) -> Result<(Vec<Rung>, Vec<Rung>), SetupError> {
        let steps = ladder.steps;
        let all = 2 * steps.len() + 1;
        let always: BTreeSet<Step> = ladder.always.iter().copied().collect();
        let mut rungs = vec![self.rung(&always, None)?];
        let conventional_s = rungs[0].latency_s;
        for count in 1..=steps.len() {
            progress(count, all);
            let on: BTreeSet<Step> = always.iter().chain(&steps[..count]).copied().collect();
            rungs.push(self.rung(&on, Some(conventional_s))?);
        }
        let mut alone = Vec::with_capacity(steps.len());
        for step in steps {
            progress(steps.len() + 1 + alone.len(), all);
            let on: BTreeSet<Step> = always.iter().chain([step]).copied().collect();
            alone.push(self.rung(&on, Some(conventional_s))?);
        }
        Ok((rungs, alone))
    }

    /// The mean sentence with these steps on; a target may be a share of what the conventional one takes.
    ///
    /// # Errors
    /// As [`simulate`].
    pub fn rung(&self, on: &BTreeSet<Step>, conventional_s: Option<f64>) -> Result<Rung, SetupError> {
        let setup = self.setup(on, conventional_s)?;
        let outcomes = simulate(&setup, |_, _| ()).map_err(|error| self.of_wide(on, error))?;
        let four_bits = if on.contains(&Step::MixedPrecision) { self.four_bits } else { 0.0 };
        let (wake_s, wake_j) = self.wake(&outcomes);
        let (mut latency_s, mut energy_j, mut missed) = (wake_s, wake_j, 0.0);
        for outcome in &outcomes.outcomes {
            let mut bill = outcome.energy.clone();
            if outcomes.program.memory.nvm.is_empty() && !on.contains(&Step::Nvm) {
                // The embeddings lie in external memory: there is no SRAM for them.
                bill.retain(|item| item.name != "NVM standby");
            }
            let seconds =
                precision::mixed(four_bits, precision::busy(&outcome.run), outcome.latency_s, &mut bill);
            latency_s += outcome.share * seconds;
            energy_j += outcome.share * counted(&bill, self.count);
            let late = setup.target.is_some_and(|target| seconds > target.seconds);
            missed += if late { outcome.share } else { 0.0 };
        }
        let missed = setup.target.map(|_| missed);
        let memory_bytes = self.memory_bytes(on);
        Ok(Rung { on: on.iter().copied().collect(), latency_s, energy_j, memory_bytes, missed })
    }

    fn wide(&self, on: &BTreeSet<Step>) -> bool {
        !on.contains(&Step::Quantisation) && self.baseline_bits > 8.0
    }

    /// An error of a machine in elements of two bytes, which nobody has described.
    fn of_wide(&self, on: &BTreeSet<Step>, error: SetupError) -> SetupError {
        if !self.wide(on) {
            return error;
        }
        let message = format!(
            "the rung with elements of 16 bits does not fit (its buffers hold half as many elements as design `{}` has bytes): {error}",
            self.design.name
        );
        let remedy = "--set twice of what is said to be missing, or --baseline-bits 8";
        Error::new(Kind::Fit, "ladder", message, remedy).into()
    }

    fn wake(&self, outcomes: &Outcomes) -> (f64, f64) {
        let Some(wake) = &outcomes.resume else { return (0.0, 0.0) };
        let outside = if self.count == Count::Chip { wake.external_j } else { 0.0 };
        (wake.seconds, wake.energy_j - outside)
    }

    fn setup(&self, on: &BTreeSet<Step>, conventional_s: Option<f64>) -> Result<Setup, Error> {
        let (mut design, mut technology) = (self.design.clone(), self.technology.clone());
        if self.ideal_regulator {
            technology.ldo.current_efficiency.value = 1.0;
            // No supply lies below it, so the regulator draws what it delivers.
            technology.ldo.input_v.value = f64::MIN_POSITIVE;
        }
        if !on.contains(&Step::Nvm) {
            *technology.nvm.make_mut() = preset(LOADED)?;
            design.nvm.cell = models::design::Cell::Slc;
        }
        if self.gated_nvm && on.contains(&Step::Nvm) {
            let nvm = technology.nvm.make_mut();
            for array in [&mut nvm.slc, &mut nvm.mlc2, &mut nvm.mlc3].into_iter().flatten() {
                array.leakage_mw_per_mb.value = 0.0;
            }
        }
        if self.wide(on) {
            precision::wide(&mut design, &mut technology);
        }
        let mut workload = self.workload.clone();
        if !on.contains(&Step::Span) {
            workload.spans = None;
        }
        if !on.contains(&Step::Pruning) {
            workload.weight_density.embedding.value = 1.0;
            workload.weight_density.encoder.value = 1.0;
        }
        let mut job = Inference::new(self.network.clone(), &workload)?;
        let scaled = on.contains(&Step::Scaling);
        let exits = self.exits(&mut job, on.contains(&Step::EarlyExit), scaled)?;
        let seconds = match (self.target, conventional_s) {
            (Limit::Seconds(seconds), _) => Some(seconds),
            (Limit::OfConventional(share), Some(conventional_s)) => Some(share * conventional_s),
            (Limit::OfConventional(_), None) => None,
        };
        let target =
            seconds.filter(|_| scaled).map(|seconds| Target { seconds, rule: self.rule, count: self.count });
        Ok(Setup { design, technology, job, exits: exits.leaving, target, mode: crate::machine::Mode::Fast })
    }

    /// Where sentences leave, and whether the job has off-ramps and predicts.
    fn exits(&self, job: &mut Inference, early: bool, scaled: bool) -> Result<Exits, Error> {
        (job.exits, job.predict_after) = (false, None);
        let layers = job.network.layers;
        if !early || self.workload.exits.is_none() {
            return Ok(Exits::full_depth(layers));
        }
        job.exits = true;
        let predicts = self.workload.exits.as_ref().is_some_and(|exits| exits.predicted.is_some());
        if scaled && predicts {
            let (exits, after) = Exits::foretold(&self.workload, self.predicted_threshold, NAMES)?;
            job.predict_after = Some(after);
            return Ok(exits);
        }
        Exits::new(&self.workload, None, self.threshold, layers as usize, NAMES)
    }

    /// Bytes of embeddings and encoder as they are stored: with masks where they are pruned.
    fn memory_bytes(&self, on: &BTreeSet<Step>) -> f64 {
        let parameters = self.network.parameters();
        let bytes = if on.contains(&Step::Quantisation) { 1.0 } else { self.baseline_bits / 8.0 };
        let mask = if self.count_masks { 1.0 / 8.0 } else { 0.0 };
        let density = &self.workload.weight_density;
        let stored = |elements: u64, density: f64| {
            let kept = if on.contains(&Step::Pruning) { density * bytes + mask } else { bytes };
            elements as f64 * kept
        };
        stored(parameters.embeddings, density.embedding.value)
            + stored(parameters.encoder(), density.encoder.value)
    }
}
