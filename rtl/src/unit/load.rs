//! Load engine: runs of bytes from external memory, or rows of a table from the NVM, to the buffers.
//!
//! **Ports.** `start` with a `command`, `done`; base addresses of the layer; the AXI4 read channels; the NVM's read port; the token memory's; a
//! write port of the auxiliary buffer; the [writer's ports](super::page) of the operand buffers; counts of what happened in the cycle.
//!
//! **Timing.** That of [`axi_read`](super::axi_read()) and of [`gather`](super::gather()): a beat is taken, [cut](super::unpack()) into
//! pieces, [sorted](super::sort()), [encoded](super::bitmask_encoder()), written; the last write falls into the last busy cycle.
//!
//! **Not modelled.** Loads from the NVM and gathers from external memory: the machine refuses programs that have them.

use super::page::Geometry;
use super::popcount::{count_bits, popcount};
use super::sort::sort;
use super::store::{first_byte, pass, runs};
use super::unpack::{piece_bytes, pieces, unpack};
use super::word::{WORD_BITS, field, is};
use super::{axi_read, bitmask_encoder, gather};
use crate::hdl::{Error, Expr, Instance, Module, address_bits, mux};
use models::design::Design;
use models::latency;
use std::rc::Rc;

/// The load engine of a design.
///
/// # Errors
/// A fault of the description, which would be ours.
pub fn load(design: &Design) -> Result<Rc<Module>, Error> {
    let g = Geometry::new(design);
    let mut m = Module::new("load", "runs of bytes or rows of a table to the buffers")
        .parameter("n", g.lanes)
        .parameter("axi_bits", design.axi.width_bits)
        .parameter("nvm_bits", design.nvm.width_bits)
        .latency(format!("{} cycles from the last beat to its page", latency::DMA_WRITE));
    let start = m.input("start", 1, "first busy cycle of a command");
    let word = m.input("command", WORD_BITS, "the command, stable until done");
    let gathers = m.wire("gathers", is(&word, "gather"));
    let [loads_now, gathers_now] = [("loads_now", gathers.not()), ("gathers_now", gathers.clone())]
        .map(|(name, which)| m.wire(name, start.and(which)));
    let first = first_byte(&mut m, &word, "load");
    let bus = bus(&mut m, design, (&loads_now, &word), &first)?;
    let sorted = sorted(&mut m, design, (&loads_now, &word), &bus)?;
    let outside = ["nvm_valid", "nvm_data", "token"];
    let kept = ["done", "vector_valid", "to_tile", "to_row", "vector"];
    let ours = [("start", &gathers_now), ("command", &word)];
    let rows = pass(&mut m, "gather", &gather(design)?, &ours, &outside, &kept)?;
    let buffer =
        mux(&gathers, field(&word, "gather", "region.buffer"), field(&word, "load", "region.buffer"));
    writes(&mut m, design, (&word, &gathers), &sorted, &rows)?;
    for (name, value, meaning) in [
        ("done", bus.out("done").or(rows.out("done")), "last busy cycle of the command"),
        ("buffer", buffer, "operand buffer that is written"),
    ] {
        let out = m.output(name, value.width(), meaning);
        m.assign(out, value);
    }
    m.finish()
}

/// The read side of the master.
fn bus(
    m: &mut Module,
    design: &Design,
    (start, word): (&Expr, &Expr),
    first: &Expr,
) -> Result<Instance, Error> {
    let [count, bytes, stride] = runs(word, "load");
    let ours = [
        ("start", start),
        ("run_first", first),
        ("run_count", &count),
        ("run_bytes", &bytes),
        ("run_stride", &stride),
    ];
    let outside = ["axi_arready", "axi_rvalid", "axi_rlast", "axi_rresp", "axi_rid", "axi_rdata"];
    let kept = ["done", "beat_data", "beat_first", "beat_end"];
    pass(m, "master", &axi_read(design.axi, pieces(design))?, &ours, &outside, &kept)
}

/// Pieces, sorted.
fn sorted(
    m: &mut Module,
    design: &Design,
    (start, word): (&Expr, &Expr),
    bus: &Instance,
) -> Result<Instance, Error> {
    let mut inputs = vec![("beat", bus.out("beat")), ("beat_data", bus.out("beat_data"))];
    if pieces(design) > 1 {
        let (low, bits) = (piece_bytes(design).ilog2() as usize, address_bits(pieces(design)));
        inputs.push(("piece_first", bus.out("beat_first").bits(low, bits)));
        inputs.push(("piece_end", bus.out("beat_end").bits(low, bits + 1)));
    }
    let inputs: Vec<(&str, &Expr)> = inputs.iter().map(|(name, value)| (*name, value)).collect();
    let unpacked = m.instance("unpack", &unpack(design)?, &inputs);
    let (piece, data) = (unpacked.out("piece"), unpacked.out("piece_data"));
    let ours = [("start", start), ("command", word), ("piece", &piece), ("piece_data", &data)];
    let sorted = m.instance("sort", &sort(design)?, &ours);
    for name in ["aux_write", "aux_address", "aux_data"] {
        let value = sorted.out(name);
        let out = m.output(name, value.width(), "auxiliary buffer: a piece is written");
        m.assign(out, value);
    }
    Ok(sorted)
}

/// The write port: from the encoder, or past it; and counts of what is written.
fn writes(
    m: &mut Module,
    design: &Design,
    (word, gathers): (&Expr, &Expr),
    sorted: &Instance,
    rows: &Instance,
) -> Result<(), Error> {
    let g = Geometry::new(design);
    let either = |name: &str| mux(gathers, rows.out(name), sorted.out(name));
    let inputs = ["vector_valid", "to_tile", "to_row", "vector"].map(either);
    let [valid, tile, row, vector] = &inputs;
    let inputs = [("valid", valid), ("to_tile", tile), ("to_row", row), ("vector", vector)];
    let encoder = m.instance("encoder", &bitmask_encoder(design)?, &inputs);
    let past = m.wire("goes_past", gathers.not().and(field(word, "load", "packed")));
    for (name, _, meaning) in g.writes("past") {
        let value = mux(&past, sorted.out(&name), encoder.out(name.trim_start_matches("past_")));
        let name = name.replace("past", "write");
        let value = m.wire(&format!("{name}_chosen"), value);
        if name == "write_enable" {
            let codes = popcount(m, "codes", &sorted.out("past_enable"));
            let codes = mux(&past, codes, encoder.out("written"));
            let out = m.output("codes_written", codes.width(), "codes that are written");
            m.assign(out, codes);
        }
        let out = m.output(&name, value.width(), meaning);
        m.assign(out, value);
    }
    let masks = mux(&past, sorted.out("past_count"), encoder.out("mask_write").widen(count_bits(g.lanes)));
    let out = m.output("masks_written", masks.width(), "masks that are written");
    m.assign(out, masks);
    Ok(())
}
