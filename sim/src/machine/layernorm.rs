//! Layer norm (kernel: `kernels::layernorm`).
//!
//! **Function.** For each row block: sum and sum of squares of each row; then `(N x - S) / sqrt(V) · gamma + beta`.
//!
//! **Timing.** Two passes for each row block, each `rows · tiles` vectors and `latency::layernorm_pass`.
//! `released`: `T (47 V + 2) + 8` cycles for T rows of V vectors.

use super::events::Events;
use super::pass::{Plan, block_passes};
use models::design::Design;
use models::latency;
use models::program::LayerNorm;

pub(super) const PASSES: u64 = 2;

/// The plan of a layer norm.
pub(super) fn layernorm(design: &Design, c: &LayerNorm) -> Plan {
    let n = u64::from(design.pu.n);
    let (rows, tiles) = (u64::from(c.rows), u64::from(c.input.tiles));
    let vectors = rows * tiles;
    let mut events = Events {
        layernorm_elements: PASSES * vectors * n,
        // Gamma and beta of a column tile serve the rows of a block: one read for each block and tile.
        aux_read_bytes: rows.div_ceil(n) * tiles * 4 * n,
        ..Events::default()
    };
    events.read(c.input.buffer, PASSES * vectors, PASSES * vectors * n);
    events.write(c.out.buffer, vectors, vectors * n);
    Plan {
        passes: block_passes(design.pu.n, &c.input, c.rows, PASSES, latency::layernorm_pass(design.pu.n)),
        released: rows * (47 * tiles + 2) + 8,
        events,
    }
}
