//! First in, first out, built of registers: the queues of commands and of bursts.
//!
//! **Ports.** `push` with `data`; `pop`; the first at `head`; how many there are at `used`.
//!
//! **Timing.** What is pushed in cycle c can be at `head` in cycle c + 1. Push and pop may fall into one cycle, of a full one too.
//!
//! **Not modelled.** A push into a full one without a pop, a pop of an empty one: whoever uses it looks at `used`.

use crate::hdl::{Error, Module, lit, mux};
use std::rc::Rc;

/// Bits of the number of words in a FIFO of `depth`.
pub fn used_bits(depth: u32) -> usize {
    (depth + 1).next_power_of_two().ilog2() as usize
}

/// A FIFO of `depth` words of `width` bits.
///
/// # Errors
/// A fault of the description, which would be ours.
pub fn fifo(depth: u32, width: usize) -> Result<Rc<Module>, Error> {
    let mut m = Module::new("fifo", "first in, first out")
        .parameter("depth", depth)
        .parameter("width", width)
        .latency("1 cycle");
    let bits = used_bits(depth);
    let push = m.input("push", 1, "put data in");
    let data = m.input("data", width, "what is put in");
    let pop = m.input("pop", 1, "drop the head");
    let head = m.output("head", width, "the first; undefined if there is none");
    let used = m.output("used", bits, "how many there are");
    let count = m.register("count", bits, 0);
    let slots: Vec<_> = (0..depth).map(|at| m.register(&format!("slot_{at}"), width, 0)).collect();
    let after = m.wire("after_pop", count.sub(pop.widen(bits)));
    m.next(&count, after.add(push.widen(bits)));
    for (at, slot) in slots.iter().enumerate() {
        let kept = slots.get(at + 1).map_or_else(|| slot.clone(), |next| mux(&pop, next, slot));
        let here = m.wire(&format!("lands_{at}"), push.and(after.eq(lit(bits, at as u64))));
        m.next(slot, mux(here, &data, kept));
    }
    m.assign(head, &slots[0]);
    m.assign(used, count);
    m.finish()
}
