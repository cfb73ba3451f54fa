//! The FIFO.

use crate::claims::Claims;
use rtl::unit;

/// One word, chosen by the solver, is followed from its push to its pop: it keeps its place and its value.
#[test]
fn a_fifo_neither_overflows_nor_drops_nor_duplicates() {
    let depth = 4;
    let slots = (0..depth).map(|at| (format!("slot_{at}"), 8));
    let text = format!(
        "
    wire followed_pops = pop && place == 0;
    (* anyseq *) reg follow;
    reg follows = 0;
    reg [2:0] place = 0;
    reg [7:0] kept = 0;
    reg [2:0] inside = 0;
    always @(posedge clock) if (!reset) begin
        inside <= inside + push - pop;
        if (follows) begin
            follows <= !followed_pops;
            if (pop) place <= place - 1;
        end else if (push && follow) begin
            follows <= 1;
            place <= used - pop;
            kept <= data;
        end
    end
    wire [8 * {depth} - 1 : 0] slots = {{{slots}}};
    always @* if (started) begin
        assume(!push || used < {depth} || pop);
        assume(!pop || used > 0);
        assert(used <= {depth});
        assert(used == inside);
        assert(!follows || place < used);
        assert(!follows || slots[8 * place +: 8] == kept);
        assert(!(follows && followed_pops) || head == kept);
    end
",
        slots = (0..depth).rev().map(|at| format!("\\unit.slot_{at} ")).collect::<Vec<_>>().join(", ")
    );
    let claims = Claims { text, ..Claims::of(unit::fifo(depth, 8).unwrap(), slots.collect()) };
    let lands = "assign lands_1 = push & (after_pop == 3'h1)";
    claims
        .hold(8, &[(lands, "assign lands_1 = push & (used == 3'h1)"), ("(pop ? slot_2 : slot_1)", "slot_1")]);
}
