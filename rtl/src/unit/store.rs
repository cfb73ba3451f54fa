//! Store engine: row blocks of a region to external memory.
//!
//! **Ports.** `start` with a `command`, `done`; base addresses of the layer; the [reader's ports](super::page) of the buffer; the AXI4 write
//! channels; counts of what happened in the cycle.
//!
//! **Timing.** That of [`axi_write`](super::axi_write()). The first vector is read in the cycle of the start, so that its first beat can go
//! when its burst may, [`latency::DMA_READ`] cycles after the request.
//!
//! **Errors.** Where the bus ends a command early, what was read ahead is dropped, within twice [`latency::DECODE`] and four cycles of `done`;
//! the next command begins later.
//!
//! **Not modelled.** Packed stores: activations are stored with their zeros.

use super::dense_decoder::dense_decoder;
use super::pack::{AHEAD, pack};
use super::page::Geometry;
use super::sequencer::ADDRESS_BITS;
use super::word::{WORD_BITS, field};
use super::{axi_write, used_bits};
use crate::hdl::{Error, Expr, Instance, Module, concat, lit, mux};
use models::design::Design;
use models::latency;
use std::rc::Rc;

const _: () = assert!(latency::DMA_READ + 1 >= latency::DECODE, "the first beat waits for the decoder");

/// The store engine of a design.
///
/// # Errors
/// A fault of the description, which would be ours.
pub fn store(design: &Design) -> Result<Rc<Module>, Error> {
    let g = Geometry::new(design);
    let mut m = Module::new("store", "row blocks of a region to external memory")
        .parameter("n", g.lanes)
        .parameter("axi_bits", design.axi.width_bits)
        .latency(format!("{} cycles from a request to its first beat", latency::DMA_READ));
    let start = m.input("start", 1, "first busy cycle of a store");
    let word = m.input("command", WORD_BITS, "the command, stable until done");
    let first = first_byte(&mut m, &word, "store");
    let taken = m.signal("vector_taken", 1);
    let busy = m.register("busy", 1, 0);
    let (read, tile, row) = walk(&mut m, g, (&start, &word), (&busy, &taken));
    let masks = m.input("masks", g.lanes * g.lanes, "buffer: masks of the tile fetched");
    let codes = m.input("codes", g.lanes * g.code, "buffer: codes of the row read");
    let inputs = [("read", &read), ("tile", &tile), ("row", &row), ("masks", &masks), ("codes", &codes)];
    let decoder = m.instance("decoder", &dense_decoder(design)?, &inputs);
    let comes = (1..=latency::DECODE).fold(read, |valid, cycle| m.stage(&format!("read_{cycle}"), valid));
    let data = m.signal("beat_data", design.axi.width_bits as usize);
    let valid = m.signal("beat_valid", 1);
    let bus = bus(&mut m, design, (&start, &word), &first, (&valid, &data))?;
    m.next(&busy, start.or(busy.and(bus.out("done").not())));
    let (take, drop) = (bus.out("beat_take"), m.wire("drops", start.or(&busy).not()));
    let vector = decoder.out("vector");
    let mut inputs = vec![("vector_valid", comes), ("vector", vector), ("beat_take", take), ("drop", drop)];
    if design.axi.beat_bytes() > u64::from(design.pu.n) {
        let vector = design.axi.beat_bytes().ilog2() as usize - g.lane;
        inputs.extend([("start", start), ("command", word), ("run_first", first.bits(g.lane, vector))]);
    }
    let inputs: Vec<(&str, &Expr)> = inputs.iter().map(|(name, value)| (*name, value)).collect();
    let packer = m.instance("packer", &pack(design)?, &inputs);
    m.assign(&valid, packer.out("beat_valid"));
    m.assign(&data, packer.out("beat_data"));
    m.assign(&taken, packer.out("vector_taken"));
    let sent = m.output("beat_sent", 1, "a beat is written");
    m.assign(sent, bus.out("beat_take"));
    for port in ["fetch", "out_tile", "enable", "address", "vectors", "codes_read"] {
        let value = decoder.out(port);
        let out = m.output(port, value.width(), "buffer: see the decoder");
        m.assign(out, value);
    }
    m.finish()
}

/// The first byte of a transfer in external memory; inputs for the bases.
pub(super) fn first_byte(m: &mut Module, word: &Expr, command: &str) -> Expr {
    let [layer, ramp] = ["layer_base", "ramp_base"]
        .map(|name| m.input(name, ADDRESS_BITS, "first byte of the layer's weights"));
    let base = field(word, command, "base");
    let none = lit(ADDRESS_BITS, 0);
    let base = mux(base.bit(0), layer, mux(base.bit(1), ramp, none));
    let offset = concat(&[field(word, command, "offset"), lit(2, 0)]);
    m.wire("first_byte", base.add(offset.widen(ADDRESS_BITS)))
}

