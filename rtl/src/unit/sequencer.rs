//! Sequencer: fetches commands, dispatches them in program order, one a cycle, and executes control commands itself.
//!
//! **Ports.** The command memory's read port; a push to each of the four queues and whether it has room; whether all queues and
//! units are idle; whether the last entropy is under the threshold, and the layer after which the sentence leaves at the latest. Out:
//! base addresses of the layer's weights, changes of the supply and predictions for the [DVFS controller](super::dvfs()), layer, the count
//! of cycles, `done`.
//!
//! **Timing.** Cycle 0 is that of `start`. The first command is dispatched in cycle [`latency::FETCH`]: one cycle for the memory,
//! one to decode. After that, one a cycle goes to its queue if that has room. A control command takes effect in the first
//! cycle in which everything is idle; `clear` is then high, and the next command follows `FETCH` cycles later. With
//! `overlap` = 0 every command waits until all is idle, without the fetch penalty. `cycles` at `done` is the length of the run.
//!
//! **Errors.** With `halt` nothing more is dispatched; what was, runs to its end, and the program ends.
//!
//! An opcode that no command has ends the program with `fault`.

use super::dvfs::SUPPLY_BITS;
use super::word::{WORD_BITS, field, is, is_of};
use crate::hdl::{Error, Expr, Module, address_bits, concat, lit, mux};
use models::design::Sequencer;
use models::latency;
use models::program::Unit;
use std::rc::Rc;

/// Bits of an address in external memory.
pub const ADDRESS_BITS: usize = 36;
/// Bits of the cycle counter.
pub const CYCLE_BITS: usize = 48;
/// Bits of a layer's number and of a program counter.
pub const COUNT_BITS: usize = 16;

const _: () = assert!(latency::FETCH == 2, "the fetch pipeline below has two stages");

/// Wires between the parts of the sequencer.
struct Parts {
    /// Command in the decode stage, whether there is one, and its program counter.
    word: Expr,
    valid: Expr,
    pc: Expr,
    /// Its unit, a bit each, load engine lowest; none for a control command.
    unit: Expr,
    /// The layer that runs, from 1.
    layer: Expr,
    /// A control command takes effect.
    control: Expr,
    /// It is a repeat, and another layer follows.
    again: Expr,
    /// Where to go on after it.
    target: Expr,
    /// The program ends.
    ends: Expr,
}

/// The sequencer of a machine.
///
/// # Errors
/// A fault of the description, which would be ours.
pub fn sequencer(design: Sequencer) -> Result<Rc<Module>, Error> {
    let overlap = design.overlap;
    let mut m = Module::new("sequencer", "runs a program: dispatches commands, executes control commands")
        .parameter("commands", design.commands)
        .parameter("overlap", u8::from(overlap))
        .latency(format!("{} cycles from start, or from a control command, to the next", latency::FETCH));
    let start = m.input("start", 1, "the program begins; cycle 0");
    let layer_start = m.input("layer_start", ADDRESS_BITS, "first byte of the first layer's weights");
    let ramp_start = m.input("ramp_start", ADDRESS_BITS, "first byte of the first off-ramp's weights");
    let value = m.input("value", WORD_BITS, "command memory: the word read in the cycle before");
    let room = m.input("room", 4, "queues that have room, load engine lowest");
    let idle = m.input("idle", 1, "all queues and units are idle");
    let below = m.input("below", 1, "the last entropy is under the threshold");
    let predicted =
        m.input("predicted", COUNT_BITS, "layer after which the sentence leaves at the latest; 0 for none");
    let halt = m.input("halt", 1, "dispatch nothing more, and end when all is idle");
    let parts = decode(&mut m, &idle, (&below, &predicted), &halt);
    let accept = dispatch(&mut m, &parts, overlap, &room, &idle.and(halt.not()), &halt);
    let bits = address_bits(design.commands as usize);
    let running = fetch(&mut m, &parts, &start, &accept, (&value, bits));
    bases(&mut m, &parts, &start, [&layer_start, &ramp_start]);
    supply(&mut m, &parts);
    status(&mut m, &parts, &start, &running, &halt);
    m.finish()
}

/// What the word in the decode stage asks for.
fn decode(m: &mut Module, idle: &Expr, (below, predicted): (&Expr, &Expr), halt: &Expr) -> Parts {
    let word = m.register("word", WORD_BITS, 0);
    let valid = m.register("word_valid", 1, 0);
    let pc = m.register("pc", COUNT_BITS, 0);
    let layer = m.register("layer", COUNT_BITS, 0);
    let units = Unit::ALL.map(|unit| is_of(&word, unit));
    let [load, store, pu, sfu] = units;
    let unit = concat(&[sfu, pu, store, load]);
    let unit = m.wire("unit", unit);
    let control = m.wire("control", valid.and(unit.reduce_or().not().or(halt)).and(idle));
    let following = m.wire("following", pc.add(lit(COUNT_BITS, 1)));
    let again = m.wire("again", is(&word, "repeat").and(layer.lt(field(&word, "repeat", "layers"))));
    let leaves = m.wire("leaves", is(&word, "exit").and(below.or(predicted.eq(&layer))));
    let target = mux(&leaves, field(&word, "exit", "to"), following);
    let target = m.wire("target", mux(&again, field(&word, "repeat", "to"), target));
    let goes_on = ["setpoint", "barrier", "exit", "repeat", "predict"].map(|name| is(&word, name));
    let goes_on = goes_on.into_iter().reduce(|any, one| any.or(one)).unwrap_or_else(|| lit(1, 0));
    let ends = m.wire("ends", control.and(goes_on.not().or(halt)));
    Parts { word, valid, pc, unit, layer, control, again, target, ends }
}

