//! What must hold of a module before it is printed: our rules first, then rust_hdl's.
//!
//! Ours name the module and the signal; rust_hdl's (nothing undriven, no logic loop, no write to an input) are the
//! second opinion on the tree that is printed. Loops through instances are left to the lint
//! gate, where Verilator and Yosys see the whole design.

use super::block::{Form, Frame};
use super::error::{Error, Problem};
use super::module::{Kind, Module};
use super::process::processes;
use super::statement::{Statement, covers, driven_twice, visit};
use rust_hdl_core::check_error::{CheckError, check_all};
use std::collections::BTreeSet;

/// Checks a module whose instances are finished.
pub(super) fn check(module: &Module) -> Result<(), Error> {
    let fault =
        |signal: &str, problem| Error { module: module.name.clone(), signal: signal.to_owned(), problem };
    if module.written.is_some() {
        return Ok(());
    }
    let body = &module.bodies[0];
    known(module, body).map_err(|signal| fault(&signal, Problem::Unknown))?;
    if let Some(signal) = driven_twice(body) {
        return Err(fault(&signal, Problem::TwoDrivers));
    }
    driven(module).map_err(|(signal, problem)| fault(&signal, problem))?;
    let processes = processes(module)?;
    check_all(&Frame::new(module, &processes, Form::Check)).map_err(|error| {
        let (signal, why) = explain(&error);
        fault(&signal, Problem::Refused(why))
    })
}

/// Every signal that is read belongs to the module and has the width that the reader thinks.
fn known(module: &Module, body: &[Statement]) -> Result<(), String> {
    for statement in body {
        let (Statement::Assign(_, read) | Statement::If(read, ..) | Statement::Case(read, ..)) = statement;
        let mut strange = None;
        visit(read, &mut |name, width| {
            if module.find(name).is_none_or(|declared| declared.width != width) {
                strange = Some(name.to_owned());
            }
        });
        strange.map_or(Ok(()), Err)?;
        statement.bodies().into_iter().try_for_each(|inner| known(module, inner))?;
    }
    Ok(())
}

/// Every output, wire, register and input of an instance is driven; those without state on every path.
fn driven(module: &Module) -> Result<(), (String, Problem)> {
    let body = &module.bodies[0];
    let mut written = BTreeSet::new();
    body.iter().for_each(|statement| statement.writes(&mut written));
    for signal in &module.signals {
        let problem = match signal.kind {
            Kind::Input | Kind::ChildOutput => continue,
            _ if !written.contains(&signal.name) => Problem::Undriven,
            Kind::Register(_) => continue,
            _ if !covers(body, &signal.name) => Problem::Latch,
            _ => continue,
        };
        return Err((signal.name.clone(), problem));
    }
    Ok(())
}

/// Signal and reason of rust_hdl's first finding, by name: it keeps some in a map without order.
fn explain(error: &CheckError) -> (String, String) {
    let first = |mut names: Vec<String>| {
        names.sort();
        names.into_iter().next().unwrap_or_default()
    };
    match error {
        CheckError::OpenSignal(open) => {
            (first(open.values().map(|found| found.name.clone()).collect()), "open signal".to_owned())
        }
        CheckError::LogicLoops(list) => {
            (first(list.iter().map(|found| found.name.clone()).collect()), "logic loop".to_owned())
        }
        CheckError::WritesToInputs(list) => {
            (first(list.iter().map(|found| found.name.clone()).collect()), "write to an input".to_owned())
        }
    }
}
