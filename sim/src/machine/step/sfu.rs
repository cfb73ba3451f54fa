//! The special function unit vector by vector.

use super::Stepper;
use crate::machine::events::Events;
use crate::machine::pass::Plan;
use models::design::{Design, Pipeline};

/// A command under way: which pass, how often it was made, which vector, which cycle of it.
pub(crate) struct SfuStep {
    plan: Plan,
    cycles_per_vector: u64,
    released: bool,
    pass: usize,
    made: u64,
    vector: u64,
    cycle: u64,
}

impl SfuStep {
    pub(crate) fn new(design: &Design, plan: Plan) -> Self {
        SfuStep {
            plan,
            cycles_per_vector: design.sfu.cycles_per_vector.into(),
            released: design.pu.pipeline == Pipeline::Released,
            pass: 0,
            made: 0,
            vector: 0,
            cycle: 0,
        }
    }

    /// Counts the cycle within the vector, the vector within the pass, the latency behind it; true at the pass's end.
    fn pass_ends(&mut self) -> bool {
        let pass = self.plan.passes[self.pass];
        self.cycle += 1;
        if self.vector < pass.vectors {
            if self.cycle == self.cycles_per_vector {
                self.cycle = 0;
                self.vector += 1;
            }
            return self.vector == pass.vectors && pass.latency == 0;
        }
        self.cycle == pass.latency
    }
}

impl Stepper for SfuStep {
    fn tick(&mut self) -> bool {
        if self.released {
            self.cycle += 1;
            return self.cycle == self.plan.released;
        }
        if self.pass_ends() {
            (self.vector, self.cycle) = (0, 0);
            self.made += 1;
            while self.plan.passes.get(self.pass).is_some_and(|p| self.made >= p.times) {
                self.pass += 1;
                self.made = 0;
            }
        }
        self.pass == self.plan.passes.len()
    }

    fn events(&self) -> Events {
        self.plan.events
    }
}
