//! Entropy and exit decision against `kernels::entropy`, every port of every cycle.

mod common;

use common::sfu::schedule;
use common::{emitted, netlist_agrees, rng, vectors, words};
use kernels::adaptivfloat::{Format, Tensor};
use models::latency;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use rtl::cosim::{Bench, lint};
use rtl::unit::{Walk, entropy};

/// The unit, what its results hold since the last command, and what drives it.
struct Unit {
    bench: Bench,
    format: Format,
    n: u32,
    rng: ChaCha8Rng,
    held: (u32, bool),
}

impl Unit {
    fn new(format: Format, n: u32, seed: u64) -> Unit {
        let bench = Bench::new(&emitted(entropy(format, n)), seed as u32, 150).expect("Verilator builds it");
        Unit { bench, format, n, rng: rng(seed), held: (0, false) }
    }

    fn walk(&self) -> Walk {
        let pass = latency::entropy_pass(self.n);
        Walk { n: self.n, passes: 2, between: pass, after: pass + latency::ENTROPY_END }
    }

    /// Runs a command over `logits`, the rest of the last tile filled with any codes.
    fn command(&mut self, logits: &Tensor, classes: usize, threshold: Threshold) {
        let (n, width) = (self.n as usize, self.format.width());
        let value = kernels::entropy::entropy(logits, classes).expect("the row is long enough");
        let threshold = match threshold {
            Threshold::At(threshold) => threshold,
            Threshold::Near(above) => value.saturating_add_signed(above),
        };
        let below = kernels::entropy::exit_decision(value, threshold);
        let tiles = logits.length() / n;
        self.fields(tiles, classes, logits.lsb(), threshold);
        let cycles = schedule(self.walk(), 1, tiles as u64);
        let closed = 2 * (tiles as u64 + latency::entropy_pass(self.n)) + latency::ENTROPY_END;
        assert_eq!(cycles.len() as u64, closed);
        for cycle in 0..cycles.len() {
            self.bench.set("start", u64::from(cycle == 0));
            let read = cycles[cycle];
            self.bench.expect("read", read.is_some().into());
            if let Some(place) = read {
                self.bench.expect("read_tile", place.tile);
            }
            let here = cycle.checked_sub(latency::DECODE as usize).and_then(|at| cycles[at]);
            let tile = here.map(|place| &logits.row(0)[place.tile as usize * n..][..n]);
            let any: Vec<u8> = (0..n).map(|_| self.rng.next_u32() as u8 & self.format.code_mask()).collect();
            self.bench.set_words("x", &words(tile.unwrap_or(&any), width));
            let left = cycles.len() - cycle;
            self.bench.expect("done", u64::from(left == 1));
            // The entropy comes in the cycle before the decision, which comes with `done`.
            self.bench.expect("value", if left <= 2 { value } else { self.held.0 }.into());
            self.bench.expect("below", if left == 1 { below } else { self.held.1 }.into());
            let (n, lsb) = (self.n, logits.lsb());
            self.bench.step().unwrap_or_else(|found| {
                panic!("{}, n = {n}, {tiles} tiles, {classes} classes, lsb {lsb}: {found}", logits.format)
            });
        }
        self.held = (value, below);
    }

    fn fields(&mut self, tiles: usize, classes: usize, lsb: i32, threshold: u32) {
        self.bench.set("tiles", tiles as u64);
        self.bench.set("classes", classes as u64);
        self.bench.set("lsb", u64::from(lsb.cast_unsigned() & 0x3ff));
        self.bench.set("threshold", threshold.into());
    }

    /// Cycles without a command: the results hold, whatever the fields say.
    fn idle(&mut self, cycles: u32) {
        for _ in 0..cycles {
            let draw = self.rng.next_u32();
            self.fields(draw as usize & 0xfff, (draw >> 12) as usize & 0xffff, draw.cast_signed(), draw);
            self.bench.set("start", 0);
            let (value, below) = self.held;
            let expected = [("read", 0), ("done", 0), ("value", value.into()), ("below", below.into())];
            expected.into_iter().for_each(|(port, value)| self.bench.expect(port, value));
            self.bench.step().unwrap_or_else(|found| panic!("idle: {found}"));
        }
    }

