//! From an expression to one that Verilog can say in place.

use super::expr::{Expr, Node};
use super::module::Module;
use super::statement::Statement;

/// Leaves of an expression above which a part of it becomes a wire of its own.
const LONGEST: usize = 12;

impl Module {
    /// The expression with each part that Verilog cannot say in place (a slice of an expression, a long part) as a
    /// wire of its own, and its number of leaves.
    pub(super) fn lower(&mut self, expr: &Expr, near: &str) -> (Expr, usize) {
        if expr.name().is_some() || matches!(expr.node(), Node::Literal(_)) {
            return (expr.clone(), 1);
        }
        if let Some((_, lowered, size)) = self.lowered.get(&expr.identity()) {
            return (lowered.clone(), *size);
        }
        let mut size = 0;
        let lowered = expr.map(&mut |original, whole| {
            let (mut part, mut leaves) = self.lower(original, near);
            if leaves > LONGEST || whole && part.name().is_none() {
                (part, leaves) = (self.aside(&part, near), 1);
                self.lowered.insert(original.identity(), (original.clone(), part.clone(), 1));
            }
            size += leaves;
            part
        });
        self.lowered.insert(expr.identity(), (expr.clone(), lowered.clone(), size));
        (lowered, size)
    }

    /// A wire for a part of the expression that `near` gets.
    fn aside(&mut self, part: &Expr, near: &str) -> Expr {
        let near = near.replace('$', "_");
        let free = |at: &usize| !self.index.contains_key(&format!("{near}_part{at}"));
        let name = format!("{near}_part{}", (0..).find(free).unwrap_or_default());
        let wire = self.signal(&name, part.width());
        self.bodies[0].push(Statement::Assign(name, part.clone()));
        wire
    }
}
