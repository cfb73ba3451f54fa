//! The layer itself: random expressions, and statements, against what they mean in Rust.

mod bits;
mod common;

use bits::{Bits, ORDER, WIDTHS, apply};
use common::{emitted, netlist_agrees, rng, vectors};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use rtl::cosim::{Bench, Difference};
use rtl::emit::Emitted;
use rtl::hdl::{Expr, Module, lit};
use std::collections::BTreeSet;

/// An expression, and its value for given inputs.
struct Grown {
    expr: Expr,
    value: Box<dyn Fn(&[Bits]) -> Bits>,
}

/// A generator of expressions over the inputs of a module.
struct Grower {
    rng: ChaCha8Rng,
    inputs: Vec<Expr>,
    used: BTreeSet<&'static str>,
}

impl Grower {
    fn below(&mut self, limit: usize) -> usize {
        self.rng.next_u32() as usize % limit
    }

    /// A random expression of a width.
    fn grow(&mut self, width: usize, depth: usize) -> Grown {
        if depth == 0 {
            return self.leaf(width);
        }
        let choice = self.below(ORDER.len());
        let op = ORDER.iter().cycle().skip(choice).find(|op| op.gives(width)).unwrap();
        self.used.insert(op.name);
        let amount = self.below(width + 3);
        let widths = (op.operands)(width, amount);
        let (exprs, values): (Vec<Expr>, Vec<_>) = widths
            .iter()
            .map(|&width| self.grow(width, depth - 1))
            .map(|grown| (grown.expr, grown.value))
            .unzip();
        let expr = (op.build)(&exprs, width, amount);
        assert_eq!(expr.width(), width, "{}", op.name);
        let value = move |inputs: &[Bits]| {
            let values: Vec<Bits> = values.iter().map(|value| value(inputs)).collect();
            apply(op, &values, width, amount)
        };
        Grown { expr, value: Box::new(value) }
    }

    /// An input of the width, or a constant.
    fn leaf(&mut self, width: usize) -> Grown {
        let fitting: Vec<usize> =
            (0..self.inputs.len()).filter(|&at| self.inputs[at].width() >= width).collect();
        if fitting.is_empty() || self.below(6) == 0 {
            let value = bits::random(&mut self.rng, width);
            let expr = rtl::hdl::lit_wide(width, &bits::limbs(&value));
            return Grown { expr, value: Box::new(move |_| value.clone()) };
        }
        let at = fitting[self.below(fitting.len())];
        let lo = self.below(self.inputs[at].width() - width + 1);
        let expr = self.inputs[at].bits(lo, width);
        Grown { expr, value: Box::new(move |inputs| inputs[at][lo..lo + width].to_vec()) }
    }
}

/// A module of random expressions, and their values.
fn expressions(seed: u64, count: usize) -> (Emitted, Vec<Grown>, BTreeSet<&'static str>) {
    let mut m = Module::new("expressions", "random expressions");
    let inputs = WIDTHS.iter().map(|&width| m.input(&format!("x{width}"), width, "operand")).collect();
    let mut grower = Grower { rng: rng(seed), inputs, used: BTreeSet::new() };
    let grown: Vec<Grown> = (0..count).map(|at| grower.grow(WIDTHS[at % WIDTHS.len()], 1 + at % 4)).collect();
    for (at, one) in grown.iter().enumerate() {
        let y = m.output(&format!("y{at}"), one.expr.width(), "value");
        m.assign(&y, &one.expr);
    }
    (emitted(m.finish()), grown, grower.used)
}

/// Drives random operands into a design and expects the values.
fn drive(design: &Emitted, grown: &[Grown], seed: u64, count: u64) -> Result<Bench, Box<Difference>> {
    let mut bench = Bench::new(design, seed as u32, 100).unwrap();
    let mut rng = rng(seed ^ 0x5eed);
    for _ in 0..count {
        let operands: Vec<Bits> = WIDTHS.iter().map(|&width| bits::random(&mut rng, width)).collect();
        for (width, operand) in WIDTHS.iter().zip(&operands) {
            bench.set_words(&format!("x{width}"), &bits::words(operand));
        }
        for (at, one) in grown.iter().enumerate() {
            bench.expect_words(&format!("y{at}"), &bits::words(&(one.value)(&operands)));
        }
        bench.step()?;
    }
    Ok(bench)
}

