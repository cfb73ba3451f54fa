//! The decoder of dense regions against the masks and banks that it reads.

use super::small::{LANES, designs, few};
use super::{Failure, Plan, Tally, packed};
use crate::unit;
use models::design::Sparsity;

/// Random vectors read with gaps; banks give anything where nothing is read.
pub(super) fn dense_decoder(plan: &Plan) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    for design in designs(plan, &LANES)? {
        let (mut bench, mut draw) =
            (plan.bench(unit::dense_decoder(&design))?, plan.draw(design.pu.n.into()));
        let (n, width) = (design.pu.n as usize, design.format.width());
        let all = u64::MAX >> (64 - n);
        // What was read in the cycle before; the mask of the one before that; the vector of the one before that.
        let (mut asked, mut masked, mut vector): (Option<u64>, Option<u64>, Option<Vec<u8>>) =
            (None, None, None);
        for _ in 0..plan.share(5) {
            let (read, address) = (!draw.stalls(), draw.below(design.buffer_vectors()));
            let (tile, row) = (address / n as u64, address % n as u64);
            for (name, value) in [("read", read.into()), ("tile", tile), ("row", row)] {
                bench.set(name, value);
            }
            bench.expect("fetch", read.into());
            bench.expect("out_tile", tile);
            let masks: Vec<i64> = (0..n).map(|_| draw.mask(n).cast_signed()).collect();
            bench.set_words("masks", &packed(&masks, n));
            let mask = asked.map(|address| masks[address as usize % n].cast_unsigned());
            let gated = design.pu.sparsity != Sparsity::Dense;
            let enable = mask.map_or(0, |mask| if gated { mask } else { all });
            bench.expect("vectors", asked.is_some().into());
            bench.expect("enable", enable);
            bench.expect("codes_read", enable.count_ones().into());
            if let Some(address) = asked {
                bench.expect("address", address);
            }
            let codes = draw.codes(n, width);
            bench.set_words("codes", &packed(&codes, width.into()));
            if let Some(vector) = vector {
                bench.expect_words("vector", &packed(&vector, width.into()));
            }
            bench.step().map_err(|difference| difference.about(format!("n = {n}")))?;
            let filled = |mask: u64| (0..n).map(|lane| codes[lane] * (mask >> lane & 1) as u8).collect();
            vector = masked.map(filled);
            masked = mask;
            asked = read.then_some(address);
        }
        tally += few(plan, &design).replay(bench)?;
    }
    Ok(tally)
}
