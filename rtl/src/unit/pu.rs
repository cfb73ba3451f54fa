//! Processing unit: matrix product of two operands, tile by tile.
//!
//! **Ports.** `start` with a `command` word, `done`; the [reader's ports](super::page) of the buffer of either operand, the writer's of the
//! result's; `bias_read` with the place of the bias of a tile, `bias` in the next cycle; counts of what happened in the cycle.
//!
//! **Function.** That of `sim`'s `pu.rs`: the stationary operand's n vectors of a tile lie in the lanes, those of the next tile fill the
//! lanes' other register set while this one multiplies. A streamed vector gives n dot products a cycle, which are added to its row of
//! [accumulators](super::accumulator()); on the last reduction tile the row goes on through [epilogue](super::epilogue()),
//! [requantise](super::requantise()) and [encoder](super::bitmask_encoder()).
//!
//! **Timing.** [`phases`](super::phases()), then [`latency::pu`] cycles: command and mask fetch are 2 of them and end in the mask
//! memory, which [`latency::DECODE`] counts as one; a bank and a register follow, then the lanes and what is behind them.
//!
//! **Not modelled.** Partial sums across commands: a reduction ends within its command.

use super::page::Geometry;
use super::phases::phases;
use super::popcount::popcount;
use super::tree::delayed;
use super::word::{WORD_BITS, field};
use super::{
    BIAS_BITS, accumulator, accumulator_width, bitmask_decoder, bitmask_encoder, epilogue, largest_reduction,
    requantise, value_width, vector_mac,
};
use crate::hdl::{Error, Expr, Instance, Module, concat, lit, mux};
use models::design::Design;
use models::latency;
use std::rc::Rc;

/// What goes with a vector through the lanes.
struct Tag {
    valid: Expr,
    row: Expr,
    first: Expr,
    last: Expr,
}

impl Tag {
    /// The tag `cycles` later.
    fn delayed(self, m: &mut Module, cycles: u64) -> Tag {
        let mut late = |part: &str, value: Expr| delayed(m, &format!("summed_{part}"), &value, cycles);
        Tag {
            valid: late("valid", self.valid),
            row: late("row", self.row),
            first: late("first", self.first),
            last: late("last", self.last),
        }
    }
}

/// A row of results on its way out.
struct Leaving {
    valid: Expr,
    row: Expr,
}

impl Leaving {
    /// The row `cycles` later.
    fn delayed(&self, m: &mut Module, name: &str, cycles: u64) -> Leaving {
        Leaving {
            valid: delayed(m, &format!("{name}_valid"), &self.valid, cycles),
            row: delayed(m, &format!("{name}_row"), &self.row, cycles),
        }
    }
}

/// The PU of a design.
///
/// # Errors
/// A fault of the description, which would be ours.
pub fn pu(design: &Design) -> Result<Rc<Module>, Error> {
    let g = Geometry::new(design);
    let mut m = Module::new("pu", "matrix product of two operands, tile by tile")
        .parameter("n", g.lanes)
        .parameter("width", design.format.width())
        .parameter("exponent", design.format.exponent())
        .latency(format!("{} cycles beside its phases", latency::pu(design.pu.n)));
    let start = m.input("start", 1, "first busy cycle of a command");
    let word = m.input("command", WORD_BITS, "the command, stable until done");
    let [rows_masks, columns_masks] = ["rows_masks", "columns_masks"]
        .map(|name| m.input(name, g.lanes * g.lanes, "buffer: masks of the tile fetched, vector 0 lowest"));
    let mut inputs = vec![("start", &start), ("command", &word), ("rows_masks", &rows_masks)];
    if g.gated {
        inputs.push(("columns_masks", &columns_masks));
    }
    let walk = m.instance("phases", &phases(design)?, &inputs);
    for name in ["fetch", "rows_tile", "columns_tile"] {
        let value = walk.out(name);
        let out = m.output(name, value.width(), "buffer: masks of the next tile of this operand");
        m.assign(out, value);
    }
    let zero = lit(1, 0);
    let rows = Operand {
        name: "rows",
        walk: "stream",
        masks: walk.out("stream_masks"),
        mark: walk.out("stream_mark"),
    };
    let columns = Operand { name: "columns", walk: "fill", masks: columns_masks, mark: zero };
    let streamed = decoder(&mut m, design, (&word, &start), &walk, &rows)?;
    let filled = decoder(&mut m, design, (&word, &start), &walk, &columns)?;
    let (sums, tag) = lanes(&mut m, design, &walk, &streamed, &filled)?;
    let ends = (&start, &word);
    let (codes, leaving) = results(&mut m, design, ends, (&sums, tag))?;
    write(&mut m, design, ends, (&codes, &leaving))?;
    m.finish()
}

