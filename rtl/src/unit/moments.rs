//! First pass of layer norm: what the second needs to know of each row.
//!
//! **Ports.** `take` with the `row` of a vector, whether it is the row's `first` or `last`, its n sums (zero where an element does
//! not count) and the `count` N of those that do; `select` of a row, and in the same cycle the `gain`, `centre` and `octaves`
//! that it has.
//!
//! **Timing.** One vector a cycle. A row can be selected after the squares, the tree, the accumulation, V (products, difference), the root
//! and the register of the row; rows may follow each other in every cycle.
//!
//! **Function.** `kernels::layernorm`: S = sum x, V = N * sum x^2 - S^2, both exact, r = V^-1/2 with its 20 bits;
//! gain = N * r and centre = S * r, both exact, so that (N*x - S) * r = gain * x - centre takes one product an element.
//! V = 0 makes both zero.
//!
//! **Not modelled.** Rows of more than 65535 elements, which a command cannot ask for.

use super::add::SUM_BITS;
use super::multiply::signed_product;
use super::rows::Rows;
use super::rsqrt::{ROOT_BITS, octave_bits, rsqrt};
use super::tree::{delayed, tree};
use super::walker::ROWS_BITS;
use crate::hdl::{Error, Expr, Module, address_bits, concat, mux};
use models::latency;
use std::rc::Rc;

/// Bits of the magnitude of a sum.
const SIZE_BITS: usize = SUM_BITS - 1;
/// Bits of the total of a row, of fewer than `2^ROWS_BITS` elements; two's complement.
const TOTAL_BITS: usize = SUM_BITS + ROWS_BITS;
/// Bits of the total of a row's squares, unsigned.
const SQUARES_BITS: usize = 2 * SIZE_BITS + ROWS_BITS;
/// Bits of V, which is below N times that.
pub(super) const SPREAD_BITS: usize = SQUARES_BITS + ROWS_BITS;
/// Bits of a centre, two's complement.
pub(super) const CENTRE_BITS: usize = TOTAL_BITS + ROOT_BITS;
/// Bits of a gain, unsigned.
pub(super) const GAIN_BITS: usize = ROWS_BITS + ROOT_BITS;
/// Cycles of V: products, difference.
const SPREAD: u64 = 2;

const _: () = assert!(latency::MULTIPLY == 1 && latency::ACCUMULATE == 1, "squares and total are registers");

/// Cycles from a row's last vector until it can be selected, beyond those that the pass waits: V, and the register that is selected.
pub(super) const BEYOND: u64 = SPREAD + 1;

/// The unit for vectors of `n` sums and blocks of `n` rows.
///
/// # Errors
/// A fault of the description, which would be ours.
pub(super) fn moments(n: u32) -> Result<Rc<Module>, Error> {
    let known = latency::MULTIPLY + latency::tree(n);
    let cycles = known + latency::ACCUMULATE + latency::RSQRT + BEYOND;
    let mut m = Module::new("moments", "first pass of layer norm: sums and root of each row")
        .parameter("n", n)
        .latency(format!("{cycles} cycles from a row's last vector"));
    let row_bits = address_bits(n as usize);
    let take = m.input("take", 1, "a vector is taken");
    let row = m.input("row", row_bits, "number of its row");
    let [first, last] = [("first", "it is the row's first"), ("last", "it is the row's last")]
        .map(|(name, meaning)| m.input(name, 1, meaning));
    let count = m.input("count", ROWS_BITS, "elements of a row that count");
    let parts = vector_sums(&mut m, n);
    let [take, row, first, last] = [("take", &take), ("row", &row), ("first", &first), ("last", &last)]
        .map(|(name, value)| delayed(&mut m, &format!("{name}_summed"), value, known));
    let [sum, squares] = [("sum", parts.0, TOTAL_BITS), ("squares", parts.1, SQUARES_BITS)]
        .map(|(name, part, width)| total(&mut m, (name, n), (&take, &row, &first), &part.sign_extend(width)));
    let ready = delayed(&mut m, "ready", &take.and(last), latency::ACCUMULATE);
    let row = delayed(&mut m, "row_total", &row, latency::ACCUMULATE);
    root(&mut m, n, (&ready, &row), [&count, &sum, &squares])?;
    m.finish()
}

