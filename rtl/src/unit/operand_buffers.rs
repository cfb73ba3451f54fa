//! Both operand buffers, and the switch that leads each port to the one that it uses.
//!
//! **Ports.** Those of [`operand_buffer`](super::operand_buffer()), and for each reader and writer `buffer`, which of the two; it stays while
//! the command runs. `conflict` tells of two users of a page in one cycle.
//!
//! **Timing.** That of [`operand_buffer`](super::operand_buffer()).

use super::operand_buffer::operand_buffer;
use super::page::{Geometry, READERS, WRITERS};
use crate::hdl::{Error, Expr, Instance, Module, lit, mux};
use models::design::Design;
use std::rc::Rc;

/// The operand buffers of a design.
///
/// # Errors
/// As [`operand_buffer`].
pub fn operand_buffers(design: &Design) -> Result<Rc<Module>, Error> {
    let g = Geometry::new(design);
    let mut m = Module::new("operand_buffers", "both operand buffers and the switch in front of them")
        .parameter("n", g.lanes)
        .parameter("bytes", design.buffer.bytes)
        .latency("1 cycle from a read to masks and codes");
    let mut ports: [Vec<(String, Expr)>; 2] = [Vec::new(), Vec::new()];
    let readers = READERS.iter().map(|reader| (reader.name, g.reads(*reader).to_vec()));
    let writers = WRITERS.iter().map(|writer| (*writer, g.writes(writer).to_vec()));
    let mut buffers = Vec::new();
    for (port, signals) in readers.chain(writers) {
        let buffer = m.input(&format!("{port}_buffer"), 1, "operand buffer that it uses");
        let here = [buffer.not(), buffer.clone()];
        for (name, width, meaning) in signals {
            let value = m.input(&name, width, meaning);
            let acts = ["_fetch", "_enable", "_mask_write"].iter().any(|part| name.ends_with(part));
            for (ports, here) in ports.iter_mut().zip(&here) {
                let value = if acts { value.and(here.repeat(width)) } else { value.clone() };
                ports.push((name.clone(), value));
            }
        }
        buffers.push(buffer);
    }
    let shape = operand_buffer(design)?;
    let [first, second] = [0, 1].map(|at: usize| {
        let inputs: Vec<(&str, &Expr)> =
            ports[at].iter().map(|(name, value)| (name.as_str(), value)).collect();
        m.instance(&format!("buffer_{at}"), &shape, &inputs)
    });
    outputs(&mut m, &buffers, [&first, &second]);
    m.finish()
}

/// What each reader gets from its buffer.
fn outputs(m: &mut Module, buffers: &[Expr], [first, second]: [&Instance; 2]) {
    for (reader, buffer) in READERS.iter().zip(buffers) {
        for part in ["masks", "codes"] {
            let name = format!("{}_{part}", reader.name);
            let value = mux(buffer, second.out(&name), first.out(&name));
            let out = m.output(&name, value.width(), "what the reader has read");
            m.assign(out, value);
        }
    }
    let conflict = m.register("conflict_held", 1, 0);
    let clear = m.input("clear", 1, "a program begins");
    let now = first.out("conflict").or(second.out("conflict"));
    m.next(&conflict, mux(clear, lit(1, 0), conflict.or(now)));
    let out = m.output("conflict", 1, "two ports have used one page in one cycle");
    m.assign(out, conflict);
}
