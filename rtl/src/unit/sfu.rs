//! The special function unit: softmax, layer norm with its add, and entropy behind one command and one set of buffer ports.
//!
//! **Ports.** `start` with the `command` word, stable until `done`; reads `read_a` and `read_b` of a buffer's tile and row, whose vectors
//! come at `a` and `b` [`models::latency::DECODE`] cycles later; `parameter_read` of an address in bytes of the auxiliary buffer,
//! whose word comes at `parameters` as late and stays; `write` of a buffer's tile and row with its codes; pulses that
//! count vectors; the entropy of the last exit and whether it is `below` the `threshold`, which hold.
//!
//! **Timing.** That of the unit which the opcode selects: `start` is high in the first cycle of the command, with its first read,
//! `done` in the last. One command runs at a time.
//!
//! **Function.** The units give numbers of blocks and tiles, [`region`](super::region()) makes them places; the row blocks of a layer
//! norm follow each other without a gap. The tile `t` of a row has
//! its span weights `n * t` bytes, its gamma and beta `4 * n * t` bytes behind the start that the command names.
//!
//! **Not modelled.** A command of another unit: nothing answers it.

use super::entropy::{ENTROPY_BITS, entropy};
use super::layernorm::layernorm;
use super::region::region;
use super::sizes;
use super::softmax::softmax;
use super::walker::TILE_BITS;
use super::word::{WORD_BITS, field, is};
use crate::hdl::{Error, Expr, Instance, Module, concat, lit};
use kernels::adaptivfloat::Format;
use models::program::word::UNIT_BYTES;
use std::rc::Rc;

/// Bytes of gamma and beta of a lane.
const NORM_BYTES: usize = 4;
/// Bits of a lane of the word of parameters.
const PARAMETER_BITS: usize = 8 * NORM_BYTES;

/// What comes in for all units.
struct Inputs {
    start: Expr,
    word: Expr,
    threshold: Expr,
    a: Expr,
    b: Expr,
    parameters: Expr,
}

