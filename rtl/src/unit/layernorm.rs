//! Layer norm of the sums of two operands, from exact integer sums.
//!
//! **Ports.** `start` with the command's fields, which stay until `done`; `read` with the numbers of the vectors, which come at `a` and
//! `b` [`latency::DECODE`] cycles later; `parameter_read` with the first row of each tile in both passes, whose gamma, above the
//! exponent of its channel, and beta come at `parameters` as late and stay; `write` with the numbers and `codes` of the result.
//!
//! **Timing.** Two passes for each row block, one vector a cycle, each followed by [`latency::layernorm_pass`]. Each begins with the
//! [`add`](super::add()), [`latency::ADD`] cycles. The moments of the last row of the first pass are known before they are needed in the
//! second. The encoder's [`latency::ENCODE`] cycles behind `write` end with `done`, or before.
//!
//! **Function.** [`kernels::add::add`] and [`kernels::layernorm::layernorm`], bit for bit; elements from `valid` on take no part and give
//! the zero code. Behind the sums no width depends on the format of the codes.
//!
//! **Not modelled.** What [`walker`](super::walker()) does not walk; a weight of gamma below -496.

use super::add::{CHANNEL, add};
use super::counts::counts;
use super::moments::{BEYOND, moments};
use super::normal::{BETA, CYCLES, GAMMA, normal};
use super::requantise::EXPONENT_BITS;
use super::tree::delayed;
use super::walker::{ROWS_BITS, TILE_BITS, Walk, places, walker};
use crate::hdl::{Error, Expr, Instance, Module, concat};
use kernels::adaptivfloat::Format;
use models::latency;
use std::rc::Rc;

/// Bits of a lane of gamma or beta in the word of parameters.
const PARAMETER_BITS: usize = 16;
/// Cycles from a read to its sums.
const SUMMED: u64 = latency::DECODE + latency::ADD;
/// Cycles from a read of the second pass to its write.
const DEPTH: u64 = SUMMED + CYCLES;
/// Cycles from a read of the second pass until the row's moments are selected, a register before they are used.
const SELECT: u64 = SUMMED - 1;

const _: () = assert!(PARAMETER_BITS == CHANNEL + GAMMA && PARAMETER_BITS == BETA, "words of parameters");
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
    let mut m = Module::new("layernorm", "layer norm of the sums of two operands")
        .parameter("n", n)
        .parameter("width", bits)
        .parameter("exponent", format.exponent())
        .latency(format!("{DEPTH} cycles from read to write"));
    let start = m.input("start", 1, "first cycle of a command");
    let rows = m.input("rows", ROWS_BITS, "rows of the command");
    let tiles = m.input("tiles", TILE_BITS, "tiles of a row");
    let valid = m.input("valid", ROWS_BITS, "elements of a row that count");
    let walked = m.instance("walk_unused", &walk, &[("start", &start), ("rows", &rows), ("tiles", &tiles)]);
    let second = walked.out("pass");
    places(&mut m, &walked, &second, DEPTH);
    let parameter_read = m.output("parameter_read", 1, "gamma and beta of the tile are read");
    m.assign(parameter_read, walked.out("read").and(walked.out("first_row")));
    let counts = counts(&mut m, n, &walked.out("tile"), &valid);
    let what = "gamma of n lanes above the channel's exponent, lane 0 lowest, above them beta";
    let parameters = m.input("parameters", 2 * lanes * PARAMETER_BITS, what);
    let sums = sums(&mut m, (format, n), &counts, &parameters)?;
    let moments = first_pass(&mut m, n, &walked, (&sums, &valid))?;
    let codes = second_pass(&mut m, (format, n), &moments, (&sums, &parameters))?;
    let counts = delayed(&mut m, "counts_after", &counts, latency::ADD + CYCLES);
    let kept: Vec<Expr> = (0..lanes).rev().map(|at| codes[at].and(counts.bit(at).repeat(bits))).collect();
    let out = m.output("codes", lanes * bits, "n codes, lane 0 lowest, with write");
    m.assign(out, concat(&kept));
    m.finish()
}

