//! The machine: control behind its registers.

use crate::hdl::{Error, Expr, Instance, Module, concat, lit};
use crate::register_map::{Access, ID, registers};
use crate::unit::{ADDRESS_BITS, control, register_file};
use models::design::Design;
use std::rc::Rc;

/// The machine of a design, a module `offramp`.
///
/// # Errors
/// A fault of the description, which would be ours.
pub fn machine(design: &Design) -> Result<Rc<Module>, Error> {
    let mut m = Module::new("offramp", "transformer accelerator").parameter("n", design.pu.n);
    let (file, control) = (register_file()?, control(design.sequencer)?);
    let status: Vec<(String, Expr)> = registers()
        .iter()
        .filter(|register| register.access == Access::Read)
        .map(|register| {
            (register.name.to_owned(), m.signal(&format!("{}_now", register.name), register.width))
        })
        .collect();
    let raised = m.signal("raised", 3);
    let lite: Vec<(String, Expr)> = file
        .ports()
        .iter()
        .filter(|port| port.input && port.name.starts_with("lite_"))
        .map(|port| (port.name.clone(), m.input(&port.name, port.width, &port.meaning)))
        .collect();
    let mut inputs: Vec<(&str, &Expr)> =
        status.iter().chain(&lite).map(|(name, wire)| (name.as_str(), wire)).collect();
    inputs.push(("interrupt_set", &raised));
    let software = m.instance("registers", &file, &inputs);
    for port in file
        .ports()
        .iter()
        .filter(|port| !port.input && (port.name.starts_with("lite_") || port.name == "interrupt_line"))
    {
        let out = m.output(&port.name, port.width, &port.meaning);
        m.assign(out, software.out(&port.name));
    }
    let runs = sequenced(&mut m, &control, &software);
    m.assign(&raised, concat(&[lit(1, 0), runs.out("done").and(runs.out("fault")), runs.out("done")]));
    for (name, wire) in &status {
        let value = match name.as_str() {
            "id" => lit(32, ID),
            "status" => runs.out("busy"),
            "exit_layer" => runs.out("layer_now"),
            "vdd_mv" | "cycles" => runs.out(name),
            _ => lit(wire.width(), 0),
        };
        m.assign(wire, value);
    }
    m.finish()
}

fn sequenced(m: &mut Module, control: &Rc<Module>, software: &Instance) -> Instance {
    let [layer, ramp] = ["layer_start", "ramp_start"].map(|name| software.out(name).bits(0, ADDRESS_BITS));
    let bits = control.ports().iter().find(|port| port.name == "host_address").map_or(1, |port| port.width);
    let started = m.signal("started", 4);
    let inputs = [
        ("start", software.out("control").bit(0)),
        ("layer_start", layer),
        ("ramp_start", ramp),
        ("below", lit(1, 0)),
        ("unit_done", started.clone()),
        ("host_write", software.out("command_word_written")),
        ("host_address", software.out("command_index").bits(0, bits)),
        ("host_word", software.out("command_word")),
    ];
    let inputs = inputs.each_ref().map(|(name, wire)| (*name, wire));
    let runs = m.instance("control", control, &inputs);
    // Nothing stands behind the queues: a command is done as it starts.
    m.assign(&started, runs.out("unit_start"));
    runs
}
