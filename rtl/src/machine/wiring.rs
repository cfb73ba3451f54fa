//! What leads to each input of each unit: one list, `UNIT_PORT` from a wire or a small function of wires.

mod buffers;
mod events;

use crate::hdl::{Expr, Module, address_bits, concat, lit, mux};
use crate::register_map::{Access, ID, registers};
use crate::unit::page::Geometry;
use crate::unit::{SUPPLY_BITS, piece_bytes};
use kernels::dvfs::ROWS;
use models::design::Design;
use models::program::{MAX_TOKENS, Unit};
use std::collections::BTreeMap;

/// The outputs of all units, as `UNIT_PORT`.
pub(super) struct Wires(pub BTreeMap<String, Expr>);

impl Wires {
    /// The wire of that name.
    ///
    /// # Panics
    /// There is none, a mistake of the description.
    pub(super) fn get(&self, name: &str) -> Expr {
        self.0.get(name).cloned().unwrap_or_else(|| panic!("no unit drives {name}"))
    }
}

/// The list under construction.
struct List<'a> {
    wires: &'a Wires,
    inputs: BTreeMap<String, Expr>,
}

impl List<'_> {
    /// A wire leads to an input as it is.
    fn lead(&mut self, to: &str, from: &str) {
        self.put(to, self.wires.get(from));
    }

    /// A value leads to an input.
    fn put(&mut self, to: &str, value: Expr) {
        self.inputs.insert(to.to_owned(), value);
    }

    /// Several inputs of one unit from outputs of another: `port` and what it is called there.
    fn leads(&mut self, to: &str, from: &str, ports: &[(&str, &str)]) {
        for (port, source) in ports {
            self.lead(&format!("{to}_{port}"), &format!("{from}_{source}"));
        }
    }
}

/// What leads to every input that does not lead outside.
pub(super) fn derive(m: &mut Module, design: &Design, wires: &Wires) -> BTreeMap<String, Expr> {
    let mut list = List { wires, inputs: BTreeMap::new() };
    let halted = halted(m, wires);
    let start = m.wire("program_starts", wires.get("registers_control"));
    host(m, &mut list, design, &start, &halted);
    control(&mut list, design, &start, &halted);
    engines(&mut list);
    functions(&mut list, design);
    buffers::buffers(&mut list, design, &start);
    events::events(&mut list, &start);
    list.inputs
}

/// Whether an error of the bus has stopped the program.
fn halted(m: &mut Module, wires: &Wires) -> Expr {
    let error = wires.get("load_error").or(wires.get("store_error"));
    let halted = m.register("halted", 1, 0);
    m.next(&halted, wires.get("registers_control").not().and(halted.or(error)));
    halted
}

/// What software reads, and the token memory that it writes.
fn host(m: &mut Module, list: &mut List, design: &Design, start: &Expr, halted: &Expr) {
    let wires = list.wires;
    for register in registers().iter().filter(|register| register.access == Access::Read) {
        let value = match register.name {
            "id" => lit(32, ID),
            "status" => concat(&[halted.clone(), wires.get("control_busy")]),
            "exit_layer" => wires.get("control_layer_now"),
            "entropy" => wires.get("sfu_exit_entropy"),
            "predicted_layer" => wires.get("dvfs_predicted"),
            "vdd_mv" => wires.get("dvfs_supply_mv"),
            "cycles" => wires.get("control_cycles"),
            "conflicts" => wires.get("buffers_conflict"),
            counter => wires.get(&format!("counters_{counter}")),
        };
        list.put(&format!("registers_{}", register.name), value);
    }
    let (ends, fault) = (wires.get("control_done"), wires.get("control_fault"));
    let error = wires.get("load_error").or(wires.get("store_error"));
    let flags = [wires.get("watchdog_expired"), error, fault.clone(), ends.and(fault.not())];
    list.put("registers_interrupt_set", concat(&flags));
    let rests = m.wire("rests", wires.get("control_busy").or(start).not());
    dvfs(m, list, start, &rests);
    let write = m.wire("token_writes", wires.get("registers_token_written").and(&rests));
    let bits = address_bits(MAX_TOKENS as usize);
    list.put("tokens_enable", write.or(wires.get("load_token_read")));
    let index = wires.get("registers_token_index").bits(0, bits);
    list.put("tokens_address", mux(&write, index, wires.get("load_token_address")));
    list.put("tokens_write", write);
    list.lead("tokens_data", "registers_token");
    let commands = address_bits(design.sequencer.commands as usize);
    list.lead("control_host_write", "registers_command_word_written");
    list.put("control_host_address", wires.get("registers_command_index").bits(0, commands));
    list.lead("control_host_word", "registers_command_word");
    list.lead("watchdog_limit", "registers_watchdog");
}