/// A unit in its place: the name of its command and the instance.
type Part = (&'static str, Instance);

/// The unit for vectors of `n` codes.
///
/// # Errors
/// `n` is no power of two from 2 on; else a fault of the description, which would be ours.
pub fn sfu(format: Format, n: u32) -> Result<Rc<Module>, Error> {
    let units = [
        ("softmax", softmax(format, n)?),
        ("layernorm", layernorm(format, n)?),
        ("entropy", entropy(format, n)?),
    ];
    let mut m = Module::new("sfu", "softmax, layer norm with its add, and entropy")
        .parameter("n", n)
        .parameter("width", format.width())
        .parameter("exponent", format.exponent())
        .latency("none from start to the first read");
    let inputs = inputs(&mut m, format, n);
    let word = inputs.word.clone();
    let [softmax, layernorm, entropy] = units.map(|(name, unit)| (name, part(&mut m, &inputs, name, &unit)));
    reads(&mut m, &word, [&softmax, &layernorm, &entropy])?;
    writes(&mut m, &word, [&softmax, &layernorm])?;
    parameters(&mut m, &word, n, (&softmax, &layernorm));
    for (name, unit) in [&softmax, &layernorm, &entropy] {
        let event = m.output(&format!("{name}_vectors"), 1, "a vector enters its lanes");
        m.assign(event, unit.out("read"));
    }
    let done = [&softmax, &layernorm, &entropy].map(|part| of(part, "done"));
    let out = m.output("done", 1, "last cycle of the command");
    m.assign(out, select(&word, &done));
    for (port, from, meaning) in [
        ("exit_entropy", "value", "entropy of the last exit, in nats, 16 fraction bits"),
        ("below", "below", "it is less than the threshold"),
    ] {
        let value = entropy.1.out(from);
        let out = m.output(port, value.width(), meaning);
        m.assign(out, value);
    }
    m.finish()
}

/// The ports into the unit.
fn inputs(m: &mut Module, format: Format, n: u32) -> Inputs {
    let vector = n as usize * usize::from(format.width());
    let start = m.input("start", 1, "first cycle of a command");
    let command = m.input("command", WORD_BITS, "the command word");
    let threshold =
        m.input("threshold", ENTROPY_BITS, "entropy below which to leave, in nats, 16 fraction bits");
    let [a, b] = ["a", "b"].map(|name| m.input(name, vector, "n codes, lane 0 lowest"));
    let parameters =
        m.input("parameters", n as usize * PARAMETER_BITS, "span weights, or gamma and above it beta");
    // The waits are the sequencer's; Verilator takes the name as a word that they are not read.
    let word = m.wire("word_ends_unused", command);
    Inputs { start, word, threshold, a, b, parameters }
}

/// A unit whose inputs are the shared ones or, by name, fields of its command.
fn part(m: &mut Module, shared: &Inputs, name: &'static str, unit: &Rc<Module>) -> Instance {
    let ports = unit.ports().into_iter().filter(|port| port.input);
    let inputs = ports.filter(|port| port.name != "clock" && port.name != "reset").map(|port| {
        let value = match port.name.as_str() {
            "start" => shared.start.and(is(&shared.word, name)),
            "threshold" => shared.threshold.clone(),
            "x" | "a" => shared.a.clone(),
            "b" => shared.b.clone(),
            "parameters" => shared.parameters.bits(0, port.width),
            _ => field(&shared.word, name, &port.name),
        };
        (port.name, value)
    });
    let inputs: Vec<(String, Expr)> = inputs.collect();
    let inputs: Vec<(&str, &Expr)> = inputs.iter().map(|(name, value)| (name.as_str(), value)).collect();
    m.instance(&format!("{name}_unit"), unit, &inputs)
}

/// An output of a unit with the name of its command.
fn of((name, unit): &Part, port: &str) -> (&'static str, Expr) {
    (name, unit.out(port))
}

/// The value of the command that runs, zero for one that gives none.
fn select(word: &Expr, values: &[(&'static str, Expr)]) -> Expr {
    let mask = |(name, value): &(&'static str, Expr)| value.and(is(word, name).repeat(value.width()));
    let any = values.iter().map(mask).reduce(|any, one| any.or(one));
    any.unwrap_or_else(|| lit(1, 0))
}

/// A part of a region.
fn region_part(word: &Expr, command: &str, region: &str, part: &str) -> Expr {
    if (command, part) == ("layernorm", "stride") {
        return field(word, command, "tiles").widen(sizes::region().1);
    }
    field(word, command, &format!("{region}.{part}"))
}

/// The ports of an access to a buffer: its buffer, tile and row, from the `regions` of the commands and the numbers that their
/// units give.
fn access(
    m: &mut Module,
    word: &Expr,
    name: &str,
    regions: &[(&'static str, &str)],
    [now, block, tile, row]: [Expr; 4],
) -> Result<(), Error> {
    let part = |part: &str| {
        let fields =
            regions.iter().map(|(command, region)| (*command, region_part(word, command, region, part)));
        select(word, &fields.collect::<Vec<_>>())
    };
    let [buffer, base, stride] = ["buffer", "base", "stride"].map(part);
    let places = region(base.width(), stride.width())?;
    let inputs = [("base", &base), ("stride", &stride), ("block", &block), ("tile", &tile)];
    let place = m.instance(&format!("{name}_region"), &places, &inputs).out("place");
    for (port, value, meaning) in [
        (name.to_owned(), now, "a vector passes"),
        (format!("{name}_buffer"), buffer, "of this buffer"),
        (format!("{name}_tile"), place, "of this tile in it"),
        (format!("{name}_row"), row, "of this row of the tile"),
    ] {
        let out = m.output(&port, value.width(), meaning);
        m.assign(out, value);
    }
    Ok(())
}

/// The two read ports. An entropy has row 0 only; a layer norm reads both operands at once.
fn reads(m: &mut Module, word: &Expr, [softmax, layernorm, entropy]: [&Part; 3]) -> Result<(), Error> {
    let rows = |port: &str| select(word, &[softmax, layernorm].map(|part| of(part, port)));
    let [read, tile] = ["read", "read_tile"]
        .map(|port| select(word, &[softmax, layernorm, entropy].map(|part| of(part, port))));
    let regions = [("softmax", "input"), ("layernorm", "a"), ("entropy", "input")];
    access(m, word, "read_a", &regions, [read, rows("read_block"), tile, rows("read_row")])?;
    let numbers = ["read", "read_block", "read_tile", "read_row"].map(|port| layernorm.1.out(port));
    access(m, word, "read_b", &[("layernorm", "b")], numbers)
}

/// The write port.
fn writes(m: &mut Module, word: &Expr, parts: [&Part; 2]) -> Result<(), Error> {
    let value = |port: &str| select(word, &parts.map(|part| of(part, port)));
    let numbers = ["write", "write_block", "write_tile", "write_row"].map(value);
    access(m, word, "write", &parts.map(|part| (part.0, "out")), numbers)?;
    let codes = value("codes");
    let out = m.output("write_codes", codes.width(), "n codes, lane 0 lowest");
    m.assign(out, codes);
    Ok(())
}

/// The read port of the auxiliary buffer.
fn parameters(m: &mut Module, word: &Expr, n: u32, (softmax, layernorm): (&Part, &Part)) {
    let address = |(command, unit): &Part, start: &str, bytes: usize| {
        let start = field(word, command, start);
        let start = concat(&[start, lit(UNIT_BYTES.ilog2() as usize, 0)]);
        let (width, shift) = (start.width(), bytes.ilog2() as usize);
        let tile = unit.out("read_tile").bits(0, TILE_BITS.min(width - shift));
        (*command, start.add(concat(&[tile, lit(shift, 0)]).widen(width)))
    };
    let lanes = n as usize;
    let addresses =
        [address(softmax, "span_start", lanes), address(layernorm, "parameters_start", NORM_BYTES * lanes)];
    let read = select(word, &[softmax, layernorm].map(|part| of(part, "parameter_read")));
    for (port, value, meaning) in [
        ("parameter_read", read, "a word of parameters is read"),
        ("parameter_address", select(word, &addresses), "byte of the auxiliary buffer"),
        ("parameter_kind", is(word, "layernorm"), "0 n bytes of span weights, 1 4n bytes of gamma and beta"),
    ] {
        let out = m.output(port, value.width(), meaning);
        m.assign(out, value);
    }
}
