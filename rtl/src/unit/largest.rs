//! The largest element of a vector, and of a row as its vectors come.
//!
//! **Ports.** `codes`, n side by side, and `counts`, a bit for each that takes part; `rank` of the largest.
//!
//! **Timing.** One cycle, one vector a cycle.
//!
//! **Function.** The rank of a code grows with its value: the magnitude below an inverted sign, all of it inverted where the
//! code is negative. So ranks compare as unsigned numbers, and no significand is needed before the largest is
//! known. The zero with a sign ranks just below the other, with the same significand. Rank 0 is the least there is, which
//! is what elements that do not count have. Source: the order of sign and magnitude, as in [`kernels::adaptivfloat`].

use super::significand::{signed, significand};
use crate::hdl::{Error, Expr, Module, concat, mux};
use kernels::adaptivfloat::Format;
use std::rc::Rc;

/// The unit for vectors of `n` codes.
///
/// # Errors
/// No lane.
pub fn largest(format: Format, n: u32) -> Result<Rc<Module>, Error> {
    if n == 0 {
        return Err(Error::size("largest", "n", "at least one lane"));
    }
    let (lanes, bits) = (n as usize, usize::from(format.width()));
    let mut m = Module::new("largest", "rank of the largest element of a vector")
        .parameter("n", n)
        .parameter("width", bits)
        .latency("1 cycle");
    let codes = m.input("codes", lanes * bits, "n codes, lane 0 lowest");
    let counts = m.input("counts", lanes, "which ones take part");
    let ranks = (0..lanes).map(|at| {
        let code = codes.bits(at * bits, bits);
        m.wire(&format!("rank_{at}"), rank(&code).and(counts.bit(at).repeat(bits)))
    });
    let mut ranks: Vec<Expr> = ranks.collect();
    let mut level = 0;
    while ranks.len() > 1 {
        level += 1;
        let pairs = ranks.chunks(2).enumerate();
        let pairs = pairs.map(|(at, pair)| match pair {
            [a, b] => m.wire(&format!("larger{level}_{at}"), larger(a, b)),
            _ => concat(pair),
        });
        ranks = pairs.collect();
    }
    let latest = m.stage("latest", concat(&ranks));
    let port = m.output("rank", bits, "of the largest; 0 if none takes part");
    m.assign(port, latest);
    m.finish()
}

/// The rank of a code.
fn rank(code: &Expr) -> Expr {
    let low = code.width() - 1;
    concat(&[code.sign().not(), code.bits(0, low).xor(code.sign().repeat(low))])
}

/// The larger of two ranks.
pub(super) fn larger(a: &Expr, b: &Expr) -> Expr {
    mux(a.gt(b), a, b)
}

/// The significand of the code that has `rank`, in two's complement.
pub(super) fn ranked(m: &mut Module, format: Format, name: &str, rank: &Expr) -> Result<Expr, Error> {
    let (negative, low) = (rank.sign().not(), rank.width() - 1);
    let code = concat(&[negative.clone(), rank.bits(0, low).xor(negative.repeat(low))]);
    Ok(signed(m, name, &significand(format)?, &code))
}
