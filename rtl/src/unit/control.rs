//! Control: command memory, sequencer and the four queues, as the units see them.
//!
//! **Ports.** `start` and base addresses from the host, which also writes the command memory while no program runs; for each
//! unit `start`, the command and `done`; the exit decision from the SFU; what the DVFS controller predicts and is told; status for
//! the host.
//!
//! **Timing.** That of [`sequencer`](super::sequencer()) and [`queue`](super::queue()); nothing is added here.
//!
//! **Not modelled.** Writes by the host while a program runs: they are ignored.

use super::queue::queue;
use super::sequencer::{ADDRESS_BITS, COUNT_BITS, sequencer};
use super::word::WORD_BITS;
use crate::hdl::{Error, Expr, Instance, Module, address_bits, concat, memory, mux};
use models::design::Sequencer;
use models::program::Unit;
use models::program::word::{WAIT_BITS, others};
use std::rc::Rc;

/// The control of a machine whose sequencer the design describes.
///
/// # Errors
/// A command memory of less than two words.
pub fn control(design: Sequencer) -> Result<Rc<Module>, Error> {
    let mut m = Module::new("control", "command memory, sequencer and queues")
        .parameter("commands", design.commands)
        .parameter("queue", design.queue)
        .parameter("overlap", u8::from(design.overlap));
    let done = m.input("unit_done", 4, "last busy cycle of the unit's command, load engine lowest");
    let inputs = sequencer_inputs(&mut m);
    let (value, room, idle) =
        (m.signal("fetched", WORD_BITS), m.signal("queues_room", 4), m.signal("queues_idle", 4));
    let all_idle = m.wire("all_idle", idle.reduce_and());
    let mut ports: Vec<(&str, &Expr)> = inputs.iter().map(|(name, wire)| (*name, wire)).collect();
    ports.extend([("value", &value), ("room", &room), ("idle", &all_idle)]);
    let runs = m.instance("sequencer", &sequencer(design)?, &ports);
    let queues = queues(&mut m, design.queue, &runs, &done)?;
    let gathered = |port: &str| concat(&[3, 2, 1, 0].map(|at: usize| queues[at].out(port)));
    m.assign(&room, gathered("room"));
    m.assign(&idle, gathered("idle"));
    let starts = m.output("unit_start", 4, "first busy cycle of the unit's command, load engine lowest");
    m.assign(starts, gathered("start"));
    let store = command_memory(&mut m, design.commands, &runs)?;
    m.assign(&value, store.out("value"));
    let dispatched = m.output("dispatched", 1, "a command goes to the queue of its unit");
    m.assign(dispatched, runs.out("push").reduce_or());
    for (unit, queue) in Unit::ALL.iter().zip(&queues) {
        let name = format!("{}_command", unit.name());
        let out = m.output(&name, WORD_BITS, "command that the unit runs, stable until done");
        m.assign(out, queue.out("command"));
    }
    for (port, meaning) in STATUS {
        let value = runs.out(port);
        let out = m.output(port, value.width(), meaning);
        m.assign(out, value);
    }
    m.finish()
}

/// Outputs of the sequencer that go on.
const STATUS: [(&str, &str); 10] = [
    ("busy", "a program runs"),
    ("done", "the program ends in this cycle"),
    ("fault", "it ends on a word that is no command"),
    ("layer_base", "first byte of the layer's weights"),
    ("ramp_base", "first byte of the off-ramp's weights"),
    ("layer_now", "layer that runs, from 1; after the program, that of the exit"),
    ("change", "a command changes the supply"),
    ("change_mv", "to this voltage, mV"),
    ("predict", "a command asks for a prediction"),
    ("cycles", "cycles since the start; the length of the run once it is done"),
];

fn sequencer_inputs(m: &mut Module) -> [(&'static str, Expr); 6] {
    [
        ("start", 1, "the program begins; cycle 0"),
        ("layer_start", ADDRESS_BITS, "first byte of the first layer's weights"),
        ("ramp_start", ADDRESS_BITS, "first byte of the first off-ramp's weights"),
        ("below", 1, "the last entropy is under the threshold"),
        ("predicted", COUNT_BITS, "layer after which the sentence leaves at the latest; 0 for none"),
        ("halt", 1, "dispatch nothing more, and end when all is idle"),
    ]
    .map(|(name, width, meaning)| (name, m.input(name, width, meaning)))
}

/// A queue for each unit; each sees the counts of the three others.
fn queues(m: &mut Module, depth: u32, runs: &Instance, done: &Expr) -> Result<Vec<Instance>, Error> {
    let shape = queue(depth)?;
    let counts = Unit::ALL.map(|unit| m.signal(&format!("{}_completed", unit.name()), WAIT_BITS as usize));
    let mut queues = Vec::new();
    for (at, unit) in Unit::ALL.into_iter().enumerate() {
        let [a, b, c]: [Expr; 3] = std::array::from_fn(|index| {
            let other = others(unit).nth(index).unwrap_or(unit);
            counts[other as usize].clone()
        });
        let inputs = [
            ("push", &runs.out("push").bit(at)),
            ("word", &runs.out("command")),
            ("others", &concat(&[c, b, a])),
            ("done", &done.bit(at)),
            ("clear", &runs.out("clear")),
        ];
        let queue = m.instance(&format!("{}_queue", unit.name()), &shape, &inputs);
        m.assign(&counts[at], queue.out("completed"));
        queues.push(queue);
    }
    Ok(queues)
}

/// The command memory: the host writes while no program runs.
fn command_memory(m: &mut Module, commands: u32, runs: &Instance) -> Result<Instance, Error> {
    let shape = memory(commands as usize, WORD_BITS)?;
    let write = m.input("host_write", 1, "the host writes a command word");
    let address = m.input("host_address", address_bits(commands as usize), "which");
    let word = m.input("host_word", WORD_BITS, "the word");
    let write = m.wire("writes", write.and(runs.out("busy").not()));
    let address = m.wire("word_address", mux(&write, address, runs.out("address")));
    let inputs =
        [("enable", &runs.out("read").or(&write)), ("write", &write), ("address", &address), ("data", &word)];
    Ok(m.instance("commands", &shape, &inputs))
}
