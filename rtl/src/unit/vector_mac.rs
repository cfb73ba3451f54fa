//! n products of codes, summed by a tree: one element of a tile per cycle.
//!
//! sum = sum over lanes of significand(a) * significand(b), exact, in two's complement.
//! Timing: [`latency::MULTIPLY`] + [`latency::tree`] cycles, one vector pair per cycle; the products are registered,
//! then each pair of levels of the tree. A level widens by one bit, so nothing wraps. Not modelled: gating of null
//! vectors, which changes no value, and the accumulator, which is a unit of its own.

use super::multiply::multiply;
use super::tree::tree;
use crate::hdl::{Error, Module};
use kernels::adaptivfloat::Format;
use models::design::Design;
use models::latency;
use std::rc::Rc;

/// Vectors of codes to their dot product.
///
/// # Errors
/// `n` is no power of two from 2 on; else a fault of the description, which would be ours.
pub fn vector_mac(format: Format, n: u32) -> Result<Rc<Module>, Error> {
    if n < 2 || !n.is_power_of_two() {
        return Err(Error::size("vector_mac", "n", "a power of two from 2 on"));
    }
    let (lanes, bits) = (n as usize, usize::from(format.width()));
    let lane = multiply(format)?;
    let mut m = Module::new("vector_mac", "n products of AdaptivFloat codes, summed by a tree")
        .parameter("n", n)
        .parameter("width", bits)
        .parameter("exponent", format.exponent())
        .latency(format!("{} cycles", latency::MULTIPLY + latency::tree(n)));
    let a = m.input("a", lanes * bits, "n codes, lane 0 lowest");
    let b = m.input("b", lanes * bits, "n codes, lane 0 lowest");
    let products = (0..lanes).map(|at| {
        let (a, b) = (a.bits(at * bits, bits), b.bits(at * bits, bits));
        let product = m.instance(&format!("lane_{at}"), &lane, &[("a", &a), ("b", &b)]).out("product");
        m.stage(&format!("product_{at}"), product)
    });
    let products = products.collect();
    let total = tree(&mut m, "level", products);
    let sum = m.output("sum", total.width(), "dot product of the significands, two's complement");
    m.assign(sum, total);
    m.finish()
}

/// Bits of an accumulator that never wraps over `length` products, sign included.
pub fn accumulator_width(format: Format, length: u64) -> usize {
    let largest = u128::from(format.max_significand().unsigned_abs()).pow(2) * u128::from(length);
    (u128::BITS - largest.leading_zeros()) as usize + 1
}

/// The longest reduction that a design runs: n columns of it fill an operand buffer.
pub fn largest_reduction(design: &Design) -> u64 {
    design.buffer_vectors()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_sum_fits_and_one_bit_less_would_not() {
        for format in Format::all() {
            let largest = i128::from(format.max_significand()).pow(2) * 768;
            let width = accumulator_width(format, 768);
            assert!(largest < 1 << (width - 1) && largest >= 1 << (width - 2), "{format}: {width}");
        }
    }
}
