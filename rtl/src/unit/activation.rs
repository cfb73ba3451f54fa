//! Activation functions by table: GELU and tanh of a rounded sum. Combinational.
//!
//! **Ports.** `negative` and `magnitude` of the input, 12 fraction bits in 23; `tanh` selects it, else GELU; `result` has 16
//! fraction bits, two's complement.
//!
//! **Function.** [`kernels::activation`], bit for bit: gelu(x) = relu(x) - d(|x|), tanh(-x) = -tanh(x). Each table gives a
//! node and the rise to the next one; between them lies a line, rounded once. From 5 on, d is 0 and tanh is 1.

use crate::hdl::{Error, Module, concat, lit, mux, rom};
use kernels::activation::{GELU, INPUT_FRACTION, INPUT_LIMIT, OUTPUT_FRACTION, SEGMENT_BITS, SEGMENTS, TANH};
use std::rc::Rc;

/// Bits of the magnitude of an input.
pub const INPUT_BITS: usize = INPUT_LIMIT.ilog2() as usize + 1;
/// Fraction bits that the output has more than the input.
const FINER: usize = (OUTPUT_FRACTION - INPUT_FRACTION) as usize;
/// Bits of a result, sign included.
pub const RESULT_BITS: usize = INPUT_BITS + FINER + 1;
/// Bits of a node: tanh reaches one.
const NODE_BITS: usize = OUTPUT_FRACTION as usize + 1;
/// Bits of the magnitude of a rise: neither function is steeper than one, and segments are 1/32.
const STEEP_BITS: usize = OUTPUT_FRACTION as usize - 5 + 1;
/// Bits of the number of a segment.
const ADDRESS_BITS: usize = (SEGMENTS - 1).ilog2() as usize + 1;

/// Both functions.
///
/// # Errors
/// A fault of the description, which would be ours.
pub fn activation() -> Result<Rc<Module>, Error> {
    let mut m = Module::new("activation", "GELU and tanh by table and line").latency("none");
    let negative = m.input("negative", 1, "sign of the input");
    let a = m.input("magnitude", INPUT_BITS, "its magnitude, 12 fraction bits");
    let tanh = m.input("tanh", 1, "tanh, else GELU");
    let result = m.output("result", RESULT_BITS, "16 fraction bits, two's complement");
    let segment_bits = SEGMENT_BITS as usize;
    let segment = a.bits(segment_bits, INPUT_BITS - segment_bits);
    let beyond = m.wire("beyond", segment.ge(lit(segment.width(), SEGMENTS as u64)));
    let address = segment.bits(0, ADDRESS_BITS);
    let gelus = m.instance("gelu_table", &table("gelu_table", &GELU)?, &[("address", &address)]);
    let tanhs = m.instance("tanh_table", &table("tanh_table", &TANH)?, &[("address", &address)]);
    let line = m.wire("line", mux(&tanh, tanhs.out("value"), gelus.out("value")));
    let (falls, steep) = (line.bit(STEEP_BITS), line.bits(0, STEEP_BITS));
    let rise = m.wire("rise", steep.mul(a.bits(0, segment_bits)));
    // Halves go up, which is towards the node where the line falls.
    let rest = rise.bits(0, segment_bits - 1).reduce_or();
    let carry = rise.bit(segment_bits - 1).and(falls.not().or(rest));
    let floor = rise.bits(segment_bits, STEEP_BITS).widen(NODE_BITS);
    let climbed = m.wire("climbed", floor.add(carry.widen(NODE_BITS)));
    let node = line.bits(STEEP_BITS + 1, NODE_BITS);
    let node = mux(falls, node.sub(&climbed), node.add(&climbed));
    let far = concat(&[tanh.clone(), lit(NODE_BITS - 1, 0)]);
    let looked_up = m.wire("looked_up", mux(beyond, far, node).widen(RESULT_BITS));
    let relu = concat(&[lit(1, 0), a.and(negative.not().repeat(INPUT_BITS)), lit(FINER, 0)]);
    let odd = mux(&negative, looked_up.negate(), &looked_up);
    m.assign(result, mux(&tanh, odd, relu.sub(&looked_up)));
    m.finish()
}

/// Node, whether the line falls, and how far it goes, of each segment.
fn table(name: &str, nodes: &[i32]) -> Result<Rc<Module>, Error> {
    let word = |pair: &[i32]| {
        let (node, falls) = (u64::from(pair[0].cast_unsigned()), u64::from(pair[1] < pair[0]));
        (node << 1 | falls) << STEEP_BITS | u64::from(pair[0].abs_diff(pair[1]))
    };
    let words: Vec<u64> = nodes.windows(2).map(word).collect();
    rom(name, "node, sign and magnitude of the rise to the next one", NODE_BITS + 1 + STEEP_BITS, &words)
}
