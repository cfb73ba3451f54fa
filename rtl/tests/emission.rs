//! What is handed over: one file per distinct module, the same bytes every time, all of it or nothing.

mod common;

use common::emitted;
use kernels::adaptivfloat::Format;
use rtl::cosim::{Bench, lint};
use rtl::emit::{WriteError, write};
use rtl::hdl::{Error, Module, Problem, memory};
use rtl::unit::{multiply, vector_mac};
use std::fs;
use std::rc::Rc;

#[test]
fn the_same_description_gives_the_same_bytes() {
    assert_eq!(emitted(vector_mac(Format::AF8_4, 32)), emitted(vector_mac(Format::AF8_4, 32)));
}

#[test]
fn equal_modules_share_a_file() {
    let design = emitted(vector_mac(Format::AF8_4, 8));
    let names: Vec<_> = design.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["multiply.v", "vector_mac.v"]);
    assert!(!design.text().contains('$'));
    assert!(design.files[1].text.starts_with("// vector_mac: "));
}

/// A module over two memories that may differ.
fn pair(left: &Rc<Module>, right: &Rc<Module>) -> Result<Rc<Module>, Error> {
    let mut m = Module::new("pair", "two memories");
    let (on, at) = (m.input("on", 1, ""), m.input("at", 3, ""));
    for (name, memory) in [("left", left), ("right", right)] {
        let width = memory.ports().iter().find(|port| port.name == "data").expect("a memory has data").width;
        let data = m.input(&format!("{name}_in"), width, "");
        let inputs = [("enable", &on), ("write", &on), ("address", &at), ("data", &data)];
        let value = m.instance(name, memory, &inputs).out("value");
        let y = m.output(&format!("{name}_out"), width, "");
        m.assign(y, value);
    }
    m.finish()
}

#[test]
fn shapes_of_one_unit_are_told_apart_by_their_parameters() {
    let (narrow, wide) = (memory(8, 4).unwrap(), memory(8, 6).unwrap());
    let design = emitted(pair(&narrow, &wide));
    let names: Vec<_> = design.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["memory_8x4.v", "memory_8x6.v", "pair.v"]);
    assert!(design.text().contains("memory_8x6 right("));
    let twice = emitted(pair(&narrow, &memory(8, 4).unwrap()));
    assert_eq!(twice.files[0].name, "memory.v");
    assert_eq!(twice.files.len(), 2);
}

#[test]
fn different_modules_of_one_name_and_parameters_are_refused() {
    let odd = |invert: bool| {
        let mut m = Module::new("memory", "").parameter("depth", 8);
        for (name, width) in [("enable", 1), ("write", 1), ("address", 3)] {
            m.input(name, width, "");
        }
        let data = m.input("data", 4, "");
        let value = m.output("value", 4, "");
        m.assign(value, if invert { data.not() } else { data });
        m.finish().unwrap()
    };
    let error = rtl::emit::emit(&pair(&odd(false), &odd(true)).unwrap()).unwrap_err();
    assert_eq!((error.signal.as_str(), error.problem), ("memory_8", Problem::Ambiguous));
}

#[test]
fn a_folder_of_others_is_left_alone_and_an_earlier_emission_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("deep/out");
    write(&emitted(vector_mac(Format::AF8_3, 2)).files, &target).unwrap();
    assert!(target.join("vector_mac.v").exists() && target.join("multiply.v").exists());
    write(&emitted(multiply(Format::AF8_3)).files, &target).unwrap();
    assert!(target.join("multiply.v").exists() && !target.join("vector_mac.v").exists());
    let theirs = folder.path().join("theirs");
    fs::create_dir(&theirs).unwrap();
    fs::write(theirs.join("thesis.tex"), "years").unwrap();
    let refused = write(&emitted(multiply(Format::AF8_3)).files, &theirs).unwrap_err();
    assert!(matches!(refused, WriteError::Occupied(_)), "{refused}");
    assert_eq!(fs::read_dir(&theirs).unwrap().count(), 1);
    assert_eq!(
        fs::read_dir(folder.path().join("deep")).unwrap().count(),
        1,
        "a temporary folder is left over"
    );
}

#[test]
fn the_lint_gate_bites() {
    common::tools!("verilator", "that the lint gate can fail");
    let clean = emitted(vector_mac(Format::AF8_3, 2));
    for (right, wrong) in [
        ("wire negative;", "wire [1:0] negative;"),
        ("wire negative;", "wire negative; reg spare;"),
        (".a(a[7:0]),", ""),
    ] {
        let mut broken = clean.clone();
        let file = broken.files.iter_mut().find(|file| file.text.contains(right)).expect(right);
        file.text = file.text.replacen(right, wrong, 1);
        assert!(!lint::lint(&broken).unwrap().is_empty(), "`{wrong}` passes");
    }
    let mut latch = emitted(rtl::hdl::rom("squares", "", 4, &[0, 1, 4, 9]));
    let cut = latch.files[0].text.find("default").unwrap();
    latch.files[0].text =
        format!("{}endcase end endmodule\n", &latch.files[0].text[..cut]).replace("2'h3", "2'h2");
    assert!(!lint::lint(&latch).unwrap().is_empty());
}

#[test]
fn a_replay_finds_a_difference_and_refuses_to_compare_nothing() {
    common::tools!("verilator", "the replay");
    let design = emitted(multiply(Format::AF8_3));
    let mut bench = Bench::new(&design, 1, 10).unwrap();
    bench.set("a", 0x31);
    bench.step().unwrap();
    let nothing = rtl::cosim::replay(bench.recording(), &design.text()).unwrap_err();
    assert!(nothing.to_string().contains("nothing was compared"), "{nothing}");
    bench.set("b", 0x22);
    bench.expect_signed("product", 17 * 8 * 18 * 4);
    bench.step().unwrap();
    assert_eq!(rtl::cosim::replay(bench.recording(), &design.text()).unwrap(), 1);
    let broken = design.text().replace(" * ", " + ");
    let difference = rtl::cosim::replay(bench.recording(), &broken).unwrap_err().to_string();
    assert!(difference.contains("FAIL cycle 1 port product"), "{difference}");
}

#[test]
fn a_loop_through_instances_does_not_pass_the_lint_gate() {
    common::tools!("verilator", "loops through instances");
    let mut pass = Module::new("pass", "inverts");
    let (x, z) = (pass.input("x", 1, ""), pass.output("z", 1, ""));
    pass.assign(z, x.not());
    let pass = pass.finish().unwrap();
    let mut m = Module::new("ring", "an odd ring of inverters");
    let back = m.signal("back", 1);
    let inner = m.instance("inner", &pass, &[("x", &back)]);
    m.assign(&back, inner.out("z"));
    let y = m.output("y", 1, "");
    m.assign(y, &back);
    let found = lint::lint(&emitted(m.finish())).unwrap().join("\n");
    assert!(found.contains("yosys") && found.contains("verilator"), "{found}");
}
