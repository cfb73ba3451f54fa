//! Between bus and buffers: beats to pieces, vectors to beats.

use crate::claims::{Claims, small, watched};
use models::design::Design;
use rtl::unit;

/// Every piece of a beat that counts comes once, in order, each in its cycle, and no other.
#[test]
fn a_beat_comes_in_all_its_pieces() {
    let design = small();
    let (pieces, bits) = (unit::pieces(&design), 8 * unit::piece_bytes(&design));
    assert_eq!(pieces, 4, "the counts below have two bits");
    let text = format!(
        "
    reg [{pieces} * {bits} - 1 : 0] kept = 0;
    reg [1:0] turn = 0, from = 0;
    reg [2:0] to = 0;
    reg some = 0;
    always @(posedge clock) if (!reset) begin
        some <= beat || (some && turn != 3);
        turn <= beat ? 0 : turn + 1;
        if (beat) {{kept, from, to}} <= {{beat_data, piece_first, piece_end}};
    end
    always @* if (started) begin
        assume(!beat || !some || turn == 3);
        assert(some == \\unit.running && (!some || (turn == \\unit.at && from == \\unit.low && to == \\unit.high )));
        assert(!some || kept == \\unit.held );
        assert(piece == (some && turn >= from && turn < to));
        assert(!piece || piece_data == kept[{bits} * turn +: {bits}]);
    end
"
    );
    let inside = [("running", 1), ("at", 2), ("low", 2), ("high", 3), ("held", pieces * bits)];
    let claims = Claims { text, ..Claims::of(unit::unpack(&design).unwrap(), watched(&inside)) };
    claims.hold_for_ever(&[("at >= low", "at > low"), ("held[31:16]", "held[15:0]")]);
}

/// A vector, chosen by the solver, that is two beats: both go, once, in order, and none of another in between.
#[test]
fn a_vector_goes_in_all_its_beats() {
    let mut design = Design { axi: small().axi, ..small() };
    (design.pu.n, design.axi.width_bits) = (8, 32);
    // What the store engine reads ahead at most.
    let depth = 2 * models::latency::DECODE;
    let slots = (0..depth).map(|at| (format!("waiting.slot_{at}"), 64));
    let text = format!(
        "
    (* anyseq *) reg follow;
    reg follows = 0, part = 0;
    reg [2:0] inside = 0, place = 0;
    reg [63:0] kept = 0;
    wire [64 * {depth} - 1 : 0] slots = {{{slots}}};
    wire leaves = beat_take && part;
    wire its = (follows && place == 0) || (inside == 0 && vector_valid);
    wire [63:0] mine = follows ? kept : vector;
    always @(posedge clock) if (!reset) begin
        inside <= inside + vector_valid - leaves;
        part <= part ^ beat_take;
        if (follows) begin
            follows <= !(leaves && place == 0);
            if (leaves) place <= place - 1;
        end else if (vector_valid && follow && !(inside == 0 && leaves)) begin
            follows <= 1;
            place <= inside - leaves;
            kept <= vector;
        end
    end
    always @* if (started) begin
        assume(!vector_valid || inside < {depth} || leaves);
        assume(!beat_take || beat_valid);
        // While a store runs, none is dropped.
        assume(!drop);
        assert(inside <= {depth} && \\unit.waiting.count == inside);
        assert(\\unit.part == part && (!part || inside != 0));
        assert(beat_valid == (inside != 0 || vector_valid));
        assert(vector_taken == leaves);
        assert(!follows || (place < inside && slots[64 * place +: 64] == kept));
        assert(!its || beat_data == mine[32 * part +: 32]);
    end
",
        slots =
            (0..depth).rev().map(|at| format!("\\unit.waiting.slot_{at} ")).collect::<Vec<_>>().join(", ")
    );
    let watched = slots.chain(watched(&[("waiting.count", 3), ("part", 1)])).collect();
    let claims = Claims { text, ..Claims::of(unit::pack(&design).unwrap(), watched) };
    claims.hold_for_ever(&[
        ("(beat_take & part)", "beat_take"),
        ("(none_waits & pop)", "none_waits"),
        ("head[63:32]", "head[31:0]"),
    ]);
}
