//! Cycles and events of the commands of PU and SFU, worked out once for all runs of a program: no memory changes them.
//!
//! Under `skip` a product's loop nest is walked pair of tiles by pair of tiles, which is most of the time of a run. Products of the
//! same shape and the same zeros share the walk, whatever their addresses and their program.

use super::events::Events;
use super::pu::{self, Tally};
use super::sfu;
use models::design::{Design, Pipeline, Sparsity};
use models::latency;
use models::program::{Matmul, Occupancy, Operation, Program};
use std::collections::HashMap;

/// What a loop nest depends on.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Shape {
    n: u32,
    tiles: (u64, u64, u64),
    zeros: [Occupancy; 2],
}

/// Loop nests that have been walked.
#[derive(Default)]
pub struct Nests(HashMap<Shape, Tally>);

impl Nests {
    fn skipping(&mut self, design: &Design, command: &Matmul) -> Tally {
        let zeros = [command.rows.occupancy, command.columns.occupancy];
        let shape = Shape { n: design.pu.n, tiles: command.tiles(), zeros };
        *self.0.entry(shape).or_insert_with(|| pu::skipping(design, command))
    }
}

/// Cycles and events of a command.
pub type Cost = (u64, Events);

/// The costs of a program's commands, by command.
pub struct Costs(Vec<Option<Cost>>);

impl Costs {
    /// Works them out for `program` on `design`.
    pub fn new(design: &Design, program: &Program, nests: &mut Nests) -> Self {
        Costs(program.commands.iter().map(|command| cost(design, &command.operation, nests)).collect())
    }

    /// None yet: each is worked out where it runs.
    pub(super) fn none() -> Self {
        Costs(Vec::new())
    }

    /// The cost of `operation`, which is command `index`; none for another unit's.
    pub fn of(&self, design: &Design, index: u32, operation: &Operation) -> Option<Cost> {
        match self.0.get(index as usize) {
            Some(known) => *known,
            None => cost(design, operation, &mut Nests::default()),
        }
    }
}

/// Cycles and events of a command of PU or SFU; none for another.
pub(super) fn cost(design: &Design, operation: &Operation, nests: &mut Nests) -> Option<Cost> {
    match operation {
        Operation::Matmul(command) => Some(matmul(design, command, nests)),
        _ => sfu::plan(design, operation).map(|plan| (plan.cycles(design), plan.events)),
    }
}

/// In closed form where every tile takes the same cycles.
fn matmul(design: &Design, command: &Matmul, nests: &mut Nests) -> Cost {
    let tally = if design.pu.pipeline == Pipeline::Released {
        pu::released(design, command)
    } else if design.pu.sparsity == Sparsity::Skip && !pu::no_null(command) {
        nests.skipping(design, command)
    } else {
        pu::uniform(design, command)
    };
    let latency = if design.pu.pipeline == Pipeline::Released { 0 } else { latency::pu(design.pu.n) };
    (tally.phases + latency, pu::events(design, command, &tally))
}
