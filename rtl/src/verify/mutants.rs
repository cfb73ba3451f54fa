//! Do the checks bite? Each mutant of a unit is run by the unit's bench, which should tell a difference.
//!
//! A short run tells most of them, a long one more; of those left it is tried to prove that there is nothing to tell.
//! Mutants are made of the bench's first model; where a bench has several shapes, the others stay as they are. Parts that have a bench of
//! their own have mutants of their own.

use super::{Check, Failed, Failure, Plan, check};
use crate::cosim::{Bench, Mutated, Mutation, equivalent, mutate};
use crate::emit::{Emitted, File, unit_of};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

/// How many times as long a mutant runs again that was not noticed.
const LONGER: u64 = 30;

/// The mutants of a unit, and which is run.
#[derive(Clone, Debug)]
pub struct Selected {
    unit: &'static str,
    count: u64,
    number: u64,
    /// Made once.
    made: Arc<OnceLock<Mutated>>,
}

/// What came of the mutants of a unit.
#[derive(Clone, Debug)]
pub struct Mutants {
    /// The unit.
    pub unit: &'static str,
    /// Mutants run.
    pub count: u64,
    /// Those that did not pass: with each a difference was told.
    pub killed: u64,
    /// Those of the others that are proven to behave as the unit does, with their numbers.
    pub equivalent: Vec<(u64, Mutation)>,
    /// The rest.
    pub survivors: Vec<(u64, Mutation)>,
}

impl Selected {
    /// The bench of a model: mutated where it is the unit's first.
    pub(super) fn bench(&self, emitted: &Emitted, plan: &Plan) -> Result<Bench, Failure> {
        if self.made.get().is_none() {
            let parts = emitted.files.iter().map(File::module).filter(|module| self.is_apart(module));
            let made = mutate(emitted, &parts.collect::<Vec<_>>(), self.count, plan.seed)?;
            // One thread runs a unit; a second would have made the same.
            let _ = self.made.set(made);
        }
        match self.made.get() {
            Some(mutated) if mutated.original == *emitted => {
                Ok(Bench::mutant(&mutated.emitted, self.number, plan.seed as u32)?)
            }
            _ => Ok(Bench::new(emitted, plan.seed as u32, 0)?),
        }
    }

    /// Whether a module of the unit has a bench of its own, whose mutants it then has.
    fn is_apart(&self, module: &str) -> bool {
        check(unit_of(module)).is_some_and(|check| check.unit != self.unit)
    }
}

impl Check {
    /// Makes up to `count` mutants of the unit and runs them, or those of them that `only` names, after the unit itself, which must pass.
    ///
    /// # Errors
    /// The unit fails without a mutant, or a tool fails.
    pub fn mutants(&self, plan: &Plan, count: u64, only: &[u64]) -> Result<Mutants, Box<Failed>> {
        let made = Arc::new(OnceLock::new());
        let with = |number, times| Plan {
            vectors: plan.vectors * times,
            mutant: Some(Selected { unit: self.unit, count, number, made: Arc::clone(&made) }),
            icarus: false,
            netlist: false,
            wave_always: false,
            coverage: false,
            sample: 0,
            ..plan.clone()
        };
        self.run(&with(0, 1))?;
        let mut out = Mutants { unit: self.unit, count: 0, killed: 0, equivalent: vec![], survivors: vec![] };
        // A bench without a model of its own has made none.
        let Some(mutated) = made.get() else { return Ok(out) };
        let wanted = |number: &u64| only.is_empty() || only.contains(number);
        for (number, mutation) in (1..).zip(&mutated.mutations).filter(|(number, _)| wanted(number)) {
            out.count += 1;
            if self.kills(&with(number, 1))? || self.kills(&with(number, LONGER))? {
                out.killed += 1;
            } else if equivalent(mutated, number).map_err(|error| self.failed(plan, error.into()))? {
                out.equivalent.push((number, mutation.clone()));
            } else {
                out.survivors.push((number, mutation.clone()));
            }
        }
        Ok(out)
    }

    /// Whether the bench does not pass. One that panics over what a mutant gives has told a difference too.
    fn kills(&self, plan: &Plan) -> Result<bool, Box<Failed>> {
        match catch_unwind(AssertUnwindSafe(|| self.run(plan))) {
            Ok(Ok(_)) => Ok(false),
            Ok(Err(failed)) if !failed.failure.is_difference() => Err(failed),
            Ok(Err(_)) | Err(_) => Ok(true),
        }
    }
}