#[test]
fn every_operator_means_what_it_says() {
    common::tools!("verilator", "the operators of the layer");
    let mut used = BTreeSet::new();
    for seed in 0..2 {
        let (design, grown, some) = expressions(seed, 150);
        used.extend(some);
        let bench =
            drive(&design, &grown, seed, vectors(2000)).unwrap_or_else(|difference| panic!("{difference}"));
        netlist_agrees(&design, &bench);
    }
    let unused: Vec<_> = ORDER.iter().map(|op| op.name).filter(|name| !used.contains(name)).collect();
    assert!(unused.is_empty(), "not tried: {unused:?}");
}

#[test]
fn a_wrong_operator_is_found() {
    common::tools!("verilator", "that the test of the operators can fail");
    let (design, grown, _) = expressions(0, 150);
    for (right, wrong) in [(" + ", " - "), (" >> ", " << "), (" ^ ", " | "), (" <= ", " < "), ("~", "")] {
        let mut broken = design.clone();
        assert!(broken.files[0].text.contains(right));
        let (head, body) = broken.files[0].text.split_once("module ").unwrap();
        broken.files[0].text = format!("{head}module {}", body.replace(right, wrong));
        let difference = drive(&broken, &grown, 0, 300).err();
        let difference = difference.unwrap_or_else(|| panic!("`{right}` for `{wrong}` went unseen"));
        assert!(difference.wave.as_ref().unwrap().exists(), "{difference}");
        std::fs::remove_file(difference.wave.unwrap()).unwrap();
    }
}

/// A machine with nested conditions, a case, held registers and a default that is overridden.
fn machine() -> Module {
    let mut m = Module::new("machine", "a few statements");
    let go = m.input("go", 1, "count");
    let mode = m.input("mode", 2, "what to do");
    let x = m.input("x", 8, "operand");
    let y = m.output("y", 8, "chosen");
    let z = m.output("z", 8, "sum of the chosen and the count");
    let count = m.register("count", 8, 7);
    let held = m.register("held", 8, 0);
    m.when(&go, |m| {
        m.next(&count, count.add(lit(8, 1)));
        m.when(mode.eq(lit(2, 3)), |m| m.next(&held, &x)).otherwise(|m| m.next(&held, held.xor(&x)));
    });
    m.assign(&y, lit(8, 9));
    m.case(
        &mode,
        vec![
            (0, Box::new(|m: &mut Module| m.assign(&y, &count))),
            (2, Box::new(|m: &mut Module| drop(m.when(&go, |m| m.assign(&y, &held))))),
        ],
        |m| m.assign(&y, x.not()),
    );
    m.assign(&z, y.add(&count));
    m
}

#[test]
fn statements_mean_what_they_say() {
    common::tools!("verilator", "the statements of the layer");
    let design = emitted(machine().finish());
    let mut bench = Bench::new(&design, 6, 300).unwrap();
    let (mut rng, mut count, mut held) = (rng(6), 7u8, 0u8);
    for _ in 0..vectors(5000) {
        let [x, mode, go, _] = rng.next_u32().to_le_bytes();
        let (mode, go) = (mode % 4, go % 2);
        let y = match (mode, go) {
            (0, _) => count,
            (2, 1) => held,
            (2, _) => 9,
            _ => !x,
        };
        bench.set("x", x.into());
        bench.set("mode", mode.into());
        bench.set("go", go.into());
        bench.expect("y", y.into());
        bench.expect("z", y.wrapping_add(count).into());
        bench.step().unwrap_or_else(|difference| panic!("{difference}"));
        if go == 1 {
            count = count.wrapping_add(1);
            held = if mode == 3 { x } else { held ^ x };
        }
    }
    netlist_agrees(&design, &bench);
    assert!(rtl::cosim::lint::lint(&design).unwrap().is_empty());
}

#[test]
fn a_memory_reads_what_was_written() {
    common::tools!("verilator", "the memory");
    let mut bench = Bench::new(&emitted(rtl::hdl::memory(16, 40)), 7, 300).unwrap();
    let (mut rng, mut words, mut value) = (rng(7), [None; 16], None);
    for _ in 0..vectors(2000) {
        let [address, write, enable, _] = rng.next_u32().to_le_bytes();
        let (address, write, enable, data) = (address % 16, write % 2, enable % 2, rng.next_u64() >> 24);
        for (port, input) in [("address", address), ("write", write), ("enable", enable)] {
            bench.set(port, input.into());
        }
        bench.set("data", data);
        if let Some(value) = value {
            bench.expect("value", value);
        }
        bench.step().unwrap_or_else(|difference| panic!("{difference}"));
        match (enable, write) {
            (1, 1) => words[usize::from(address)] = Some(data),
            (1, _) => value = words[usize::from(address)],
            _ => {}
        }
    }
    assert!(bench.compared() > 1000);
}
