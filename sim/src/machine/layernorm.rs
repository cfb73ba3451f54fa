//! Layer norm (kernel: `kernels::layernorm`) of the sum of two operands ([`add`](super::add)).
//!
//! **Function.** For each row block, with the sums x: sum and sum of squares of each row; then `(N x - S) / sqrt(V) · gamma + beta`.
//!
//! **Timing.** Two passes for each row block, each `rows · tiles` vectors and `latency::layernorm_pass`.
//! `released`: the add's and `T (47 V + 2) + 8` cycles for T rows of V vectors.

use super::add;
use super::events::Events;
use super::pass::{Plan, block_passes};
use models::design::Design;
use models::latency;
use models::program::LayerNorm;

pub(super) const PASSES: u64 = 2;

/// The plan of a layer norm.
pub(super) fn layernorm(design: &Design, c: &LayerNorm) -> Plan {
    let n = u64::from(design.pu.n);
    let (rows, tiles) = (u64::from(c.rows), u64::from(c.a.tiles));
    let vectors = rows * tiles;
    let mut events = Events {
        layernorm_elements: PASSES * vectors * n,
        // The parameters of a column tile serve the rows of a block: one read for each block, pass (the first needs the exponents
        // of the channels) and tile.
        aux_read_bytes: PASSES * rows.div_ceil(n) * tiles * 4 * n,
        ..Events::default()
    };
    add::read(&mut events, c, PASSES * vectors, n);
    events.write(c.out.buffer, vectors, vectors * n);
    Plan {
        passes: block_passes(design.pu.n, &c.a, c.rows, PASSES, latency::layernorm_pass(design.pu.n)),
        released: add::released(rows, tiles) + rows * (47 * tiles + 2) + 8,
        events,
    }
}