/// The sums of a vector, lane 0 first; those of elements that do not count are zero.
fn sums(
    m: &mut Module,
    (format, n): (Format, u32),
    counts: &Expr,
    parameters: &Expr,
) -> Result<Vec<Expr>, Error> {
    let (lanes, bits, lane) = (n as usize, usize::from(format.width()), add(format)?);
    let [a, b] = ["a", "b"].map(|name| m.input(name, lanes * bits, "n codes, lane 0 lowest"));
    let [a_lsb, b_lsb, sum_lsb] = ["a_lsb", "b_lsb", "sum_lsb"]
        .map(|name| m.input(name, EXPONENT_BITS, "power of two, two's complement"));
    let sums = (0..lanes).map(|at| {
        let counts = counts.bit(at).repeat(bits);
        let [a, b] = [&a, &b].map(|vector| vector.bits(at * bits, bits).and(&counts));
        let channel = parameters.bits(at * PARAMETER_BITS, CHANNEL);
        let inputs = [
            ("a", &a),
            ("b", &b),
            ("a_lsb", &a_lsb),
            ("b_lsb", &b_lsb),
            ("sum_lsb", &sum_lsb),
            ("channel", &channel),
        ];
        m.instance(&format!("add_{at}"), &lane, &inputs).out("sum")
    });
    Ok(sums.collect())
}

/// The moments of the rows, with the one selected whose sums come in the next cycle.
fn first_pass(
    m: &mut Module,
    n: u32,
    walked: &Instance,
    (sums, valid): (&[Expr], &Expr),
) -> Result<Instance, Error> {
    let vector: Vec<Expr> = sums.iter().rev().cloned().collect();
    let vector = m.wire("sums", concat(&vector));
    let take = walked.out("read").and(walked.out("pass").not());
    let values = [
        ("take", take),
        ("row", walked.out("row")),
        ("first", walked.out("first_tile")),
        ("last", walked.out("last_tile")),
    ];
    let [take, row, first, last] =
        values.map(|(name, value)| delayed(m, &format!("{name}_summed"), &value, SUMMED));
    let select = delayed(m, "row_select", &walked.out("row"), SELECT);
    let inputs = [
        ("take", &take),
        ("row", &row),
        ("first", &first),
        ("last", &last),
        ("count", valid),
        ("x", &vector),
        ("select", &select),
    ];
    Ok(m.instance("moments", &moments(n)?, &inputs))
}

/// The codes of a vector of the second pass, lane 0 first.
fn second_pass(
    m: &mut Module,
    (format, n): (Format, u32),
    moments: &Instance,
    (sums, parameters): (&[Expr], &Expr),
) -> Result<Vec<Expr>, Error> {
    let lane = normal(format)?;
    let lanes = n as usize;
    let gammas = (0..lanes).rev().map(|at| parameters.bits(at * PARAMETER_BITS + CHANNEL, GAMMA));
    let gammas = delayed(m, "gammas_summed", &concat(&gammas.collect::<Vec<_>>()), latency::ADD);
    let betas = parameters.bits(lanes * PARAMETER_BITS, lanes * BETA);
    let betas = delayed(m, "betas_summed", &betas, latency::ADD);
    let [gamma_lsb, beta_lsb, out_bias] = ["gamma_lsb", "beta_lsb", "out_bias"]
        .map(|name| m.input(name, EXPONENT_BITS, "power of two, two's complement"));
    let [gain, centre] = ["gain", "centre"].map(|name| m.stage(&format!("{name}_here"), moments.out(name)));
    let octaves = delayed(m, "octaves_here", &moments.out("octaves"), 2);
    let codes = (0..lanes).map(|at| {
        let (gamma, beta) = (gammas.bits(at * GAMMA, GAMMA), betas.bits(at * BETA, BETA));
        let inputs = [
            ("x", &sums[at]),
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
    Ok(codes.collect())
}
