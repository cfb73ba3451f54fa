//! The FuseSoC core file, CAPI2: what to compile for lint, simulation and synthesis.

use super::{Purpose, legal};
use crate::emit::{Emitted, File};

/// The core file of an emission.
pub(super) fn core(emitted: &Emitted, purpose: &Purpose, bench: &[File]) -> String {
    let top = &emitted.top;
    let name = legal(&purpose.name);
    let version = env!("CARGO_PKG_VERSION");
    let mut out = format!(
        "CAPI=2:\nname: offramp:rtl:{name}:{version}\ndescription: {}\n\nfilesets:\n",
        quoted(&purpose.summary)
    );
    out += &set("rtl", "verilogSource-2005", emitted.files.iter().map(|file| file.name.clone()));
    out += &set("sdc", "SDC", [format!("{top}.sdc")]);
    out += &set("xdc", "xdc", [format!("{top}.xdc")]);
    if let [source, data @ ..] = bench {
        out += &set("bench", "systemVerilogSource", [source.name.clone()]);
        // Beside the compiled bench, where $readmemh looks for them.
        let copied = data.iter().map(|file| format!("{0} : {{copyto : {0}}}", file.name));
        if !data.is_empty() {
            out += &set("vectors", "user", copied);
        }
    }
    out += &format!(
        "\ntargets:\n  default: &default\n    filesets: [rtl]\n    toplevel: {top}\n  lint:\n    <<: *default\n    \
         default_tool: verilator\n    tools:\n      verilator:\n        mode: lint-only\n  asic:\n    <<: *default\n    \
         filesets: [rtl, sdc]\n  fpga:\n    <<: *default\n    filesets: [rtl, xdc]\n"
    );
    if let [source, data @ ..] = bench {
        let vectors = if data.is_empty() { "" } else { ", vectors" };
        let toplevel = source.name.trim_end_matches(".sv");
        out += &format!(
            "  sim:\n    default_tool: icarus\n    filesets: [rtl, bench{vectors}]\n    toplevel: {toplevel}\n    \
             tools:\n      icarus:\n        iverilog_options: [-g2012]\n"
        );
    }
    out
}

fn set(name: &str, kind: &str, files: impl IntoIterator<Item = String>) -> String {
    let files: String = files.into_iter().map(|file| format!("      - {file}\n")).collect();
    format!("  {name}:\n    files:\n{files}    file_type: {kind}\n")
}

/// A YAML string of one line.
fn quoted(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
