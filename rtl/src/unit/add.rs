//! Element-wise add: the residual connections.
//!
//! **Ports.** `start` with the command's fields, which stay until `done`; `read` with the numbers of the vectors, which come at `a` and
//! `b` [`latency::DECODE`] cycles later; `write` with the numbers and `codes` of the sum.
//!
//! **Timing.** One pass over all vectors, one a cycle, and [`latency::ADD`]: alignment, sum, then [`latency::REQUANTISE`]. The
//! encoder's [`latency::ENCODE`] cycles behind `write` end with `done`.
//!
//! **Function.** [`kernels::add::add`], bit for bit. Not modelled: what [`walker`](super::walker()) does not walk.

use super::align::{Operands, align};
use super::requantise::{EXPONENT_BITS, requantise};
use super::significand::{signed, significand, significand_width};
use super::tree::delayed;
use super::walker::{ROWS_BITS, TILE_BITS, Walk, places, walker};
use crate::hdl::{Error, Expr, Module, concat, lit};
use kernels::adaptivfloat::Format;
use models::latency;
use std::rc::Rc;

/// Cycles from a read to its write.
const DEPTH: u64 = latency::DECODE + 2 + latency::REQUANTISE;

const _: () = assert!(DEPTH + latency::ENCODE <= latency::ADD + 1, "the encoder ends with the command");

/// The adder of vectors of `n` codes.
///
/// # Errors
/// `n` is no power of two from 2 on; else a fault of the description, which would be ours.
pub fn add(format: Format, n: u32) -> Result<Rc<Module>, Error> {
    let walk = walker(Walk { n, passes: 1, between: 0, after: latency::ADD })?;
    let (lanes, bits) = (n as usize, usize::from(format.width()));
    let lane = lane(format)?;
    let mut m = Module::new("add", "element-wise add of two tensors with exponent biases of their own")
        .parameter("n", n)
        .parameter("width", bits)
        .parameter("exponent", format.exponent())
        .latency(format!("{DEPTH} cycles from read to write"));
    let start = m.input("start", 1, "first cycle of a command");
    let rows = m.input("rows", ROWS_BITS, "rows of the command");
    let tiles = m.input("tiles", TILE_BITS, "tiles of a row");
    let [a_lsb, b_lsb, out_bias] = ["a_lsb", "b_lsb", "out_bias"]
        .map(|name| m.input(name, EXPONENT_BITS, "power of two, two's complement"));
    let [a, b] = ["a", "b"].map(|name| m.input(name, lanes * bits, "n codes, lane 0 lowest"));
    let codes: Vec<Expr> = (0..lanes)
        .rev()
        .map(|at| {
            let [a, b] = [&a, &b].map(|vector| vector.bits(at * bits, bits));
            let inputs =
                [("a", &a), ("b", &b), ("a_lsb", &a_lsb), ("b_lsb", &b_lsb), ("out_bias", &out_bias)];
            m.instance(&format!("lane_{at}"), &lane, &inputs).out("code")
        })
        .collect();
    // It is all one pass here; Verilator takes the name as a word that some outputs are not read.
    let walked = m.instance("walk_unused", &walk, &[("start", &start), ("rows", &rows), ("tiles", &tiles)]);
    places(&mut m, &walked, &lit(1, 1), DEPTH);
    let out = m.output("codes", lanes * bits, "n codes, lane 0 lowest, with write");
    m.assign(out, concat(&codes));
    m.finish()
}

/// One element: two codes to the code of their sum.
fn lane(format: Format) -> Result<Rc<Module>, Error> {
    let width = significand_width(format) + 1;
    let operands = Operands { a: width, b: width, least: 0 };
    let (decoder, aligner) = (significand(format)?, align(operands)?);
    let encoder = requantise(format, operands.sum_width())?;
    let mut m = Module::new("add_lane", "the code of the sum of two codes")
        .parameter("width", format.width())
        .parameter("exponent", format.exponent())
        .latency(format!("{} cycles", DEPTH - latency::DECODE));
    let [a, b] = ["a", "b"].map(|name| {
        let code = m.input(name, format.width().into(), "code");
        signed(&mut m, &format!("significand_{name}"), &decoder, &code)
    });
    let [a_lsb, b_lsb, out_bias] = ["a_lsb", "b_lsb", "out_bias"]
        .map(|name| m.input(name, EXPONENT_BITS, "power of two, two's complement"));
    let inputs = [("a", &a), ("a_lsb", &a_lsb), ("b", &b), ("b_lsb", &b_lsb)];
    let aligned = m.instance("aligned", &aligner, &inputs);
    let upper = m.stage("upper", aligned.out("upper"));
    let lower = m.stage("lower", aligned.out("lower"));
    let sum = m.stage("sum", upper.add(lower.sign_extend(upper.width())));
    let lsb = delayed(&mut m, "lsb", &aligned.out("lsb"), 2);
    let inputs = [("value", &sum), ("lsb", &lsb), ("out_bias", &out_bias)];
    let rounded = m.instance("encoded", &encoder, &inputs).out("code");
    let code = m.output("code", format.width().into(), "code of the sum");
    m.assign(code, rounded);
    m.finish()
}
