//! The burst cutter against a list made byte by byte, over random runs and stalls.

use super::runs::{MASTERS, Runs};
use super::{Draw, Failure, Plan, Tally};
use crate::cosim::Bench;
use crate::unit;
use models::design::Axi;

/// A master whose beats are as wide as AXI4 allows, with bursts that are no power of two.
const WIDE: Axi = Axi { width_bits: 1024, burst_beats: 7, outstanding: 4 };

/// Random commands; every burst is the next of the list.
pub(super) fn burst(plan: &Plan) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    let masters = [MASTERS.as_slice(), &[WIDE]].concat();
    for axi in plan.shapes(&masters, |design| design.axi) {
        let (mut bench, mut draw) = (plan.bench(unit::burst(axi, true))?, plan.draw(axi.width_bits.into()));
        let mut done = 0;
        while done < plan.share(4) {
            let indexed = draw.once_in(3);
            let runs = Runs { indexed, ..Runs::draw(&mut draw, &[8, 64, 600, 9000]) };
            done += run(&mut bench, axi, runs, &mut draw)?;
        }
        tally += plan.replay(bench)?;
    }
    Ok(tally)
}

/// First byte, byte after the last, and beats of each burst of a run, by walking from byte to byte.
pub(super) fn bursts(axi: Axi, [first, end]: [u64; 2]) -> Vec<[u64; 3]> {
    let (beat, longest) = (axi.beat_bytes(), u64::from(axi.burst_beats));
    let mut list: Vec<[u64; 3]> = vec![];
    for at in first..end {
        let new_beat = at.is_multiple_of(beat);
        match list.last_mut() {
            Some(last) if !(at.is_multiple_of(Axi::BOUNDARY) || new_beat && last[2] == longest) => {
                last[2] += u64::from(new_beat);
                last[1] = at + 1;
            }
            _ => list.push([at, at + 1, 1]),
        }
    }
    list
}

/// One command, each burst against the list, with stalls; its bursts.
fn run(bench: &mut Bench, axi: Axi, runs: Runs, draw: &mut Draw) -> Result<u64, Failure> {
    runs.set(bench);
    runs.set_next(bench, 0, draw);
    bench.set("start", 1);
    bench.set("take", 0);
    bench.step()?;
    bench.set("start", 0);
    // The command's fields are needed in the first cycle alone.
    bench.set("run_bytes", draw.bits(20));
    let list: Vec<(usize, [u64; 3], bool)> = (0..)
        .zip(runs.each())
        .flat_map(|(run, range)| {
            bursts(axi, range).into_iter().map(move |burst| (run, burst, burst[1] == range[1]))
        })
        .collect();
    for (run, [first, end, beats], ends) in &list {
        let mut stalled = true;
        while stalled {
            stalled = draw.stalls();
            runs.set_next(bench, *run, draw);
            bench.set("take", u64::from(!stalled));
            bench.expect("run_taken", u64::from(*ends && !stalled));
            bench.expect("valid", 1);
            bench.expect("burst_address", *first);
            bench.expect("burst_end", *end % axi.beat_bytes());
            bench.expect("burst_length", *beats - 1);
            bench.step().map_err(|difference| difference.about(format!("{runs:?}")))?;
        }
    }
    bench.expect("valid", 0);
    bench.step().map_err(|difference| difference.about(format!("{runs:?}, at its end")))?;
    Ok(list.len() as u64)
}
