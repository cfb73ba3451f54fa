//! The longest path of a module through all that is below it: by OpenSTA for standard cells, by Yosys for FPGAs.

use super::Failed;
use super::map::Mapped;
use super::reports::{Path, cell_path, fpga_path};
use super::target::{Family, Kind, Library, Target};
use crate::cosim::tools::run_within;
use std::fs;
use std::path::Path as FilePath;

/// The longest path of the last of `modules`, which hold all below it; none where nothing takes time.
///
/// # Errors
/// A tool fails or takes too long.
pub fn longest_path(target: &Target, modules: &[&Mapped], seconds: u64) -> Result<Option<Path>, Failed> {
    let Some(top) = modules.last() else { return Ok(None) };
    let folder = tempfile::tempdir()?;
    let netlists: Vec<&str> = modules.iter().map(|module| module.netlist.as_str()).collect();
    fs::write(folder.path().join("net.v"), netlists.join("\n"))?;
    match target.kind {
        Kind::Library(library) => of_cells(&library, top, folder.path(), seconds),
        Kind::Fpga(family) => of_fpga(&family, top, folder.path(), seconds),
    }
}

fn of_cells(
    library: &Library,
    top: &Mapped,
    folder: &FilePath,
    seconds: u64,
) -> Result<Option<Path>, Failed> {
    let period_ns = library.period_ps as f64 / 1000.0;
    fs::write(folder.join("time.tcl"), constraints(library, top, period_ns))?;
    let output = run_within(folder, seconds, "sta", &["-exit", "-no_splash", "time.tcl"])?;
    let Some(output) = output else {
        return Err(Failed::TooLong { tool: "OpenSTA", module: top.module.clone(), seconds });
    };
    cell_path(&String::from_utf8_lossy(&output.stdout), period_ns)
}

/// Ports change at the clock edge and are read at the next; reset is no path. After an error OpenSTA would wait for
/// what to do next.
fn constraints(library: &Library, top: &Mapped, period_ns: f64) -> String {
    let Library { file, driver, load_ff, .. } = library;
    let has = |name: &str| top.ports.iter().any(|(port, ..)| port == name);
    let clock = if has("clock") { " [get_ports clock]" } else { "" };
    let reset = if has("reset") { "set_false_path -from [get_ports reset]\n" } else { "" };
    format!(
        "if {{[catch {{\nread_liberty {file}\nread_verilog net.v\nlink_design {}\n\
         create_clock -name clock -period {period_ns}{clock}\n{reset}\
         set_input_delay 0 -clock clock [all_inputs]\nset_output_delay 0 -clock clock [all_outputs]\n\
         set_driving_cell -lib_cell {driver} [all_inputs]\nset_load {} [all_outputs]\n\
         report_checks -path_delay max -digits 3\n}} said]}} {{\nputs $said\nexit 1\n}}\nexit\n",
        top.module,
        *load_ff as f64 / 1000.0
    )
}

fn of_fpga(family: &Family, top: &Mapped, folder: &FilePath, seconds: u64) -> Result<Option<Path>, Failed> {
    let script = format!(
        "read_verilog -lib -specify {}; read_verilog net.v; hierarchy -top {}; flatten; tee -q -o path sta",
        family.models, top.module
    );
    let output = run_within(folder, seconds, "yosys", &["-q", "-p", &script])?;
    if output.is_none() {
        return Err(Failed::TooLong { tool: "Yosys", module: top.module.clone(), seconds });
    }
    Ok(fpga_path(&fs::read_to_string(folder.join("path"))?))
}
