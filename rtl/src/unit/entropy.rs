//! Entropy of the logits, and whether it is low enough to leave.
//!
//! **Ports.** `start` with the command's fields, which stay until `done`; `read` with the number of the tile of row 0, whose vector
//! comes at `x` [`latency::DECODE`] cycles later; `value`, the entropy, and `below`, whether it is under the threshold. Both hold
//! until the next command's are known.
//!
//! **Timing.** Two passes, one vector a cycle, each followed by [`latency::entropy_pass`], then [`latency::ENTROPY_END`]: logarithm,
//! division, sum, comparison. `below` is there in the last cycle, with `done`.
//!
//! **Function.** [`kernels::entropy::entropy`] and [`kernels::entropy::exit_decision`], bit for bit: the largest logit; then S,
//! the sum of 2^-t, and the sum of d * 2^-t; then ln S plus their quotient. No classes give zero.
//!
//! **Not modelled.** What [`walker`](super::walker()) does not walk.

use super::counts::counts;
use super::distance::{DISTANCE_BITS, T_BITS, distance};
use super::divide::{QUOTIENT_BITS, divide};
use super::exp2::exp2;
use super::largest::{largest, ranked};
use super::log2::log2;
use super::requantise::EXPONENT_BITS;
use super::rounding::rounds_up;
use super::significand::significand_width;
use super::softmax::SUM_BITS;
use super::tree::{delayed, tree};
use super::walker::{ROWS_BITS, TILE_BITS, Walk, walker};
use crate::hdl::{Error, Expr, Instance, Module, lit, mux};
use kernels::adaptivfloat::Format;
use kernels::fixed::{EXP2_FRACTION, LN2_Q16};
use models::latency;
use std::rc::Rc;

/// Bits of an entropy and of the threshold.
pub const ENTROPY_BITS: usize = 32;
/// Bits of the sum of the powers times their distances.
const MOMENT_BITS: usize = DISTANCE_BITS + SUM_BITS;
/// Fraction bits of ln(2), and those that the logarithm has more than an entropy.
const LN2_FRACTION: usize = 16;
/// Cycles from a vector to the products of its elements.
const PRODUCTS: u64 = 1 + latency::EXP2 + latency::MULTIPLY;

const _: () = assert!(ENTROPY_BITS == QUOTIENT_BITS, "an entropy is not wider than its quotient");
const _: () = assert!(latency::MULTIPLY == 1 && latency::ACCUMULATE == 1, "product and total are registers");

/// The unit for vectors of `n` codes.
///
/// # Errors
/// `n` is no power of two from 2 on; else a fault of the description, which would be ours.
pub fn entropy(format: Format, n: u32) -> Result<Rc<Module>, Error> {
    if n < 2 || !n.is_power_of_two() {
        return Err(Error::size("entropy", "n", "a power of two from 2 on"));
    }
    let behind = latency::entropy_pass(n);
    let walk = walker(Walk { n, passes: 2, between: behind, after: behind + latency::ENTROPY_END })?;
    let mut m = Module::new("entropy", "entropy of the logits of a row, and the exit decision")
        .parameter("n", n)
        .parameter("width", format.width())
        .parameter("exponent", format.exponent())
        .latency(format!("{} cycles from the last read to done", behind + latency::ENTROPY_END));
    let start = m.input("start", 1, "first cycle of a command");
    let tiles = m.input("tiles", TILE_BITS, "tiles of the row");
    let classes = m.input("classes", ROWS_BITS, "logits that count");
    let one = lit(ROWS_BITS, 1);
    // There is one row only; Verilator takes the name as a word that some outputs are not read.
    let walked = m.instance("walk_unused", &walk, &[("start", &start), ("rows", &one), ("tiles", &tiles)]);
    for (port, meaning) in [("read", "a vector is read"), ("done", "last cycle of the command")] {
        let out = m.output(port, 1, meaning);
        m.assign(out, walked.out(port));
    }
    let out = m.output("read_tile", TILE_BITS, "number of its tile");
    m.assign(out, walked.out("tile"));
    let counts = counts(&mut m, n, &walked.out("tile"), &classes);
    let (powers, products) = lanes(&mut m, (format, n), &walked, &counts)?;
    let second = walked.out("read").and(walked.out("pass"));
    let summed = latency::DECODE + PRODUCTS + latency::tree(n);
    let take = delayed(&mut m, "take_sums", &second, summed);
    let first = delayed(&mut m, "first_sums", &walked.out("first_tile"), summed);
    let sum = total(&mut m, "sum", (&take, &first), &powers.widen(SUM_BITS));
    let moment = total(&mut m, "moment", (&take, &first), &products.widen(MOMENT_BITS));
    let known = delayed(&mut m, "known", &second.and(walked.out("last_tile")), behind);
    result(&mut m, &known, (&sum, &moment), &classes)?;
    m.finish()
}

