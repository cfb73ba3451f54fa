//! A page, an operand buffer and both of them against memories of one port, under random owners of the pages.

use super::accesses::{Access, Kind, Owners, ports};
use super::pages::{Buffer, Page};
use super::small::{SMALL, designs, quick};
use super::{Failure, Plan, Tally, packed};
use crate::cosim::Bench;
use crate::unit;
use models::design::Design;

/// The designs, and one whose pages are a tile each.
fn shapes(plan: &Plan) -> Result<Vec<Design>, Failure> {
    let mut all = designs(plan, &SMALL)?;
    if plan.design.is_none() {
        let mut design = all[0].clone();
        design.buffer.bytes = u64::from(design.buffer.pages * design.pu.n * design.pu.n);
        all.push(design);
    }
    Ok(all)
}

/// Expects what is known of some memories.
fn expect(bench: &mut Bench, design: &Design, names: [&str; 2], seen: (Option<Vec<i64>>, Option<Vec<u8>>)) {
    if let Some(masks) = seen.0 {
        bench.expect_words(names[0], &packed(&masks, design.pu.n as usize));
    }
    if let Some(codes) = seen.1 {
        bench.expect_words(names[1], &packed(&codes, design.format.width().into()));
    }
}

/// What all ports of a buffer do in a cycle.
fn accesses(owners: &mut Owners, draw: &mut super::Draw) -> Vec<Access> {
    owners.pass_on(draw);
    (0..ports().len()).map(|port| owners.draw(draw, port)).collect()
}

/// A page among others, which takes another number now and then.
pub(super) fn page(plan: &Plan) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    for design in shapes(plan)? {
        let (mut bench, mut draw) = (plan.bench(unit::page::page(&design))?, plan.draw(1));
        let (mut owners, mut page) = (Owners::new(&design), Page::new(&design, 0));
        for _ in 0..plan.share(5) {
            if design.buffer.pages > 1 {
                let number = draw.below(design.buffer.pages.into());
                if draw.once_in(500) {
                    page.renumber(number as usize);
                }
                bench.set("number", page.number() as u64);
            }
            let all = accesses(&mut owners, &mut draw);
            all.iter().for_each(|access| owners.set(&mut bench, &mut draw, access));
            let all: Vec<&Access> = all.iter().collect();
            bench.expect("conflict", page.conflict(&all).into());
            expect(&mut bench, &design, ["masks", "codes"], (page.masks(), page.codes()));
            bench.step()?;
            page.step(&all);
        }
        tally += quick(plan, &design).replay(bench)?;
    }
    Ok(tally)
}

/// An operand buffer.
pub(super) fn operand_buffer(plan: &Plan) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    for design in shapes(plan)? {
        let (mut bench, mut draw) = (plan.bench(unit::operand_buffer(&design))?, plan.draw(2));
        let (mut owners, mut buffer) = (Owners::new(&design), Buffer::new(&design, ports().len()));
        for _ in 0..plan.share(5) {
            let all = accesses(&mut owners, &mut draw);
            all.iter().for_each(|access| owners.set(&mut bench, &mut draw, access));
            let conflict = buffer.conflict(&all.iter().collect::<Vec<_>>());
            bench.expect("conflict", conflict.into());
            readers(&mut bench, &design, |port| buffer.seen(port));
            bench.step()?;
            buffer.step(&all.iter().enumerate().collect::<Vec<_>>());
        }
        tally += quick(plan, &design).replay(bench)?;
    }
    Ok(tally)
}

/// What every reader sees.
fn readers(bench: &mut Bench, design: &Design, seen: impl Fn(usize) -> (Option<Vec<i64>>, Option<Vec<u8>>)) {
    for (port, (name, _)) in ports().into_iter().enumerate().filter(|(_, (_, kind))| *kind != Kind::Writes) {
        let names = ["masks", "codes"].map(|part| format!("{name}_{part}"));
        expect(bench, design, [&names[0], &names[1]], seen(port));
    }
}

/// Both buffers; each port stays with one of them for a while.
pub(super) fn operand_buffers(plan: &Plan) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    for design in shapes(plan)? {
        let (mut bench, mut draw) = (plan.bench(unit::operand_buffers(&design))?, plan.draw(3));
        let mut owners = [0; 2].map(|_: u8| Owners::new(&design));
        let mut buffers = [0; 2].map(|_: u8| Buffer::new(&design, ports().len()));
        let (mut places, mut held) = (vec![0_usize; ports().len()], false);
        for _ in 0..plan.share(5) {
            places.iter_mut().filter(|_| draw.once_in(15)).for_each(|place| *place = 1 - *place);
            owners.iter_mut().for_each(|owners| owners.pass_on(&mut draw));
            let all: Vec<Access> =
                places.iter().enumerate().map(|(port, place)| owners[*place].draw(&mut draw, port)).collect();
            for (access, place) in all.iter().zip(&places) {
                owners[*place].set(&mut bench, &mut draw, access);
                bench.set(&format!("{}_buffer", access.name), *place as u64);
            }
            let clear = draw.once_in(30);
            bench.set("clear", clear.into());
            bench.expect("conflict", held.into());
            readers(&mut bench, &design, |port| buffers[places[port]].seen(port));
            bench.step()?;
            let mut now = false;
            for (place, buffer) in buffers.iter_mut().enumerate() {
                let here = |(port, _): &(usize, &Access)| places[*port] == place;
                let used: Vec<(usize, &Access)> = all.iter().enumerate().filter(here).collect();
                now |= buffer.conflict(&used.iter().map(|(_, access)| *access).collect::<Vec<_>>());
                buffer.step(&used);
            }
            held = !clear && (held || now);
        }
        tally += quick(plan, &design).replay(bench)?;
    }
    Ok(tally)
}
