//! Every unit of the catalogue passes the lint gate, and sizes that make no hardware are refused.

mod common;

use common::emitted;
use kernels::adaptivfloat::Format;
use models::design::Design;
use models::record::resolve;
use rtl::cosim::lint;
use rtl::emit::Emitted;
use rtl::unit::catalogue::UNITS;
use rtl::unit::{
    Operands, Walk, accumulator, add, align, divide, entropy, epilogue, exp2, largest, layernorm, log2,
    region, requantise, rsqrt, sfu, softmax, vector_mac, walker,
};

const WALK: Walk = Walk { n: 16, passes: 2, between: 11, after: 11 };

/// What takes Yosys minutes where there are many lanes; it is lint-free within the machine.
const LARGE: &[&str] = &["pu", "page", "operand_buffer", "operand_buffers"];

fn clean(design: &Emitted) {
    let found = lint::lint(design).expect("the tools run");
    assert!(found.is_empty(), "{}:\n{}\n{}", design.top, found.join("\n"), design.text());
}

/// The catalogue at the sizes of the default design with changes.
fn catalogue(sets: &[&str]) {
    common::tools!("verilator", "lint of the units");
    let (design, _) = resolve::<Design>("offramp", sets).expect("the design holds");
    let mut all = vec![];
    let large = design.pu.n > 8;
    for entry in UNITS.iter().filter(|entry| !large || !LARGE.contains(&entry.name)) {
        let found = lint::lint(&emitted((entry.module)(&design))).expect("the tools run");
        all.extend(found.into_iter().map(|line| format!("{}: {line}", entry.name)));
    }
    assert!(all.is_empty(), "{sets:?}:\n{}", all.join("\n"));
}

#[test]
fn the_default_design_is_clean() {
    catalogue(&[]);
}

#[test]
fn the_smallest_design_is_clean() {
    catalogue(&[
        "pu.n=2",
        "format.width=4",
        "format.exponent=3",
        "buffer.bytes=1024",
        "sequencer.commands=16",
        "sequencer.queue=1",
        "sequencer.overlap=false",
        "axi.width_bits=32",
        "axi.burst_beats=1",
        "axi.outstanding=1",
    ]);
}

#[test]
fn the_largest_design_is_clean() {
    catalogue(&["pu.n=32", "axi.width_bits=1024", "axi.burst_beats=7", "axi.outstanding=16"]);
}

#[test]
fn a_design_that_gates_and_one_that_does_not_are_clean() {
    catalogue(&["pu.n=4", "pu.sparsity=gate"]);
    catalogue(&["pu.n=4", "pu.sparsity=dense"]);
}

#[test]
fn units_of_other_sizes_are_clean() {
    common::tools!("verilator", "lint of the units");
    let formats: Vec<Format> = Format::all().collect();
    for format in formats {
        for width in [1, 28, 70] {
            clean(&emitted(requantise(format, width)));
        }
    }
    for unit in [exp2(17), log2(1), divide(1), epilogue(12), rtl::hdl::memory(1024, 128)] {
        clean(&emitted(unit));
    }
    for width in [3, 7, 24, 25, 70, 128] {
        clean(&emitted(rsqrt(width)));
    }
    for (a, b, least) in [(49, 16, 24), (20, 20, 0), (2, 5, 0)] {
        clean(&emitted(align(Operands { a, b, least })));
    }
    for walk in [WALK, Walk { n: 2, ..WALK }, Walk { n: 32, passes: 1, between: 0, after: 9 }] {
        clean(&emitted(walker(walk)));
    }
    for (format, n) in [(Format::AF8_3, 2), (Format::AF4_3, 32)] {
        for unit in [softmax(format, n), entropy(format, n), sfu(format, n), largest(format, n)] {
            clean(&emitted(unit));
        }
    }
    let squares: Vec<u64> = (0..12).map(|x| x * x).collect();
    clean(&emitted(rtl::hdl::rom("squares", "squares of 0 to 11", 7, &squares)));
}

#[test]
fn units_of_the_sfu_exist_in_all_formats() {
    for format in Format::all() {
        emitted(add(format));
        emitted(layernorm(format, 2));
    }
}

#[test]
fn sizes_that_make_no_hardware_are_refused() {
    for n in [0, 1, 3, 12] {
        assert_eq!(vector_mac(Format::AF8_4, n).err().unwrap().signal, "n");
        for unit in [layernorm, softmax, entropy, sfu] {
            assert!(unit(Format::AF8_4, n).is_err(), "{n}");
        }
    }
    for walk in
        [Walk { n: 1, ..WALK }, Walk { n: 12, ..WALK }, Walk { passes: 0, ..WALK }, Walk { after: 0, ..WALK }]
    {
        assert!(walker(walk).is_err(), "{walk:?}");
    }
    assert!(align(Operands { a: 1, b: 8, least: 0 }).is_err() && rsqrt(2).is_err() && rsqrt(129).is_err());
    for width in [0, 1025] {
        assert_eq!(requantise(Format::AF8_4, width).err().unwrap().signal, "width");
    }
    assert!(accumulator(1, 8, 9).is_err() && accumulator(2, 9, 8).is_err());
    assert!(largest(Format::AF8_4, 0).is_err());
    assert!(region(11, 8).is_err() && region(20, 21).is_err() && region(20, 0).is_err());
    assert!(exp2(16).is_err() && log2(0).is_err() && log2(65).is_err() && divide(0).is_err());
    assert!(rtl::hdl::memory(1, 8).is_err() && rtl::hdl::memory(8, 0).is_err());
}
