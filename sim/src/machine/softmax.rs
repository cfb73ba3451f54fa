//! Softmax with span mask (kernel: `kernels::softmax`).
//!
//! **Function.** For each row block: find the maximum of each row; sum `2^-t`; write `2^-(t + log2 sum)` times the span mask.
//! The rows of a block share the passes, their maxima and sums are kept in `n` registers each.
//!
//! **Timing.** Three passes for each row block, each `rows · tiles` vectors and `latency::softmax_pass`.
//! `released`: `T (58 V + 1) + 22` cycles for T rows of V vectors, of which 12 write the configuration.

use super::events::Events;
use super::pass::{Plan, block_passes};
use models::design::Design;
use models::latency;
use models::program::Softmax;

pub(super) const PASSES: u64 = 3;

/// The plan of a softmax.
pub(super) fn softmax(design: &Design, c: &Softmax) -> Plan {
    let n = design.pu.n;
    let (rows, tiles) = (u64::from(c.rows), u64::from(c.input.tiles));
    let vectors = rows * tiles;
    let mut events = Events {
        softmax_elements: PASSES * vectors * u64::from(n),
        aux_read_bytes: c.span.map_or(0, |_| vectors * u64::from(n)),
        ..Events::default()
    };
    events.read(c.input.buffer, PASSES * vectors, PASSES * vectors * u64::from(n));
    let written = c.out_occupancy.nonzeros(n, 1, tiles) * rows / u64::from(n);
    events.write(c.out.buffer, vectors, written);
    Plan {
        passes: block_passes(n, &c.input, c.rows, PASSES, latency::softmax_pass(n)),
        released: rows * (58 * tiles + 1) + 22,
        events,
    }
}
