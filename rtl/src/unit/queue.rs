//! The queue in front of a unit: holds dispatched commands, starts the first when what it waits for is complete, counts
//! what the unit has completed.
//!
//! **Ports.** `push` with `word` from the sequencer; `room` back to it. `others`, the completed counts of the other three
//! units. `start` and `command` to the unit, `done` from it. `completed` to the other queues; `idle` to the sequencer, with
//! `clear` from it at a control command.
//!
//! **Timing.** A command pushed in cycle c can start in cycle c + 1. `start` is high in the command's first busy cycle, `done` in
//! its last; the next command can start in the cycle after, and that is when `completed` counts it. `command` is stable
//! from `start` to `done`.
//!
//! **Not modelled.** More commands between two control commands than a count of [`WAIT_BITS`] bits holds: the compiler's
//! encoder refuses to wait for them.

use super::fifo::fifo;
use super::word::{WORD_BITS, wait};
use crate::hdl::{Error, Expr, Module, lit, mux};
use models::program::word::WAIT_BITS;
use std::rc::Rc;

/// A queue of `depth` commands.
///
/// # Errors
/// A fault of the description, which would be ours.
pub fn queue(depth: u32) -> Result<Rc<Module>, Error> {
    let mut m = Module::new("queue", "commands that wait for a unit, and the one that runs")
        .parameter("depth", depth)
        .latency("1 cycle from push to start");
    let push = m.input("push", 1, "a command is dispatched to this unit");
    let word = m.input("word", WORD_BITS, "the command");
    let others =
        m.input("others", 3 * WAIT_BITS as usize, "completed counts of the other units, first lowest");
    let done = m.input("done", 1, "last busy cycle of the unit's command");
    let clear = m.input("clear", 1, "a control command takes effect: counts begin again");
    let outputs = [
        ("room", "a command can be pushed"),
        ("start", "first busy cycle"),
        ("idle", "holds and runs nothing"),
    ];
    let [room, start, idle] = outputs.map(|(name, meaning)| m.output(name, 1, meaning));
    let command = m.output("command", WORD_BITS, "the command that runs");
    let completed =
        m.output("completed", WAIT_BITS as usize, "commands completed since the last control command");

    let running = m.register("running", 1, 0);
    let current = m.register("current", WORD_BITS, 0);
    let count = m.register("count", WAIT_BITS as usize, 0);
    let starts = m.signal("starts", 1);
    let slots = fifo(depth, WORD_BITS)?;
    let slots = m.instance("slots", &slots, &[("push", &push), ("data", &word), ("pop", &starts)]);
    let (head, used) = (slots.out("head"), slots.out("used"));
    let met = met(&mut m, &head, &others);
    let some = m.wire("some", used.ne(lit(used.width(), 0)));
    m.assign(&starts, some.and(met).and(running.not()));
    m.assign(&start, &starts);
    m.assign(&room, used.lt(lit(used.width(), depth.into())));
    m.assign(&idle, some.not().and(running.not()));
    m.assign(&command, mux(&starts, &head, &current));
    m.assign(&completed, &count);
    m.when(&starts, |m| m.next(&current, &head));
    // A command of one cycle is done as it starts.
    m.next(&running, starts.or(&running).and(done.not()));
    m.when(&clear, |m| m.next(&count, lit(WAIT_BITS as usize, 0)))
        .otherwise(|m| m.next(&count, count.add(done.widen(WAIT_BITS as usize))));
    m.finish()
}

/// Whether every count that the command at the head waits for has been reached.
fn met(m: &mut Module, head: &Expr, others: &Expr) -> Expr {
    let bits = WAIT_BITS as usize;
    let reached = (0..3).map(|index| wait(head, index).le(others.bits(index * bits, bits)));
    let all = reached.reduce(|all, one| all.and(one)).unwrap_or_else(|| lit(1, 1));
    m.wire("met", all)
}
