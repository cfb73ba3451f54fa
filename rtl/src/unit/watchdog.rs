//! Watchdog of the bus: tells when the memory lets a request wait too long.
//!
//! **Ports.** `waits`, something is asked of the bus; `moves`, something happened on it; `limit` in cycles, 0 for ever; `expired`.
//!
//! **Timing.** `expired` is high for a cycle when nothing has moved for `limit` cycles, and again after as many more.

use crate::hdl::{Error, Module, lit, mux};
use std::rc::Rc;

/// Bits of the limit.
const LIMIT_BITS: usize = 32;

/// The watchdog.
///
/// # Errors
/// A fault of the description, which would be ours.
pub fn watchdog() -> Result<Rc<Module>, Error> {
    let mut m = Module::new("watchdog", "tells when the bus lets a request wait too long").latency("1 cycle");
    let waits = m.input("waits", 1, "something is asked of the bus");
    let moves = m.input("moves", 1, "something happens on it");
    let limit = m.input("limit", LIMIT_BITS, "cycles without a move, 0 for ever");
    let count = m.register("count", LIMIT_BITS, 0);
    let late = m.wire("late", waits.and(limit.reduce_or()).and(count.ge(&limit)));
    let counts = waits.and(moves.not()).and(late.not());
    m.next(&count, mux(counts, count.add(lit(LIMIT_BITS, 1)), lit(LIMIT_BITS, 0)));
    let told = m.stage("told", late);
    let out = m.output("expired", 1, "a request has waited too long");
    m.assign(out, told);
    m.finish()
}
