//! Rounding to nearest, ties to even: the one decision that every unit makes.

use crate::hdl::Expr;

/// Whether `floor` goes up by one: the first bit cut is one, and another one is cut, or `floor` is odd.
pub(super) fn rounds_up(floor: &Expr, half: &Expr, sticky: &Expr) -> Expr {
    half.and(sticky.or(floor.bit(0)))
}
