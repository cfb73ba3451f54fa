//! What goes with the modules: lists, constraints, register map, benches that check themselves; and who is refused.

mod common;

use common::emitted;
use models::design::{Design, Pipeline};
use models::record::preset;
use rtl::cosim::tools::run;
use rtl::emit::{Emitted, File, Package, Purpose, machine_bench, package, unit_bench, write};
use rtl::hdl::{Module, lit};
use rtl::machine::{machine, refusal};
use rtl::verify::{Model, Plan, check};

fn design(name: &str) -> Design {
    preset(name).expect("it is shipped")
}

fn purpose(name: &str) -> Purpose {
    let summary = "a \"summary\"".to_owned();
    Purpose { name: name.to_owned(), summary, design: String::new(), frequency_hz: 500e6 }
}

fn whole() -> (Emitted, Package) {
    let emitted = emitted(machine(&design("offramp-n4")));
    let package = package(&emitted, &purpose("my design"), machine_bench(&emitted));
    (emitted, package)
}

/// The text of a file of a package.
fn text<'a>(package: &'a Package, name: &str) -> &'a str {
    &package.files.iter().find(|(file, _)| file.name == name).expect(name).0.text
}

/// What the bench of some files says under Icarus; an error where it ends with one.
fn simulated(files: &[File]) -> Result<String, String> {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let target = folder.path().join("out");
    write(files, &target).expect("it can be written");
    let sources: Vec<&str> =
        files.iter().map(|file| file.name.as_str()).filter(|n| n.ends_with('v')).collect();
    let arguments = [&["-g2012", "-o", "tb"], sources.as_slice()].concat();
    run(&target, "iverilog", &arguments).expect("Icarus compiles it");
    match run(&target, "vvp", &["tb"]) {
        Ok(output) => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        Err(error) => Err(error.message),
    }
}

#[test]
fn the_machines_bench_passes_and_can_fail() {
    common::tools!("iverilog", "the bench of the machine");
    let (_, whole) = whole();
    let mut files = whole.into_files();
    let said = simulated(&files).unwrap();
    assert!(said.contains("PASS"), "{said}");
    let registers = files.iter_mut().find(|file| file.name == "registers.v").unwrap();
    let body = registers.text.find("\nmodule ").unwrap();
    let at = body + registers.text[body..].find('~').unwrap();
    registers.text.replace_range(at..=at, "");
    let said = simulated(&files).unwrap_err();
    assert!(said.contains("FAIL"), "{said}");
}

#[test]
fn a_units_bench_passes_and_can_fail() {
    common::tools!("iverilog", "the bench of a unit");
    let plan =
        Plan { vectors: 50, model: Model::None, design: Some(design("offramp-n4")), ..Plan::default() };
    let tally = check("vector_mac").unwrap().run(&plan).unwrap();
    let unit = emitted(rtl::unit::vector_mac(plan.design.as_ref().unwrap().format, 4));
    let bench = unit_bench(&tally.recording.unwrap());
    let package = package(&unit, &purpose("vector_mac"), bench);
    let mut files = package.into_files();
    assert!(simulated(&files).unwrap().contains("PASS"));
    let multiply = files.iter_mut().find(|file| file.name == "multiply.v").unwrap();
    multiply.text = multiply.text.replace(" * ", " + ");
    assert!(simulated(&files).unwrap().contains("FAIL cycle"));
}

#[test]
fn every_file_is_listed_and_every_port_constrained() {
    let (emitted, package) = whole();
    let core = text(&package, "offramp_my_design.core");
    assert!(core.starts_with("CAPI=2:\nname: offramp:rtl:my_design:"));
    assert!(core.contains(r#"description: "a \"summary\"""#), "{core}");
    let list: Vec<&str> = text(&package, "offramp.f").lines().collect();
    assert_eq!(list, emitted.files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>());
    for name in list.into_iter().chain(["offramp.sdc", "offramp.xdc", "offramp_tb.sv"]) {
        assert!(core.contains(&format!("      - {name}\n")), "{name}:\n{core}");
    }
    for constraints in ["offramp.sdc", "offramp.xdc"] {
        let constraints = text(&package, constraints);
        assert!(constraints.contains("create_clock -name clock -period 2.0000 [get_ports clock]\n"));
        for port in emitted.ports.iter().filter(|port| port.name != "clock") {
            let way = if port.input { "input" } else { "output" };
            let bits = if port.width > 1 { "[*]" } else { "" };
            let line = format!("set_{way}_delay 0.4000 -clock clock [get_ports {{{}{bits}}}]\n", port.name);
            assert!(constraints.contains(&line), "{line}{constraints}");
        }
    }
    assert!(text(&package, "registers.md").contains("`interrupt_enable`"));
    assert!(text(&package, "offramp_registers.h").contains("OFFRAMP_INTERRUPT_ENABLE"));
}

#[test]
fn what_has_no_clock_gets_a_virtual_one() {
    let mut m = Module::new("constant", "one");
    let one = m.output("one", 1, "");
    m.assign(one, lit(1, 1));
    let package = package(&emitted(m.finish()), &purpose("constant"), vec![]);
    assert!(text(&package, "constant.sdc").contains("create_clock -name clock -period 2.0000\n"));
    assert!(!text(&package, "offramp_constant.core").contains("sim:"));
}

#[test]
fn designs_that_only_the_simulator_has_are_refused_with_all_reasons() {
    for name in ["offramp", "offramp-n4", "offramp-n8", "offramp-n32"] {
        assert_eq!(refusal(&design(name)), []);
    }
    let keys = |design: &Design| refusal(design).iter().map(|refused| refused.key).collect::<Vec<_>>();
    assert_eq!(keys(&design("released")), ["pu.pipeline"]);
    let mut all = design("offramp");
    all.pu.pipeline = Pipeline::Released;
    all.pu.n = 2;
    all.sfu.cycles_per_vector = 2;
    all.buffer.bytes = 1 << 23;
    assert_eq!(keys(&all), ["pu.pipeline", "sfu.cycles_per_vector", "buffer.bytes"]);
    all.buffer.bytes = 1 << 22;
    assert_eq!(keys(&all), ["pu.pipeline", "sfu.cycles_per_vector"]);
    let mut small = design("offramp-n32");
    small.buffer.bytes = 1 << 10;
    assert_eq!(keys(&small), ["buffer.bytes"]);
}