/// The runs of a transfer as the master takes them.
pub(super) fn runs(word: &Expr, command: &str) -> [Expr; 3] {
    let bytes = |name: &str| concat(&[field(word, command, name), lit(2, 0)]);
    [field(word, command, "runs"), bytes("bytes"), bytes("stride")]
}

/// The vectors of the region in the order of memory, as far ahead as there is room: read, tile and row.
fn walk(
    m: &mut Module,
    g: Geometry,
    (start, word): (&Expr, &Expr),
    (busy, taken): (&Expr, &Expr),
) -> (Expr, Expr, Expr) {
    let part = |name: &str| field(word, "store", name);
    let (tiles, runs) = (part("run_tiles"), part("runs"));
    let (base, stride) = (g.tiles(part("region.base")), g.tiles(part("region.stride")));
    let active = m.register("reading", 1, 0);
    let owed = m.register("owed", used_bits(AHEAD), 0);
    let count = |m: &mut Module, name: &str, width| m.register(name, width, 0);
    let (tile, run) = (count(m, "tile_of_run", tiles.width()), count(m, "run", runs.width()));
    let (row, place, run_tile) =
        (count(m, "row", g.lane), count(m, "place", g.tile()), count(m, "run_tile", g.tile()));
    let or_zero = |value: &Expr| mux(start, lit(value.width(), 0), value);
    let or_base = |value: &Expr| mux(start, &base, value);
    let room = owed.lt(lit(owed.width(), AHEAD.into()));
    let read = m.wire("read_now", start.or(active.and(busy).and(room)));
    let (tile_now, run_now) = (m.wire("tile_now", or_zero(&tile)), m.wire("run_now", or_zero(&run)));
    let row_now = m.wire("row_now", or_zero(&row));
    let (place_now, run_tile_now) =
        (m.wire("place_now", or_base(&place)), m.wire("run_tile_now", or_base(&run_tile)));
    let next_tile = m.wire("next_tile", tile_now.add(lit(tiles.width(), 1)));
    let next_run = m.wire("next_run", run_now.add(lit(runs.width(), 1)));
    let tile_ends = m.wire("tile_ends", row_now.reduce_and());
    let run_ends = m.wire("run_ends", tile_ends.and(next_tile.eq(tiles)));
    let all_end = m.wire("all_end", run_ends.and(next_run.eq(runs)));
    let next_place = m.wire("next_run_tile", run_tile_now.add(stride));
    m.next(&owed, owed.add(read.widen(owed.width())).sub(taken.widen(owed.width())));
    m.when(&read, |m| {
        m.next(&active, all_end.not());
        m.next(&row, row_now.add(lit(g.lane, 1)));
        m.next(&tile, mux(&run_ends, lit(tile.width(), 0), mux(&tile_ends, &next_tile, &tile_now)));
        m.next(&run, mux(&run_ends, &next_run, &run_now));
        let within = mux(&tile_ends, place_now.add(lit(g.tile(), 1)), &place_now);
        m.next(&place, mux(&run_ends, &next_place, within));
        m.next(&run_tile, mux(&run_ends, &next_place, &run_tile_now));
    });
    (read, place_now, row_now)
}

/// The write side of the master.
fn bus(
    m: &mut Module,
    design: &Design,
    (start, word): (&Expr, &Expr),
    first: &Expr,
    (valid, data): (&Expr, &Expr),
) -> Result<Instance, Error> {
    let [count, bytes, stride] = runs(word, "store");
    let shape = axi_write(design.axi)?;
    let ours = [
        ("start", start),
        ("run_first", first),
        ("run_count", &count),
        ("run_bytes", &bytes),
        ("run_stride", &stride),
        ("beat_valid", valid),
        ("beat_data", data),
    ];
    let outside = ["axi_awready", "axi_wready", "axi_bvalid", "axi_bresp", "axi_bid"];
    pass(m, "master", &shape, &ours, &outside, &["beat_take"])
}

/// An instance of which the inputs named `outside` come from this module's own, and the outputs go to its own, `kept` left out.
pub(super) fn pass(
    m: &mut Module,
    name: &str,
    shape: &Rc<Module>,
    ours: &[(&str, &Expr)],
    outside: &[&str],
    kept: &[&str],
) -> Result<Instance, Error> {
    let ports = shape.ports();
    let given: Vec<(&str, Expr)> = ports
        .iter()
        .filter(|port| port.input && outside.contains(&port.name.as_str()))
        .map(|port| (port.name.as_str(), m.input(&port.name, port.width, &port.meaning)))
        .collect();
    let inputs = ours.iter().copied().chain(given.iter().map(|(name, value)| (*name, value)));
    let inputs: Vec<(&str, &Expr)> = inputs.collect();
    let instance = m.instance(name, shape, &inputs);
    for port in ports.iter().filter(|port| !port.input && !kept.contains(&port.name.as_str())) {
        let out = m.output(&port.name, port.width, &port.meaning);
        m.assign(out, instance.out(&port.name));
    }
    Ok(instance)
}
