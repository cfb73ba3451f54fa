//! The arithmetic units against the integers of `kernels`.

mod common;

use common::{emitted, netlist_agrees, rng, vectors, words};
use kernels::adaptivfloat::Format;
use rand_chacha::rand_core::Rng;
use rtl::cosim::{Bench, lint};
use rtl::unit::{multiply, significand, vector_mac};

#[test]
fn every_code_has_its_significand() {
    common::tools!("verilator", "significand");
    for format in Format::all() {
        let mut bench = Bench::new(&emitted(significand(format)), 1, 256).unwrap();
        for code in 0..=format.code_mask() {
            let value = format.significand(code);
            bench.set("code", code.into());
            bench.expect("negative", u64::from(value < 0));
            bench.expect("magnitude", value.unsigned_abs().into());
            bench.step().unwrap_or_else(|difference| panic!("{format}: {difference}"));
        }
    }
}

#[test]
fn every_pair_of_codes_has_its_product() {
    common::tools!("verilator", "multiply");
    for format in [Format::AF8_3, Format::AF8_4, Format::AF4_3] {
        let design = emitted(multiply(format));
        let mut bench = Bench::new(&design, 2, 1024).unwrap();
        let codes = 0..=format.code_mask();
        for (a, b) in codes.clone().flat_map(|a| codes.clone().map(move |b| (a, b))) {
            bench.set("a", a.into());
            bench.set("b", b.into());
            bench.expect_signed(
                "product",
                i128::from(format.significand(a)) * i128::from(format.significand(b)),
            );
            bench.step().unwrap_or_else(|difference| panic!("{format}, {a} x {b}: {difference}"));
        }
        let pairs = (u64::from(format.code_mask()) + 1).pow(2);
        assert_eq!(bench.compared(), pairs);
        netlist_agrees(&design, &bench);
    }
}

/// Random vectors, one a cycle; each sum comes `latency` cycles after its operands.
fn dot_products(format: Format, n: u32, count: u64, seed: u64) {
    let design = emitted(vector_mac(format, n));
    let mut bench = Bench::new(&design, seed as u32, 300).expect("Verilator builds it");
    let latency = (models::latency::MULTIPLY + models::latency::tree(n)) as usize;
    let (mut rng, mut due) = (rng(seed), std::collections::VecDeque::new());
    let (mut a, mut b) = (vec![0; n as usize], vec![0; n as usize]);
    for _ in 0..count {
        rng.fill_bytes(&mut a);
        rng.fill_bytes(&mut b);
        let lanes = a.iter().zip(&b);
        let sum = lanes.map(|(&a, &b)| i128::from(format.significand(a)) * i128::from(format.significand(b)));
        due.push_back(sum.sum::<i128>());
        bench.set_words("a", &words(&a, format.width()));
        bench.set_words("b", &words(&b, format.width()));
        if due.len() > latency
            && let Some(sum) = due.pop_front()
        {
            bench.expect_signed("sum", sum);
        }
        bench.step().unwrap_or_else(|difference| panic!("{format}, n = {n}: {difference}"));
    }
    assert_eq!(bench.compared(), count - latency as u64);
    netlist_agrees(&design, &bench);
}

#[test]
fn a_vector_mac_gives_the_exact_sum() {
    common::tools!("verilator", "vector_mac");
    dot_products(Format::AF8_4, 16, vectors(10_000), 3);
    dot_products(Format::AF8_3, 4, 1000, 4);
    dot_products(Format::AF4_3, 2, 1000, 5);
}

#[test]
fn emitted_units_are_clean() {
    common::tools!("verilator", "lint of the units");
    for design in [
        emitted(significand(Format::AF8_3)),
        emitted(multiply(Format::AF4_3)),
        emitted(vector_mac(Format::AF8_4, 16)),
        emitted(vector_mac(Format::AF4_3, 2)),
        emitted(rtl::hdl::memory(1024, 128)),
        emitted(rtl::hdl::rom(
            "squares",
            "squares of 0 to 11",
            7,
            &(0..12).map(|x| x * x).collect::<Vec<_>>(),
        )),
    ] {
        let found = lint::lint(&design).unwrap();
        assert!(found.is_empty(), "{}:\n{}\n{}", design.top, found.join("\n"), design.text());
    }
}

#[test]
fn sizes_that_make_no_hardware_are_refused() {
    for n in [0, 1, 3, 12] {
        assert_eq!(vector_mac(Format::AF8_4, n).err().unwrap().signal, "n");
    }
    assert!(rtl::hdl::memory(1, 8).is_err() && rtl::hdl::memory(8, 0).is_err());
}