/// One operand, and its name in [`phases`].
struct Operand {
    name: &'static str,
    walk: &'static str,
    masks: Expr,
    mark: Expr,
}

/// The decoder of an operand; its vectors.
fn decoder(
    m: &mut Module,
    design: &Design,
    (word, start): (&Expr, &Expr),
    walk: &Instance,
    operand: &Operand,
) -> Result<Expr, Error> {
    let g = Geometry::new(design);
    let Operand { name, walk: side, masks, mark } = operand;
    let out = |part: &str| walk.out(&format!("{side}_{part}"));
    let codes = m.input(&format!("{name}_codes"), g.lanes * g.code, "buffer: codes of the rows read");
    let first = g.tiles(field(word, "matmul", &format!("{name}.base")));
    let packed = field(word, "matmul", &format!("{name}_packed"));
    let (read, row, tile) = (out("read"), out("row"), out("tile"));
    let (turn, rewind) = (out("turn"), out("rewind"));
    let inputs = [
        ("enter", start),
        ("first_tile", &first),
        ("read", &read),
        ("row", &row),
        ("tile", &tile),
        ("masks", masks),
        ("is_packed", &packed),
        ("turn", &turn),
        ("mark", mark),
        ("rewind", &rewind),
        ("codes", &codes),
    ];
    let decoder = m.instance(&format!("{name}_decoder"), &bitmask_decoder(design)?, &inputs);
    for (part, value, meaning) in [
        ("enable", decoder.out("enable"), "buffer: banks that are read"),
        ("address", decoder.out("address"), "buffer: row of each bank, bank 0 lowest"),
        ("vectors", read, "a mask is used"),
        ("codes_read", decoder.out("codes_read"), "banks that are read"),
    ] {
        let port = m.output(&format!("{name}_{part}"), value.width(), meaning);
        m.assign(port, value);
    }
    Ok(decoder.out("vector"))
}

/// The lanes: two register sets for the stationary vectors, a vector MAC each. The dot products with the tag of their vector.
fn lanes(
    m: &mut Module,
    design: &Design,
    walk: &Instance,
    streamed: &Expr,
    filled: &Expr,
) -> Result<(Expr, Tag), Error> {
    let g = Geometry::new(design);
    let width = g.lanes * g.code;
    let mut late = |name: &str| delayed(m, name, &walk.out(name), latency::DECODE - 1);
    let [fills, fill_row, streams] = ["fill_read", "fill_row", "stream_read"].map(&mut late);
    let [row, first, last, on, parity] =
        ["stream_row", "stream_first", "stream_last", "stream_lanes_on", "parity_now"].map(&mut late);
    let shape = vector_mac(design.format, design.pu.n)?;
    let mut sums = Vec::new();
    for lane in 0..g.lanes {
        let here = m.wire(&format!("fills_{lane}"), fills.and(fill_row.eq(lit(g.lane, lane as u64))));
        let sets = [0, 1].map(|set| {
            let register = m.register(&format!("lane_{lane}_set_{set}"), width, 0);
            let its = parity.eq(lit(1, set)).and(&here);
            m.when(its, |m| m.next(&register, filled));
            register
        });
        // The set that does not fill multiplies; a lane that is off, or meets a null vector, does not toggle.
        let column = mux(&parity, &sets[0], &sets[1]).and(on.bit(lane).repeat(width));
        let row = streamed.and(on.bit(lane).repeat(width));
        let (row, column) = (m.wire(&format!("row_{lane}"), row), m.wire(&format!("column_{lane}"), column));
        let mac = m.instance(&format!("lane_{lane}"), &shape, &[("a", &row), ("b", &column)]);
        sums.push(mac.out("sum"));
    }
    let dots = popcount(m, "lanes_on", &on);
    let dots = m.wire("dots_now", dots.and(streams.repeat(dots.width())));
    for (name, value, meaning) in [
        ("dots", dots, "dot products of n that run"),
        ("active", walk.out("active"), "the lanes are clocked"),
        ("tile_ends", walk.out("stream_turn"), "a tile has streamed"),
    ] {
        let out = m.output(name, value.width(), meaning);
        m.assign(out, value);
    }
    sums.reverse();
    let cycles = latency::MULTIPLY + latency::tree(design.pu.n);
    let tag = Tag { valid: streams, row, first, last }.delayed(m, cycles);
    Ok((m.wire("sums", concat(&sums)), tag))
}

