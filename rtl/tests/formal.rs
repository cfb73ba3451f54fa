//! Proofs by induction: what no number of vectors can show. Each claim is seen to fail on a fault put into the Verilog.

use models::design::Design;
use models::record::preset;
use rtl::cosim::formal::{TOOLS, Verdict, prove};
use rtl::cosim::tools::have;
use rtl::emit::{Emitted, emit};
use rtl::hdl::Module;
use rtl::unit::{self, sizes};
use std::io::Write;
use std::rc::Rc;

/// A unit, what is watched inside of it, and the claims.
struct Claims {
    unit: Rc<Module>,
    watched: Vec<(String, usize)>,
    text: String,
}

impl Claims {
    fn verdict(&self, emitted: &Emitted, cycles: usize) -> Verdict {
        let watched: Vec<(&str, usize)> =
            self.watched.iter().map(|(name, width)| (name.as_str(), *width)).collect();
        prove(emitted, &watched, &self.text, cycles).expect("the solver runs")
    }

    /// Proves the claims, and sees them fail where each `(from, to)` of the text is changed.
    fn hold(&self, cycles: usize, deep: usize, faults: &[(&str, &str)]) {
        let emitted = emit(&self.unit).expect("its names are distinct");
        let name = &emitted.top;
        if let Err(line) = have(TOOLS, &format!("the proof of {name}")) {
            // Not `eprintln`, which the test harness keeps to itself where a test passes.
            let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
            return;
        }
        assert_eq!(self.verdict(&emitted, cycles), Verdict::Proven, "{name}");
        for (from, to) in faults {
            let mut broken = emitted.clone();
            let file = broken.files.iter_mut().find(|file| file.text.contains(from));
            let file = file.unwrap_or_else(|| panic!("{name} has no {from}"));
            file.text = file.text.replacen(from, to, 1);
            let found = self.verdict(&broken, deep);
            assert!(matches!(found, Verdict::Refuted(_)), "{name} with {to}: {found:?}");
        }
    }
}

fn watched(list: &[(&str, usize)]) -> Vec<(String, usize)> {
    list.iter().map(|(name, width)| ((*name).to_owned(), *width)).collect()
}

fn small() -> Design {
    let mut design: Design = preset("offramp").expect("the preset is valid");
    design.pu.n = 2;
    design.buffer.bytes = 1 << 10;
    design.buffer.pages = 4;
    design
}

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
    let claims = Claims { unit: unit::fifo(depth, 8).unwrap(), watched: slots.collect(), text };
    let lands = "assign lands_1 = push & (after_pop == 3'h1)";
    claims.hold(
        2,
        8,
        &[(lands, "assign lands_1 = push & (used == 3'h1)"), ("(pop ? slot_2 : slot_1)", "slot_1")],
    );
}

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
        Claims { unit: unit::watchdog().unwrap(), watched: watched(&[("count", 32)]), text: text.into() };
    claims.hold(2, 6, &[("count >= limit", "count > limit"), ("(~moves)", "moves")]);
}

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
    let claims = Claims { unit, watched: watched(&inside), text };
    claims.hold(
        2,
        6,
        &[("(rewind ? kept_0 : behind_0)", "behind_0"), ("kept_1 <= (mark ", "kept_1 <= (1'b1 ")],
    );
}

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
    claims(width).hold(2, 4, &[("{~first}", "{1'b1}")]);
    if have(TOOLS, "the narrowest accumulator").is_ok() {
        let narrow = claims(width - 1);
        let emitted = emit(&narrow.unit).unwrap();
        assert!(!matches!(narrow.verdict(&emitted, 2), Verdict::Proven), "one bit less is enough");
    }
}

/// A burst ends at a boundary of 4 KiB or before, is no longer than the longest, and stays as it is until it is taken.
#[test]
fn a_burst_crosses_no_boundary() {
    let axi = small().axi;
    let beat = axi.beat_bytes().ilog2();
    let inside = ["next", "run_ends", "bytes", "begin_bytes", "following_run"].map(|name| (name, 36));
    let text = format!(
        "
    reg waits = 0;
    reg [35:0] address_before = 0;
    reg [7:0] length_before = 0;
    wire [12:0] beats = burst_length + 1;
    always @(posedge clock) if (!reset) begin
        waits <= valid && !take && !start;
        address_before <= burst_address;
        length_before <= burst_length;
    end
    // Runs have bytes and lie in the memory, which ends at 2^36.
    wire [36:0] end_of_first = {{1'b0, run_first}} + {{1'b0, \\unit.begin_bytes }};
    wire [36:0] end_of_following = {{1'b0, \\unit.following_run }} + {{1'b0, \\unit.bytes }};
    always @* if (started) begin
        assume(!start || \\unit.begin_bytes != 0);
        assume(!end_of_first[36] && !end_of_following[36]);
        assert(!valid || (\\unit.next < \\unit.run_ends && \\unit.bytes != 0));
        assert(!valid || burst_address[11:{beat}] + beats <= 4096 >> {beat});
        assert(!valid || beats <= {most});
        assert(!waits || (valid && burst_address == address_before && burst_length == length_before));
    end
",
        most = axi.burst_beats
    );
    let claims = Claims { unit: unit::burst(axi, true).unwrap(), watched: watched(&inside), text };
    claims.hold(2, 5, &[("24'h1", "24'h2"), ("run_ends < boundary", "boundary < run_ends")]);
}
