//! Where the vectors of a gather go: row by row of a region, tile by tile of each row.
//!
//! **Ports.** `start` with a `command`; `vector` for each vector that goes to the encoder; its tile and row, in the same cycle.
//!
//! **Timing.** None from the vector to its place.
//!
//! **Function.** Vector t of row r goes to row r mod n of tile `base + (r div n) · stride + t`.
//!
//! **Not modelled.** Rows behind the last: whoever counts the vectors sends none.

use super::page::Geometry;
use super::word::{WORD_BITS, field};
use crate::hdl::{Error, Module, lit, mux};
use models::design::Design;
use std::rc::Rc;

/// The walk of a design's gathers.
///
/// # Errors
/// A fault of the description, which would be ours.
pub fn row_walk(design: &Design) -> Result<Rc<Module>, Error> {
    let g = Geometry::new(design);
    let mut m =
        Module::new("row_walk", "places of the vectors of a gather").parameter("n", g.lanes).latency("none");
    let start = m.input("start", 1, "first busy cycle of a gather");
    let command = m.input("command", WORD_BITS, "the command, stable until done");
    let vector = m.input("vector", 1, "a vector goes to the encoder");
    let part = |name: &str| field(&command, "gather", name);
    let tiles = part("tiles");
    let tile = m.register("tile_count", tiles.width(), 0);
    let row = m.register("row_of_block", g.lane, 0);
    let block = m.register("block_tile", g.tile(), 0);
    let following = m.wire("following_tile", tile.add(lit(tiles.width(), 1)));
    let last = m.wire("row_ends", following.eq(&tiles));
    let next_block = m.wire("next_block", block.add(g.tiles(part("region.stride"))));
    m.when(&start, |m| {
        m.next(&tile, lit(tile.width(), 0));
        m.next(&row, lit(g.lane, 0));
        m.next(&block, g.tiles(part("region.base")));
    })
    .otherwise(|m| {
        m.when(&vector, |m| {
            m.next(&tile, mux(&last, lit(tile.width(), 0), &following));
            m.when(&last, |m| {
                m.next(&row, row.add(lit(g.lane, 1)));
                m.next(&block, mux(row.reduce_and(), &next_block, &block));
            });
        });
    });
    for (name, value, meaning) in [
        ("to_tile", block.add(g.tiles(tile)), "encoder: tile of the buffer that it goes to"),
        ("to_row", row, "encoder: vector of the tile"),
    ] {
        let out = m.output(name, value.width(), meaning);
        m.assign(out, value);
    }
    m.finish()
}
