//! Softmax of rows in base 2, with an attention span.
//!
//! **Ports.** `start` with the command's fields, which stay until `done`; `read` with the numbers of the vectors, which come at `x`
//! [`latency::DECODE`] cycles later; `parameter_read` with every vector of the third pass if the command `has_span`, whose
//! weights come at `parameters` as late and stay; `write` with the numbers and `codes` of the result.
//!
//! **Timing.** Three passes for each row block, one vector a cycle, each followed by [`latency::softmax_pass`]. The logarithm of the
//! last row's sum is kept at its end. From a vector of the third pass to its codes are one cycle less than from one of
//! the second with the shortest tree, so the encoder's [`latency::ENCODE`] cycles behind `write` end before `done`.
//!
//! **Function.** [`kernels::softmax::softmax`], bit for bit: the largest of each row; the sum of 2^-t; 2^-(t + log2 sum) times the
//! weight of the column. A column from `valid` on has weight zero, which gives the zero code.
//!
//! **Not modelled.** What [`walker`](super::walker()) does not walk. What a row of no valid columns has for a sum is never seen.

use super::counts::counts;
use super::distance::{T_BITS, distance};
use super::exp2::{POWER_BITS, exp2};
use super::largest::{larger, largest, ranked};
use super::log2::{log2, log2_width};
use super::requantise::{EXPONENT_BITS, requantise};
use super::rows::Rows;
use super::significand::significand_width;
use super::tree::{delayed, tree};
use super::walker::{ROWS_BITS, TILE_BITS, Walk, places, walker};
use crate::hdl::{Error, Expr, Instance, Module, concat, lit, mux};
use kernels::adaptivfloat::Format;
use kernels::fixed::EXP2_FRACTION;
use kernels::softmax::{DISTANCE_FRACTION, DISTANCE_LIMIT, SPAN_FRACTION, power};
use models::latency;
use std::rc::Rc;

/// Bits of a weight of the span.
pub const WEIGHT_BITS: usize = 8;
/// Bits of the sum of the powers of a row: each is at most one.
pub(super) const SUM_BITS: usize = EXP2_FRACTION as usize + ROWS_BITS;
/// Bits of the logarithm of such a sum, which is below 2^`ROWS_BITS`.
const NORMALISER_BITS: usize = (ROWS_BITS << DISTANCE_FRACTION).ilog2() as usize + 1;
/// Cycles from a vector to the powers of its elements.
const POWERS: u64 = 1 + latency::EXP2;
/// Cycles from a vector of the third pass to its codes.
const CODES: u64 = POWERS + latency::MULTIPLY + latency::REQUANTISE;
/// Cycles from a read of the third pass to its write.
const DEPTH: u64 = latency::DECODE + CODES;

const _: () = assert!(latency::MULTIPLY == 1 && latency::ACCUMULATE == 1, "weighted and total are registers");
const _: () = assert!(
    power(DISTANCE_LIMIT) + ((ROWS_BITS as u32) << DISTANCE_FRACTION) < 1 << T_BITS,
    "a power and a normaliser are no wider than a power"
);
const _: () = assert!(
    CODES + latency::ENCODE <= POWERS + 1 + latency::ACCUMULATE + latency::LOG2 + 1,
    "the encoder ends with the command"
);

