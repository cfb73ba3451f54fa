//! n x n accumulators of the processing unit: a row of n for each streamed vector of a tile.
//!
//! **Ports.** `valid` with the `row` of a streamed vector and its n dot products `sums`; `first` on the first reduction tile, which
//! replaces what the row held. `total`: the row after the addition.
//!
//! **Timing.** [`latency::ACCUMULATE`] = 1 cycle, one row a cycle: `total` is a register beside the row, so that the epilogue needs no
//! second read. A row that comes again in the next cycle finds its sum already written.
//!
//! **Not modelled.** Overflow: [`accumulator_width`](super::accumulator_width()) leaves room for the longest reduction.

use super::rows::Rows;
use crate::hdl::{Error, Expr, Module, address_bits, concat, mux};
use models::latency;
use std::rc::Rc;

const _: () = assert!(latency::ACCUMULATE == 1, "a row and its total are one register");

/// `n` rows of `n` accumulators of `width` bits, over dot products of `sum_width` bits.
///
/// # Errors
/// Less than two rows, or accumulators narrower than what they take.
pub fn accumulator(n: u32, sum_width: usize, width: usize) -> Result<Rc<Module>, Error> {
    if n < 2 || width < sum_width {
        return Err(Error::size("accumulator", "n and width", "at least two rows, at least a sum wide"));
    }
    let lanes = n as usize;
    let mut m = Module::new("accumulator", "n rows of n accumulators, one row a cycle")
        .parameter("n", n)
        .parameter("sum_width", sum_width)
        .parameter("accumulator_width", width)
        .latency(format!("{} cycle", latency::ACCUMULATE));
    let valid = m.input("valid", 1, "a row is added");
    let row = m.input("row", address_bits(lanes), "which one");
    let first = m.input("first", 1, "it replaces what the row held");
    let sums = m.input("sums", lanes * sum_width, "n dot products, lane 0 lowest, two's complement");
    let total = m.output("total", lanes * width, "the row with them, lane 0 lowest, two's complement");
    let rows = Rows::new(&mut m, "row", lanes, lanes * width);
    let held = rows.read(&mut m, "held", &row);
    let added: Vec<Expr> = (0..lanes)
        .rev()
        .map(|lane| {
            let held = held.bits(lane * width, width).and(first.not().repeat(width));
            held.add(sums.bits(lane * sum_width, sum_width).sign_extend(width))
        })
        .collect();
    let added = m.wire("added", concat(&added));
    rows.write(&mut m, &row, &valid, &added);
    let latest = m.register("latest", lanes * width, 0);
    m.next(&latest, mux(&valid, &added, &latest));
    m.assign(total, latest);
    m.finish()
}
