//! What leads to the operand buffers, and from them.

use super::List;
use crate::hdl::Expr;
use crate::unit::page::{Geometry, WRITERS};
use crate::unit::word::field;
use models::design::Design;

/// The ports of the operand buffers.
pub(super) fn buffers(list: &mut List, design: &Design, start: &Expr) {
    let (wires, g) = (list.wires, Geometry::new(design));
    let of = |unit: &str, command: &str, name: &str| {
        field(&wires.get(&format!("control_{unit}_command")), command, &format!("{name}.buffer"))
    };
    for (port, buffer) in [
        ("store", of("store", "store", "region")),
        ("rows", of("pu", "matmul", "rows")),
        ("columns", of("pu", "matmul", "columns")),
        ("a", wires.get("sfu_read_a_buffer")),
        ("b", wires.get("sfu_read_b_buffer")),
        ("load", wires.get("load_buffer")),
        ("pu", of("pu", "matmul", "out")),
        ("sfu", wires.get("sfu_write_buffer")),
    ] {
        list.put(&format!("buffers_{port}_buffer"), buffer);
    }
    for reader in ["store", "a", "b"] {
        let ports = [("fetch", "fetch"), ("tile", "out_tile"), ("enable", "enable"), ("address", "address")];
        for (port, source) in ports {
            list.lead(&format!("buffers_{reader}_{port}"), &format!("{reader}_{source}"));
        }
        list.leads(reader, &format!("buffers_{reader}"), &[("masks", "masks"), ("codes", "codes")]);
    }
    for operand in ["rows", "columns"] {
        list.lead(&format!("buffers_{operand}_fetch"), "pu_fetch");
        for port in ["tile", "enable", "address"] {
            list.lead(&format!("buffers_{operand}_{port}"), &format!("pu_{operand}_{port}"));
        }
        for port in ["masks", "codes"] {
            list.lead(&format!("pu_{operand}_{port}"), &format!("buffers_{operand}_{port}"));
        }
    }
    for (writer, source) in WRITERS.into_iter().zip(["load_write", "pu_write", "encoder"]) {
        for (name, _, _) in g.writes(writer) {
            let part = name.trim_start_matches(writer);
            list.lead(&format!("buffers_{name}"), &format!("{source}{part}"));
        }
    }
    list.put("buffers_clear", start.clone());
}