/// The total of a row with this part, from the next cycle on.
fn total(
    m: &mut Module,
    (name, n): (&str, u32),
    (take, row, first): (&Expr, &Expr, &Expr),
    part: &Expr,
) -> Expr {
    let rows = Rows::new(m, name, n as usize, part.width());
    let held = rows.read(m, &format!("{name}_held"), row);
    let total = m.wire(&format!("{name}_total"), part.add(held.and(first.not().repeat(part.width()))));
    rows.write(m, row, take, &total);
    m.stage(&format!("{name}_latest"), total)
}

/// The totals of a vector's sums and of their squares, in two's complement.
fn vector_sums(m: &mut Module, n: u32) -> (Expr, Expr) {
    let lanes = n as usize;
    let vector = m.input("x", lanes * SUM_BITS, "n sums in two's complement, lane 0 lowest");
    let (mut values, mut squares) = (vec![], vec![]);
    for at in 0..lanes {
        let value = vector.bits(at * SUM_BITS, SUM_BITS);
        let size = mux(value.sign(), value.negate(), &value);
        let size = m.wire(&format!("size_{at}_top_unused"), size).bits(0, SIZE_BITS);
        squares.push(m.stage(&format!("square_{at}"), size.mul(&size).widen(2 * SIZE_BITS + 1)));
        values.push(m.stage(&format!("value_{at}"), value));
    }
    (tree(m, "sum_level", values), tree(m, "square_level", squares))
}

/// V in two registers.
fn spread(m: &mut Module, count: &Expr, (sum, squares): (&Expr, &Expr)) -> Expr {
    let size = mux(sum.sign(), sum.negate(), sum);
    let size = m.wire("sum_magnitude_top_unused", size).bits(0, sum.width() - 1);
    let square = m.stage("sum_squared", size.mul(&size));
    let scaled = m.stage("squares_counted", count.mul(squares));
    m.stage("spread", scaled.sub(square))
}

/// The root of a row's V, and what the second pass needs of it, kept for each row.
fn root(
    m: &mut Module,
    n: u32,
    (ready, row): (&Expr, &Expr),
    [count, sum, squares]: [&Expr; 3],
) -> Result<(), Error> {
    let spread = spread(m, count, (sum, squares));
    let rooted = m.instance("rooted", &rsqrt(spread.width())?, &[("x", &spread)]);
    let [ready, row, sum] = [("ready", ready), ("row", row), ("sum", sum)]
        .map(|(name, value)| delayed(m, &format!("{name}_rooted"), value, SPREAD + latency::RSQRT));
    let (mantissa, octaves) = (rooted.out("mantissa"), rooted.out("octaves"));
    let gain = count.mul(&mantissa);
    let centre = signed_product(m, "centre", &sum, &mantissa.widen(ROOT_BITS + 1));
    let centre = m.wire("centre_top_unused", centre).bits(0, CENTRE_BITS);
    let known = concat(&[gain, centre, octaves]);
    let rows = Rows::new(m, "known", n as usize, known.width());
    rows.write(m, &row, &ready, &known);
    select(m, &rows, row.width());
    Ok(())
}

/// What is known of the row selected.
fn select(m: &mut Module, rows: &Rows, row_bits: usize) {
    let select = m.input("select", row_bits, "number of a row");
    let known = rows.read(m, "selected", &select);
    let (centre, octaves) = (CENTRE_BITS, octave_bits(SPREAD_BITS));
    for (name, low, width, meaning) in [
        ("gain", octaves + centre, GAIN_BITS, "N times the root, 20 fraction bits"),
        ("centre", octaves, centre, "S times the root, 20 fraction bits, two's complement"),
        ("octaves", 0, octaves, "what the root is divided by, as a power of two"),
    ] {
        let port = m.output(name, width, meaning);
        m.assign(port, known.bits(low, width));
    }
}
