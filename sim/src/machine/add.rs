//! Element-wise add of a norm's operands (kernel: `kernels::add`), the first stage of its lanes.
//!
//! **Function.** `a + b`, each with its own exponent bias, rounded once to a wide integer; made anew in each pass over the rows.
//!
//! **Timing.** `latency::ADD` cycles of the norm's. `released`, where the add is a command of its own ahead of the norm's: `T (36 V + 1) + 9`
//! cycles for T rows of V vectors.

use super::events::Events;
use models::program::LayerNorm;

/// What the authors' hardware takes for an add, cycles.
pub(super) fn released(rows: u64, tiles: u64) -> u64 {
    rows * (36 * tiles + 1) + 9
}

/// Counts the reads of both operands in `vectors` places of a vector of `n` codes.
pub(super) fn read(events: &mut Events, c: &LayerNorm, vectors: u64, n: u64) {
    for operand in [&c.a, &c.b] {
        events.read(operand.buffer, vectors, vectors * n);
    }
}
