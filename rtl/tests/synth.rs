//! What synthesis reads from the tools, on samples of what they wrote; and one unit through all of it, where they are there.

mod common;

use kernels::adaptivfloat::Format;
use rtl::cosim::tools::{have, required};
use rtl::hdl::memory;
use rtl::synth::{
    Cost, Failed, Flow, Kind, Mapped, Path, TARGETS, Target, areas, cell_path, fpga_path, longest_path, map,
    missing, statistics, target, total,
};
use rtl::unit::vector_mac;
use std::io::Write;

const STATISTICS: &str = r#"{
   "creator": "Yosys 0.23 (git sha1 7ce5011c24b)",
   "modules": {
      "\\vector_mac": {
         "num_memories":      1,
         "num_memory_bits":   96,
         "num_cells":         18,
         "num_cells_by_type": {
            "DFFPOSX1": 2,
            "multiply": 16
         }
      }
   }
}"#;

const LIBERTY: &str = "library(osu) {
  area_unit : 7;
cell (NAND2X1) {
area : 24;
  pin(A)  { area : 99; }
}
cell(\"DFFPOSX1\") {
  area : 96.5;
}
}";

const CHECKS: &str = "Startpoint: b[5] (input port clocked by clock)
Endpoint: level2_0_0__reg
          (rising edge-triggered flip-flop clocked by clock)
  0.080    6.290 ^ _7645_/Y (AND2X2)
---------------------------------------------------------
           3.520   slack (MET)
";

const STA: &str = "
5. Executing STA pass (static timing analysis).
Latest arrival time in 'significand' is 954:
     954 (<primary output>)
Warning: Critical-path does not terminate in a recognised endpoint.
           \\magnitude [14]
     856 magnitude_LUT4_Z (LUT4.C->Z)
           \\middle [2]
     300 code_FF_Q (TRELLIS_FF.CLK->Q)
           \\clock

Arrival histogram:
";

#[test]
fn what_the_tools_write_is_read() {
    let (cells, bits) = statistics(STATISTICS, "vector_mac").expect("the sample is about it");
    assert_eq!((cells["DFFPOSX1"], cells["multiply"], bits), (2, 16, 96));
    assert!(matches!(statistics(STATISTICS, "pu"), Err(Failed::Tool(_))));
    assert!(matches!(statistics("{", "vector_mac"), Err(Failed::Tool(_))));
    let areas = areas(LIBERTY);
    assert_eq!((areas.len(), areas["NAND2X1"], areas["DFFPOSX1"]), (2, 24.0, 96.5));
    let path = cell_path(CHECKS, 10.0).expect("the sample has a path").expect("and one that takes time");
    assert_eq!((path.from.as_str(), path.to.as_str()), ("b[5]", "level2_0_0__reg"));
    assert!((path.ns - 6.48).abs() < 1e-9, "{}", path.ns);
    assert_eq!(cell_path("No paths found.\n", 10.0), Ok(None));
    assert!(cell_path("Error: time.tcl line 3", 10.0).is_err());
    let found = fpga_path(STA);
    assert_eq!(found, Some(Path { ns: 0.954, from: "code_FF_Q".to_owned(), to: "magnitude".to_owned() }));
    assert_eq!(fpga_path("Warning: nothing is timed\n"), None);
}

#[test]
fn cells_that_nobody_knows_are_no_cost() {
    let cells = [("ODD".to_owned(), 1)].into();
    for target in TARGETS {
        let cost = match target.kind {
            Kind::Library(library) => Cost::of_library(&cells, &areas(LIBERTY), &library),
            Kind::Fpga(family) => Cost::of_family(&cells, &family),
        };
        assert!(cost.is_err_and(|said| said.contains("ODD")), "{}", target.name);
    }
}

#[test]
fn a_missing_library_is_named_with_its_package() {
    let mut gone: Target = *target("osu018").expect("it is a target");
    if let Kind::Library(library) = &mut gone.kind {
        library.file = "/nonesuch/cells.lib";
    }
    if have(&["yosys"], "the message about a library").is_ok() {
        let said = missing(&gone).expect("it is not there");
        assert!(said.contains("/nonesuch/cells.lib") && said.contains("qflow-tech-osu018"), "{said}");
    }
}

/// Whether the target is there; if not, says so aloud, or fails where tools are required.
fn there(target: &Target) -> bool {
    let Some(what) = missing(target) else { return true };
    assert!(!required(), "{what}, and OFFRAMP_REQUIRE_TOOLS=1");
    // Not `eprintln`, which the test harness keeps to itself where a test passes.
    let _ = writeln!(std::io::stderr(), "{what}: synthesis for {} was NOT tested", target.name);
    false
}

fn mapped(target: &Target, emitted: &rtl::emit::Emitted) -> Vec<Mapped> {
    let flow = Flow { flatten: false, seconds: 100 };
    (0..emitted.files.len()).map(|at| map(target, emitted, at, flow).expect("Yosys synthesises")).collect()
}

#[test]
fn a_vector_mac_has_the_registers_of_its_description_and_a_path() {
    let design = common::emitted(vector_mac(Format::AF4_3, 2));
    for target in TARGETS.iter().filter(|target| target.name != "osu035") {
        if !there(target) {
            continue;
        }
        let modules = mapped(target, &design);
        let totals = total(modules.iter().map(|m| (m.module.as_str(), Some((m.own, &m.instances)))));
        let cost = totals["vector_mac"].expect("all below it is known");
        // Two products of 17 bits, a sum of 18; every bit is read.
        let bits: u64 = 2 * 17 + 18;
        assert_eq!((cost.flip_flops, cost.memory_bits), (bits, 0), "{}", target.name);
        let all: Vec<&Mapped> = modules.iter().collect();
        let path = longest_path(target, &all, 100).expect("the tool runs").expect("there is logic");
        assert!(path.ns > 0.0 && !path.from.is_empty(), "{}: {path:?}", target.name);
        if let Kind::Library(_) = target.kind {
            // FPGAs' flip-flops have names of Yosys's.
            let register = ["product_", "level1_"].iter().any(|name| path.to.starts_with(name));
            assert!(register, "{path:?}");
            let flow = Flow { flatten: true, seconds: 100 };
            let flat = map(target, &design, design.files.len() - 1, flow).expect("Yosys synthesises");
            assert_eq!((flat.own.flip_flops, flat.instances.len()), (bits, 0));
        }
    }
}

#[test]
fn a_memory_is_bits_and_its_ports_are_registers() {
    let Some(library) = target("osu018").filter(|target| there(target)) else { return };
    let modules = mapped(library, &common::emitted(memory(256, 8)));
    let own = modules[0].own;
    assert_eq!((own.memory_bits, own.cells, own.area_um2), (2048, 0, 0.0));
    let flip_flops = modules[0].netlist.matches("DFFPOSX1").count();
    // Enable, write, address, data, value.
    assert_eq!(flip_flops, 1 + 1 + 8 + 8 + 8);
}

#[test]
fn a_netlist_that_cannot_be_timed_is_an_error_at_once() {
    let Some(library) = target("osu018").filter(|target| there(target)) else { return };
    let mut mapped = mapped(library, &common::emitted(memory(2, 1))).remove(0);
    mapped.netlist = "module memory(clock);\n  assign { clock } = 1'h0;\nendmodule\n".to_owned();
    assert!(matches!(longest_path(library, &[&mapped], 20), Err(Failed::Tool(_))));
}
