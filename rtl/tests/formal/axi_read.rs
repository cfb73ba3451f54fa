//! The read side of the AXI4 master.

use crate::burst::any_cutter;
use crate::claims::{Claims, watched};
use models::design::Axi;
use rtl::unit;

/// Any memory, also one whose responses are wrong. What is asked for stays until it is taken, is no longer than a burst may be and crosses no
/// boundary; no more bursts are under way than the design says. A burst, chosen by the solver, is followed from its request to its last beat: each
/// beat is handed on once, in the cycle in which it is taken, with the bytes that count, and a last beat that comes early or late is told.
/// The command ends once, with nothing under way.
#[test]
fn a_read_keeps_the_rules_of_its_channels() {
    let axi = Axi { width_bits: 64, burst_beats: 16, outstanding: 2 };
    let beat = axi.beat_bytes().ilog2();
    let text = format!(
        "
    (* anyseq *) reg follow;
    reg follows = 0, waits = 0, busy = 0, broken = 0, told = 0, held = 0, held_last = 0;
    reg [1:0] asked = 0, place = 0;
    reg [7:0] length = 0, index = 0, length_before = 0;
    reg [{beat} - 1 : 0] first = 0, last = 0;
    reg [35:0] address_before = 0;
    wire take = axi_arvalid && axi_arready;
    wire moves = axi_rvalid && axi_rready;
    wire ends = held && held_last;
    wire its = follows && place == 0 && !held;
    wire is_its_last = its && index == length;
    wire wrong = moves && (axi_rlast != \\unit.is_last || axi_rresp != 0 || axi_rid);
    wire [12:0] beats = axi_arlen + 1;
    wire [{word} - 1 : 0] entry = place[0] ? \\unit.bursts.slot_1 : \\unit.bursts.slot_0 ;
    always @(posedge clock) if (!reset) begin
        waits <= axi_arvalid && !axi_arready;
        address_before <= axi_araddr;
        length_before <= axi_arlen;
        busy <= start || (busy && !done);
        broken <= !start && (broken || wrong);
        told <= wrong;
        held <= moves;
        held_last <= moves && axi_rlast;
        asked <= asked + take - ends;
        if (moves) index <= axi_rlast ? 0 : index + 1;
        if (follows) begin
            follows <= !(ends && place == 0);
            if (ends) place <= place - 1;
        end else if (take && follow) begin
            follows <= 1;
            place <= asked - ends;
            length <= axi_arlen;
            first <= axi_araddr[{beat} - 1 : 0];
            last <= \\unit.burst.burst_end ;
        end
    end
    always @* if (started) begin
        assume(!start || !busy);
        // The request: it stays, its burst is legal, and no more are under way than may be.
        assert(\\unit.offered == waits);
        assert(!waits || (axi_arvalid && axi_araddr == address_before && axi_arlen == length_before));
        assert(!axi_arvalid || axi_araddr[11:{beat}] + beats <= 4096 >> {beat});
        assert(!axi_arvalid || (beats <= {most} && asked < {outstanding} && busy));
        assert(asked <= {outstanding} && \\unit.bursts.count == asked);
        // The beats: taken only where one is under way and the one before is in, each handed on once, unless the command has failed.
        assert(\\unit.pieces_left == held && (!held || \\unit.pieces_of_last == held_last) && (!held || asked != 0));
        assert(axi_rready == (asked != 0 && !held));
        assert(beat == (moves && !broken) && (!beat || beat_data == axi_rdata));
        assert(\\unit.beat_index == index);
        assert(!follows || (place < asked && entry == {{length, last, first}}));
        assert(!its || \\unit.is_last == is_its_last);
        assert(!(its && beat) || beat_first == (index == 0 ? first : 0));
        assert(!(its && beat) || beat_end == (is_its_last && last != 0 ? last : {bytes}));
        // Errors are told, and end what is asked for.
        assert(error == told && broken == \\unit.failed );
        assert(!broken || waits || !axi_arvalid);
        // The end.
        assert(busy == \\unit.active && (!done || busy));
        assert(!done || (asked == 0 && !axi_arvalid && !held));
        assert(busy || (asked == 0 && !waits && !\\unit.more ));
    end
",
        word = 8 + 2 * beat,
        most = axi.burst_beats,
        outstanding = axi.outstanding,
        bytes = axi.beat_bytes(),
    );
    let entry = 8 + 2 * beat as usize;
    let signals = watched(&[
        ("burst.burst_end", beat as usize),
        ("bursts.slot_0", entry),
        ("bursts.slot_1", entry),
        ("bursts.count", 2),
        ("is_last", 1),
        ("offered", 1),
        ("failed", 1),
        ("more", 1),
        ("active", 1),
        ("beat_index", 8),
        ("pieces_left", 1),
        ("pieces_of_last", 1),
    ]);
    let claims = Claims {
        text,
        part: Some(any_cutter(axi, true)),
        ..Claims::of(unit::axi_read(axi, 2).unwrap(), signals)
    };
    claims.hold_for_ever(&[
        ("((~failed) | offered)", "(~failed)"),
        ("under_way < 2'h2", "under_way <= 2'h2"),
        ("some_under_way & (~pieces_wait)", "some_under_way"),
        ("beat_index == bursts_head[13:6]", "beat_index == bursts_head[8:6]"),
        ("(axi_rlast ? 8'h0 : beat_index + 8'h1)", "(is_last ? 8'h0 : beat_index + 8'h1)"),
        ("(~(some_under_way | pieces_wait))", "(~pieces_wait)"),
    ]);
}
