//! Load engine: runs of bytes from external memory, or rows of a table from there or from the NVM, to the buffers.
//!
//! **Ports.** `start` with a `command`, `done`; base addresses of the layer; the AXI4 read channels; the NVM's read port; the token memory's; a
//! write port of the auxiliary buffer; the [writer's ports](super::page) of the operand buffers; counts of what happened in the cycle.
//!
//! **Timing.** That of [`axi_read`](super::axi_read()) and of [`gather`](super::gather()): a beat is taken, [cut](super::unpack()) into
//! pieces, [sorted](super::sort()), [encoded](super::bitmask_encoder()), written; the last write falls into the last busy cycle. A gather
//! begins [`latency::LOOKUP`] cycles later, when the place of its first row is [known](super::lookup()); its rows from external memory are
//! runs of a load, of which no two are one.
//!
//! **Function.** A row of a table in external memory is every code, in whole tiles.
//!
//! **Not modelled.** Loads from the NVM: no command has them.

use super::page::Geometry;
use super::popcount::{count_bits, popcount};
use super::sort::sort;
use super::store::{first_byte, pass, runs};
use super::unpack::{piece_bytes, pieces, unpack};
use super::word::{WORD_BITS, field, is};
use super::{RUN_BITS, axi_read, bitmask_encoder, gather, lookup, row_walk};
use crate::hdl::{Error, Expr, Instance, Module, address_bits, mux};
use models::design::Design;
use models::latency;
use models::program::MAX_TOKENS;
use std::rc::Rc;

const _: () =
    assert!((MAX_TOKENS as usize) < 1 << RUN_BITS, "a gather has no more rows than the master counts runs");

/// What kind of command is under way, and what its parts share.
struct Parts {
    start: Expr,
    word: Expr,
    /// It is a gather; its table lies in the NVM.
    gathers: Expr,
    from_nvm: Expr,
    /// The first place is known; first byte of the row that is next.
    known: Expr,
    place: Expr,
    /// A place is used, to be assigned.
    used: Expr,
}

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
    let parts = parts(&mut m, start, word)?;
    let bus = bus(&mut m, design, &parts)?;
    let sorted = sorted(&mut m, design, &parts, &bus)?;
    let rows = rows(&mut m, design, &parts)?;
    let begins = m.wire("begins_rows", parts.known.and(parts.from_nvm.not()));
    let taken = bus.out("run_taken").and(&parts.gathers);
    m.assign(&parts.used, begins.or(taken).or(rows.out("nvm_request")));
    writes(&mut m, design, &parts, &sorted, &rows)?;
    let (word, gathers) = (&parts.word, &parts.gathers);
    let buffer = mux(gathers, field(word, "gather", "region.buffer"), field(word, "load", "region.buffer"));
    for (name, value, meaning) in [
        ("done", bus.out("done").or(rows.out("done")), "last busy cycle of the command"),
        ("buffer", buffer, "operand buffer that is written"),
    ] {
        let out = m.output(name, value.width(), meaning);
        m.assign(out, value);
    }
    m.finish()
}

/// The kind of the command, and where its rows lie if it gathers.
fn parts(m: &mut Module, start: Expr, word: Expr) -> Result<Parts, Error> {
    let gathers = m.wire("gathers", is(&word, "gather"));
    let from_nvm = m.wire("from_nvm", gathers.and(field(&word, "gather", "space")));
    let begins = m.wire("gather_starts", start.and(&gathers));
    let used = m.signal("place_used", 1);
    let ours = [("start", &begins), ("command", &word), ("next", &used)];
    let places = pass(m, "lookup", &lookup()?, &ours, &["token"], &["known", "place"])?;
    let (known, place) = (places.out("known"), places.out("place"));
    Ok(Parts { start, word, gathers, from_nvm, known, place, used })
}

/// Rows from the NVM.
fn rows(m: &mut Module, design: &Design, parts: &Parts) -> Result<Instance, Error> {
    let start = m.wire("nvm_starts", parts.start.and(&parts.from_nvm));
    let known = m.wire("nvm_known", parts.known.and(&parts.from_nvm));
    let ours = [("start", &start), ("command", &parts.word), ("known", &known), ("place", &parts.place)];
    let outside = ["nvm_valid", "nvm_data"];
    pass(m, "gather", &gather(design)?, &ours, &outside, &["done", "vector_valid", "vector"])
}

/// The read side of the master: runs of a load, or rows of a table.
fn bus(m: &mut Module, design: &Design, parts: &Parts) -> Result<Instance, Error> {
    let Parts { start, word, gathers, from_nvm, known, place, .. } = parts;
    let first = first_byte(m, word, "load");
    let [count, bytes, stride] = runs(word, "load");
    let row = |name: &str| field(word, "gather", name);
    let begins = start.and(gathers.not()).or(known.and(from_nvm.not()));
    let begins = m.wire("master_starts", begins);
    let first = m.wire("first_run", mux(gathers, place, first));
    let count = mux(gathers, row("rows").bits(0, RUN_BITS), count);
    let bytes = mux(gathers, row("row_bytes").widen(bytes.width()), bytes);
    let ours = [
        ("start", &begins),
        ("run_first", &first),
        ("run_count", &count),
        ("run_bytes", &bytes),
        ("run_stride", &stride),
        ("run_indexed", gathers),
        ("run_next", place),
    ];
    let outside = ["axi_arready", "axi_rvalid", "axi_rlast", "axi_rresp", "axi_rid", "axi_rdata"];
    let kept = ["done", "beat_data", "beat_first", "beat_end", "run_taken"];
    pass(m, "master", &axi_read(design.axi, pieces(design))?, &ours, &outside, &kept)
}

/// Pieces, sorted.
fn sorted(m: &mut Module, design: &Design, parts: &Parts, bus: &Instance) -> Result<Instance, Error> {
    let mut inputs = vec![("beat", bus.out("beat")), ("beat_data", bus.out("beat_data"))];
    if pieces(design) > 1 {
        let (low, bits) = (piece_bytes(design).ilog2() as usize, address_bits(pieces(design)));
        inputs.push(("piece_first", bus.out("beat_first").bits(low, bits)));
        inputs.push(("piece_end", bus.out("beat_end").bits(low, bits + 1)));
    }
    let inputs: Vec<(&str, &Expr)> = inputs.iter().map(|(name, value)| (*name, value)).collect();
    let unpacked = m.instance("unpack", &unpack(design)?, &inputs);
    let (piece, data) = (unpacked.out("piece"), unpacked.out("piece_data"));
    let ours = [("start", &parts.start), ("command", &parts.word), ("piece", &piece), ("piece_data", &data)];
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
    parts: &Parts,
    sorted: &Instance,
    rows: &Instance,
) -> Result<(), Error> {
    let g = Geometry::new(design);
    let Parts { start, word, gathers, from_nvm, .. } = parts;
    let either = |name: &str| mux(from_nvm, rows.out(name), sorted.out(name));
    let valid = m.wire("vector_leaves", either("vector_valid"));
    let ours = [("start", start), ("command", word), ("vector", &valid)];
    let walk = m.instance("row_walk", &row_walk(design)?, &ours);
    let place = |name: &str| mux(gathers, walk.out(name), sorted.out(name));
    let [valid, tile, row, vector] = &[valid, place("to_tile"), place("to_row"), either("vector")];
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
