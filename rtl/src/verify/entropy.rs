//! Entropy and exit decision against `kernels::entropy`, every port of every cycle.

use super::walk::{field, schedule};
use super::{Draw, Failure, Plan, Tally, packed};
use crate::cosim::Bench;
use crate::hdl::Error;
use crate::unit::{self, Walk};
use kernels::adaptivfloat::{Format, Tensor};
use kernels::entropy::{entropy as kernel, exit_decision};
use models::latency;

/// The unit, what its results hold since the last command, and what drives it.
struct Unit {
    bench: Bench,
    draw: Draw,
    format: Format,
    n: u32,
    held: (u32, bool),
}

#[derive(Clone, Copy)]
enum Threshold {
    At(u32),
    /// So far above the entropy.
    Near(i32),
}

/// The most tiles of a command of each shape.
const SHAPES: [(Format, u32, u64); 4] =
    [(Format::AF4_3, 2, 20), (Format::AF8_4, 4, 6), (Format::AF8_3, 2, 6), (Format::AF8_4, 16, 40)];

/// Random rows, thresholds near the entropy, gaps; and the longest rows.
pub(super) fn entropy(plan: &Plan) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    for (format, n, tiles) in plan.shapes(&SHAPES, |d| (d.format, d.pu.n, 20)) {
        let mut unit = Unit::new(plan, format, n)?;
        unit.entropies(plan.share(2), tiles)?;
        // The gates of many lanes take Yosys minutes.
        let plan = Plan { netlist: plan.netlist && n <= 2, ..plan.clone() };
        tally += plan.replay(unit.bench)?;
    }
    if plan.design.is_none() {
        tally += longest(plan)?;
    }
    Ok(tally)
}

/// Every logit of the longest row equal: the largest sum that there is. And all but one saturated.
fn longest(plan: &Plan) -> Result<Tally, Failure> {
    let mut unit = Unit::new(plan, Format::AF8_4, 16)?;
    for (fill, first) in [(0x33, 0x33), (0xff, 0x7f)] {
        let mut logits = Tensor::zeros(Format::AF8_4, -10, 0x1_0000 - 16, 1);
        logits.codes.fill(fill);
        logits.codes[0] = first;
        unit.command(&logits, logits.length(), Threshold::Near(1))?;
    }
    plan.count(unit.bench)
}

impl Unit {
    fn new(plan: &Plan, format: Format, n: u32) -> Result<Unit, Failure> {
        let stream = u64::from(n) << 16 | u64::from(format.width()) << 8 | u64::from(format.exponent());
        let bench = plan.bench(unit::entropy(format, n))?;
        Ok(Unit { bench, draw: plan.draw(stream), format, n, held: (0, false) })
    }

    /// Commands of up to `tiles` tiles until `count` vectors are read.
    fn entropies(&mut self, count: u64, tiles: u64) -> Result<(), Failure> {
        let mut read = 0;
        while read < count {
            let tiles = 1 + self.draw.below(tiles);
            let logits = self.logits(tiles as usize);
            let length = logits.length() as u64;
            let classes = if self.draw.once_in(4) { length } else { self.draw.below(length + 1) };
            let threshold = match self.draw.below(16) {
                near @ 0..=11 => Threshold::Near((near % 3) as i32 - 1),
                12 => Threshold::At(0),
                13 => Threshold::At(u32::MAX),
                _ => Threshold::At(self.draw.bits(18) as u32),
            };
            self.command(&logits, classes as usize, threshold)?;
            self.idle()?;
            read += 2 * tiles;
        }
        Ok(())
    }

    /// Runs a command over `logits`, the rest of the last tile filled with any codes.
    fn command(&mut self, logits: &Tensor, classes: usize, threshold: Threshold) -> Result<(), Failure> {
        let (n, width) = (self.n as usize, self.format.width());
        let value = kernel(logits, classes).map_err(|_| Error::size("entropy", "classes", "in the row"))?;
        let threshold = match threshold {
            Threshold::At(threshold) => threshold,
            Threshold::Near(above) => value.saturating_add_signed(above),
        };
        let below = exit_decision(value, threshold);
        let tiles = logits.length() / n;
        self.fields(tiles as u64, classes as u64, field(logits.lsb()), threshold);
        let pass = latency::entropy_pass(self.n);
        let walk = Walk { n: self.n, passes: 2, between: pass, after: pass + latency::ENTROPY_END };
        let cycles = schedule(walk, 1, tiles as u64);
        let about =
            format!("{}, n = {n}, {tiles} tiles, {classes} classes, lsb {}", self.format, logits.lsb());
        for cycle in 0..cycles.len() {
            self.bench.set("start", u64::from(cycle == 0));
            let read = cycles[cycle];
            self.bench.expect("read", read.is_some().into());
            if let Some(place) = read {
                self.bench.expect("read_tile", place.tile);
            }
            let here = cycle.checked_sub(latency::DECODE as usize).and_then(|at| cycles[at]);
            let any = self.draw.codes(n, width);
            let row = logits.row(0);
            let codes = here.map_or(any.as_slice(), |place| &row[place.tile as usize * n..][..n]);
            self.bench.set_words("x", &packed(codes, width.into()));
            let left = cycles.len() - cycle;
            self.bench.expect("done", u64::from(left == 1));
            // The entropy comes in the cycle before the decision, which comes with `done`.
            self.bench.expect("value", if left <= 2 { value } else { self.held.0 }.into());
            self.bench.expect("below", if left == 1 { below } else { self.held.1 }.into());
            self.bench.step().map_err(|found| found.about(&about))?;
        }
        self.held = (value, below);
        Ok(())
    }

    fn fields(&mut self, tiles: u64, classes: u64, lsb: u64, threshold: u32) {
        let fields = [("tiles", tiles), ("classes", classes), ("lsb", lsb), ("threshold", threshold.into())];
        fields.into_iter().for_each(|(port, value)| self.bench.set(port, value));
    }

    /// Cycles without a command: the results hold, whatever the fields say.
    fn idle(&mut self) -> Result<(), Failure> {
        let most = self.draw.one(&[1, 8]);
        for _ in 0..self.draw.below(most) {
            let [tiles, classes, lsb] = [12, 16, 10].map(|bits| self.draw.bits(bits));
            let threshold = self.draw.word();
            self.fields(tiles, classes, lsb, threshold);
            self.bench.set("start", 0);
            let (value, below) = self.held;
            let expected = [("read", 0), ("done", 0), ("value", value.into()), ("below", below.into())];
            expected.into_iter().for_each(|(port, value)| self.bench.expect(port, value));
            self.bench.step().map_err(|found| found.about("idle"))?;
        }
        Ok(())
    }

    /// A row of one kind: any codes, all equal, all zero, each perhaps but for one.
    fn logits(&mut self, tiles: usize) -> Tensor {
        let (format, draw) = (self.format, &mut self.draw);
        let least = i32::from(format.mantissa());
        let near = draw.below(16) as i32 - 13 - least;
        let bias = if draw.once_in(8) { draw.signed(10) as i32 } else { near }.clamp(least - 512, 511);
        let mut logits = Tensor::zeros(format, bias, tiles * self.n as usize, 1);
        let (kind, fill) = (draw.below(4), draw.bits(format.width().into()) as u8);
        for code in &mut logits.codes {
            *code = match kind {
                0 | 1 => draw.bits(format.width().into()) as u8,
                2 => fill,
                _ => format.sign_mask(),
            };
        }
        if draw.once_in(2) {
            let at = draw.below(logits.length() as u64) as usize;
            logits.codes[at] = draw.bits(8) as u8 & format.max_code();
        }
        logits
    }
}
