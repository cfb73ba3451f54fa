//! How many bits of a word are one: a tree of adders, combinational.

use crate::hdl::{Expr, Module};

/// Bits of a count of up to `ones` ones.
pub(super) fn count_bits(ones: usize) -> usize {
    ones.ilog2() as usize + 1
}

/// The number of ones in `word`, under names that begin with `name`.
pub(super) fn popcount(m: &mut Module, name: &str, word: &Expr) -> Expr {
    let mut values: Vec<Expr> = (0..word.width()).map(|bit| word.bit(bit)).collect();
    let mut level = 0;
    while values.len() > 1 {
        level += 1;
        values = values
            .chunks(2)
            .enumerate()
            .map(|(at, pair)| match pair {
                [a, b] => {
                    let width = a.width().max(b.width()) + 1;
                    m.wire(&format!("{name}_{level}_{at}"), a.widen(width).add(b.widen(width)))
                }
                _ => pair[0].clone(),
            })
            .collect();
    }
    let bits = count_bits(word.width());
    if values[0].width() > bits { values[0].bits(0, bits) } else { values[0].widen(bits) }
}
