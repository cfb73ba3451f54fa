//! The accumulator.

use crate::claims::{Claims, small, watched};
use rtl::cosim::formal::{Engine, TOOLS, Verdict};
use rtl::cosim::tools::have;
use rtl::emit::emit;
use rtl::unit::{self, sizes};

/// A row and lane, chosen by the solver, over any reduction that an operand buffer holds: its sum is that of wider accumulators.
#[test]
fn an_accumulator_never_wraps() {
    let design = small();
    let (n, sum, width) = sizes::accumulator(&design);
    let wide = width + 4;
    let each = i128::from(design.format.max_significand()).pow(2);
    let (most, bound) = (each * i128::from(unit::largest_reduction(&design)), each * i128::from(design.pu.n));
    let claims = |width: usize| Claims {
        unit: unit::accumulator(n, sum, width).unwrap(),
        watched: watched(&[("row_0", 2 * width), ("row_1", 2 * width)]),
        part: None,
        text: format!(
            "
    (* anyconst *) reg which, lane;
    wire signed [{sum} - 1 : 0] term = lane ? sums[{sum} +: {sum}] : sums[0 +: {sum}];
    wire [2 * {width} - 1 : 0] held = which ? \\unit.row_1 : \\unit.row_0 ;
    wire signed [{width} - 1 : 0] narrow = lane ? held[{width} +: {width}] : held[0 +: {width}];
    wire signed [{width} - 1 : 0] shown = lane ? total[{width} +: {width}] : total[0 +: {width}];
    reg signed [{wide} - 1 : 0] exact = 0;
    reg signed [{wide} - 1 : 0] reach = 0;
    reg told = 0;
    wire signed [{wide} - 1 : 0] bound = {wide}'sd{bound};
    wire signed [{wide} - 1 : 0] most = {wide}'sd{most};
    wire signed [{wide} - 1 : 0] widened = narrow;
    wire signed [{wide} - 1 : 0] result = shown;
    wire mine = valid && row == which;
    always @(posedge clock) if (!reset) begin
        told <= mine;
        if (mine) begin
            exact <= (first ? 0 : exact) + term;
            reach <= (first ? 0 : reach) + bound;
        end
    end
    always @* if (started) begin
        assume(term <= bound && term >= -bound);
        assume(!mine || first || reach + bound <= most);
        assert(reach >= 0 && reach <= most && exact <= reach && exact >= -reach);
        assert(widened == exact);
        assert(!told || result == exact);
    end
"
        ),
    };
    claims(width).hold(4, &[("{~first}", "{1'b1}")]);
    if have(TOOLS, "the narrowest accumulator").is_ok() {
        let narrow = claims(width - 1);
        let emitted = emit(&narrow.unit).unwrap();
        assert!(
            !matches!(narrow.verdict(&emitted, Engine::Induction(2)), Verdict::Proven),
            "one bit less is enough"
        );
    }
}