/// Accumulators, bias, activation and rounding: the codes of a finished row with its tag.
fn results(
    m: &mut Module,
    design: &Design,
    (start, word): (&Expr, &Expr),
    (sums, tag): (&Expr, Tag),
) -> Result<(Expr, Leaving), Error> {
    let g = Geometry::new(design);
    let width = accumulator_width(design.format, largest_reduction(design)).max(sums.width() / g.lanes);
    let shape = accumulator(design.pu.n, sums.width() / g.lanes, width)?;
    let inputs = [("valid", &tag.valid), ("row", &tag.row), ("first", &tag.first), ("sums", sums)];
    let total = m.instance("accumulators", &shape, &inputs).out("total");
    let leaves = m.wire("leaves", tag.valid.and(&tag.last));
    bias_reads(m, g, (start, word), &leaves.and(tag.row.eq(lit(g.lane, 0))));
    let leaving = Leaving { valid: leaves, row: tag.row }.delayed(m, "totalled", latency::ACCUMULATE);
    let bias = bias(m, g, word, &leaving.row);
    let part = |name: &str| field(word, "matmul", name);
    let (ends, rounds) = (epilogue(width)?, requantise(design.format, value_width(width))?);
    let mut codes = Vec::new();
    for lane in 0..g.lanes {
        let inputs = [
            ("accumulator", &total.bits(lane * width, width)),
            ("acc_lsb", &part("sum_lsb")),
            ("bias", &bias.bits(lane * BIAS_BITS, BIAS_BITS)),
            ("bias_lsb", &part("bias_lsb")),
            ("activation", &part("activation")),
        ];
        let end = m.instance(&format!("epilogue_{lane}"), &ends, &inputs);
        let inputs =
            [("value", &end.out("value")), ("lsb", &end.out("lsb")), ("out_bias", &part("out_bias"))];
        codes.push(m.instance(&format!("requantise_{lane}"), &rounds, &inputs).out("code"));
    }
    codes.reverse();
    let leaving = leaving.delayed(m, "rounded", latency::ACTIVATE + latency::REQUANTISE);
    Ok((m.wire("codes", concat(&codes)), leaving))
}

/// Asks for the bias of each output tile, a cycle ahead of its first row.
fn bias_reads(m: &mut Module, g: Geometry, (start, word): (&Expr, &Expr), reads: &Expr) {
    let part = |name: &str| field(word, "matmul", name);
    let counter = part("column_blocks").width();
    let (column, row) = (m.register("bias_column", counter, 0), m.register("bias_row", counter, 0));
    let one = lit(counter, 1);
    let last = m.wire("bias_last_column", column.add(&one).eq(part("column_blocks")));
    m.when(start, |m| {
        m.next(&column, lit(counter, 0));
        m.next(&row, lit(counter, 0));
    })
    .otherwise(|m| {
        m.when(reads, |m| {
            m.next(&column, mux(&last, lit(counter, 0), column.add(&one)));
            m.next(&row, mux(&last, row.add(&one), &row));
        });
    });
    let first = part("bias_start");
    let bits = first.width();
    // The start counts 4 bytes, a tile's bias takes 2 n.
    let tile = mux(part("row_bias"), &row, &column).widen(bits - (g.lane - 1));
    let tile = if g.lane == 1 { tile } else { concat(&[tile, lit(g.lane - 1, 0)]) };
    let read = m.output("bias_read", 1, "auxiliary buffer: the bias of a tile is read");
    m.assign(read, reads.and(part("has_bias")));
    let place = m.output("bias_address", bits, "auxiliary buffer: where, in units of 4 bytes");
    m.assign(place, first.add(tile));
}

