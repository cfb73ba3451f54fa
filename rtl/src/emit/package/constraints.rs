//! Timing constraints: the clock of the operating point, and the share of its period that lies outside.
//!
//! Reset is synchronous and therefore timed as any other input. A module without a clock gets a virtual one, so that its paths
//! have to fit a period.

use super::Purpose;
use crate::emit::Emitted;
use std::fmt::Write as _;

/// Share of a period for what drives the inputs, and for what reads the outputs.
const OUTSIDE: f64 = 0.2;

/// For synthesis and timing analysis of a chip.
pub(super) fn sdc(emitted: &Emitted, purpose: &Purpose) -> String {
    format!("# {}: {}\n{}", emitted.top, purpose.summary, clock_and_delays(emitted, purpose))
}

/// For an FPGA: the same clock, which a slower part may not reach.
pub(super) fn xdc(emitted: &Emitted, purpose: &Purpose) -> String {
    format!(
        "# {}: {}\n# The clock is that of the design's operating point; take the period that the part allows.\n{}",
        emitted.top,
        purpose.summary,
        clock_and_delays(emitted, purpose)
    )
}

fn clock_and_delays(emitted: &Emitted, purpose: &Purpose) -> String {
    let period_ns = 1e9 / purpose.frequency_hz;
    let source = if emitted.clocked() { " [get_ports clock]" } else { "" };
    let mut text = format!("create_clock -name clock -period {period_ns:.4}{source}\n");
    for (input, command) in [(true, "set_input_delay"), (false, "set_output_delay")] {
        for port in emitted.ports.iter().filter(|port| port.input == input && port.name != "clock") {
            let bits = if port.width == 1 { "" } else { "[*]" };
            let delay = OUTSIDE * period_ns;
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{command} {delay:.4} -clock clock [get_ports {{{}{bits}}}]", port.name);
        }
    }
    text
}
