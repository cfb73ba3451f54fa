//! Whole programs on the emitted machine: memory, exit layer, cycles and every counter equal those of the golden kernels and the
//! simulator.
//!
//! `OFFRAMP_PROGRAMS` sets how many programs each design runs, `OFFRAMP_SEED` the seed; a failure prints both.

use std::io::Write;

use models::design::{Design, Sparsity};
use models::record::preset;
use models::technology::Technology;
use rtl::emit::emit;
use sim::cli::cosim::case::case;
use sim::cli::cosim::programs::check;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

fn design(n: u32, sparsity: Sparsity, bytes: u64, width_bits: u32) -> Design {
    let mut design: Design = preset("offramp").expect("the preset is valid");
    design.pu.n = n;
    design.pu.sparsity = sparsity;
    design.buffer.bytes = bytes;
    design.buffer.pages = 8;
    design.axi.width_bits = width_bits;
    design
}

/// Runs so many programs that fit; the next index.
fn programs(design: &Design, count: u64) {
    let (technology, seed): (Technology, _) =
        (preset("edgebert-12nm").expect("it is shipped"), number("OFFRAMP_SEED", 1));
    let machine = rtl::machine::machine(design).and_then(|module| emit(&module)).expect("it can be emitted");
    let mut ran = 0;
    for index in 0.. {
        let Some(case) = case(index, seed, design, &technology).unwrap_or_else(|error| panic!("{error}"))
        else {
            assert!(index < 1000, "no program fits");
            continue;
        };
        let checked = check(&case, &machine, None).unwrap_or_else(|error| panic!("{error}"));
        assert!(checked.differences.is_empty(), "{}:\n{}", case.name, checked.differences.join("\n"));
        println!("{}: {} cycles, {} values", case.name, checked.cycles, checked.compared);
        ran += 1;
        if ran == count {
            return;
        }
    }
}

#[test]
fn programs_leave_and_count_what_kernels_and_simulator_say() {
    if let Err(line) = rtl::cosim::tools::have(&["verilator"], "whole programs") {
        // Not `eprintln`, which the test harness keeps to itself where a test passes.
        let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
        return;
    }
    let count = number("OFFRAMP_PROGRAMS", 6);
    programs(&design(4, Sparsity::Skip, 1 << 14, 64), count);
    programs(&design(8, Sparsity::Gate, 1 << 14, 128), count);
}
