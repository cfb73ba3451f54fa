//! The memories of a page, and who uses them in a cycle.

use super::{Geometry, READERS};
use crate::hdl::{Error, Expr, Instance, Module, concat, lit, memory, memory_lanes};

/// What a port does in this page: to the masks, and to each bank.
pub(super) struct Use {
    masks: Expr,
    banks: Vec<Expr>,
}

/// What a port does here: `mask` with whether its tile is, and the banks that it enables with whether their rows are.
pub(super) fn claim(
    m: &mut Module,
    name: &str,
    mask: (&Expr, Expr),
    enable: &Expr,
    here: impl Fn(usize) -> Expr,
    packed: bool,
) -> Use {
    let masks = m.wire(&format!("{name}_uses_masks"), mask.0.and(mask.1));
    let banks: Vec<Expr> = if packed {
        (0..enable.width())
            .map(|bank| m.wire(&format!("{name}_uses_{bank}"), enable.bit(bank).and(here(bank))))
            .collect()
    } else {
        let all = m.wire(&format!("{name}_uses"), enable.and(here(0).repeat(enable.width())));
        (0..enable.width()).map(|bank| all.bit(bank)).collect()
    };
    Use { masks, banks }
}

/// Values under their conditions, of which at most one holds; zero where none does.
fn either(choices: &[(Expr, Expr)]) -> Expr {
    let gated = choices.iter().map(|(on, value)| value.and(on.repeat(value.width())));
    gated.reduce(|any, one| any.or(one)).unwrap_or_else(|| lit(1, 0))
}

/// Whether any of some conditions holds.
fn any(conditions: impl Iterator<Item = Expr>) -> Expr {
    conditions.reduce(|any, one| any.or(one)).unwrap_or_else(|| lit(1, 0))
}

/// The mask memory: a word for each tile.
pub(super) fn masks(
    m: &mut Module,
    g: Geometry,
    uses: &[Use],
    reads: &[Vec<Expr>],
    writes: &[Vec<Expr>],
) -> Result<(), Error> {
    let bits = (g.row - g.lane).max(1);
    let within = |tile: &Expr| if g.row == g.lane { lit(1, 0) } else { tile.bits(0, bits) };
    let tiles = reads.iter().chain(writes).map(|ports| within(&ports[1]));
    let address: Vec<_> = uses.iter().map(|port| port.masks.clone()).zip(tiles).collect();
    let writers = &uses[READERS.len()..];
    let chosen = |at: usize| -> Vec<_> {
        writers
            .iter()
            .map(|port| port.masks.clone())
            .zip(writes.iter().map(|ports| ports[at].clone()))
            .collect()
    };
    let enable = m.wire("mask_enable", any(uses.iter().map(|port| port.masks.clone())));
    let fields = m.wire("mask_fields", either(&chosen(2)));
    let data = m.wire("mask_data", either(&chosen(3)));
    let address = m.wire("mask_address", either(&address));
    let shape = memory_lanes(1 << bits, g.lanes, g.lanes)?;
    let inputs = [("enable", &enable), ("write", &fields), ("address", &address), ("data", &data)];
    let value = m.instance("mask_words", &shape, &inputs).out("value");
    let out = m.output("masks", value.width(), "masks of the tile read, vector 0 lowest");
    m.assign(out, value);
    Ok(())
}

/// The banks: one code a row each.
pub(super) fn banks(
    m: &mut Module,
    g: Geometry,
    uses: &[Use],
    reads: &[Vec<Expr>],
    writes: &[Vec<Expr>],
) -> Result<(), Error> {
    let shape = memory(1 << g.row, g.code)?;
    let mut codes = Vec::new();
    for bank in 0..g.lanes {
        let on: Vec<Expr> = uses.iter().map(|port| port.banks[bank].clone()).collect();
        let readers = READERS.iter().zip(reads).map(|(reader, ports)| g.of_bank(*reader, &ports[3], bank));
        let rows = readers.chain(writes.iter().map(|ports| ports[5].clone())).map(|row| row.bits(0, g.row));
        let address: Vec<_> = on.iter().cloned().zip(rows).collect();
        let writers = &on[READERS.len()..];
        let data = writes.iter().map(|ports| ports[6].bits(bank * g.code, g.code));
        let data: Vec<_> = writers.iter().cloned().zip(data).collect();
        let enable = m.wire(&format!("enable_{bank}"), any(on.iter().cloned()));
        let write = m.wire(&format!("write_{bank}"), any(writers.iter().cloned()));
        let address = m.wire(&format!("address_{bank}"), either(&address));
        let data = m.wire(&format!("data_{bank}"), either(&data));
        let inputs = [("enable", &enable), ("write", &write), ("address", &address), ("data", &data)];
        let bank: Instance = m.instance(&format!("bank_{bank}"), &shape, &inputs);
        codes.push(bank.out("value"));
    }
    codes.reverse();
    let value = concat(&codes);
    let out = m.output("codes", value.width(), "codes of the row read, bank 0 lowest");
    m.assign(out, value);
    Ok(())
}

/// Whether two ports use the page in one cycle.
pub(super) fn conflict(m: &mut Module, uses: &[Use]) {
    let users: Vec<Expr> = uses
        .iter()
        .enumerate()
        .map(|(at, port)| m.wire(&format!("user_{at}"), any(port.banks.iter().cloned()).or(&port.masks)))
        .collect();
    let pairs = (1..users.len()).map(|at| users[at].and(any(users[..at].iter().cloned())));
    let both = any(pairs);
    let out = m.output("conflict", 1, "two ports use this page in this cycle");
    m.assign(out, both);
}