/// Pushes to the queues; whether the decode stage hands its command on.
fn dispatch(m: &mut Module, parts: &Parts, overlap: bool, room: &Expr, idle: &Expr, halt: &Expr) -> Expr {
    let push = m.output("push", 4, "the word goes to this queue, load engine lowest");
    let out = m.output("command", WORD_BITS, "the word");
    let may = if overlap { parts.valid.and(halt.not()) } else { parts.valid.and(idle) };
    let pushed = m.wire("pushed", parts.unit.and(room).and(may.repeat(4)));
    m.assign(push, &pushed);
    m.assign(out, &parts.word);
    m.wire("accept", pushed.reduce_or().or(&parts.control))
}

/// Two stages in front of dispatch: the word that the memory gives, and the word in the decode stage. Whether a program
/// runs.
fn fetch(m: &mut Module, parts: &Parts, start: &Expr, accept: &Expr, memory: (&Expr, usize)) -> Expr {
    let [read, busy] = [("read", "command memory: read"), ("busy", "a program runs")]
        .map(|(name, meaning)| m.output(name, 1, meaning));
    let (value, bits) = memory;
    let address = m.output("address", bits, "command memory: which word");
    let running = m.register("running", 1, 0);
    let given = m.register("given_valid", 1, 0);
    let given_pc = m.register("given_pc", COUNT_BITS, 0);
    let advance = m.wire("advance", running.and(parts.valid.not().or(accept)));
    let jump = m.wire("jump", start.or(parts.control.and(parts.ends.not())));
    let next_pc = mux(&parts.control, &parts.target, given_pc.add(lit(COUNT_BITS, 1)));
    let next_pc = m.wire("next_pc", mux(start, lit(COUNT_BITS, 0), next_pc));
    m.assign(read, start.or(&advance));
    m.assign(address, next_pc.bits(0, bits));
    m.assign(busy, &running);
    m.next(&running, start.or(running.and(parts.ends.not())));
    m.when(start.or(&advance), |m| {
        m.next(&given_pc, &next_pc);
        m.next(&given, parts.ends.not().or(start));
        m.next(&parts.word, value);
        m.next(&parts.pc, &given_pc);
        m.next(&parts.valid, given.and(jump.not()).and(parts.ends.not()));
    });
    running
}

/// Base addresses of the layer's weights: from the start on, and a stride further at each end of a layer.
fn bases(m: &mut Module, parts: &Parts, start: &Expr, first: [&Expr; 2]) {
    let repeats = m.wire("repeats", parts.control.and(is(&parts.word, "repeat")));
    for (name, first) in [("layer", first[0]), ("ramp", first[1])] {
        let out = m.output(&format!("{name}_base"), ADDRESS_BITS, "first byte of the layer's weights");
        let base = m.register(&format!("{name}_address"), ADDRESS_BITS, 0);
        let stride = field(&parts.word, "repeat", &format!("{name}_stride"));
        m.assign(out, &base);
        m.when(start, |m| m.next(&base, first)).otherwise(|m| {
            m.when(&repeats, |m| m.next(&base, base.add(stride)));
        });
    }
    let out =
        m.output("layer_now", COUNT_BITS, "layer that runs, from 1; after the program, that of the exit");
    m.assign(out, &parts.layer);
    let again = m.wire("next_layer", repeats.and(&parts.again));
    m.when(start, |m| m.next(&parts.layer, lit(COUNT_BITS, 1))).otherwise(|m| {
        m.when(&again, |m| m.next(&parts.layer, parts.layer.add(lit(COUNT_BITS, 1))));
    });
}

/// What the DVFS controller is told.
fn supply(m: &mut Module, parts: &Parts) {
    let change = m.output("change", 1, "the supply changes");
    let change_mv = m.output("change_mv", SUPPLY_BITS, "to this voltage, mV");
    let predict = m.output("predict", 1, "the exit is predicted");
    let effect = m.wire("effect", parts.control.and(parts.ends.not()));
    m.assign(change, effect.and(is(&parts.word, "setpoint")));
    m.assign(change_mv, field(&parts.word, "setpoint", "vdd_mv"));
    let here = field(&parts.word, "predict", "layer").eq(&parts.layer);
    m.assign(predict, effect.and(is(&parts.word, "predict")).and(here));
}

/// What software and the other units see.
fn status(m: &mut Module, parts: &Parts, start: &Expr, running: &Expr, halt: &Expr) {
    let clear =
        m.output("clear", 1, "a control command takes effect: counts of completed commands begin again");
    let done = m.output("done", 1, "the program ends in this cycle");
    let fault = m.output("fault", 1, "it ends on a word that is no command");
    let cycles =
        m.output("cycles", CYCLE_BITS, "cycles since the start; the length of the run once it is done");
    m.assign(clear, &parts.control);
    m.assign(done, &parts.ends);
    m.assign(fault, parts.ends.and(is(&parts.word, "end").not()).and(halt.not()));
    let count = m.register("cycle", CYCLE_BITS, 0);
    m.assign(cycles, &count);
    m.when(start, |m| m.next(&count, lit(CYCLE_BITS, 1))).otherwise(|m| {
        m.when(running.and(parts.ends.not()), |m| m.next(&count, count.add(lit(CYCLE_BITS, 1))));
    });
}
