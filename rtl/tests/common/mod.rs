//! What the tests of the units share.
#![allow(dead_code, unused_macros, unused_imports, reason = "each test binary uses a part")]

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rtl::cosim::{Bench, netlist, replay};
use rtl::emit::{Emitted, emit};
use rtl::hdl::{Error, Module};
use std::rc::Rc;

/// Ends the test, aloud, where a tool is missing.
macro_rules! tools {
    ($tool:expr, $what:expr) => {
        if let Err(line) = rtl::cosim::tools::have(&[$tool, "iverilog", "yosys"], $what) {
            // Not `eprintln`, which the test harness keeps to itself where a test passes.
            let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("{line}\n").as_bytes());
            return;
        }
    };
}
pub(crate) use tools;

pub(crate) fn emitted(module: Result<Rc<Module>, Error>) -> Emitted {
    emit(&module.expect("the description is sound")).expect("its names are distinct")
}

pub(crate) fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// Number of vectors: `OFFRAMP_VECTORS`, or the quick number.
pub(crate) fn vectors(quick: u64) -> u64 {
    std::env::var("OFFRAMP_VECTORS").ok().and_then(|text| text.parse().ok()).unwrap_or(quick)
}

/// Runs the bench of a unit; a failure names the command that repeats it.
pub(crate) fn verified(unit: &str) {
    tools!("verilator", unit);
    let check = rtl::verify::check(unit).expect("the unit has a bench");
    let number =
        |name: &str, otherwise| std::env::var(name).map_or(otherwise, |text| text.parse().expect("a number"));
    let mut plan = rtl::verify::Plan::default();
    plan.vectors = number("OFFRAMP_VECTORS", plan.vectors);
    plan.seed = number("OFFRAMP_SEED", plan.seed);
    let tally = check.run(&plan).unwrap_or_else(|failed| panic!("{failed}"));
    assert!(tally.vectors > 0 && tally.icarus > 0 && tally.netlist > 0, "{unit} compares nothing: {tally:?}");
}

/// Replays the bench under Icarus, on the text and on its netlist.
pub(crate) fn netlist_agrees(design: &Emitted, bench: &Bench) {
    let text = replay(bench.recording(), &design.text()).expect("Icarus agrees");
    let gates = netlist(design).expect("Yosys synthesises");
    let gates = replay(bench.recording(), &gates).expect("the netlist agrees");
    assert_eq!(text, gates);
    assert!(text > 0);
}
