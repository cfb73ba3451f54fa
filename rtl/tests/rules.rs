//! Each rule of the layer refuses a module that breaks it, by name of module and signal.

use rtl::hdl::{Expr, Module, Problem, arm, lit};
use std::rc::Rc;

/// A module `broken` with an input `a` and an output `y` of 4 bits.
fn start() -> (Module, Expr, Expr) {
    let mut m = Module::new("broken", "breaks a rule");
    let (a, y) = (m.input("a", 4, "in"), m.output("y", 4, "out"));
    (m, a, y)
}

fn refused(m: Module, signal: &str, problem: Problem) {
    let error = m.finish().err().unwrap_or_else(|| panic!("{signal}: not refused as {problem:?}"));
    assert_eq!((error.module.as_str(), error.signal.as_str()), ("broken", signal), "{error}");
    assert_eq!(error.problem, problem, "{error}");
}

/// A finished module with an input `x` and an output `z` of 4 bits.
fn child() -> Rc<Module> {
    let mut m = Module::new("child", "passes on");
    let (x, z) = (m.input("x", 4, "in"), m.output("z", 4, "out"));
    m.assign(z, x);
    m.finish().expect("the child is sound")
}

#[test]
fn an_output_without_driver() {
    let (m, ..) = start();
    refused(m, "y", Problem::Undriven);
}

#[test]
fn a_register_that_nothing_feeds() {
    let (mut m, a, y) = start();
    m.register("held", 4, 0);
    m.assign(y, a);
    refused(m, "held", Problem::Undriven);
}

#[test]
fn an_open_input_of_an_instance() {
    let (mut m, _, y) = start();
    let inner = m.instance("inner", &child(), &[]);
    m.assign(y, inner.out("z"));
    refused(m, "inner$x", Problem::Undriven);
}

#[test]
fn a_path_without_value() {
    let (mut m, a, y) = start();
    m.when(a.bit(0), |m| m.assign(&y, &a));
    refused(m, "y", Problem::Latch);
}

#[test]
fn a_case_with_an_arm_without_value() {
    let (mut m, a, y) = start();
    m.case(&a, vec![arm(1, |_| {})], |m| m.assign(&y, &a));
    refused(m, "y", Problem::Latch);
}

#[test]
fn two_drivers() {
    let (mut m, a, y) = start();
    m.assign(&y, &a);
    m.assign(&y, a.not());
    refused(m, "y", Problem::TwoDrivers);
}

#[test]
fn two_drivers_below_a_condition() {
    let (mut m, a, y) = start();
    m.assign(&y, &a);
    m.when(a.bit(0), |m| {
        m.assign(&y, a.not());
        m.assign(&y, a.shl(1));
    });
    refused(m, "y", Problem::TwoDrivers);
}

#[test]
fn a_loop_through_wires() {
    let (mut m, a, y) = start();
    let first = m.signal("first", 4);
    let second = m.wire("second", first.add(&a));
    m.assign(&first, &second);
    m.assign(y, first);
    let error = m.finish().err().unwrap();
    assert_eq!(error.problem, Problem::Loop, "{error}");
}

#[test]
fn a_loop_through_a_condition() {
    let (mut m, a, y) = start();
    m.assign(&y, &a);
    m.when(y.bit(0), |m| m.assign(&y, lit(4, 0)));
    refused(m, "y", Problem::Loop);
}

#[test]
fn a_name_twice() {
    let (mut m, a, y) = start();
    m.wire("y", &a);
    m.assign(y, a);
    refused(m, "y", Problem::NameTaken);
}

#[test]
fn a_name_that_an_instance_takes() {
    let (mut m, a, y) = start();
    m.wire("inner_x", &a);
    let inner = m.instance("inner", &child(), &[("x", &a)]);
    m.assign(y, inner.out("z"));
    refused(m, "inner$x", Problem::NameTaken);
}

#[test]
fn keywords_and_other_words_that_are_no_names() {
    for name in ["table", "end", "cell", "1st", "a-b", "cash$", ""] {
        let (mut m, a, y) = start();
        m.wire(name, &a);
        m.assign(y, a);
        let error = m.finish().err().unwrap_or_else(|| panic!("{name} is taken for a name"));
        assert_eq!((error.signal.as_str(), error.problem), (name, Problem::NotAName));
    }
    assert_eq!(Module::new("module", "").finish().err().unwrap().problem, Problem::NotAName);
}

#[test]
fn a_write_to_an_input() {
    let (mut m, a, y) = start();
    m.assign(&a, &y);
    refused(m, "a", Problem::NotAssignable);
}

#[test]
fn an_assigned_register_and_a_next_value_of_a_wire() {
    let (mut m, a, _) = start();
    let q = m.register("q", 4, 0);
    m.assign(&q, &a);
    refused(m, "q", Problem::NotAssignable);
    let (mut m, a, y) = start();
    m.next(&y, &a);
    refused(m, "y", Problem::NotARegister);
}

#[test]
fn a_value_of_another_width() {
    let (mut m, a, y) = start();
    m.assign(&y, a.widen(5));
    refused(m, "y", Problem::Width { expected: 4, found: 5 });
    let (mut m, a, y) = start();
    m.when(&a, |m| m.assign(&y, &a));
    refused(m, "a condition", Problem::Width { expected: 1, found: 4 });
    let (mut m, a, y) = start();
    m.instance("inner", &child(), &[("x", &a.bit(0))]);
    m.assign(y, a);
    refused(m, "inner$x", Problem::Width { expected: 4, found: 1 });
}

#[test]
fn a_signal_of_another_module() {
    let mut other = Module::new("other", "");
    let foreign = other.input("foreign", 4, "");
    let (mut m, _, y) = start();
    m.assign(y, foreign);
    refused(m, "foreign", Problem::Unknown);
}

#[test]
fn an_input_that_the_child_has_not() {
    let (mut m, a, y) = start();
    m.instance("inner", &child(), &[("x", &a), ("w", &a)]);
    m.assign(y, a);
    refused(m, "inner$w", Problem::NoSuchPort);
}

#[test]
#[should_panic(expected = "operands of Add differ in width")]
fn operands_of_different_widths() {
    let (_, a, _) = start();
    let _ = a.add(lit(5, 1));
}
