//! Statements under conditions.

use super::error::Problem;
use super::expr::{Expr, lit};
use super::module::Module;
use super::statement::Statement;
use std::borrow::Borrow;

/// An `if` that may get an `otherwise`.
pub struct Branch<'a> {
    module: &'a mut Module,
    /// Where the `if` stands in the body being written; wires declared since then may follow it.
    at: usize,
}

/// A value of a selector and the statements that hold for it; made by [`arm`].
pub type Arm<'f> = (u64, Box<dyn FnOnce(&mut Module) + 'f>);

/// One arm of a [`case`](Module::case).
pub fn arm<'f>(value: u64, describe: impl FnOnce(&mut Module) + 'f) -> Arm<'f> {
    (value, Box::new(describe))
}

impl Module {
    fn within(&mut self, describe: impl FnOnce(&mut Module)) -> Vec<Statement> {
        self.bodies.push(vec![]);
        describe(self);
        self.bodies.pop().unwrap_or_default()
    }

    /// Statements that hold if `test` (1 bit) is one.
    pub fn when(&mut self, test: impl Borrow<Expr>, then: impl FnOnce(&mut Module)) -> Branch<'_> {
        let test = self.test(test.borrow());
        let then = self.within(then);
        let at = self.bodies.last().map_or(0, Vec::len);
        self.push(Statement::If(test, then, vec![]));
        Branch { module: self, at }
    }

    fn test(&mut self, test: &Expr) -> Expr {
        if test.width() != 1 {
            self.fault("a condition", Problem::Width { expected: 1, found: test.width() });
        }
        self.lower(test, "condition").0
    }

    /// Statements by the value of `selector`; `default` holds for every value without an arm.
    pub fn case<'f>(
        &mut self,
        selector: impl Borrow<Expr>,
        arms: Vec<Arm<'f>>,
        default: impl FnOnce(&mut Module),
    ) {
        let selector = selector.borrow();
        let width = selector.width();
        let selector = self.lower(selector, "selector").0;
        let arms = arms.into_iter().map(|(value, body)| (lit(width, value), self.within(body))).collect();
        let default = self.within(default);
        self.push(Statement::Case(selector, arms, default));
    }
}

impl Branch<'_> {
    /// Statements that hold if the condition is zero.
    pub fn otherwise(self, describe: impl FnOnce(&mut Module)) {
        let body = self.module.within(describe);
        let written = self.module.bodies.last_mut().and_then(|body| body.get_mut(self.at));
        if let Some(Statement::If(_, _, otherwise)) = written {
            *otherwise = body;
        }
    }
}
