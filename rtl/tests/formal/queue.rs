//! The queue in front of a unit.

use crate::claims::Claims;
use models::program::COMMAND_BYTES;
use models::program::word::{OPCODE_BITS, WAIT_BITS};
use rtl::unit;

/// One command, chosen by the solver, is followed from its push to its last cycle: none is dropped, doubled or overtaken, none starts ahead
/// of what it waits for, and the counts that others wait for are those of the commands that have ended.
#[test]
fn a_queue_starts_every_command_once_and_in_order() {
    let (depth, bits, wait) = (2, 8 * COMMAND_BYTES as usize, WAIT_BITS as usize);
    let slots = (0..depth).map(|at| (format!("slots.slot_{at}"), bits));
    let reached = (0..3).map(|index| {
        let low = OPCODE_BITS as usize + index * wait;
        format!("\\unit.slots.slot_0 [{low} +: {wait}] <= others[{} +: {wait}]", index * wait)
    });
    let text = format!(
        "
    (* anyseq *) reg follow;
    reg follows = 0, runs = 0, busy = 0;
    reg [1:0] place = 0, inside = 0;
    reg [{bits} - 1 : 0] kept = 0;
    reg [{wait} - 1 : 0] ended = 0;
    wire reached = {reached};
    wire [2 * {bits} - 1 : 0] slots = {{\\unit.slots.slot_1 , \\unit.slots.slot_0 }};
    wire its_start = follows && start && place == 0;
    always @(posedge clock) if (!reset) begin
        inside <= inside + push - start;
        busy <= (start || busy) && !done;
        ended <= clear ? 0 : ended + done;
        if (follows) begin
            follows <= !its_start;
            runs <= its_start && !done;
            if (start) place <= place - 1;
        end else if (runs) begin
            runs <= !done;
        end else if (push && follow) begin
            follows <= 1;
            place <= inside - start;
            kept <= word;
        end
    end
    always @* if (started) begin
        assume(!push || room);
        assume(!done || start || busy);
        assert(inside <= {depth} && \\unit.slots.count == inside && room == (inside < {depth}));
        assert(busy == \\unit.running && idle == (inside == 0 && !busy));
        assert(start == (inside != 0 && !busy && reached));
        assert(!follows || (place < inside && slots[{bits} * place +: {bits}] == kept));
        assert(!runs || (busy && \\unit.current == kept));
        assert(!(its_start || runs) || command == kept);
        assert(completed == ended);
    end
",
        reached = reached.collect::<Vec<_>>().join(" && ")
    );
    let inside = [("slots.count", 2), ("running", 1), ("current", bits)];
    let watched = slots.chain(inside.map(|(name, width)| (name.to_owned(), width))).collect();
    let claims = Claims { text, ..Claims::of(unit::queue(depth).unwrap(), watched) };
    claims.hold_for_ever(&[
        ("(some & met) & (~running)", "some & met"),
        ("slots_head[19:4] <= others", "slots_head[19:4] < others"),
        ("(starts | running) & (~done)", "(starts & (~done)) | running"),
        ("slots_used < 2'h2", "slots_used <= 2'h2"),
    ]);
}