    /// A row of one kind: any codes, all equal, one-hot, or all far below one.
    fn logits(&mut self, tiles: usize) -> Tensor {
        let draw = self.rng.next_u32();
        let format = self.format;
        let bias = match draw % 8 {
            0 => (draw >> 8 & 0x3ff).cast_signed() - 512,
            _ => (draw >> 8 & 15).cast_signed() - 13 - i32::from(format.mantissa()),
        };
        let bias = bias.clamp(i32::from(format.mantissa()) - 512, 511);
        let mut logits = Tensor::zeros(format, bias, tiles * self.n as usize, 1);
        match draw >> 4 & 3 {
            0 | 1 => {
                for code in &mut logits.codes {
                    *code = self.rng.next_u32() as u8 & format.code_mask();
                }
            }
            2 => logits.codes.fill((draw >> 16) as u8 & format.code_mask()),
            _ => logits.codes.fill(format.sign_mask()),
        }
        if draw >> 6 & 1 == 1 {
            let at = (draw >> 16) as usize % logits.length();
            logits.codes[at] = (draw >> 24) as u8 & format.max_code();
        }
        logits
    }
}

#[derive(Clone, Copy)]
enum Threshold {
    At(u32),
    /// So far above the entropy.
    Near(i32),
}

/// Commands of up to `tiles` tiles until `count` vectors are read.
fn entropies(format: Format, n: u32, (count, tiles): (u64, u32), seed: u64) {
    let mut unit = Unit::new(format, n, seed);
    let mut read = 0;
    while read < count {
        let draw = unit.rng.next_u32();
        let logits = unit.logits((draw % tiles) as usize + 1);
        let length = logits.length();
        let classes = if draw >> 8 & 3 == 0 { length } else { (draw >> 10) as usize % (length + 1) };
        let threshold = match draw >> 28 {
            near @ 0..=11 => Threshold::Near((near % 3).cast_signed() - 1),
            12 => Threshold::At(0),
            13 => Threshold::At(u32::MAX),
            _ => Threshold::At(draw >> 14),
        };
        unit.command(&logits, classes, threshold);
        let gap = if draw >> 26 & 1 == 0 { 0 } else { draw >> 20 & 7 };
        unit.idle(gap);
        read += 2 * (length as u64 / u64::from(n));
    }
    // Synthesis of a wider one takes minutes.
    if n == 2 {
        netlist_agrees(&emitted(entropy(format, n)), &unit.bench);
    }
}

#[test]
fn every_entropy_and_decision_is_the_kernels_in_its_cycle() {
    common::tools!("verilator", "entropy");
    entropies(Format::AF8_4, 4, (vectors(10_000), 6), 91);
    entropies(Format::AF8_3, 2, (vectors(10_000), 6), 92);
    entropies(Format::AF4_3, 2, (vectors(10_000) / 4, 20), 93);
}

#[test]
fn a_wide_entropy_is_the_kernels() {
    common::tools!("verilator", "entropy, wide");
    entropies(Format::AF8_4, 16, (vectors(10_000) / 2, 40), 94);
}

/// Every logit of the longest row equal: the largest sum that there is. And all but one saturated.
#[test]
fn the_longest_rows_fit() {
    common::tools!("verilator", "entropy, longest");
    let mut unit = Unit::new(Format::AF8_4, 16, 95);
    for (fill, first) in [(0x33, 0x33), (0xff, 0x7f)] {
        let mut logits = Tensor::zeros(Format::AF8_4, -10, 0x1_0000 - 16, 1);
        logits.codes.fill(fill);
        logits.codes[0] = first;
        unit.command(&logits, logits.length(), Threshold::Near(1));
    }
}

#[test]
fn entropy_is_clean_and_refuses_other_widths() {
    common::tools!("verilator", "lint of entropy");
    for (format, n) in [(Format::AF8_4, 16), (Format::AF8_3, 2), (Format::AF4_3, 4)] {
        let found = lint::lint(&emitted(entropy(format, n))).unwrap();
        assert!(found.is_empty(), "{format}, {n}:\n{}", found.join("\n"));
    }
    assert!([0, 1, 3, 12].iter().all(|&n| entropy(Format::AF8_4, n).is_err()));
}
