//! Ports of a synthesised module, and what stands for a memory in the timing.

use super::Failed;
use super::target::Library;
use serde_json::Value;
use std::fmt::Write as _;

/// Name, width in bits, whether it goes in.
pub type Ports = Vec<(String, usize, bool)>;

/// The ports in what Yosys writes as JSON of a module.
///
/// # Errors
/// It is not that.
pub(super) fn ports(json: &str, module: &str) -> Result<Ports, Failed> {
    let unread = || Failed::Tool(format!("{module}: Yosys tells no ports"));
    let value: Value = serde_json::from_str(json).map_err(|_| unread())?;
    let ports = value["modules"][module]["ports"].as_object().ok_or_else(unread)?;
    let port = |(name, port): (&String, &Value)| {
        Some((name.clone(), port["bits"].as_array()?.len(), port["direction"].as_str()? == "input"))
    };
    ports.iter().map(|entry| port(entry).ok_or_else(unread)).collect()
}

/// A netlist with a flip-flop at each bit of each port but the clock: what a memory takes and gives is registered.
pub fn stand_in(module: &str, ports: &Ports, library: &Library) -> String {
    let names: Vec<&str> = ports.iter().map(|(name, ..)| name.as_str()).collect();
    let mut text = format!("module {module}({});\n", names.join(", "));
    for (name, width, input) in ports {
        let way = if *input { "input" } else { "output" };
        let range = if *width == 1 { String::new() } else { format!("[{}:0] ", width - 1) };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {way} {range}{name};");
    }
    for (name, width, input) in ports.iter().filter(|(name, ..)| name != "clock") {
        let pin = if *input { "D" } else { "Q" };
        for bit in 0..*width {
            let index = if *width == 1 { String::new() } else { format!("[{bit}]") };
            let cell = library.flip_flop;
            let _ = writeln!(text, "  {cell} {name}_{bit} (.CLK(clock), .{pin}({name}{index}));");
        }
    }
    text + "endmodule\n"
}
