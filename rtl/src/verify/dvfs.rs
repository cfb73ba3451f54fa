//! The DVFS controller against the kernel's table: voltage and prediction of every cycle.

use super::{Draw, Failure, Plan, Tally};
use crate::cosim::Bench;
use crate::unit;
use kernels::dvfs::{Prediction, ROWS, row};
use kernels::entropy::ENTROPY_FRACTION;
use models::latency;

/// Cycles between two fillings of the table.
const FILLING: u64 = 8 * ROWS as u64;

/// What the outputs are, and the predictions under way, the latest first.
#[derive(Default)]
struct Model {
    supply_mv: u16,
    predicted: u16,
    under_way: [Option<Prediction>; latency::DVFS as usize - 1],
}

/// Predictions around every boundary between rows and far above the last, changes by command, new programs.
pub(super) fn dvfs(plan: &Plan) -> Result<Tally, Failure> {
    let (mut bench, mut draw, mut model) = (plan.bench(unit::dvfs())?, plan.draw(1), Model::default());
    let mut table = vec![Prediction::default(); ROWS];
    for number in 0..plan.vectors.max(FILLING) {
        if number.is_multiple_of(FILLING) {
            fill(&mut bench, &mut draw, &mut table, &mut model)?;
        }
        let entropy = entropy(&mut draw, number);
        let asked = (!draw.stalls()).then(|| table[row(entropy)]);
        let change = draw.once_in(8).then(|| draw.bits(16) as u16);
        let start = draw.once_in(16);
        bench.set("entropy", entropy.into());
        bench.set("predict", asked.is_some().into());
        bench.set("change", change.is_some().into());
        bench.set("change_mv", change.map_or_else(|| draw.bits(16), u64::from));
        bench.set("start", start.into());
        model.cycle(&mut bench, asked, change, start)?;
    }
    plan.replay(bench)
}

impl Model {
    /// Compares the outputs of a cycle; then what happens in it.
    fn cycle(
        &mut self,
        bench: &mut Bench,
        asked: Option<Prediction>,
        change: Option<u16>,
        start: bool,
    ) -> Result<(), Failure> {
        bench.expect("supply_mv", self.supply_mv.into());
        bench.expect("predicted", self.predicted.into());
        bench.step()?;
        let [latest, answer] = self.under_way;
        self.under_way = [asked, latest];
        let answered = answer.unwrap_or(Prediction { exit_layer: self.predicted, vdd_mv: self.supply_mv });
        self.predicted = if start { 0 } else { answered.exit_layer };
        self.supply_mv = change.unwrap_or(answered.vdd_mv);
        Ok(())
    }
}

/// Beside a boundary between two rows, on it, or anywhere.
fn entropy(draw: &mut Draw, number: u64) -> u32 {
    let boundary = ((2 * (number / 4 % ROWS as u64) + 1) << ENTROPY_FRACTION) / (2 * ROWS as u64);
    match number % 4 {
        3 => (draw.bits(32) >> draw.below(32)) as u32,
        side => (boundary + side) as u32,
    }
}

/// A new table, row by row, when nothing is under way.
fn fill(
    bench: &mut Bench,
    draw: &mut Draw,
    table: &mut [Prediction],
    model: &mut Model,
) -> Result<(), Failure> {
    for port in ["predict", "change", "start"] {
        bench.set(port, 0);
    }
    for _ in 0..latency::DVFS {
        model.cycle(bench, None, None, false)?;
    }
    bench.set("host_write", 1);
    for (at, row) in (0..).zip(table) {
        *row = Prediction { exit_layer: draw.bits(16) as u16, vdd_mv: draw.bits(16) as u16 };
        bench.set("host_row", at);
        bench.set("host_value", row.word().into());
        model.cycle(bench, None, None, false)?;
    }
    bench.set("host_write", 0);
    Ok(())
}
