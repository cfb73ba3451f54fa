//! The packer against beats made byte by byte, with vectors and beats that come and go when they like.

use super::packing::{Packer, command, store};
use super::runs::Runs;
use super::small::{SMALL, Small, designs, few};
use super::{Draw, Failure, Plan, Tally, packed};
use crate::cosim::Bench;
use crate::unit;
use kernels::adaptivfloat::Format;
use models::design::{Design, Sparsity};
use models::latency;

/// A vector of several beats, the smallest.
const SPLIT: Small = (16, 1, 32, Format::AF8_4, Sparsity::Skip);

/// Runs of a tile each in a store of many; the number has ones in its lower bits.
const MANY: u64 = 1151;

/// Random stores, one as long as a buffer, one of many runs.
pub(super) fn pack(plan: &Plan) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    for design in designs(plan, &[&SMALL[..], &[SPLIT]].concat())? {
        let (mut bench, mut draw) = (plan.bench(unit::pack(&design))?, plan.draw(design.pu.n.into()));
        let (mut packer, mut done) = (Packer::new(&design), 0);
        while done < plan.share(5) {
            let runs = store(&mut draw, &design, 3, 4);
            let vectors = runs.count * runs.bytes / u64::from(design.pu.n);
            let most = if draw.once_in(5) { draw.below(vectors) } else { vectors };
            done += run(&mut bench, &mut draw, &design, &mut packer, (runs, most))?;
        }
        let n = u64::from(design.pu.n);
        let bytes = (design.buffer.bytes / (n * n)).min(4095) * n * n;
        let long =
            Runs { first: 0, count: design.buffer.bytes / bytes, bytes, stride: bytes, indexed: false };
        run(&mut bench, &mut draw, &design, &mut packer, (long, u64::MAX))?;
        // Runs that touch are one, and those with a gap are not; no run ends with a beat.
        for stride in [n * n, n * n + n.max(4)] {
            let many = Runs { first: n.max(4), count: MANY, bytes: n * n, stride, indexed: false };
            run(&mut bench, &mut draw, &design, &mut packer, (many, u64::MAX))?;
        }
        tally += few(plan, &design).replay(bench)?;
    }
    Ok(tally)
}

/// A store, which is given up once about so many vectors have come; its vectors.
fn run(
    bench: &mut Bench,
    draw: &mut Draw,
    design: &Design,
    packer: &mut Packer,
    (runs, most): (Runs, u64),
) -> Result<u64, Failure> {
    let (n, beat, width) = (design.pu.n as usize, design.axi.beat_bytes() as usize, design.format.width());
    packer.start(runs);
    bench.set("vector_valid", 0);
    bench.set("beat_take", 0);
    if n < beat {
        bench.set("start", 1);
        bench.set_words("command", &command(draw, design, runs));
        bench.set("run_first", runs.first % beat as u64 / n as u64);
    }
    bench.expect("beat_valid", 0);
    bench.expect("vector_taken", 0);
    bench.step()?;
    if n < beat {
        bench.set("start", 0);
        bench.set("run_first", draw.bits(8));
    }
    let (vectors, eager) = (packer.left(), draw.once_in(2));
    let (mut to_come, mut ahead) = (vectors, 0);
    while packer.left() > 0 && ((vectors - to_come) as u64) < most {
        let comes = to_come > 0 && ahead < 2 * latency::DECODE && (eager || !draw.stalls());
        let vector = draw.codes(n, width);
        bench.set("vector_valid", comes.into());
        bench.set_words("vector", &packed(&vector, width.into()));
        if comes {
            packer.arrive(vector);
            (to_come, ahead) = (to_come - 1, ahead + 1);
        }
        let offer = packer.offer();
        let take = offer.is_some() && (eager || !draw.stalls());
        bench.set("beat_take", take.into());
        bench.expect("beat_valid", offer.is_some().into());
        if let Some(bytes) = offer {
            bench.expect_words("beat_data", &packed(&bytes, 8));
        }
        let taken = packer.step(take);
        ahead -= u64::from(taken);
        bench.expect("vector_taken", taken.into());
        bench.step().map_err(|difference| difference.about(format!("n = {n}, {runs:?}")))?;
    }
    give_up(bench, packer)?;
    Ok(vectors as u64)
}

/// What waits goes nowhere; more than that cannot wait.
fn give_up(bench: &mut Bench, packer: &mut Packer) -> Result<(), Failure> {
    bench.set("drop", 1);
    bench.set("vector_valid", 0);
    bench.set("beat_take", 0);
    for _ in 0..2 * latency::DECODE {
        bench.expect("vector_taken", packer.drop().into());
        bench.step()?;
    }
    bench.set("drop", 0);
    Ok(())
}
