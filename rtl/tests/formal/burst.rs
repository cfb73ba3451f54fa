//! The burst cutter, alone and within a master.

use crate::claims::{Claims, small, watched};
use models::design::Axi;
use rtl::emit::emit;
use rtl::hdl::Port;
use rtl::unit;

/// What the cutter keeps to, as `verb` (`assert` or `assume`) of its outputs: a burst is there from a start on, is within a boundary of 4 KiB and
/// no longer than the longest, and stays as it is until it is taken.
fn contract(verb: &str, axi: Axi) -> String {
    let (beat, most) = (axi.beat_bytes().ilog2(), axi.burst_beats);
    format!(
        "
    reg waits = 0, may = 0;
    reg [{} - 1 : 0] before = 0;
    wire [12:0] beats = burst_length + 1;
    wire [{0} - 1 : 0] now = {{burst_address, burst_length, burst_end}};
    always @(posedge clock) begin
        waits <= !reset && valid && !take && !start;
        may <= !reset && (valid || start);
        before <= now;
    end
    always @* if (started) begin
        {verb}(!valid || may);
        {verb}(!valid || burst_address[11:{beat}] + beats <= 4096 >> {beat});
        {verb}(!valid || beats <= {most});
        {verb}(!waits || (valid && now == before));
    end
",
        unit::ADDRESS_BITS + unit::LENGTH_BITS + beat as usize
    )
}

/// A cutter of which nothing is known but its contract, to stand for the real one in the proof of a master.
pub(crate) fn any_cutter(axi: Axi, indexed: bool) -> (String, String) {
    let cutter = unit::burst(axi, indexed).expect("its sizes fit");
    let cutter = emit(&cutter).expect("its names are distinct");
    let range = |width: usize| format!("[{}:0]", width - 1);
    let (mut ports, mut free) = (vec![], String::new());
    for Port { name, width, input, .. } in &cutter.ports {
        let kind = if *input { "input" } else { "output" };
        ports.push(format!("{kind} wire {} {name}", range(*width)));
        if !input {
            free += &format!(
                "    (* anyseq *) reg {} any_{name};\n    assign {name} = any_{name};\n",
                range(*width)
            );
        }
    }
    let started = "    reg started = 0;\n    always @(posedge clock) started <= 1;\n    always @* assume(started || !valid);\n";
    let text =
        format!("module burst({});\n{free}{started}{}endmodule\n", ports.join(", "), contract("assume", axi));
    ("burst.v".to_owned(), text)
}

/// A burst ends at a boundary of 4 KiB or before, is no longer than the longest, and stays as it is until it is taken.
#[test]
fn a_burst_crosses_no_boundary() {
    let axi = small().axi;
    let inside = ["next", "run_ends", "bytes", "begin_bytes", "following_run"].map(|name| (name, 36));
    let text = format!(
        "{}
    // Runs have bytes and lie in the memory, which ends at 2^36.
    wire [36:0] end_of_first = {{1'b0, run_first}} + {{1'b0, \\unit.begin_bytes }};
    wire [36:0] end_of_following = {{1'b0, \\unit.following_run }} + {{1'b0, \\unit.bytes }};
    always @* if (started) begin
        assume(!start || \\unit.begin_bytes != 0);
        assume(!end_of_first[36] && !end_of_following[36]);
        assert(!valid || (\\unit.next < \\unit.run_ends && \\unit.bytes != 0));
    end
",
        contract("assert", axi)
    );
    let claims = Claims { text, ..Claims::of(unit::burst(axi, true).unwrap(), watched(&inside)) };
    claims.hold(5, &[("24'h1", "24'h2"), ("run_ends < boundary", "boundary < run_ends")]);
}