/// The DVFS controller, its table, and the voltage that goes out.
fn dvfs(m: &mut Module, list: &mut List, start: &Expr, rests: &Expr) {
    let wires = list.wires;
    let out = m.output("supply_mv", SUPPLY_BITS, "supply voltage that the program asks for, mV");
    m.assign(out, wires.get("dvfs_supply_mv"));
    list.put("dvfs_start", start.clone());
    list.leads("dvfs", "control", &["change", "change_mv", "predict"].map(|port| (port, port)));
    list.lead("dvfs_entropy", "sfu_exit_entropy");
    list.lead("control_predicted", "dvfs_predicted");
    list.put("dvfs_host_write", wires.get("registers_prediction_written").and(rests));
    list.put("dvfs_host_row", wires.get("registers_prediction_index").bits(0, address_bits(ROWS)));
    list.lead("dvfs_host_value", "registers_prediction");
}

/// The sequencer, and what it starts.
fn control(list: &mut List, design: &Design, start: &Expr, halted: &Expr) {
    let wires = list.wires;
    let done = Unit::ALL.map(|unit| wires.get(&format!("{}_done", unit.name())));
    let [load, store, pu, sfu] = done;
    list.put("control_unit_done", concat(&[sfu, pu, store, load]));
    list.put("control_start", start.clone());
    list.put("control_halt", halted.clone());
    list.leads("control", "registers", &[("layer_start", "layer_start"), ("ramp_start", "ramp_start")]);
    list.lead("control_below", "sfu_below");
    for (at, unit) in Unit::ALL.into_iter().enumerate() {
        let name = unit.name();
        list.put(&format!("{name}_start"), wires.get("control_unit_start").bit(at));
        list.lead(&format!("{name}_command"), &format!("control_{name}_command"));
    }
    list.lead("sfu_threshold", "registers_threshold");
    debug_assert!(design.sequencer.queue > 0, "a queue holds a command");
}

/// Both DMA engines and the watchdog beside them.
fn engines(list: &mut List) {
    for engine in ["load", "store"] {
        list.leads(engine, "control", &[("layer_base", "layer_base"), ("ramp_base", "ramp_base")]);
    }
    list.lead("load_token", "tokens_value");
    list.leads("aux", "load", &[("write", "aux_write"), ("data", "aux_data")]);
    for (port, source) in [("waits", "waits"), ("moves", "moves")] {
        let wires = list.wires;
        let either = wires.get(&format!("load_bus_{source}")).or(wires.get(&format!("store_bus_{source}")));
        list.put(&format!("watchdog_{port}"), either);
    }
}

/// PU and SFU with the auxiliary buffer and the SFU's decoders and encoder.
fn functions(list: &mut List, design: &Design) {
    let (wires, g) = (list.wires, Geometry::new(design));
    list.lead("pu_bias", "aux_bias");
    list.leads("aux", "pu", &[("bias_read", "bias_read"), ("bias_address", "bias_address")]);
    list.leads(
        "aux",
        "sfu",
        &[("parameter_read", "parameter_read"), ("parameter_address", "parameter_address")],
    );
    list.lead("sfu_parameters", "aux_parameters");
    let pieces = address_bits((design.aux.bytes as usize / piece_bytes(design)).max(2));
    list.put("aux_address", wires.get("load_aux_address").bits(0, pieces));
    for operand in ["a", "b"] {
        list.lead(&format!("{operand}_read"), &format!("sfu_read_{operand}"));
        list.put(&format!("{operand}_tile"), g.tiles(wires.get(&format!("sfu_read_{operand}_tile"))));
        list.lead(&format!("{operand}_row"), &format!("sfu_read_{operand}_row"));
        list.lead(&format!("sfu_{operand}"), &format!("{operand}_vector"));
    }
    list.lead("encoder_valid", "sfu_write");
    list.put("encoder_to_tile", g.tiles(wires.get("sfu_write_tile")));
    list.leads("encoder", "sfu", &[("to_row", "write_row"), ("vector", "write_codes")]);
}

/// What the AXI4 master always says: whole beats, in order, to normal memory, unprivileged data.
pub(super) fn constants(m: &mut Module, design: &Design) {
    let size = u64::from(design.axi.beat_bytes().ilog2());
    for channel in ["ar", "aw"] {
        for (name, width, value) in [
            ("id", 1, 0),
            ("size", 3, size),
            ("burst", 2, 1),
            ("lock", 1, 0),
            ("cache", 4, 3),
            ("prot", 3, 0),
        ] {
            let out = m.output(&format!("axi_{channel}{name}"), width, "AXI4, constant");
            m.assign(out, lit(width, value));
        }
    }
}
