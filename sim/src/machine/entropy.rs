//! Entropy of the logits and exit decision (kernel: `kernels::entropy`).
//!
//! **Function.** Maximum; then the sums of `2^-t` and of `d · 2^-t`; then `ln S + sum / S`, compared with the threshold.
//!
//! **Timing.** Two passes over the vectors of one row, each with `latency::entropy_pass`, then `latency::ENTROPY_END`.
//! `released`: `34 V + 10` cycles for V vectors.

use super::events::Events;
use super::pass::{Pass, Plan};
use models::design::Design;
use models::latency;
use models::program::Entropy;

pub(super) const PASSES: u64 = 2;

/// The plan of an entropy.
pub(super) fn entropy(design: &Design, c: &Entropy) -> Plan {
    let vectors = u64::from(c.input.tiles);
    let elements = PASSES * vectors * u64::from(design.pu.n);
    let mut events = Events { entropy_elements: elements, ..Events::default() };
    events.read(c.input.buffer, PASSES * vectors, elements);
    let pass = Pass { times: PASSES, vectors, latency: latency::entropy_pass(design.pu.n) };
    let end = Pass { times: 1, vectors: 0, latency: latency::ENTROPY_END };
    Plan { passes: vec![pass, end], released: 34 * vectors + 10, events }
}
