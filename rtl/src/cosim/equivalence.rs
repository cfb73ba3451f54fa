//! Whether a mutant behaves as the design does: then no bench can tell it, and it does not count against one.
//!
//! Both stand side by side with the same free inputs. Reset is high in the first cycle, and free from then on; after the first cycle
//! every output must be the same in every cycle. Registers begin as zeros: a change of the reset shows when reset comes
//! again. Memories are seen from outside, as [`memories`] says.

use super::formal::{Engine, Verdict, decide};
use super::memories;
use super::mutation::{Mutated, SELECTOR};
use super::tools::{ToolError, run};
use crate::hdl::Port;
use std::fs;
use std::path::Path;

/// What the two share becomes one: registers of the same, then logic that ABC finds to be the same, and what is behind it; products last,
/// since each is made of gates in an order of its own.
const SHARED: &str = "setundef -init -zero; setundef -undriven -anyseq; delete -output; opt -fast; \
                      techmap t:* t:$mul %d; opt -fast -share_all; \
                      abc -g AND -script +strash;ifraig;map; opt -fast -share_all";

/// Whether mutant `number`, from 1, is proven to behave as the design. `false` where it differs, and where the time is up.
///
/// # Errors
/// A tool is missing, or does not accept the text.
pub fn equivalent(mutated: &Mutated, number: u64) -> Result<bool, ToolError> {
    let failed =
        |error: std::io::Error| ToolError { command: "yosys".to_owned(), message: error.to_string() };
    let folder = tempfile::tempdir().map_err(failed)?;
    fs::write(folder.path().join("dut.v"), mutated.emitted.text()).map_err(failed)?;
    if one_netlist(folder.path(), mutated, number)? {
        return Ok(true);
    }
    fs::write(folder.path().join("properties.v"), miter(mutated, number)).map_err(failed)?;
    Ok(decide(folder.path(), Engine::Reachability, SHARED)? == Verdict::Proven)
}

/// Whether Yosys's simplifications alone make one netlist of both: where a constant was tied to what it was.
fn one_netlist(folder: &Path, mutated: &Mutated, number: u64) -> Result<bool, ToolError> {
    let emitted = &mutated.emitted;
    let simplified = |number: u64| {
        let ports: Vec<&Port> = emitted.ports.iter().filter(|port| port.name != SELECTOR).collect();
        let declared = ports.iter().map(|port| {
            let direction = if port.input { "input" } else { "output" };
            format!("    {direction} wire [{}:0] {}", port.width - 1, port.name)
        });
        let bound = ports.iter().map(|port| format!(".{0}({0})", port.name));
        let bound: Vec<String> = bound.chain([format!(".{SELECTOR}({number})")]).collect();
        let (declared, top) = (declared.collect::<Vec<_>>().join(",\n"), &emitted.top);
        let text = format!("module alone(\n{declared}\n);\n    {top} it({});\nendmodule\n", bound.join(", "));
        fs::write(folder.join("alone.v"), text)
            .map_err(|error| ToolError { command: "yosys".to_owned(), message: error.to_string() })?;
        let script = "read_verilog dut.v alone.v; hierarchy -check -top alone; proc; flatten; opt -full; \
                      opt_clean -purge; rename -enumerate; write_verilog -noattr";
        run(folder, "yosys", &["-q", "-p", script])
    };
    Ok(simplified(0)?.stdout == simplified(number)?.stdout)
}

/// The module `properties`: the design as `right`, the mutant as `wrong`.
fn miter(mutated: &Mutated, number: u64) -> String {
    let shared = mutated.emitted.ports.iter().filter(|port| port.name != SELECTOR);
    let (inputs, outputs): (Vec<&Port>, Vec<&Port>) = shared.partition(|port| port.input);
    let copy = |name: &str, mutant: u64| {
        let bound = inputs.iter().map(|port| format!(".{0}({0})", port.name));
        let seen = outputs.iter().map(|port| format!(".{0}({name}_{0})", port.name));
        let all: Vec<String> = bound.chain(seen).chain([format!(".{SELECTOR}({mutant})")]).collect();
        let wires: String = outputs
            .iter()
            .map(|port| format!("    wire [{}:0] {name}_{};\n", port.width - 1, port.name))
            .collect();
        format!("{wires}    {} {name}({});\n", mutated.emitted.top, all.join(", "))
    };
    let has = |name: &str| inputs.iter().any(|port| port.name == name);
    let clock = if has("clock") { "" } else { "    input wire clock,\n" };
    let reset = if has("reset") { "    always @* assume(started || reset);\n" } else { "" };
    let [seen, given, taken] = memories::claims(&mutated.original, &mutated.emitted.text());
    let ports: Vec<String> =
        inputs.iter().map(|port| format!("    input wire [{}:0] {}", port.width - 1, port.name)).collect();
    let same: String =
        outputs.iter().map(|port| format!("        assert(right_{0} == wrong_{0});\n", port.name)).collect();
    format!(
        "{}module properties(\n{clock}{}\n);\n{}{}{seen}    reg started = 0;\n    always @(posedge clock) started <= 1;\n{reset}{given}    \
         always @* if (started) begin\n{same}{taken}    end\nendmodule\n",
        memories::views(&mutated.original),
        ports.join(",\n"),
        copy("right", 0),
        copy("wrong", number)
    )
}
