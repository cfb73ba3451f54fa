//! Statements of a module: assignments under conditions, and questions about them.

use super::expr::{Expr, Node};
use std::collections::BTreeSet;

/// One statement. A target is the name of a wire, an output, a register or an instance's input.
#[derive(Clone, Debug)]
pub(super) enum Statement {
    Assign(String, Expr),
    If(Expr, Vec<Statement>, Vec<Statement>),
    Case(Expr, Vec<(Expr, Vec<Statement>)>, Vec<Statement>),
}

impl Statement {
    /// The bodies below a condition.
    pub(super) fn bodies(&self) -> Vec<&[Statement]> {
        match self {
            Statement::Assign(..) => vec![],
            Statement::If(_, then, otherwise) => vec![then, otherwise],
            Statement::Case(_, arms, default) => {
                arms.iter().map(|(_, body)| body.as_slice()).chain([default.as_slice()]).collect()
            }
        }
    }

    /// The names of all targets.
    pub(super) fn writes(&self, names: &mut BTreeSet<String>) {
        if let Statement::Assign(target, _) = self {
            names.insert(target.clone());
        }
        self.bodies().into_iter().flatten().for_each(|inner| inner.writes(names));
    }

    /// The names of all signals in values and conditions.
    pub(super) fn reads(&self, names: &mut BTreeSet<String>) {
        let (Statement::Assign(_, read) | Statement::If(read, ..) | Statement::Case(read, ..)) = self;
        visit(read, &mut |signal, _| {
            names.insert(signal.to_owned());
        });
        self.bodies().into_iter().flatten().for_each(|inner| inner.reads(names));
    }
}

/// The statements, without assignments to targets that are not kept and without conditions left empty.
pub(super) fn keep(body: &[Statement], kept: &dyn Fn(&str) -> bool) -> Vec<Statement> {
    let one = |statement: &Statement| match statement {
        Statement::Assign(target, _) => kept(target).then(|| statement.clone()),
        Statement::If(test, then, otherwise) => {
            let (then, otherwise) = (keep(then, kept), keep(otherwise, kept));
            let empty = then.is_empty() && otherwise.is_empty();
            (!empty).then(|| Statement::If(test.clone(), then, otherwise))
        }
        Statement::Case(selector, arms, default) => {
            let arms: Vec<_> = arms.iter().map(|(value, body)| (value.clone(), keep(body, kept))).collect();
            let default = keep(default, kept);
            let empty = default.is_empty() && arms.iter().all(|(_, body)| body.is_empty());
            (!empty).then(|| Statement::Case(selector.clone(), arms, default))
        }
    };
    body.iter().filter_map(one).collect()
}

/// Whether every path through `body` assigns `target`.
pub(super) fn covers(body: &[Statement], target: &str) -> bool {
    body.iter().any(|statement| match statement {
        Statement::Assign(name, _) => name == target,
        _ => statement.bodies().into_iter().all(|inner| covers(inner, target)),
    })
}

/// The first target that is assigned without condition after an assignment in the same body.
pub(super) fn driven_twice(body: &[Statement]) -> Option<String> {
    let mut written = BTreeSet::new();
    for statement in body {
        if let Statement::Assign(target, _) = statement
            && written.contains(target)
        {
            return Some(target.clone());
        }
        statement.writes(&mut written);
        if let Some(target) = statement.bodies().into_iter().find_map(driven_twice) {
            return Some(target);
        }
    }
    None
}

/// Calls `found` with name and width of each signal in an expression.
pub(super) fn visit(expr: &Expr, found: &mut dyn FnMut(&str, usize)) {
    match expr.node() {
        Node::Signal(name) => found(name, expr.width()),
        Node::Literal(_) => {}
        Node::Concat(parts) => parts.iter().for_each(|part| visit(part, found)),
        Node::Slice(inner, _) | Node::Repeat(_, inner) | Node::Not(inner) | Node::Reduce(_, inner) => {
            visit(inner, found);
        }
        Node::Binary(_, left, right) => {
            visit(left, found);
            visit(right, found);
        }
        Node::Mux(selector, one, zero) => [selector, one, zero].into_iter().for_each(|e| visit(e, found)),
    }
}
