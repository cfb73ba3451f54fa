//! Layer norm from exact integer sums.
//!
//! **Ports.** `start` with the command's fields, which stay until `done`; `read` with the numbers of the vectors, which come at `x`
//! [`latency::DECODE`] cycles later; `parameter_read` with the first row of each tile in the second pass, whose gamma and
//! beta come at `parameters` as late and stay; `write` with the numbers and `codes` of the result.
//!
//! **Timing.** Two passes for each row block, one vector a cycle, each followed by [`latency::layernorm_pass`]. The moments of the last
//! row of the first pass are known in the cycle before they are needed in the second. The encoder's [`latency::ENCODE`]
//! cycles behind `write` end with `done`, or before.
//!
//! **Function.** [`kernels::layernorm::layernorm`], bit for bit; elements from `valid` on take no part and give the zero code.
//!
//! **Not modelled.** What [`walker`](super::walker()) does not walk; a weight of gamma below -496.

use super::counts::counts;
use super::moments::{BEYOND, moments};
use super::normal::{CYCLES, PARAMETER_BITS, normal};
use super::requantise::EXPONENT_BITS;
use super::tree::delayed;
use super::walker::{ROWS_BITS, TILE_BITS, Walk, places, walker};
use crate::hdl::{Error, Expr, Instance, Module, concat};
use kernels::adaptivfloat::Format;
use models::latency;
use std::rc::Rc;

/// Cycles from a read of the second pass to its write.
const DEPTH: u64 = latency::DECODE + CYCLES;
/// Cycles from a read of the second pass until the row's moments are selected, a register before they are used.
const SELECT: u64 = latency::DECODE - 1;

const _: () =
    assert!(BEYOND <= SELECT + 1, "the last row's moments are there for the first of the second pass");
const _: () = assert!(
    CYCLES + latency::ENCODE <= latency::MULTIPLY + 1 + latency::ACCUMULATE + latency::RSQRT + 1,
    "the encoder ends with the command, whose tree has a level at least"
);

/// The unit for vectors of `n` codes.
///
/// # Errors
/// `n` is no power of two from 2 on; else a fault of the description, which would be ours.
pub fn layernorm(format: Format, n: u32) -> Result<Rc<Module>, Error> {
    if n == 0 {
        return Err(Error::size("layernorm", "n", "a power of two from 2 on"));
    }
    let behind = latency::layernorm_pass(n);
    let walk = walker(Walk { n, passes: 2, between: behind, after: behind })?;
    let (lanes, bits) = (n as usize, usize::from(format.width()));
    let mut m = Module::new("layernorm", "layer norm of rows, from exact integer sums")
        .parameter("n", n)
        .parameter("width", bits)
        .parameter("exponent", format.exponent())
        .latency(format!("{DEPTH} cycles from read to write"));
    let start = m.input("start", 1, "first cycle of a command");
    let rows = m.input("rows", ROWS_BITS, "rows of the command");
    let tiles = m.input("tiles", TILE_BITS, "tiles of a row");
    let valid = m.input("valid", ROWS_BITS, "elements of a row that count");
    let vector = m.input("x", lanes * bits, "n codes, lane 0 lowest");
    let walked = m.instance("walk_unused", &walk, &[("start", &start), ("rows", &rows), ("tiles", &tiles)]);
    let second = walked.out("pass");
    places(&mut m, &walked, &second, DEPTH);
    let parameter_read = m.output("parameter_read", 1, "gamma and beta of the tile are read");
    m.assign(parameter_read, walked.out("read").and(&second).and(walked.out("first_row")));
    let counts = counts(&mut m, n, &walked.out("tile"), &valid);
    let moments = first_pass(&mut m, (format, n), &walked, (&vector, &counts, &valid))?;
    let codes = second_pass(&mut m, (format, n), &moments, &vector)?;
    let counts = delayed(&mut m, "counts_after", &counts, CYCLES);
    let kept: Vec<Expr> = (0..lanes).rev().map(|at| codes[at].and(counts.bit(at).repeat(bits))).collect();
    let out = m.output("codes", lanes * bits, "n codes, lane 0 lowest, with write");
    m.assign(out, concat(&kept));
    m.finish()
}

/// The moments of the rows, with the one selected whose vector comes in the next cycle.
fn first_pass(
    m: &mut Module,
    (format, n): (Format, u32),
    walked: &Instance,
    (vector, counts, valid): (&Expr, &Expr, &Expr),
) -> Result<Instance, Error> {
    let bits = usize::from(format.width());
    let mask: Vec<Expr> = (0..n as usize).rev().map(|at| counts.bit(at).repeat(bits)).collect();
    let counted = vector.and(concat(&mask));
    let take = walked.out("read").and(walked.out("pass").not());
    let values = [
        ("take", take),
        ("row", walked.out("row")),
        ("first", walked.out("first_tile")),
        ("last", walked.out("last_tile")),
    ];
    let [take, row, first, last] =
        values.map(|(name, value)| delayed(m, &format!("{name}_here"), &value, latency::DECODE));
    let select = delayed(m, "row_select", &walked.out("row"), SELECT);
    let inputs = [
        ("take", &take),
        ("row", &row),
        ("first", &first),
        ("last", &last),
        ("count", valid),
        ("x", &counted),
        ("select", &select),
    ];
    Ok(m.instance("moments", &moments(format, n)?, &inputs))
}

/// The codes of a vector of the second pass, lane 0 first.
fn second_pass(
    m: &mut Module,
    (format, n): (Format, u32),
    moments: &Instance,
    vector: &Expr,
) -> Result<Vec<Expr>, Error> {
    let bits = usize::from(format.width());
    let lane = normal(format)?;
    let parameter = m.input(
        "parameters",
        2 * n as usize * PARAMETER_BITS,
        "gamma of n lanes, lane 0 lowest, above it beta",
    );
    let [gamma_lsb, beta_lsb, out_bias] = ["gamma_lsb", "beta_lsb", "out_bias"]
        .map(|name| m.input(name, EXPONENT_BITS, "power of two, two's complement"));
    let [gain, centre] = ["gain", "centre"].map(|name| m.stage(&format!("{name}_here"), moments.out(name)));
    let octaves = delayed(m, "octaves_here", &moments.out("octaves"), 2);
    let lanes = (0..n as usize).map(|at| {
        let [gamma, beta] =
            [at, at + n as usize].map(|at| parameter.bits(at * PARAMETER_BITS, PARAMETER_BITS));
        let inputs = [
            ("code", &vector.bits(at * bits, bits)),
            ("gain", &gain),
            ("centre", &centre),
            ("octaves", &octaves),
            ("gamma", &gamma),
            ("beta", &beta),
            ("gamma_lsb", &gamma_lsb),
            ("beta_lsb", &beta_lsb),
            ("out_bias", &out_bias),
        ];
        m.instance(&format!("lane_{at}"), &lane, &inputs).out("result")
    });
    Ok(lanes.collect())
}