/// The unit for vectors of `n` codes.
///
/// # Errors
/// `n` is no power of two from 2 on; else a fault of the description, which would be ours.
pub fn softmax(format: Format, n: u32) -> Result<Rc<Module>, Error> {
    if n < 2 || !n.is_power_of_two() {
        return Err(Error::size("softmax", "n", "a power of two from 2 on"));
    }
    let behind = latency::softmax_pass(n);
    let walk = walker(Walk { n, passes: 3, between: behind, after: behind })?;
    let mut m = Module::new("softmax", "softmax of rows, with an attention span")
        .parameter("n", n)
        .parameter("width", format.width())
        .parameter("exponent", format.exponent())
        .latency(format!("{DEPTH} cycles from read to write"));
    let start = m.input("start", 1, "first cycle of a command");
    let rows = m.input("rows", ROWS_BITS, "rows of the command");
    let tiles = m.input("tiles", TILE_BITS, "tiles of a row");
    let valid = m.input("valid", ROWS_BITS, "columns that count");
    let span = m.input("has_span", 1, "columns have weights");
    // The last tile needs no care; Verilator takes the name as a word that it is not read.
    let walked = m.instance("walk_unused", &walk, &[("start", &start), ("rows", &rows), ("tiles", &tiles)]);
    let pass = walked.out("pass");
    let [first, second, third] = [0, 1, 2].map(|number| pass.eq(lit(pass.width(), number)));
    places(&mut m, &walked, &third, DEPTH);
    let read = walked.out("read");
    let parameter_read = m.output("parameter_read", 1, "weights of the tile are read");
    m.assign(parameter_read, read.and(&third).and(&span));
    let counts = counts(&mut m, n, &walked.out("tile"), &valid);
    let x = m.input("x", n as usize * usize::from(format.width()), "n codes, lane 0 lowest");
    let most = most(&mut m, (format, n), (&walked, &read.and(first)), (&x, &counts))?;
    let normaliser = m.signal("normaliser", NORMALISER_BITS);
    let weights = weights(&mut m, n, &span, &counts);
    let lanes = lanes(&mut m, format, &x, (&most, &normaliser, &weights))?;
    let sum = sum(&mut m, n, (&walked, &read.and(&second)), (&lanes, &counts));
    let held = logarithms(&mut m, n, (&walked, &read.and(&second)), &sum)?;
    let applies = delayed(&mut m, "applies", &third, latency::DECODE + 1);
    m.assign(normaliser, held.and(applies.repeat(NORMALISER_BITS)));
    let codes: Vec<Expr> = lanes.iter().rev().map(|lane| lane.out("code")).collect();
    let out =
        m.output("codes", n as usize * usize::from(format.width()), "n codes, lane 0 lowest, with write");
    m.assign(out, concat(&codes));
    m.finish()
}

/// The significand of the largest element of the row whose vector is here; `take` with a read of the first pass.
fn most(
    m: &mut Module,
    (format, n): (Format, u32),
    (walked, take): (&Instance, &Expr),
    (x, counts): (&Expr, &Expr),
) -> Result<Expr, Error> {
    let ranks = largest(format, n)?;
    let rank = m.instance("ranks", &ranks, &[("codes", x), ("counts", counts)]).out("rank");
    let (select, here) = (latency::DECODE - 1, latency::DECODE + 1);
    let before = delayed(m, "row_before", &walked.out("row"), select);
    let row = delayed(m, "row_rank", &before, here - select);
    let take = delayed(m, "take_rank", take, here);
    let first = delayed(m, "first_rank", &walked.out("first_tile"), here);
    let rows = Rows::new(m, "rank", n as usize, rank.width());
    let held = rows.read(m, "rank_held", &row);
    let begun = held.and(first.not().repeat(held.width()));
    rows.write(m, &row, &take, &larger(&rank, &begun));
    let selected = rows.read(m, "rank_selected", &before);
    let most = ranked(m, format, "most", &selected)?;
    Ok(m.stage("most_here", most))
}

/// The weight of each lane when its power is there: that of the span or one, and zero for a column that does not count.
fn weights(m: &mut Module, n: u32, span: &Expr, counts: &Expr) -> Expr {
    let parameter = m.input("parameters", n as usize * WEIGHT_BITS, "a weight a lane, 7 fraction bits");
    let one = lit(WEIGHT_BITS, 1 << SPAN_FRACTION);
    let lanes = (0..n as usize).rev().map(|at| {
        let weight = mux(span, parameter.bits(at * WEIGHT_BITS, WEIGHT_BITS), &one);
        weight.and(counts.bit(at).repeat(WEIGHT_BITS))
    });
    let weights = concat(&lanes.collect::<Vec<_>>());
    delayed(m, "weights", &weights, POWERS)
}

/// The lanes on the vector that is here.
fn lanes(
    m: &mut Module,
    format: Format,
    x: &Expr,
    (most, normaliser, weights): (&Expr, &Expr, &Expr),
) -> Result<Vec<Instance>, Error> {
    let bits = usize::from(format.width());
    let lane = lane(format)?;
    let [lsb, bias] =
        ["lsb", "out_bias"].map(|name| m.input(name, EXPONENT_BITS, "power of two, two's complement"));
    let lanes = (0..x.width() / bits).map(|at| {
        let inputs = [
            ("element", &x.bits(at * bits, bits)),
            ("most", most),
            ("lsb", &lsb),
            ("normaliser", normaliser),
            ("weight", &weights.bits(at * WEIGHT_BITS, WEIGHT_BITS)),
            ("out_bias", &bias),
        ];
        m.instance(&format!("lane_{at}"), &lane, &inputs)
    });
    Ok(lanes.collect())
}

