//! The watchdog.

use crate::claims::{Claims, watched};
use rtl::unit;

/// A limit of cycles without a move: told after exactly so many, never where the bus moves.
#[test]
fn a_watchdog_tells_of_every_wait_and_of_no_other() {
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
    let claims =
        Claims { text: text.into(), ..Claims::of(unit::watchdog().unwrap(), watched(&[("count", 32)])) };
    claims.hold(6, &[("count >= limit", "count > limit"), ("(~moves)", "moves")]);
}
