//! One register for each row of a block: written by number, read by number in the same cycle.

use crate::hdl::{Expr, Module, arm, lit};

/// A register for each of `n` rows.
pub(super) struct Rows {
    registers: Vec<Expr>,
}

impl Rows {
    /// Registers of `width` bits, zero after reset.
    pub(super) fn new(m: &mut Module, name: &str, n: usize, width: usize) -> Rows {
        Rows { registers: (0..n).map(|at| m.register(&format!("{name}_{at}"), width, 0)).collect() }
    }

    /// What `row` holds, as the wire `name`.
    pub(super) fn read(&self, m: &mut Module, name: &str, row: &Expr) -> Expr {
        let held = m.signal(name, self.registers[0].width());
        let arms = (0..).zip(&self.registers).map(|(at, value)| {
            let held = &held;
            arm(at, move |m: &mut Module| m.assign(held, value))
        });
        m.case(row, arms.collect(), |m| m.assign(&held, lit(held.width(), 0)));
        held
    }

    /// `row` takes `value` where `valid` holds.
    pub(super) fn write(&self, m: &mut Module, row: &Expr, valid: &Expr, value: &Expr) {
        for (at, register) in (0..).zip(&self.registers) {
            m.when(valid.and(row.eq(lit(row.width(), at))), |m| m.next(register, value));
        }
    }
}
