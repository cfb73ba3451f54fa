//! The write side of the AXI4 master.

use crate::burst::any_cutter;
use crate::claims::{Claims, watched};
use models::design::Axi;
use rtl::unit;

/// A memory that answers a burst after its last beat, perhaps with an error, and a source that keeps a beat until it is taken. Requests and beats stay
/// until they are taken; a burst, chosen by the solver, is followed from its request to its last beat, which alone is marked so, with the
/// bytes that count; every beat of the source goes out once. Every answer is counted, and the command ends with the last.
#[test]
fn a_write_keeps_the_rules_of_its_channels() {
    let axi = Axi { width_bits: 64, burst_beats: 16, outstanding: 2 };
    let beat = axi.beat_bytes().ilog2();
    let entry = 8 + 2 * beat as usize;
    let text = format!(
        "
    (* anyseq *) reg follow;
    reg follows = 0, waits = 0, sends = 0, busy = 0, broken = 0, told = 0, offers = 0, pushed = 0;
    // Bursts whose beats have not all gone, and bursts without an answer.
    reg [1:0] unsent = 0, unanswered = 0, place = 0;
    reg [7:0] length = 0, index = 0, length_before = 0, strobe_before = 0;
    reg [{beat} - 1 : 0] first = 0, last = 0;
    reg [35:0] address_before = 0;
    reg [63:0] data_before = 0, offered_data = 0;
    reg last_before = 0;
    wire take = axi_awvalid && axi_awready;
    wire moves = axi_wvalid && axi_wready;
    wire ends = moves && axi_wlast;
    wire answer = axi_bvalid && axi_bready;
    wire wrong = answer && (axi_bresp != 0 || axi_bid);
    wire its = follows && place == 0 && !(pushed && unsent == 1);
    wire its_last = index == length;
    wire [12:0] beats = axi_awlen + 1;
    wire [7:0] from = index == 0 ? 8'hff << first : 8'hff;
    wire [7:0] below = its_last && last != 0 ? ~(8'hff << last) : 8'hff;
    wire [{entry} - 1 : 0] found =
        pushed && place == unsent - 1 ? \\unit.pushed_burst : place[0] ? \\unit.bursts.slot_1 : \\unit.bursts.slot_0 ;
    always @(posedge clock) if (!reset) begin
        waits <= axi_awvalid && !axi_awready;
        address_before <= axi_awaddr;
        length_before <= axi_awlen;
        sends <= axi_wvalid && !axi_wready;
        {{data_before, strobe_before, last_before}} <= {{axi_wdata, axi_wstrb, axi_wlast}};
        offers <= beat_valid && !beat_take;
        offered_data <= beat_data;
        busy <= start || (busy && !done);
        broken <= !start && (broken || wrong);
        told <= wrong;
        pushed <= take;
        unsent <= unsent + take - ends;
        unanswered <= unanswered + take - answer;
        if (moves) index <= axi_wlast ? 0 : index + 1;
        if (follows) begin
            follows <= !(ends && place == 0);
            if (ends) place <= place - 1;
        end else if (take && follow) begin
            follows <= 1;
            place <= unsent - ends;
            length <= axi_awlen;
            first <= axi_awaddr[{beat} - 1 : 0];
            last <= \\unit.burst.burst_end ;
        end
    end
    always @* if (started) begin
        assume(!start || !busy);
        assume(!axi_bvalid || unanswered > unsent);
        assume(!offers || (beat_valid && beat_data == offered_data));
        // The request.
        assert(\\unit.offered == waits);
        assert(!waits || (axi_awvalid && axi_awaddr == address_before && axi_awlen == length_before));
        assert(!axi_awvalid || axi_awaddr[11:{beat}] + beats <= 4096 >> {beat});
        assert(!axi_awvalid || (beats <= {most} && unanswered < {outstanding} && busy));
        // The beats: only of bursts that are asked for, as the source gives them, each once.
        assert(\\unit.pushed == pushed && \\unit.bursts.count + pushed == unsent && unsent <= unanswered);
        assert(axi_wvalid == (beat_valid && unsent > pushed));
        assert(beat_take == moves && (!axi_wvalid || axi_wdata == beat_data));
        assert(!sends || (axi_wvalid && {{data_before, strobe_before, last_before}} == {{axi_wdata, axi_wstrb, axi_wlast}}));
        assert(\\unit.beat_index == index);
        assert(!follows || (place < unsent && found == {{length, last, first}}));
        assert(!(its && axi_wvalid) || (axi_wlast == its_last && axi_wstrb == (from & below)));
        // The answers, and the end.
        assert(\\unit.bursts_under_way == unanswered && unanswered <= {outstanding} && axi_bready == (unanswered != 0));
        assert(error == told && broken == \\unit.failed && (!broken || waits || !axi_awvalid));
        assert(busy == \\unit.active && (!done || busy));
        assert(!done || (unanswered == answer && !axi_awvalid));
        assert(busy || (unanswered == 0 && !waits && !\\unit.more ));
    end
",
        most = axi.burst_beats,
        outstanding = axi.outstanding,
    );
    let signals = watched(&[
        ("burst.burst_end", beat as usize),
        ("bursts.slot_0", entry),
        ("bursts.slot_1", entry),
        ("bursts.count", 2),
        ("pushed", 1),
        ("pushed_burst", entry),
        ("offered", 1),
        ("failed", 1),
        ("more", 1),
        ("active", 1),
        ("beat_index", 8),
        ("bursts_under_way", 2),
    ]);
    let claims = Claims {
        text,
        part: Some(any_cutter(axi, false)),
        ..Claims::of(unit::axi_write(axi).unwrap(), signals)
    };
    claims.hold_for_ever(&[
        ("((~failed) | offered)", "(~failed)"),
        ("assign axi_wlast = is_last", "assign axi_wlast = (beat_index == 8'h3)"),
        ("sends & axi_wready", "sends"),
        ("bytes_from & (~bytes_beyond)", "bytes_from"),
        ("- {1'b0, takes_answer}", "- {1'b0, axi_wlast & takes_beat}"),
        ("(bursts_under_way == 2'h1) & (~more)", "(~more)"),
    ]);
}
