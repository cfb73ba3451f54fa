//! The adder tree over the lanes of a unit, and the way beside a pipe.

use crate::hdl::{Expr, Module, concat};

/// The exact sum of a power of two of equal widths in two's complement, two levels a register stage:
/// [`models::latency::tree`] cycles. A level widens by one bit, so nothing wraps.
pub(crate) fn tree(m: &mut Module, name: &str, mut values: Vec<Expr>) -> Expr {
    let mut level = 0;
    while values.len() > 1 {
        level += 1;
        let registered = level % 2 == 0 || values.len() == 2;
        let pairs = values.chunks(2).enumerate().map(|(at, pair)| {
            let width = pair[0].width() + 1;
            let sum = pair[0].sign_extend(width).add(pair[1].sign_extend(width));
            let name = format!("{name}{level}_{at}");
            if registered { m.stage(&name, sum) } else { m.wire(&name, sum) }
        });
        values = pairs.collect();
    }
    concat(&values)
}

/// `value` as it was `cycles` cycles ago.
pub(crate) fn delayed(m: &mut Module, name: &str, value: &Expr, cycles: u64) -> Expr {
    (1..=cycles).fold(value.clone(), |value, cycle| m.stage(&format!("{name}_{cycle}"), value))
}
