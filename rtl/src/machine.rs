//! The whole machine: control, both DMA engines, PU, SFU, buffers, registers.
//!
//! **Ports.** Clock and reset; an AXI4-Lite subordinate for [registers](crate::register_map), prefixed `lite_`; an AXI4 master, prefixed
//! `axi_`; the NVM's read port, prefixed `nvm_`; `interrupt_line`; `supply_mv`, the voltage that the program asks for.
//!
//! **Timing.** A program takes the cycles that `sim` says, counted from the pulse of `control`, which is cycle 0.
//!
//! **Function.** Nothing but wires: every unit is a module of its own, and `wiring` says what leads to each of its inputs.
//!
//! **Not modelled.** The regulator behind `supply_mv`.

mod refusal;
mod wiring;

pub use refusal::{Refused, refusal};

use crate::hdl::{Error, Expr, Module, memory};
use crate::register_map::COUNTER_BITS;
use crate::unit;
use models::design::Design;
use models::program::MAX_TOKENS;
use std::collections::BTreeMap;
use std::rc::Rc;
use wiring::Wires;

/// The machine of a design.
///
/// # Errors
/// A fault of the description, which would be ours: ask [`refusal`] before.
pub fn machine(design: &Design) -> Result<Rc<Module>, Error> {
    let mut m = Module::new("offramp", "transformer accelerator: control, DMA, PU, SFU, buffers, registers")
        .parameter("design", &design.name)
        .parameter("n", design.pu.n)
        .parameter("width", design.format.width())
        .parameter("exponent", design.format.exponent())
        .parameter("buffer_bytes", design.buffer.bytes);
    let shapes = shapes(design)?;
    let wires = declare(&mut m, &shapes);
    let derived = wiring::derive(&mut m, design, &wires);
    for (prefix, shape) in &shapes {
        connect(&mut m, prefix, shape, &wires, &derived);
    }
    wiring::constants(&mut m, design);
    m.finish()
}

/// Every unit with the name that its wires begin with.
fn shapes(design: &Design) -> Result<Vec<(&'static str, Rc<Module>)>, Error> {
    Ok(vec![
        ("registers", unit::register_file()?),
        ("control", unit::control(design.sequencer)?),
        ("dvfs", unit::dvfs()?),
        ("load", unit::load(design)?),
        ("store", unit::store(design)?),
        ("pu", unit::pu(design)?),
        ("sfu", unit::sfu(design.format, design.pu.n)?),
        ("a", unit::dense_decoder(design)?),
        ("b", unit::dense_decoder(design)?),
        ("encoder", unit::bitmask_encoder(design)?),
        ("buffers", unit::operand_buffers(design)?),
        ("aux", unit::auxiliary_buffer(design)?),
        ("counters", unit::counters(design, COUNTER_BITS)?),
        ("watchdog", unit::watchdog()?),
        ("tokens", memory(MAX_TOKENS as usize, 16)?),
    ])
}

/// Whether a port of a unit leads outside.
fn is_outside(unit: &str, port: &str) -> bool {
    match unit {
        "registers" => port.starts_with("lite_") || port == "interrupt_line",
        "load" | "store" => port.starts_with("axi_") || port.starts_with("nvm_") && port != "nvm_taken",
        _ => false,
    }
}

/// A wire for each output of a unit that stays inside, so that units may depend on each other in any order.
fn declare(m: &mut Module, shapes: &[(&str, Rc<Module>)]) -> Wires {
    let mut wires = BTreeMap::new();
    for (prefix, shape) in shapes {
        for port in shape.ports().iter().filter(|port| !port.input && !is_outside(prefix, &port.name)) {
            let name = format!("{prefix}_{}", port.name);
            wires.insert(name.clone(), m.signal(&format!("from_{name}"), port.width));
        }
    }
    Wires(wires)
}

/// A unit with what leads to its inputs: a wire of the list, or a port of the machine.
fn connect(
    m: &mut Module,
    prefix: &str,
    shape: &Rc<Module>,
    wires: &Wires,
    derived: &BTreeMap<String, Expr>,
) {
    let mut inputs: Vec<(String, Expr)> = Vec::new();
    for port in shape.ports().into_iter().filter(|port| port.input) {
        if ["clock", "reset"].contains(&port.name.as_str()) {
            continue;
        }
        let name = format!("{prefix}_{}", port.name);
        let value = match derived.get(&name) {
            Some(value) => value.clone(),
            None if is_outside(prefix, &port.name) => m.input(&port.name, port.width, &port.meaning),
            None => panic!("nothing leads to {name}"),
        };
        inputs.push((port.name, value));
    }
    let given: Vec<(&str, &Expr)> = inputs.iter().map(|(name, value)| (name.as_str(), value)).collect();
    let instance = m.instance(prefix, shape, &given);
    for port in shape.ports().into_iter().filter(|port| !port.input) {
        let value = instance.out(&port.name);
        if is_outside(prefix, &port.name) {
            let out = m.output(&port.name, port.width, &port.meaning);
            m.assign(out, value);
        } else {
            m.assign(wires.get(&format!("{prefix}_{}", port.name)), value);
        }
    }
}
