//! The decoder of the PU against `kernels::bitmask::encode`: regions walked forward, again from a mark, and over null vectors.

use super::small::{LANES, designs, few};
use super::{Draw, Failure, Plan, Tally, packed};
use crate::cosim::{Bench, Difference};
use crate::hdl::Error;
use crate::unit;
use kernels::bitmask::Packed;
use models::design::{Design, Sparsity};

/// A region of a buffer: its vectors, and the banks as they lie there.
struct Region {
    is_packed: bool,
    /// First row of the buffer.
    base: usize,
    /// Vectors of all tiles, one after the other.
    vectors: Vec<Vec<u8>>,
    stacks: Packed,
}

/// What is on its way: codes that the banks give in this cycle, and the vector that leaves in the next.
struct Way {
    codes: Vec<u8>,
    vector: Vec<u8>,
}

/// Random walks over random regions, packed and not.
pub(super) fn bitmask_decoder(plan: &Plan) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    for design in designs(plan, &LANES)? {
        let (mut bench, mut draw) =
            (plan.bench(unit::bitmask_decoder(&design))?, plan.draw(design.pu.n.into()));
        let mut done = 0;
        while done < plan.share(5) {
            let region = Region::draw(&mut draw, &design)?;
            let about = format!("n = {}, packed: {}, base {}", design.pu.n, region.is_packed, region.base);
            let walked = walk(&mut bench, &mut draw, &design, &region);
            done += walked.map_err(|difference| difference.about(&about))?;
        }
        tally += few(plan, &design).replay(bench)?;
    }
    Ok(tally)
}

impl Region {
    fn draw(draw: &mut Draw, design: &Design) -> Result<Region, Failure> {
        let (n, tiles) = (design.pu.n as usize, design.buffer_vectors() / u64::from(design.pu.n));
        let length = 1 + draw.below(tiles.min(6));
        let base = draw.below(tiles - length + 1) as usize * n;
        // Now and then a tile is null.
        let tile = |draw: &mut Draw| {
            let null = draw.once_in(4);
            let mask = |draw: &mut Draw| if null { 0 } else { draw.mask(n) };
            let masks: Vec<u64> = (0..n).map(|_| mask(draw)).collect();
            masks.into_iter().map(|mask| draw.vector(mask, n, design.format.width())).collect::<Vec<_>>()
        };
        let vectors: Vec<Vec<u8>> = (0..length).flat_map(|_| tile(draw)).collect();
        let stacks = kernels::bitmask::encode(n, &vectors.concat())
            .map_err(|_| Error::size("bitmask_decoder", "region", "whole vectors"))?;
        Ok(Region { is_packed: draw.once_in(2), base, vectors, stacks })
    }

    /// Row of the buffer where a bank has its code of a vector, or where that would be.
    fn row(&self, vector: usize, bank: usize) -> usize {
        let before = self.vectors[..vector].iter().filter(|vector| vector[bank] != 0).count();
        self.base + if self.is_packed { before } else { vector }
    }

    /// What a bank has for a vector whose mask has a one there.
    fn code(&self, vector: usize, bank: usize) -> u8 {
        if self.is_packed {
            self.stacks.rows()[(self.row(vector, bank) - self.base) * self.stacks.n() + bank]
        } else {
            self.vectors[vector][bank]
        }
    }
}

/// A command: tile after tile with turns between them; vectors read.
fn walk(
    bench: &mut Bench,
    draw: &mut Draw,
    design: &Design,
    region: &Region,
) -> Result<u64, Box<Difference>> {
    let n = design.pu.n as usize;
    let tiles = region.vectors.len() / n;
    let mut way = Way { codes: vec![0; n], vector: vec![0; n] };
    bench.set("is_packed", region.is_packed.into());
    bench.set("first_tile", (region.base / n) as u64);
    bench.set("enter", 1);
    bench.set("turn", 0);
    cycle(bench, draw, design, region, (0, None), &mut way)?;
    bench.set("enter", 0);
    bench.set("first_tile", draw.bits(20));
    let (mut at, mut marked, mut reads) = (0, 0, 0);
    for _ in 0..2 * tiles + draw.below(4) as usize {
        // What follows: the next tile, marked or not, or the marked one.
        let last = at + 1 == tiles;
        let (mark, rewind) = if last || draw.once_in(3) { (false, true) } else { (draw.once_in(3), false) };
        let cycles = draw.below(n as u64 + 2);
        for left in (0..=cycles).rev() {
            bench.set("turn", u64::from(left == 0));
            bench.set("mark", if left == 0 { mark.into() } else { draw.bits(1) });
            bench.set("rewind", if left == 0 { rewind.into() } else { draw.bits(1) });
            let row = (!draw.stalls()).then(|| draw.below(n as u64) as usize);
            reads += u64::from(row.is_some());
            cycle(bench, draw, design, region, (at, row), &mut way)?;
        }
        at = if rewind { marked } else { at + 1 };
        marked = if mark { at } else { marked };
    }
    // The last vector leaves; what the turn did is not looked at again.
    bench.set("turn", 0);
    for _ in 0..2 {
        cycle(bench, draw, design, region, (at, None), &mut way)?;
    }
    Ok(reads + 1)
}

/// A cycle in which a vector of the tile is read, or none.
fn cycle(
    bench: &mut Bench,
    draw: &mut Draw,
    design: &Design,
    region: &Region,
    (tile, row): (usize, Option<usize>),
    way: &mut Way,
) -> Result<(), Box<Difference>> {
    let (n, width) = (design.pu.n as usize, usize::from(design.format.width()));
    let masks: Vec<i64> = region.vectors[tile * n..][..n]
        .iter()
        .map(|vector| kernels::bitmask::mask(vector).cast_signed())
        .collect();
    bench.set("read", row.is_some().into());
    bench.set("row", row.map_or_else(|| draw.below(n as u64), |row| row as u64));
    bench.set("tile", (region.base / n + tile) as u64);
    bench.set_words("masks", &packed(&masks, n));
    bench.set_words("codes", &packed(&way.codes, width));
    let mut next = Way { codes: draw.codes(n, width as u8), vector: vec![0; n] };
    let mut enable = 0;
    if let Some(row) = row {
        let (at, mask) = (tile * n + row, masks[row].cast_unsigned());
        let all = design.pu.sparsity == Sparsity::Dense && !region.is_packed;
        enable = if all { u64::MAX >> (64 - n) } else { mask };
        let rows: Vec<i64> = (0..n).map(|bank| region.row(at, bank) as i64).collect();
        bench.expect_words("address", &packed(&rows, design.buffer_vectors().ilog2() as usize));
        for bank in (0..n).filter(|bank| mask >> bank & 1 == 1) {
            next.codes[bank] = region.code(at, bank);
        }
        next.vector.clone_from(&region.vectors[at]);
    }
    bench.expect("enable", enable);
    bench.expect("codes_read", enable.count_ones().into());
    bench.step()?;
    bench.expect_words("vector", &packed(&way.vector, width));
    *way = next;
    Ok(())
}
