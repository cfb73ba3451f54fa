//! The bit-mask encoder against `kernels::bitmask::mask`.

use super::small::{LANES, designs, few};
use super::{Failure, Plan, Tally, packed};
use crate::unit;
use models::design::Sparsity;

/// Random vectors with gaps, to any place: null ones, full ones, with a single code.
pub(super) fn bitmask_encoder(plan: &Plan) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    for design in designs(plan, &LANES)? {
        let (mut bench, mut draw) =
            (plan.bench(unit::bitmask_encoder(&design))?, plan.draw(design.pu.n.into()));
        let (n, width) = (design.pu.n as usize, design.format.width());
        let all = u64::MAX >> (64 - n);
        let mut before: Option<(u64, Vec<u8>)> = None;
        for _ in 0..plan.share(5) {
            let (valid, address) = (!draw.stalls(), draw.below(design.buffer_vectors()));
            let mask = draw.mask(n);
            let vector = draw.vector(mask, n, width);
            bench.set("valid", valid.into());
            bench.set("to_tile", address / n as u64);
            bench.set("to_row", address % n as u64);
            bench.set_words("vector", &packed(&vector, width.into()));
            bench.expect("mask_write", before.is_some().into());
            if let Some((address, vector)) = &before {
                let (tile, row) = (address / n as u64, *address as usize % n);
                let mask = kernels::bitmask::mask(vector);
                let enable = if design.pu.sparsity == Sparsity::Dense { all } else { mask };
                let masks: Vec<i64> =
                    (0..n).map(|at| if at == row { mask.cast_signed() } else { 0 }).collect();
                bench.expect("tile", tile);
                bench.expect("row", *address);
                bench.expect("fields", if row == 0 { all } else { 1 << row });
                bench.expect_words("masks", &packed(&masks, n));
                bench.expect_words("codes", &packed(vector, width.into()));
                bench.expect("enable", enable);
                bench.expect("written", enable.count_ones().into());
            } else {
                bench.expect("enable", 0);
                bench.expect("written", 0);
            }
            bench.step().map_err(|difference| difference.about(format!("n = {n}")))?;
            before = valid.then_some((address, vector));
        }
        tally += few(plan, &design).replay(bench)?;
    }
    Ok(tally)
}
