//! The layer itself: random expressions, and statements, against what they mean in Rust.

mod bits;
mod common;

use bits::{Bits, ORDER, Op, WIDTHS, apply};
use common::{emitted, netlist_agrees, rng, vectors};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use rtl::cosim::{Bench, Difference, Recording, What};
use rtl::emit::Emitted;
use rtl::hdl::{Expr, Module, arm, lit};
use std::collections::BTreeSet;

/// The value of an expression for given inputs.
type Value = Box<dyn Fn(&[Bits]) -> Bits>;

/// An expression and its value.
struct Grown {
    expr: Expr,
    value: Value,
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
        let op = ORDER
            .iter()
            .cycle()
            .skip(choice)
            .find(|op| op.gives(width))
            .expect("some operator gives every width");
        self.apply(op, width, depth)
    }

    /// A given operator over random operands.
    fn apply(&mut self, op: &'static Op, width: usize, depth: usize) -> Grown {
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

/// A module whose outputs are what `grow` makes of its inputs.
fn module(seed: u64, grow: impl FnOnce(&mut Grower) -> Vec<Grown>) -> (Emitted, Vec<Grown>, Grower) {
    let mut m = Module::new("expressions", "random expressions");
    let inputs = WIDTHS.iter().map(|&width| m.input(&format!("x{width}"), width, "operand")).collect();
    let mut grower = Grower { rng: rng(seed), inputs, used: BTreeSet::new() };
    let grown = grow(&mut grower);
    for (at, one) in grown.iter().enumerate() {
        let y = m.output(&format!("y{at}"), one.expr.width(), "value");
        m.assign(&y, &one.expr);
    }
    (emitted(m.finish()), grown, grower)
}

/// Random expressions of all widths.
fn expressions(seed: u64, count: usize) -> (Emitted, Vec<Grown>, Grower) {
    module(seed, |grower| (0..count).map(|at| grower.grow(WIDTHS[at % WIDTHS.len()], 1 + at % 4)).collect())
}

/// Every operator by itself, at a result of 33 bits, or of one.
fn operators(seed: u64) -> (Emitted, Vec<Grown>, Grower) {
    let width = |op: &Op| if op.gives(33) { 33 } else { 1 };
    module(seed, |grower| ORDER.iter().map(|op| grower.apply(op, width(op), 1)).collect())
}

/// Drives random operands into a design and expects the values.
fn drive(design: &Emitted, grown: &[Grown], seed: u64, count: u64) -> Result<Bench, Box<Difference>> {
    let mut bench = Bench::new(design, seed as u32, 100).expect("Verilator builds it");
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
    for seed in 0..4 {
        let (design, grown, grower) = if seed == 3 { operators(seed) } else { expressions(seed, 60) };
        used.extend(grower.used);
        let bench =
            drive(&design, &grown, seed, vectors(2000)).unwrap_or_else(|difference| panic!("{difference}"));
        let compared = rtl::cosim::replay(bench.recording(), &design.text()).unwrap();
        assert_eq!(compared, grown.len() as u64 * 100);
    }
    let unused: Vec<_> = ORDER.iter().map(|op| op.name).filter(|name| !used.contains(name)).collect();
    assert!(unused.is_empty(), "not tried: {unused:?}");
}

#[test]
fn gates_mean_the_same() {
    common::tools!("verilator", "the netlist of the layer");
    let (design, grown, _) = expressions(9, 15);
    let bench = drive(&design, &grown, 9, 100).unwrap_or_else(|difference| panic!("{difference}"));
    netlist_agrees(&design, &bench);
}

#[test]
fn a_wrong_operator_is_found() {
    common::tools!("verilator", "that the test of the operators can fail");
    let (design, grown, _) = operators(3);
    for (right, wrong) in
        [(" + ", " - "), (" >> ", " << "), (" <= ", " < "), (" < ", " <= "), (" > ", " >= "), ("~", "")]
    {
        let mut broken = design.clone();
        let (head, body) = broken.files[0].text.split_once("module ").unwrap();
        assert!(body.contains(right));
        broken.files[0].text = format!("{head}module {}", body.replace(right, wrong));
        let found = rtl::cosim::replay(&recorded(&design, &grown), &broken.text());
        let message =
            found.err().unwrap_or_else(|| panic!("`{wrong}` for `{right}` went unseen")).to_string();
        assert!(message.contains("FAIL cycle"), "{message}");
    }
}

/// What Verilator was shown to agree with, to be replayed.
fn recorded(design: &Emitted, grown: &[Grown]) -> Recording {
    drive(design, grown, 1, 300).unwrap_or_else(|difference| panic!("{difference}")).recording().clone()
}

#[test]
fn a_difference_says_where_and_leaves_a_wave() {
    common::tools!("verilator", "the report of a difference");
    let mut design = emitted(machine().finish());
    design.files[0].text = design.files[0].text.replace("y + count", "y - count");
    let mut bench = Bench::new(&design, 8, 10).unwrap();
    bench.expect("z", 14);
    let difference = bench.step().unwrap_err();
    let Difference { unit, cycle, what, seed, wave, .. } = *difference;
    assert_eq!((unit.as_str(), cycle, seed), ("machine", 2, 8));
    assert_eq!(what, What::Value { port: "z".into(), expected: vec![14], found: vec![0] });
    let wave = wave.unwrap();
    assert!(std::fs::read_to_string(&wave).unwrap().contains("$var"));
    std::fs::remove_file(wave).unwrap();
}

/// A machine with nested conditions, a case, held registers and a default that is overridden.
fn machine() -> Module {
    let mut m = Module::new("machine", "statements of every kind");
    let go = m.input("go", 1, "count");
    let mode = m.input("mode", 2, "what to do");
    let x = m.input("x", 8, "operand");
    let y = m.output("y", 8, "chosen");
    let z = m.output("z", 8, "sum of the chosen and the count");
    let count = m.register("count", 8, 7);
    let held = m.register("held", 8, 0);
    let (rest, rested) = (m.register("rest", 8, 0), m.output("rested", 8, "cycles without a count"));
    m.when(&go, |m| {
        m.next(&count, count.add(lit(8, 1)));
        m.when(mode.eq(lit(2, 3)), |m| m.next(&held, &x)).otherwise(|m| m.next(&held, held.xor(&x)));
    })
    .otherwise(|m| {
        // A wire that is declared here stands between the condition and this alternative.
        let more = m.wire("more_rest", rest.add(lit(8, 1)));
        m.next(&rest, more);
    });
    m.assign(&rested, &rest);
    m.assign(&y, lit(8, 9));
    m.case(
        &mode,
        vec![
            arm(0, |m| m.assign(&y, &count)),
            arm(2, |m| {
                m.when(&go, |m| m.assign(&y, &held));
            }),
        ],
        |m| m.assign(&y, x.not()),
    );
    m.assign(&z, y.add(&count));
    // Read before it is written: a read means the settled value all the same.
    let (first, second) = (m.output("first", 8, "operand"), m.output("second", 8, "the first and one"));
    m.assign(&first, lit(8, 0));
    m.assign(&second, lit(8, 0));
    m.when(&go, |m| {
        m.assign(&second, first.add(lit(8, 1)));
        m.assign(&first, &x);
    });
    m
}

#[test]
fn statements_mean_what_they_say() {
    common::tools!("verilator", "the statements of the layer");
    let design = emitted(machine().finish());
    let mut bench = Bench::new(&design, 6, 300).unwrap();
    let (mut rng, mut count, mut held, mut rest) = (rng(6), 7u8, 0u8, 0u8);
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
        bench.expect("rested", rest.into());
        bench.expect("second", u64::from(go * x.wrapping_add(1)));
        bench.step().unwrap_or_else(|difference| panic!("{difference}"));
        if go == 1 {
            count = count.wrapping_add(1);
            held = if mode == 3 { x } else { held ^ x };
        } else {
            rest = rest.wrapping_add(1);
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
