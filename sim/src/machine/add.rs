//! Element-wise add (kernel: `kernels::add`).
//!
//! **Function.** `out = a + b`, each with its own exponent bias, rounded once.
//!
//! **Timing.** One pass over all vectors and `latency::ADD`. `released`: `T (36 V + 1) + 9` cycles for T rows of V vectors.

use super::events::Events;
use super::pass::{Pass, Plan};
use models::design::Design;
use models::latency;
use models::program::Add;

/// The plan of an add.
pub(super) fn add(design: &Design, c: &Add) -> Plan {
    let n = u64::from(design.pu.n);
    let (rows, tiles) = (u64::from(c.rows), u64::from(c.a.tiles));
    let vectors = rows * tiles;
    let mut events = Events { add_elements: vectors * n, ..Events::default() };
    events.read(c.a.buffer, vectors, vectors * n);
    events.read(c.b.buffer, vectors, vectors * n);
    events.write(c.out.buffer, vectors, vectors * n);
    Plan {
        passes: vec![Pass { times: 1, vectors, latency: latency::ADD }],
        released: rows * (36 * tiles + 1) + 9,
        events,
    }
}
