//! Do the checks bite? Each mutant of a unit is run by the unit's bench, which should tell a difference.
//!
//! Mutants are made of the bench's first model; where a bench has several shapes, the others stay as they are.

use super::{Check, Failed, Failure, Plan};
use crate::cosim::{Bench, Mutated, Mutation, mutate};
use crate::emit::Emitted;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

/// The mutants of a unit, and which is run.
#[derive(Clone, Debug)]
pub struct Selected {
    count: u64,
    number: u64,
    /// The design, and its mutants, made once.
    made: Arc<OnceLock<(Emitted, Mutated)>>,
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
    /// The others, with their numbers.
    pub survivors: Vec<(u64, Mutation)>,
}

impl Selected {
    /// The bench of a model: mutated where it is the unit's first.
    pub(super) fn bench(&self, emitted: &Emitted, plan: &Plan) -> Result<Bench, Failure> {
        if self.made.get().is_none() {
            let made = (emitted.clone(), mutate(emitted, self.count, plan.seed)?);
            // One thread runs a unit; a second would have made the same.
            let _ = self.made.set(made);
        }
        match self.made.get() {
            Some((original, mutated)) if original == emitted => {
                Ok(Bench::mutant(&mutated.emitted, self.number, plan.seed as u32)?)
            }
            _ => Ok(Bench::new(emitted, plan.seed as u32, 0)?),
        }
    }
}

impl Check {
    /// Runs up to `count` mutants of the unit, after the unit itself, which must pass.
    ///
    /// # Errors
    /// The unit fails without a mutant, or a tool fails.
    pub fn mutants(&self, plan: &Plan, count: u64) -> Result<Mutants, Box<Failed>> {
        let made = Arc::new(OnceLock::new());
        let with = |number| Plan {
            mutant: Some(Selected { count, number, made: Arc::clone(&made) }),
            icarus: false,
            netlist: false,
            wave_always: false,
            coverage: false,
            sample: 0,
            ..plan.clone()
        };
        self.run(&with(0))?;
        let mutations = made.get().map_or(&[][..], |(_, mutated)| &mutated.mutations);
        let mut out =
            Mutants { unit: self.unit, count: mutations.len() as u64, killed: 0, survivors: vec![] };
        for (number, mutation) in (1..).zip(mutations) {
            if self.kills(&with(number))? {
                out.killed += 1;
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
