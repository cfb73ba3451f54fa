//! Every bench of `rtl::verify`, as `offramp cosim` runs them, one test each; and that they can fail.

mod common;

use models::design::Design;
use models::record::preset;
use rtl::unit::catalogue::{UNITS, unit};
use rtl::verify::{CHECKS, Model, Plan};

macro_rules! verified {
    ($($unit:ident),* $(,)?) => {
        $(#[test] fn $unit() { common::verified(stringify!($unit)); })*
        const TESTED: &[&str] = &[$(stringify!($unit)),*];
    };
}

verified![
    significand,
    multiply,
    vector_mac,
    accumulator,
    activation,
    epilogue,
    requantise,
    align,
    exp2,
    log2,
    divide,
    phases,
    bitmask_decoder,
    bitmask_encoder,
    pu,
    rsqrt,
    walker,
    add,
    layernorm,
    distance,
    largest,
    softmax,
    entropy,
    region,
    sfu,
    dense_decoder,
    page,
    operand_buffer,
    operand_buffers,
    auxiliary_buffer,
    load,
    unpack,
    store,
    pack,
    counters,
    watchdog,
    fifo,
    control,
    dvfs,
    registers,
    burst,
    axi_read,
    axi_write,
];

#[test]
fn every_unit_has_a_bench_and_every_bench_a_test() {
    let names: Vec<&str> = CHECKS.iter().map(|check| check.unit).collect();
    assert_eq!(names, TESTED, "tests above");
    for check in CHECKS {
        for name in check.parts.iter().chain([&check.unit]) {
            assert!(unit(name).is_some(), "{name} is not in the catalogue");
        }
    }
    for entry in UNITS {
        assert!(rtl::verify::check(entry.name).is_some(), "{} has no bench", entry.name);
    }
}

#[test]
fn units_carry_the_names_of_the_catalogue() {
    let design: Design = preset("offramp-n4").unwrap();
    for entry in UNITS {
        assert_eq!((entry.module)(&design).unwrap().name(), entry.name);
    }
}

/// What needs no model can be recorded without one, at the sizes of any design.
#[test]
fn benches_that_do_not_react_are_recorded_without_tools() {
    for name in ["offramp-n4", "offramp-n32"] {
        let design = Some(preset(name).unwrap());
        let plan = Plan { vectors: 100, model: Model::None, design, ..Plan::default() };
        for check in CHECKS {
            let reacts = ["pu", "store", "axi_read", "axi_write"].contains(&check.unit);
            match check.run(&plan) {
                Ok(tally) => {
                    assert!(!reacts && tally.vectors > 0 && tally.recording.is_some(), "{}", check.unit)
                }
                Err(failed) => assert!(reacts && failed.failure.needs_model(), "{failed}"),
            }
        }
    }
}

/// Units to compare with, which are no part of the machine.
#[test]
fn references_agree_with_integers() {
    for check in rtl::verify::REFERENCE_CHECKS {
        common::verified(check.unit);
    }
}
