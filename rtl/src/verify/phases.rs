//! The controller of the PU against its loop nest written out, cycle by cycle and port by port.

use super::nest::{Nest, Phase};
use super::small::{LANES, designs, few};
use super::{Draw, Failure, Plan, Tally, packed};
use crate::cosim::{Bench, Difference};
use crate::unit;
use models::design::Design;
use std::collections::BTreeSet;

/// Random products with gaps between them, then counts that reach their last value.
pub(super) fn phases(plan: &Plan) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    for (index, design) in designs(plan, &LANES)?.iter().enumerate() {
        let (mut bench, mut draw) = (plan.bench(unit::phases(design))?, plan.draw(design.pu.n.into()));
        let (mut done, mut parity) = (0, 0);
        while done < plan.share(5) {
            let blocks = [0; 3].map(|_: u8| 1 + draw.below(4) as usize);
            done += product(&mut bench, &mut draw, design, blocks, &mut parity)?;
        }
        if index == 0 {
            for blocks in [[1, 1, 4095], [1, 4095, 1], [4095, 1, 1]] {
                product(&mut bench, &mut draw, design, blocks, &mut parity)?;
            }
        }
        tally += few(plan, design).replay(bench)?;
    }
    Ok(tally)
}

/// One product; its cycles.
fn product(
    bench: &mut Bench,
    draw: &mut Draw,
    design: &Design,
    blocks: [usize; 3],
    parity: &mut u64,
) -> Result<u64, Failure> {
    let nest = Nest::draw(draw, design, blocks);
    let about = |difference: Box<Difference>| difference.about(format!("n = {}, {blocks:?}", design.pu.n));
    for _ in 0..draw.below(4) {
        idle(bench, draw, &nest, false).map_err(about)?;
    }
    bench.set_words("command", &nest.word(draw));
    idle(bench, draw, &nest, true).map_err(about)?;
    let (phases, mut cycles) = (nest.phases(), 2);
    expect_fetch(bench, &nest, Some(0));
    idle(bench, draw, &nest, false).map_err(about)?;
    // Rows of the output tile that hold a sum.
    let mut touched = BTreeSet::new();
    for (index, phase) in phases.iter().enumerate() {
        for cycle in 0..phase.cycles() {
            set_masks(bench, draw, &nest, (index < nest.tiles()).then_some(index));
            let ends = cycle + 1 == phase.cycles();
            expect_fetch(bench, &nest, Some(index + 1).filter(|next| ends && *next < nest.tiles()));
            bench.expect("active", 1);
            bench.expect("parity_now", *parity);
            fill(bench, &nest, phase, (cycle, ends));
            stream(bench, &nest, phase, (cycle, ends), &mut touched);
            bench.step().map_err(|difference| about(difference.about(format!("phase {index}"))))?;
        }
        *parity ^= 1;
        cycles += phase.cycles() as u64;
    }
    bench.set("start", 0);
    Ok(cycles)
}

/// A cycle in which no phase runs.
fn idle(bench: &mut Bench, draw: &mut Draw, nest: &Nest, start: bool) -> Result<(), Box<Difference>> {
    bench.set("start", start.into());
    set_masks(bench, draw, nest, None);
    for name in ["active", "fill_read", "stream_read", "fill_turn", "stream_turn"] {
        bench.expect(name, 0);
    }
    bench.step()?;
    bench.set("start", 0);
    bench.expect("fetch", 0);
    Ok(())
}

/// The masks that the buffers give: those of a tile, or anything.
fn set_masks(bench: &mut Bench, draw: &mut Draw, nest: &Nest, tile: Option<usize>) {
    let random: Vec<i64> = (0..nest.n).map(|_| draw.mask(nest.n).cast_signed()).collect();
    let [rows, columns] = tile.map_or([&random, &random], |tile| nest.masks(tile));
    bench.set_words("rows_masks", &packed(rows, nest.n));
    if nest.gated {
        bench.set_words("columns_masks", &packed(columns, nest.n));
    }
}

fn expect_fetch(bench: &mut Bench, nest: &Nest, tile: Option<usize>) {
    bench.expect("fetch", tile.is_some().into());
    if let Some(tile) = tile {
        let [rows, columns] = nest.places(tile);
        bench.expect("rows_tile", rows);
        bench.expect("columns_tile", columns);
    }
}

/// What the tile that fills should do in a cycle of its phase.
fn fill(bench: &mut Bench, nest: &Nest, phase: &Phase, (cycle, ends): (usize, bool)) {
    let row = phase.fills.get(cycle);
    bench.expect("fill_read", row.is_some().into());
    if let Some(row) = row {
        bench.expect("fill_row", *row as u64);
    }
    bench.expect("fill_turn", u64::from(ends && phase.fill.is_some()));
    if let Some(tile) = phase.fill {
        bench.expect("fill_tile", nest.places(tile)[1]);
        bench.expect("fill_rewind", u64::from(nest.last_tile(tile) && nest.last_column(tile)));
    }
}

/// What the tile that streams should do in a cycle of its phase.
fn stream(
    bench: &mut Bench,
    nest: &Nest,
    phase: &Phase,
    (cycle, ends): (usize, bool),
    touched: &mut BTreeSet<usize>,
) {
    let row = phase.streams.get(cycle);
    bench.expect("stream_read", row.is_some().into());
    bench.expect("stream_turn", u64::from(ends && phase.stream.is_some()));
    let Some(tile) = phase.stream else { return };
    let [rows, _] = nest.masks(tile);
    if let Some(row) = row {
        bench.expect("stream_row", *row as u64);
        bench.expect("stream_first", u64::from(touched.insert(*row)));
        bench.expect("stream_lanes_on", nest.lanes_on(tile, *row));
    }
    let (last_tile, last_column) = (nest.last_tile(tile), nest.last_column(tile));
    bench.expect("stream_last", last_tile.into());
    bench.expect("stream_tile", nest.places(tile)[0]);
    bench.expect_words("stream_masks", &packed(rows, nest.n));
    bench.expect("stream_mark", u64::from(last_tile && last_column));
    bench.expect("stream_rewind", u64::from(last_tile && !last_column));
    if ends && last_tile {
        touched.clear();
    }
}
