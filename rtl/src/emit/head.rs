//! The comment at the head of an emitted file.

use crate::hdl::Module;

/// What the module is, its parameters, its latency and its ports.
pub(super) fn head(module: &Module, name: &str) -> String {
    let mut out = format!("// {name}: {}\n//\n", module.purpose);
    for (parameter, value) in &module.parameters {
        out += &format!("// parameter {parameter} = {value}\n");
    }
    if let Some(latency) = &module.latency {
        out += &format!("// latency: {latency}\n");
    }
    let ports = module.ports();
    let longest = ports.iter().map(|port| port.name.len()).max().unwrap_or_default();
    out += "// ports:\n";
    for port in ports {
        let way = if port.input { "in " } else { "out" };
        let line = format!("//   {:longest$}  {way} {:>4} bits  {}", port.name, port.width, port.meaning);
        out += line.trim_end();
        out.push('\n');
    }
    out + "// Emitted by offramp: change the description, not this file.\n\n"
}