/// The bias of each lane, for vector `row` of the output tile.
fn bias(m: &mut Module, g: Geometry, word: &Expr, row: &Expr) -> Expr {
    let value = m.input("bias", g.lanes * BIAS_BITS, "auxiliary buffer: bias of the tile, element 0 lowest");
    let of_row = m.signal("bias_of_row", BIAS_BITS);
    let target = &of_row;
    let arms = (0..g.lanes).map(|at| {
        let element = value.bits(at * BIAS_BITS, BIAS_BITS);
        crate::hdl::arm(at as u64, move |m: &mut Module| m.assign(target, element))
    });
    m.case(row, arms.collect(), |m| m.assign(target, lit(BIAS_BITS, 0)));
    let chosen = mux(field(word, "matmul", "row_bias"), of_row.repeat(g.lanes), value);
    let on = field(word, "matmul", "has_bias").repeat(g.lanes * BIAS_BITS);
    m.wire("bias_now", chosen.and(on))
}

/// The encoder, and the walk of the tiles that leave.
fn write(
    m: &mut Module,
    design: &Design,
    (start, word): (&Expr, &Expr),
    (codes, leaving): (&Expr, &Leaving),
) -> Result<(), Error> {
    let g = Geometry::new(design);
    let part = |name: &str| field(word, "matmul", name);
    let base = g.tiles(part("out.base"));
    let stride = g.tiles(part("out.stride"));
    let counter = part("column_blocks").width();
    let (column, row) = (m.register("out_column", counter, 0), m.register("out_row", counter, 0));
    let [tile, block] = ["out_tile", "out_block"].map(|name| m.register(name, g.tile(), 0));
    let one = lit(counter, 1);
    let ends = m.wire("tile_written", leaving.valid.and(leaving.row.eq(lit(g.lane, g.lanes as u64 - 1))));
    let last_column = m.wire("out_last_column", column.add(&one).eq(part("column_blocks")));
    let last_row = m.wire("out_last_row", row.add(&one).eq(part("row_blocks")));
    let next_block = m.wire("next_out_block", block.add(stride));
    m.when(start, |m| {
        m.next(&column, lit(counter, 0));
        m.next(&row, lit(counter, 0));
        m.next(&tile, &base);
        m.next(&block, &base);
    })
    .otherwise(|m| {
        m.when(&ends, |m| {
            m.next(&column, mux(&last_column, lit(counter, 0), column.add(&one)));
            m.next(&row, mux(&last_column, row.add(&one), &row));
            m.next(&tile, mux(&last_column, &next_block, tile.add(lit(g.tile(), 1))));
            m.next(&block, mux(&last_column, &next_block, &block));
        });
    });
    let inputs = [("valid", &leaving.valid), ("to_tile", &tile), ("to_row", &leaving.row), ("vector", codes)];
    let encoder = m.instance("encoder", &bitmask_encoder(design)?, &inputs);
    for port in super::bitmask_encoder::PORTS {
        let value = encoder.out(port);
        let out = m.output(&format!("write_{port}"), value.width(), "buffer: the result, see the encoder");
        m.assign(out, value);
    }
    let done = m.output("done", 1, "last busy cycle of the command");
    let over = m.stage("over", ends.and(last_column).and(last_row));
    m.assign(done, over);
    Ok(())
}
