//! Multiply-accumulate units to compare the machine's with: the same ports, registers and latency over other lanes. No part of the
//! machine.
//!
//! **Function.** total = (first ? 0 : total) + sum over lanes of product(a, b), exact, in two's complement.
//!
//! **Timing.** [`latency::MULTIPLY`] + [`latency::tree`] + [`latency::ACCUMULATE`] cycles, one vector pair a cycle, as
//! [`vector_mac`](crate::unit::vector_mac()) and [`accumulator`](crate::unit::accumulator()): products are registered, then each pair of
//! levels of the tree, then the total.
//!
//! | unit | lane | total |
//! |---|---|---|
//! | `adaptivfloat_mac` | the machine's own [`multiply`](crate::unit::multiply()), in the design's format | exact over the longest reduction |
//! | `int8_mac` | 8 x 8 bits in two's complement | 32 bits, as is usual |
//! | `fp8_mac` | FP8 E4M3, multiplied as the machine's own are | exact over the longest reduction |
//!
//! The FP8 unit follows the front end of the exact dot-product operators of Desrentes, Dupont de Dinechin and Le Maire, "Exact Dot
//! Product Accumulate Operators for 8-bit Floating-Point Deep Learning", DSD 2023, doi 10.1109/DSD60849.2023.00093.
//!
//! **Not modelled.** Rounding of the total, which happens once a result; NaN of E4M3, whose code has the value that its bits say;
//! overflow of 32 bits.

mod fp8;
mod int8;

pub use fp8::{e4m3, fp8_mac};
pub use int8::int8_mac;

use crate::hdl::{Error, Expr, Module, mux};
use crate::unit::catalogue::Entry;
use crate::unit::{accumulator_width, delayed, largest_reduction, multiply, tree};
use models::design::Design;
use models::latency;
use std::rc::Rc;

const _: () = assert!(latency::ACCUMULATE == 1, "the total is one register");

/// All of them.
pub const REFERENCES: &[Entry] = &[
    Entry { name: "adaptivfloat_mac", module: adaptivfloat_mac },
    Entry { name: "int8_mac", module: |design| int8_mac(design.pu.n) },
    Entry { name: "fp8_mac", module: fp8_mac },
];

/// The machine's lanes in this frame.
///
/// # Errors
/// A fault of the description, which would be ours.
pub fn adaptivfloat_mac(design: &Design) -> Result<Rc<Module>, Error> {
    let total = accumulator_width(design.format, largest_reduction(design));
    mac(
        "adaptivfloat_mac",
        "n products of AdaptivFloat codes, summed and accumulated",
        &multiply(design.format)?,
        design.pu.n,
        total,
    )
}

/// The frame: `n` lanes that take codes `a` and `b` to `product`, a tree, a total of so many bits.
fn mac(name: &str, purpose: &str, lane: &Rc<Module>, n: u32, bits: usize) -> Result<Rc<Module>, Error> {
    if n < 2 || !n.is_power_of_two() {
        return Err(Error::size(name, "n", "a power of two from 2 on"));
    }
    let lanes = n as usize;
    let width = lane.ports().iter().find(|port| port.name == "a").map_or(0, |port| port.width);
    let until_sum = latency::MULTIPLY + latency::tree(n);
    let mut m = Module::new(name, purpose)
        .parameter("n", n)
        .parameter("total", bits)
        .latency(format!("{} cycles", until_sum + latency::ACCUMULATE));
    let first = m.input("first", 1, "these vectors begin a reduction");
    let a = m.input("a", lanes * width, "n codes, lane 0 lowest");
    let b = m.input("b", lanes * width, "n codes, lane 0 lowest");
    let products = (0..lanes).map(|at| {
        let [a, b] = [&a, &b].map(|codes| codes.bits(at * width, width));
        let product = m.instance(&format!("lane_{at}"), lane, &[("a", &a), ("b", &b)]).out("product");
        m.stage(&format!("product_{at}"), product)
    });
    let products: Vec<Expr> = products.collect();
    let sum = tree(&mut m, "level", products);
    let first = delayed(&mut m, "first", &first, until_sum);
    let held = m.register("held", bits, 0);
    m.next(&held, mux(&first, crate::hdl::lit(bits, 0), &held).add(sum.sign_extend(bits)));
    let total = m.output("total", bits, "the reduction so far, two's complement");
    m.assign(total, held);
    m.finish()
}
