//! Where a vector of a region lies, without a multiplier.
//!
//! **Ports.** `base` and `stride` of the region, in tiles, stable while a command walks over it; `block` and `tile` of a vector;
//! `place`, the tile of the buffer.
//!
//! **Timing.** None from the numbers to the place. What the block adds is kept from cycle to cycle.
//!
//! **Function.** base + block * stride + tile. Block zero adds nothing; when the block's number goes up by one, one stride more.
//!
//! **Not modelled.** A block that does not follow the one of the cycle before, or zero: no walk has one.

use super::walker::{BLOCK_BITS, TILE_BITS};
use crate::hdl::{Error, Module, lit, mux};
use std::rc::Rc;

/// The unit for places of `bits` bits and strides of `stride_bits`.
///
/// # Errors
/// Places narrower than what they are made of.
pub fn region(bits: usize, stride_bits: usize) -> Result<Rc<Module>, Error> {
    if stride_bits == 0 || bits < stride_bits.max(TILE_BITS) {
        return Err(Error::size("region", "bits", "at least those of a stride and of a tile"));
    }
    let mut m = Module::new("region", "place of a vector in its buffer")
        .parameter("width", bits)
        .parameter("stride_width", stride_bits)
        .latency("none");
    let base = m.input("base", bits, "first tile of the region");
    let stride = m.input("stride", stride_bits, "tiles from a row block to the next");
    let block = m.input("block", BLOCK_BITS, "number of the row block");
    let tile = m.input("tile", TILE_BITS, "number of the tile in it");
    let odd = m.stage("odd", block.bit(0));
    let before = m.register("offset_held", bits, 0);
    let next = mux(block.bit(0).xor(odd), before.add(stride.widen(bits)), &before);
    let offset = m.wire("offset", mux(block.reduce_or(), next, lit(bits, 0)));
    m.next(before, &offset);
    let place = m.output("place", bits, "tile of the buffer");
    m.assign(place, base.add(offset).add(tile.widen(bits)));
    m.finish()
}