/// The sums over the lanes of 2^-t and of d * 2^-t, [`PRODUCTS`] and the tree's cycles after the vector.
fn lanes(
    m: &mut Module,
    (format, n): (Format, u32),
    walked: &Instance,
    counts: &Expr,
) -> Result<(Expr, Expr), Error> {
    let (lanes, bits) = (n as usize, usize::from(format.width()));
    let lsb = m.input("lsb", EXPONENT_BITS, "power of two, two's complement");
    let vector = m.input("x", lanes * bits, "n codes, lane 0 lowest");
    let most = most(m, (format, n), walked, (&vector, counts))?;
    let lane = lane(format)?;
    let counts = delayed(m, "counts_after", counts, PRODUCTS);
    let (mut powers, mut products) = (vec![], vec![]);
    for at in 0..lanes {
        let inputs = [("code", &vector.bits(at * bits, bits)), ("most", &most), ("lsb", &lsb)];
        let terms = m.instance(&format!("lane_{at}"), &lane, &inputs);
        for (sums, port) in [(&mut powers, "term"), (&mut products, "product")] {
            let term = terms.out(port);
            // A zero above, where the tree looks for the sign.
            sums.push(term.and(counts.bit(at).repeat(term.width())).widen(term.width() + 1));
        }
    }
    Ok((tree(m, "powers", powers), tree(m, "products", products)))
}

/// The significand of the largest logit, for the second pass.
fn most(
    m: &mut Module,
    (format, n): (Format, u32),
    walked: &Instance,
    (vector, counts): (&Expr, &Expr),
) -> Result<Expr, Error> {
    let ranks = largest(format, n)?;
    let rank = m.instance("ranks", &ranks, &[("codes", vector), ("counts", counts)]).out("rank");
    let here = latency::DECODE + 1;
    let take = delayed(m, "take_rank", &walked.out("read").and(walked.out("pass").not()), here);
    let first = delayed(m, "first_rank", &walked.out("first_tile"), here);
    let held = m.register("held_rank", rank.width(), 0);
    let most = mux(first.or(rank.gt(&held)), &rank, &held);
    m.next(&held, mux(take, most, &held));
    ranked(m, format, "most", &held)
}

/// One element: 2^-t and d * 2^-t.
fn lane(format: Format) -> Result<Rc<Module>, Error> {
    let (below, power) = (distance(format)?, exp2(T_BITS)?);
    let mut m = Module::new("entropy_lane", "power of an element, and the same times its distance")
        .parameter("width", format.width())
        .parameter("exponent", format.exponent())
        .latency(format!("{PRODUCTS} cycles"));
    let code = m.input("code", format.width().into(), "element");
    let most = m.input("most", significand_width(format) + 1, "largest of the row, two's complement");
    let lsb = m.input("lsb", EXPONENT_BITS, "power of two, two's complement");
    let below = m.instance("below", &below, &[("code", &code), ("most", &most), ("lsb", &lsb)]);
    // Fraction and whole are softmax's.
    let power = m.instance("power_unused", &power, &[("t", &below.out("power"))]).out("value");
    let natural = delayed(&mut m, "natural", &below.out("natural"), latency::EXP2);
    let term = m.stage("term_beside", &power);
    let product = m.stage("product_now", natural.mul(&power));
    for (port, value, meaning) in
        [("term", term, "2^-t, 24 fraction bits"), ("product", product, "the same times d, 40 fraction bits")]
    {
        let out = m.output(port, value.width(), meaning);
        m.assign(out, value);
    }
    m.finish()
}

/// The sum of the vectors' parts: the first begins it.
fn total(m: &mut Module, name: &str, (take, first): (&Expr, &Expr), part: &Expr) -> Expr {
    let total = m.register(name, part.width(), 0);
    let begun = total.and(first.not().repeat(part.width()));
    m.next(&total, mux(take, begun.add(part), &total));
    total
}

/// From `known`, when both sums stand, to the entropy and the decision.
fn result(m: &mut Module, known: &Expr, (sum, moment): (&Expr, &Expr), classes: &Expr) -> Result<(), Error> {
    let threshold = m.input("threshold", ENTROPY_BITS, "nats, 16 fraction bits");
    let logarithm = m.instance("logarithm", &log2(SUM_BITS)?, &[("x", sum)]).out("value");
    let begin = delayed(m, "divides", known, latency::LOG2);
    let numerator = moment.widen(SUM_BITS + QUOTIENT_BITS);
    let inputs = [("start", &begin), ("numerator", &numerator), ("denominator", sum)];
    let quotient = m.instance("divider", &divide(SUM_BITS)?, &inputs).out("quotient");
    let ends = delayed(m, "ends", &begin, latency::DIVIDE);
    let natural = natural(m, &logarithm);
    let some = classes.reduce_or().repeat(ENTROPY_BITS);
    let latest = m.register("latest", ENTROPY_BITS, 0);
    m.next(&latest, mux(&ends, natural.add(quotient).and(some), &latest));
    let compares = m.stage("compares", ends);
    let under = m.register("under", 1, 0);
    m.next(&under, mux(compares, latest.lt(threshold), &under));
    let value = m.output("value", ENTROPY_BITS, "entropy in nats, 16 fraction bits");
    m.assign(value, latest);
    let below = m.output("below", 1, "it is less than the threshold");
    m.assign(below, under);
    Ok(())
}

/// ln of the sum from its log2, which still has the powers' fraction bits in it.
fn natural(m: &mut Module, logarithm: &Expr) -> Expr {
    let offset = lit(logarithm.width(), u64::from(EXP2_FRACTION) << LN2_FRACTION);
    let factor = lit(LN2_Q16.ilog2() as usize + 1, LN2_Q16.into());
    let product = m.wire("ln_sum", logarithm.sub(offset).mul(factor));
    let floor = product.bits(LN2_FRACTION, product.width() - LN2_FRACTION);
    let sticky = product.bits(0, LN2_FRACTION - 1).reduce_or();
    let up = rounds_up(&floor, &product.bit(LN2_FRACTION - 1), &sticky);
    floor.widen(ENTROPY_BITS).add(up.widen(ENTROPY_BITS))
}
