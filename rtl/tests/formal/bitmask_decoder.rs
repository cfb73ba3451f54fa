//! The bit-mask decoder.

use crate::claims::{Claims, small, watched};
use rtl::unit;

/// A decoder's pointers stand, after a rewind, where they stood after the last mark, or after the start of the command.
#[test]
fn a_decoder_returns_on_rewind() {
    let unit = unit::bitmask_decoder(&small()).unwrap();
    let bits = unit.ports().iter().find(|port| port.name == "address").unwrap().width / 2;
    let inside = ["pointer_0", "pointer_1", "kept_0", "kept_1"].map(|name| (name, bits));
    let text = format!(
        "
    wire [2 * {bits} - 1 : 0] pointers = {{\\unit.pointer_1 , \\unit.pointer_0 }};
    wire [2 * {bits} - 1 : 0] kept = {{\\unit.kept_1 , \\unit.kept_0 }};
    reg [2 * {bits} - 1 : 0] place = 0;
    reg remembers = 0, returned = 0;
    always @(posedge clock) if (!reset) begin
        remembers <= enter || (turn && mark);
        returned <= !enter && turn && rewind;
        if (remembers) place <= pointers;
    end
    always @* if (started) begin
        assume(!mark || !rewind);
        assert(kept == (remembers ? pointers : place));
        assert(!returned || pointers == place);
        assert(!(is_packed && row == 0) || address == pointers);
    end
"
    );
    let claims = Claims { text, ..Claims::of(unit, watched(&inside)) };
    claims.hold(6, &[("(rewind ? kept_0 : behind_0)", "behind_0"), ("kept_1 <= (mark ", "kept_1 <= (1'b1 ")]);
}
