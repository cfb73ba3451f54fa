//! The watchdog.

use crate::claims::{Claims, watched};
use rtl::cosim::formal::{Engine, Verdict};
use rtl::cosim::mutate;
use rtl::cosim::tools::have;
use rtl::emit::emit;
use rtl::unit;

/// A limit of cycles without a move: told after exactly so many, never where the bus moves.
fn claims() -> Claims {
    let text = "
    (* anyconst *) reg [31:0] patience;
    reg [31:0] silent = 0;
    reg due = 0;
    wire late = waits && patience != 0 && silent >= patience;
    always @(posedge clock) if (!reset) begin
        due <= late;
        silent <= waits && !moves && !late ? silent + 1 : 0;
    end
    always @* if (started) begin
        assume(limit == patience);
        assert(silent == \\unit.count );
        assert(patience == 0 || silent <= patience);
        assert(expired == due);
    end
";
    Claims {
        text: text.into(),
        ..Claims::of(unit::watchdog().expect("our own description"), watched(&[("count", 32)]))
    }
}

#[test]
fn a_watchdog_tells_of_every_wait_and_of_no_other() {
    claims().hold(6, &[("count >= limit", "count > limit"), ("(~moves)", "moves")]);
}

/// No bench waits until the count's upper bits change: the proof fails where one is wrong.
#[test]
fn every_wrong_change_of_a_watchdog_ends_its_proof() {
    if have(&["yosys", "yosys-smtbmc", "z3"], "the proof of watchdog").is_err() {
        return; // The test before says so.
    }
    let mut claims = claims();
    let mutated = mutate(&emit(&claims.unit).unwrap(), &[], 13, 1).expect("Yosys runs");
    let text = claims.text.clone();
    let mut verdict = |number| {
        claims.text = format!("{text}    always @* assume(mutant == {number});\n");
        claims.verdict(&mutated.emitted, Engine::Induction(2))
    };
    assert_eq!(verdict(0), Verdict::Proven);
    for (number, mutation) in (1..).zip(&mutated.mutations) {
        assert_ne!(verdict(number), Verdict::Proven, "{number}: {mutation}");
    }
}
