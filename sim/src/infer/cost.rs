//! What a sentence costs on a design, by its length and the layer after which it leaves.
//!
//! The program of each length is compiled once, with the zeros that the codes have, and simulated for every exit. Zeros of activations are
//! taken as none.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use models::compiler::compile_for;
use models::technology::Technology;

use super::Prepared;
use crate::energy::total;
use crate::machine::Mode;
use crate::sentence::{Compiled, Setup, SetupError};

/// What one sentence costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// From its first command to its end, seconds.
    pub latency_s: f64,
    /// Chip and external memory, joules.
    pub energy_j: f64,
}

/// Costs of a model's sentences.
pub struct Costs<'a> {
    prepared: &'a Prepared,
    technology: &'a Technology,
    known: Mutex<BTreeMap<u32, Arc<[Cost]>>>,
}

impl<'a> Costs<'a> {
    /// On the design that a model was prepared for.
    pub fn new(prepared: &'a Prepared, technology: &'a Technology) -> Self {
        Costs { prepared, technology, known: Mutex::default() }
    }

    /// What a sentence of so many tokens costs when it leaves after the first layer, the second, and so on; the last alone where
    /// layers have no off-ramps.
    ///
    /// # Errors
    /// It does not fit the design.
    pub fn of(&self, tokens: u32) -> Result<Arc<[Cost]>, SetupError> {
        // Costs are inserted whole: a thread that died elsewhere leaves them right.
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(costs) = known().get(&tokens) {
            return Ok(Arc::clone(costs));
        }
        let costs: Arc<[Cost]> = self.simulate(tokens)?.into();
        known().insert(tokens, Arc::clone(&costs));
        Ok(costs)
    }

    fn simulate(&self, tokens: u32) -> Result<Vec<Cost>, SetupError> {
        let Prepared { design, weights, job, .. } = self.prepared;
        let job = job.of_tokens(tokens);
        let program = compile_for(design, &job, weights)?;
        let layers: Vec<u32> =
            if job.exits { (1..=job.network.layers).collect() } else { vec![job.network.layers] };
        let (design, technology) = (design.clone(), self.technology.clone());
        let setup = Setup { design, technology, job, exits: vec![], target: None, mode: Mode::Fast };
        let outcomes = Compiled::of(&setup, program).outcomes(&layers, None, |_| ())?;
        let cost = |outcome: &crate::sentence::Outcome| Cost {
            latency_s: outcome.latency_s,
            energy_j: total(&outcome.energy),
        };
        Ok(outcomes.iter().map(cost).collect())
    }
}