/// The sums of the rows: total of the row of the vector that was accumulated in the cycle before; `take` with a read of the
/// second pass.
fn sum(
    m: &mut Module,
    n: u32,
    (walked, take): (&Instance, &Expr),
    (lanes, counts): (&[Instance], &Expr),
) -> Expr {
    let counts = delayed(m, "counts_after", counts, POWERS);
    let terms = lanes.iter().enumerate().map(|(at, lane)| {
        // A zero above, where the tree looks for the sign.
        lane.out("term").and(counts.bit(at).repeat(POWER_BITS)).widen(POWER_BITS + 1)
    });
    let terms = terms.collect();
    let part = tree(m, "terms", terms).widen(SUM_BITS);
    let summed = latency::DECODE + POWERS + latency::tree(n);
    let row = delayed(m, "row_sum", &walked.out("row"), summed);
    let first = delayed(m, "first_sum", &walked.out("first_tile"), summed);
    let take = delayed(m, "take_sum", take, summed);
    let rows = Rows::new(m, "sum", n as usize, SUM_BITS);
    let held = rows.read(m, "sum_held", &row);
    let total = m.wire("sum_total", part.add(held.and(first.not().repeat(SUM_BITS))));
    rows.write(m, &row, &take, &total);
    m.stage("sum_latest", total)
}

/// The logarithm of the sum of the row whose distances are there; `take` with a read of the second pass. That of a sum which
/// is not whole yet is overwritten.
fn logarithms(m: &mut Module, n: u32, (walked, take): (&Instance, &Expr), sum: &Expr) -> Result<Expr, Error> {
    let logarithm = m.instance("logarithm", &log2(SUM_BITS)?, &[("x", sum)]).out("value");
    let offset = lit(log2_width(SUM_BITS), u64::from(EXP2_FRACTION) << DISTANCE_FRACTION);
    // At most the number of bits that rows are counted with.
    let normaliser = m.wire("log_sum_ends_unused", logarithm.sub(offset)).bits(0, NORMALISER_BITS);
    let row = delayed(m, "row_log", &walked.out("row"), latency::softmax_pass(n));
    let take = delayed(m, "take_log", take, latency::softmax_pass(n));
    let rows = Rows::new(m, "log", n as usize, NORMALISER_BITS);
    rows.write(m, &row, &take, &normaliser);
    let row = delayed(m, "row_apply", &walked.out("row"), latency::DECODE);
    let held = rows.read(m, "log_held", &row);
    Ok(m.stage("log_selected", held))
}

/// One element: 2^-(t + normaliser), and the code of it times its weight.
fn lane(format: Format) -> Result<Rc<Module>, Error> {
    let value_width = POWER_BITS + WEIGHT_BITS + 1;
    let (below, power, encoder) = (distance(format)?, exp2(T_BITS)?, requantise(format, value_width)?);
    let mut m = Module::new("softmax_lane", "power of an element, and the code of its weighted fraction")
        .parameter("width", format.width())
        .parameter("exponent", format.exponent())
        .latency(format!("{POWERS} cycles to the term, {CODES} to the code"));
    let element = m.input("element", format.width().into(), "code");
    let most = m.input("most", significand_width(format) + 1, "largest of the row, two's complement");
    let [lsb, bias] =
        ["lsb", "out_bias"].map(|name| m.input(name, EXPONENT_BITS, "power of two, two's complement"));
    let normaliser = m.input("normaliser", NORMALISER_BITS, "16 fraction bits, a cycle after the element");
    let weight = m.input("weight", WEIGHT_BITS, "7 fraction bits, with the term");
    // The distance in natural units is the entropy's.
    let inputs = [("code", &element), ("most", &most), ("lsb", &lsb)];
    let below = m.instance("below_unused", &below, &inputs).out("power");
    let t = below.add(normaliser.widen(T_BITS));
    let power = m.instance("power", &power, &[("t", &t)]);
    let term = m.output("term", POWER_BITS, "the power, 24 fraction bits");
    m.assign(term, power.out("value"));
    let product = power.out("fraction").mul(&weight).widen(value_width);
    let product = m.stage("weighted", product);
    let point = lit(EXPONENT_BITS, u64::from(EXP2_FRACTION + SPAN_FRACTION));
    let whole = point.add(power.out("whole").widen(EXPONENT_BITS));
    let weighted_lsb = m.stage("weighted_lsb", whole.negate());
    let inputs = [("value", &product), ("lsb", &weighted_lsb), ("out_bias", &bias)];
    let rounded = m.instance("encoded", &encoder, &inputs).out("code");
    let code = m.output("code", format.width().into(), "of the power times the weight");
    m.assign(code, rounded);
    m.finish()
}
