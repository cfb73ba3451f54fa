//! Weights to start from: matrices uniform within ± sqrt(6 / (inputs + outputs)) (Glorot and Bengio, 2010), tables of standard
//! deviation 0.5, scales of norms 1, all else 0. The same on every machine.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::layout::{Kind, Layout};

/// Half the width of a uniform distribution of standard deviation 0.5.
const TABLE: f64 = 0.866;

pub(super) fn weights(layout: &Layout, seed: u64) -> Vec<f32> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut all = vec![0.0; layout.len()];
    for (slot, kind) in &layout.tensors {
        let limit = match kind {
            Kind::Table => TABLE,
            Kind::Encoder | Kind::Matrix => (6.0 / (slot.rows + slot.columns) as f64).sqrt(),
            Kind::Gamma | Kind::Offset | Kind::Span => 0.0,
        };
        for weight in &mut all[slot.range()] {
            *weight = match kind {
                Kind::Gamma => 1.0,
                Kind::Offset | Kind::Span => 0.0,
                _ => ((2.0 * random.random::<f64>() - 1.0) * limit) as f32,
            };
        }
    }
    all
}
