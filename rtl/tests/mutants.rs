//! Wrong changes of cheap units are noticed by their benches, and what no bench looks at is listed as a survivor.

mod common;

use common::tools;
use models::record::preset;
use rtl::cosim::{Bench, equivalent, mutate};
use rtl::emit::emit;
use rtl::hdl::{Module, lit, memory, mux};
use rtl::unit;
use rtl::verify::{Check, Plan, check};

fn plan() -> Plan {
    Plan { vectors: 1000, design: Some(preset("offramp-n4").expect("a preset")), ..Plan::default() }
}

/// What is not noticed of a few changes of these units is equivalent.
#[test]
fn benches_notice_wrong_changes() {
    tools!("verilator", "mutants");
    for name in ["fifo", "multiply", "significand"] {
        let mutants = check(name)
            .expect("a bench")
            .mutants(&plan(), 8, &[])
            .unwrap_or_else(|failed| panic!("{failed}"));
        assert_eq!(mutants.survivors, [], "{name}");
        assert_eq!((mutants.count, mutants.killed + mutants.equivalent.len() as u64), (8, 8), "{name}");
        assert!(mutants.killed >= 6, "{name}: {:?}", mutants.equivalent);
    }
}

#[test]
fn what_is_not_compared_survives_and_is_named() {
    tools!("verilator", "mutants");
    let blind = Check {
        unit: "multiply",
        parts: &[],
        bench: |plan| {
            let mut bench = plan.bench(unit::multiply(kernels::adaptivfloat::Format::AF8_4))?;
            bench.step()?;
            plan.count(bench)
        },
    };
    let mutants = blind.mutants(&plan(), 3, &[]).unwrap_or_else(|failed| panic!("{failed}"));
    assert_eq!((mutants.killed, mutants.survivors.len()), (0, 3));
    for (number, mutation) in &mutants.survivors {
        assert!((1..=3).contains(number) && !mutation.change.is_empty(), "{mutation}");
        assert!(!mutation.source.is_empty(), "{mutation}");
    }
}

/// A gate of which nothing depends on one side, and a register that nobody reads.
#[test]
fn a_mutant_is_equivalent_where_nothing_can_tell_it() {
    tools!("verilator", "mutants");
    let mut m = Module::new("masked", "two bits of four, a cycle late");
    let a = m.input("a", 4, "any");
    let held = m.register("held", 4, 0);
    m.next(&held, a.and(lit(4, 0b0011)));
    let out = m.output("b", 2, "the lowest");
    m.assign(out, held.bits(0, 2));
    let emitted = emit(&m.finish().expect("a module")).expect("its names are distinct");
    let mutated = mutate(&emitted, &[], 30, 1).expect("Yosys runs");
    let told = |number| {
        let mut bench = Bench::mutant(&mutated.emitted, number, 1).expect("Verilator builds");
        let mut fresh = bench.fresh().expect("it is built");
        let mut before = 0;
        (0..40).any(|cycle: u64| {
            bench.set("a", cycle % 16);
            bench.expect("b", before);
            before = cycle % 4;
            bench.step().is_err()
        }) || bench.reset_again(&mut fresh).is_err()
    };
    let numbers = 1..=mutated.mutations.len() as u64;
    let equal: Vec<bool> =
        numbers.clone().map(|number| equivalent(&mutated, number).expect("the solver runs")).collect();
    assert!(equal.contains(&true) && equal.contains(&false), "{equal:?}");
    for (number, equal) in numbers.zip(equal) {
        let mutation = &mutated.mutations[number as usize - 1];
        assert_eq!(told(number), !equal, "{number}: {mutation}");
    }
}

/// What goes into a memory counts where it is written; no mutant that a bench tells is called equivalent.
#[test]
fn a_mutant_ahead_of_a_memory_is_equivalent_where_nothing_is_written() {
    tools!("verilator", "mutants");
    let mut m = Module::new("stored", "one of two values where a write says so");
    let [a, b] = ["a", "b"].map(|name| m.input(name, 4, "any"));
    let [write, address] = [("write", 1), ("address", 2)].map(|(name, bits)| m.input(name, bits, "any"));
    // What is not written may be anything.
    let data = mux(&write, a, b);
    let inputs = [("enable", &lit(1, 1)), ("write", &write), ("address", &address), ("data", &data)];
    let value = m.instance("words", &memory(4, 4).expect("a memory"), &inputs).out("value");
    let out = m.output("value", 4, "the word read last");
    m.assign(out, value);
    let emitted = emit(&m.finish().expect("a module")).expect("its names are distinct");
    let mutated = mutate(&emitted, &[], 30, 1).expect("Yosys runs");
    let told = |number| {
        let mut bench = Bench::mutant(&mutated.emitted, number, 1).expect("Verilator builds");
        let (mut words, mut read) = ([0; 4], None);
        (0..200u64).any(|cycle| {
            let bits = cycle.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
            // Each word is written before any is read.
            let (write, at) = (cycle < 4 || bits & 1 == 1, if cycle < 4 { cycle } else { bits >> 1 & 3 });
            for (name, value) in
                [("write", write.into()), ("address", at), ("a", bits >> 3 & 15), ("b", bits >> 7 & 15)]
            {
                bench.set(name, value);
            }
            if let Some(word) = read {
                bench.expect("value", word);
            }
            match write {
                true => words[at as usize] = bits >> 3 & 15,
                false => read = Some(words[at as usize]),
            }
            bench.step().is_err()
        })
    };
    let numbers = 1..=mutated.mutations.len() as u64;
    let both: Vec<(bool, bool)> = numbers
        .map(|number| (told(number), equivalent(&mutated, number).expect("the solver runs")))
        .collect();
    assert!(both.contains(&(true, false)) && both.contains(&(false, true)), "{both:?}");
    assert!(both.iter().all(|(told, equal)| told != equal), "{both:?}");
}
