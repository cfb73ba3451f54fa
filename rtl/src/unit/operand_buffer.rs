//! An operand buffer: its pages, and the way back from each page to whoever has read it.
//!
//! **Ports.** Those of [`page`](super::page::page) for each reader and writer; each reader gets the `masks` of the tile that it fetched last and
//! the `codes` of the rows that it read. `conflict`, high in a cycle in which two ports use one page.
//!
//! **Timing.** 1 cycle from a fetch to its masks, 1 from a read to its codes; masks stay until the reader's next fetch.
//!
//! **Not modelled.** Stalls: a page has one user at a time, so there are none.

use super::page::{Geometry, READERS, Reader, WRITERS, page};
use crate::hdl::{Error, Expr, Instance, Module, arm, concat, lit};
use models::design::Design;
use std::rc::Rc;

/// An operand buffer of a design.
///
/// # Errors
/// A page of less than a tile.
pub fn operand_buffer(design: &Design) -> Result<Rc<Module>, Error> {
    let g = Geometry::new(design);
    let mut m = Module::new("operand_buffer", "pages of masks and codes, and the switch behind them")
        .parameter("n", g.lanes)
        .parameter("pages", 1_u64 << g.page)
        .parameter("vectors", 1_u64 << g.address())
        .latency("1 cycle from a read to masks and codes");
    let mut ports: Vec<(String, Expr)> = Vec::new();
    let all = READERS.iter().flat_map(|reader| g.reads(*reader));
    for (name, width, meaning) in all.chain(WRITERS.iter().flat_map(|writer| g.writes(writer))) {
        let input = m.input(&name, width, meaning);
        ports.push((name, input));
    }
    let pages = pages(&mut m, design, g, &ports)?;
    for reader in READERS {
        let port = |part: &str| {
            let name = format!("{}_{part}", reader.name);
            ports
                .iter()
                .find(|(found, _)| *found == name)
                .map_or_else(|| lit(1, 0), |(_, value)| value.clone())
        };
        let [fetch, tile, enable, address] = ["fetch", "tile", "enable", "address"].map(port);
        masks(&mut m, g, reader, (&fetch, &tile), &pages);
        codes(&mut m, g, reader, (&enable, &address), &pages);
    }
    let conflicts = pages.iter().map(|page| page.out("conflict")).reduce(|any, one| any.or(one));
    let out = m.output("conflict", 1, "two ports use one page in this cycle");
    m.assign(out, conflicts.unwrap_or_else(|| lit(1, 0)));
    m.finish()
}

fn pages(
    m: &mut Module,
    design: &Design,
    g: Geometry,
    ports: &[(String, Expr)],
) -> Result<Vec<Instance>, Error> {
    let shape = page(design)?;
    let instance = |number: u64| {
        let name = lit(g.page.max(1), number);
        let mut inputs: Vec<(&str, &Expr)> =
            ports.iter().map(|(name, value)| (name.as_str(), value)).collect();
        if g.page > 0 {
            inputs.push(("number", &name));
        }
        m.instance(&format!("page_{number}"), &shape, &inputs)
    };
    Ok((0..1 << g.page).map(instance).collect())
}

/// One of the pages' values by the number of a page.
fn select(m: &mut Module, name: &str, page: Option<&Expr>, values: &[Expr]) -> Expr {
    let Some(page) = page else { return values[0].clone() };
    let out = m.signal(name, values[0].width());
    let target = &out;
    let arms = (0..).zip(values).map(|(at, value)| arm(at, move |m: &mut Module| m.assign(target, value)));
    m.case(page, arms.collect(), |m| m.assign(target, lit(target.width(), 0)));
    out
}

/// The page of an address that was used last, if there is more than one page.
fn page_of(m: &mut Module, g: Geometry, name: &str, on: &Expr, address: &Expr) -> Option<Expr> {
    let page = (g.page > 0).then(|| m.register(name, g.page, 0))?;
    m.when(on, |m| m.next(&page, address.bits(address.width() - g.page, g.page)));
    Some(page)
}

/// The masks that a reader has fetched.
fn masks(m: &mut Module, g: Geometry, reader: Reader, (fetch, tile): (&Expr, &Expr), pages: &[Instance]) {
    let name = reader.name;
    let page = page_of(m, g, &format!("{name}_fetched"), fetch, tile);
    let values: Vec<Expr> = pages.iter().map(|page| page.out("masks")).collect();
    let value = select(m, &format!("{name}_words"), page.as_ref(), &values);
    let out = m.output(&format!("{name}_masks"), value.width(), "masks of the tile fetched, vector 0 lowest");
    m.assign(out, value);
}

/// The codes that a reader has read: bank by bank where the banks have addresses of their own.
fn codes(m: &mut Module, g: Geometry, reader: Reader, (enable, address): (&Expr, &Expr), pages: &[Instance]) {
    let name = reader.name;
    let banks = if reader.packed { g.lanes } else { 1 };
    let width = g.lanes * g.code / banks;
    let mut parts = Vec::new();
    for bank in 0..banks {
        let on = if reader.packed { enable.bit(bank) } else { enable.reduce_or() };
        let address = g.of_bank(reader, address, bank);
        let page = page_of(m, g, &format!("{name}_read_{bank}"), &on, &address);
        let values: Vec<Expr> =
            pages.iter().map(|page| page.out("codes").bits(bank * width, width)).collect();
        parts.push(select(m, &format!("{name}_codes_{bank}"), page.as_ref(), &values));
    }
    parts.reverse();
    let value = concat(&parts);
    let out = m.output(&format!("{name}_codes"), value.width(), "codes of the row read, bank 0 lowest");
    m.assign(out, value);
}
