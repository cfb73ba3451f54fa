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

mod lanes;
mod results;

use super::page::Geometry;
use super::phases::phases;
use super::word::{WORD_BITS, field};
use super::{bitmask_decoder, bitmask_encoder};
use crate::hdl::{Error, Expr, Instance, Module, lit, mux};
use lanes::lanes;
use models::design::Design;
use models::latency;
use results::{Leaving, results};
use std::rc::Rc;

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
