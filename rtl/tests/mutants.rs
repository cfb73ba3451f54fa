//! Wrong changes of cheap units are noticed by their benches, and what no bench looks at is listed as a survivor.

mod common;

use common::tools;
use models::record::preset;
use rtl::unit;
use rtl::verify::{Check, Plan, check};

fn plan() -> Plan {
    Plan { vectors: 1000, design: Some(preset("offramp-n4").expect("a preset")), ..Plan::default() }
}

/// Of a few changes of these units none is equivalent.
#[test]
fn benches_notice_wrong_changes() {
    tools!("verilator", "mutants");
    for name in ["fifo", "accumulator"] {
        let mutants =
            check(name).expect("a bench").mutants(&plan(), 8).unwrap_or_else(|failed| panic!("{failed}"));
        assert_eq!(mutants.count, 8, "{name}");
        assert_eq!(mutants.killed, 8, "{name}: {:?} survive", mutants.survivors);
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
    let mutants = blind.mutants(&plan(), 3).unwrap_or_else(|failed| panic!("{failed}"));
    assert_eq!((mutants.killed, mutants.survivors.len()), (0, 3));
    for (number, mutation) in &mutants.survivors {
        assert!((1..=3).contains(number) && !mutation.change.is_empty(), "{mutation}");
        assert!(!mutation.source.is_empty(), "{mutation}");
    }
}
